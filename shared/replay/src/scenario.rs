//! Scenarios: alerts that go in at given times, and the notifications that must come out.

use std::collections::BTreeMap;

use calendar::TimeInterval;
use incident::{Act, VerdictKind};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use settings::Settings;

use crate::expected::Expected;
use crate::seconds::Seconds;
use crate::yaml;

/// The instant that second 0 of a scenario stands for, unless it says another.
const START: i64 = 1_767_225_600;

/// A scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// What it shows.
    #[serde(default)]
    pub about: String,
    /// The instant of second 0 (RFC 3339), where time of day matters.
    #[serde(default)]
    pub start: Option<Timestamp>,
    /// The part of `monitoring.yaml` that it needs.
    #[serde(default)]
    pub settings: Value,
    /// What happens.
    #[serde(default)]
    pub steps: Vec<ScenarioStep>,
    /// What must be told.
    #[serde(default)]
    pub expect: Vec<Expected>,
    /// When it ends.
    pub until: Seconds,
}

/// Something that happens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioStep {
    /// When.
    pub at: Seconds,
    /// Alerts arrive.
    #[serde(default)]
    pub push: Option<Vec<Alert>>,
    /// Somebody makes a silence.
    #[serde(default)]
    pub silence: Option<SilenceStep>,
    /// Somebody ends a silence.
    #[serde(default)]
    pub unsilence: Option<String>,
    /// The configuration is loaded again.
    #[serde(default)]
    pub reload: bool,
    /// Somebody acknowledges.
    #[serde(default)]
    pub ack: Option<Incident>,
    /// Somebody gives back what they had acknowledged.
    #[serde(default)]
    pub unack: Option<Incident>,
    /// Somebody resolves.
    #[serde(default)]
    pub resolve: Option<Incident>,
    /// A service is worked on.
    #[serde(default)]
    pub maintenance: Option<Maintenance>,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Action<'a> {
    /// Alerts arrive.
    Push(&'a [Alert]),
    /// Somebody makes a silence.
    Silence(&'a SilenceStep),
    /// Somebody ends a silence.
    Unsilence(&'a str),
    /// The configuration is loaded again.
    Reload,
    /// Somebody does something about incidents.
    Act(&'a Incident, Act),
    /// A service is worked on.
    Maintenance(&'a Maintenance),
}

/// An alert that arrives.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// What identifies it.
    pub labels: BTreeMap<String, String>,
    /// What informs about it.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// When it began; when it arrives, if not said.
    #[serde(default)]
    pub starts_at: Option<Seconds>,
    /// When it ends; `resolve_timeout` after it was last heard of, if not said.
    #[serde(default)]
    pub ends_at: Option<Seconds>,
}

/// A silence that is made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SilenceStep {
    /// How the scenario calls it.
    pub id: String,
    /// Which alerts it holds back.
    pub matchers: Vec<String>,
    /// From when.
    pub from: Seconds,
    /// Until when.
    pub until: Seconds,
    /// Within that, only at these times, written as in `time_intervals`: a silence that recurs.
    #[serde(default)]
    pub times: Vec<TimeInterval>,
}

/// Which incidents, and who does it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// Labels that their alerts have.
    pub incident: BTreeMap<String, String>,
    /// Who.
    #[serde(default)]
    pub by: Option<String>,
    /// Until when an acknowledgement counts.
    #[serde(default)]
    pub until: Option<Seconds>,
}

/// A service that is worked on: nothing is told of it, and its ladders stand still.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maintenance {
    /// The service.
    pub service: String,
    /// From when.
    pub from: Seconds,
    /// Until when.
    pub until: Seconds,
}

/// Why a scenario cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum InvalidScenario {
    /// It is no YAML.
    #[error("this is no YAML: {0}")]
    Yaml(String),
    /// It has not the form of a scenario.
    #[error("this is no scenario")]
    Shape(#[source] serde_json::Error),
    /// Its settings are faulty.
    #[error("settings: {0}")]
    Settings(String),
    /// A step has no action, or several.
    #[error(
        "steps[{place}] has {count} actions; give it one of push, silence, unsilence, reload, ack, unack, resolve, maintenance"
    )]
    Actions {
        /// Which one.
        place: usize,
        /// How many it has.
        count: usize,
    },
    /// A step cannot be carried out.
    #[error("steps[{place}]: {problem}")]
    Step {
        /// Which one.
        place: usize,
        /// Why.
        problem: String,
    },
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// When it is no YAML, or has not the form of a scenario.
    pub fn from_yaml(text: &str) -> Result<Self, InvalidScenario> {
        let value = yaml::read(text).map_err(InvalidScenario::Yaml)?;
        serde_json::from_value(value).map_err(InvalidScenario::Shape)
    }

    /// The instant of second 0.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        self.start
            .unwrap_or_else(|| Timestamp::from_second(START).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// Its settings, with defaults for what it leaves out.
    ///
    /// # Errors
    /// When they are faulty.
    pub fn settings(&self) -> Result<Settings, InvalidScenario> {
        let mut settings = if self.settings.is_null() {
            json!({})
        } else {
            self.settings.clone()
        };
        if let Some(object) = settings.as_object_mut() {
            object.entry("project").or_insert_with(|| json!("scenario"));
            object.entry("rules").or_insert_with(|| json!([]));
        }
        // JSON is YAML, and so faults are found and named as in a file.
        Settings::from_yaml(&settings.to_string()).map_err(|faults| {
            let faults = faults
                .iter()
                .map(|fault| format!("{}: {} ({})", fault.path, fault.problem, fault.remedy));
            InvalidScenario::Settings(faults.collect::<Vec<_>>().join("; "))
        })
    }
}

impl ScenarioStep {
    pub(crate) fn action(
        &self,
        place: usize,
        start: Timestamp,
    ) -> Result<Action<'_>, InvalidScenario> {
        let who = |until: &Incident| until.until.map(|at| at.after(start));
        let resolve = || Act::Resolve {
            verdict: Some(VerdictKind::TruePositive),
            why: String::new(),
        };
        let mut actions = Vec::new();
        actions.extend(self.push.as_deref().map(Action::Push));
        actions.extend(self.silence.as_ref().map(Action::Silence));
        actions.extend(self.unsilence.as_deref().map(Action::Unsilence));
        actions.extend(self.reload.then_some(Action::Reload));
        actions.extend(
            self.ack
                .as_ref()
                .map(|ack| Action::Act(ack, Act::Acknowledge { until: who(ack) })),
        );
        actions.extend(
            self.unack
                .as_ref()
                .map(|ack| Action::Act(ack, Act::Unacknowledge)),
        );
        actions.extend(self.resolve.as_ref().map(|it| Action::Act(it, resolve())));
        actions.extend(self.maintenance.as_ref().map(Action::Maintenance));
        let count = actions.len();
        match actions.pop() {
            Some(action) if count == 1 => Ok(action),
            Some(_) | None => Err(InvalidScenario::Actions { place, count }),
        }
    }
}
