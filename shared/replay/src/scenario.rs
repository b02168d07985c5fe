//! Scenarios: alerts that go in at given times, and the notifications that must come out.

use std::collections::BTreeMap;
use std::sync::Arc;

use alert_classification::{Alert as Classifiable, Classifier, Fingerprint, Labels, Status};
use compact_str::CompactString;
use incident::{Act, Actor, Arrival, IncidentId, IncidentKey, Policy, Silence, Via, VerdictKind};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use settings::Settings;

use crate::driver::Driver;
use crate::show::Line;
use crate::yaml;

/// The instant that second 0 of a scenario stands for, unless it says another.
const START: i64 = 1_767_225_600;

/// A time in seconds from the beginning: a number, or a text with units such as `30m`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Seconds(f64);

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

/// A notification that must come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Who is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiver: Option<String>,
    /// Not earlier than…
    pub from: Seconds,
    /// …and not later than.
    pub until: Seconds,
    /// The alerts that it names, and no other; any when not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alerts: Option<Vec<ExpectedAlert>>,
    /// The step of the ladder, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// Whom the step reaches: receivers or rotations.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "one_or_many"
    )]
    pub to: Vec<String>,
}

/// An alert that a notification must name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedAlert {
    /// What identifies it.
    pub labels: BTreeMap<String, String>,
    /// Firing or resolved.
    pub status: Status,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Seconds>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Seconds>,
    /// What informs about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
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
    #[error("steps[{place}] has {count} actions; give it one of push, silence, unsilence, reload, ack, unack, resolve, maintenance")]
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
        let mut settings = match &self.settings {
            Value::Null => json!({}),
            given => given.clone(),
        };
        if let Some(object) = settings.as_object_mut() {
            object.entry("project").or_insert_with(|| json!("scenario"));
            object.entry("rules").or_insert_with(|| json!([]));
        }
        // JSON is YAML, and so faults are found and named as in a file.
        Settings::from_yaml(&settings.to_string()).map_err(|faults| {
            let faults = faults.iter().map(|fault| {
                format!("{}: {} ({})", fault.path, fault.problem, fault.remedy)
            });
            InvalidScenario::Settings(faults.collect::<Vec<_>>().join("; "))
        })
    }
}

impl ScenarioStep {
    fn action(&self, place: usize, start: Timestamp) -> Result<Action<'_>, InvalidScenario> {
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

/// Runs a scenario with its own settings, or with others, and gives what was told.
///
/// # Errors
/// When the settings or a step are faulty.
pub fn run(scenario: &Scenario, settings: Option<Arc<Settings>>) -> Result<Vec<Line>, InvalidScenario> {
    let settings = match settings {
        Some(settings) => settings,
        None => Arc::new(scenario.settings()?),
    };
    let start = scenario.start();
    let policy = Arc::new(Policy::new(Arc::clone(&settings)).naming_all_alerts());
    let classifier = Classifier::new(Arc::clone(&settings));
    let mut runner = Runner {
        driver: Driver::new(Arc::clone(&policy), start),
        policy,
        classifier,
        start,
        pushed: 0,
    };
    let mut steps: Vec<(usize, &ScenarioStep)> = scenario.steps.iter().enumerate().collect();
    steps.sort_by(|(_, a), (_, b)| a.at.get().total_cmp(&b.at.get()));
    let end = scenario.until.after(start);
    for (place, step) in steps {
        let at = step.at.after(start);
        if at > end {
            break;
        }
        runner.driver.advance(at, false);
        runner.step(place, step)?;
        runner.driver.advance(at, true);
    }
    runner.driver.advance(end, true);
    let told = runner.driver.take_told();
    Ok(told.iter().flat_map(|told| Line::of(told, start)).collect())
}

struct Runner {
    driver: Driver,
    policy: Arc<Policy>,
    classifier: Classifier,
    start: Timestamp,
    pushed: i64,
}

impl Runner {
    fn step(&mut self, place: usize, step: &ScenarioStep) -> Result<(), InvalidScenario> {
        let faulty = |problem: String| InvalidScenario::Step { place, problem };
        match step.action(place, self.start)? {
            Action::Push(alerts) => {
                let arrivals = alerts.iter().map(|alert| self.arrival(alert)).collect();
                self.driver.arrive(arrivals);
            }
            Action::Silence(silence) => {
                let silence = self.silence(
                    &silence.id,
                    silence.matchers.clone(),
                    silence.from,
                    silence.until,
                );
                let made = self.driver.silence(silence);
                made.map_err(|error| faulty(error.to_string()))?;
            }
            Action::Unsilence(id) => {
                self.driver.unsilence(id);
            }
            Action::Reload => self.driver.reload(Arc::clone(&self.policy)),
            Action::Act(incident, act) => {
                let by = actor(incident.by.as_deref());
                for (key, id) in self.incidents(&incident.incident) {
                    let done = self.driver.act(&key, &id, &act, &by);
                    done.map_err(|error| faulty(error.to_string()))?;
                }
            }
            Action::Maintenance(work) => {
                let id = format!("maintenance-{place}");
                let matcher = format!("service=\"{}\"", work.service);
                let mut silence = self.silence(&id, vec![matcher], work.from, work.until);
                silence.maintenance = true;
                let made = self.driver.silence(silence);
                made.map_err(|error| faulty(error.to_string()))?;
            }
        }
        Ok(())
    }

    fn silence(&self, id: &str, matchers: Vec<String>, from: Seconds, until: Seconds) -> Silence {
        Silence {
            id: id.into(),
            matchers: matchers.into_iter().map(CompactString::from).collect(),
            starts_at: from.after(self.start),
            ends_at: until.after(self.start),
            times: Vec::new(),
            maintenance: false,
            created_by: actor(None),
            created_at: self.driver.now(),
            comment: String::new(),
            warned: false,
        }
    }

    fn arrival(&mut self, alert: &Alert) -> Arrival {
        let now = self.driver.now();
        let labels: Labels = alert.labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let annotations: Labels = alert
            .annotations
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let ends_at = alert.ends_at.map(|at| at.after(self.start));
        // As Alertmanager: what has only an end began then.
        let starts_at = alert
            .starts_at
            .map(|at| at.after(self.start))
            .or(ends_at)
            .unwrap_or(now);
        let over = ends_at.is_some_and(|end| end <= now);
        // Later pushes are later news, even at the same instant.
        self.pushed += 1;
        let changed_at = now
            .checked_add(SignedDuration::from_nanos(self.pushed))
            .unwrap_or(now);
        let title = annotations
            .get("summary")
            .or_else(|| labels.get("alertname"))
            .unwrap_or("alert")
            .to_owned();
        let timeout = self.policy.routing().resolve_timeout.as_millis();
        Arrival {
            alert: self.classifier.classify(Classifiable {
                source: CompactString::const_new("alertmanager"),
                kind: CompactString::const_new("Alert"),
                status: if over { Status::Resolved } else { Status::Firing },
                title,
                description: annotations.get("description").unwrap_or_default().to_owned(),
                fingerprint: Fingerprint::of(labels.iter()),
                labels,
                annotations,
                measurement: None,
                starts_at,
                ends_at,
                changed_at,
                fired_anew: false,
                lifetime_minutes: None,
                console_url: None,
            }),
            received_at: now,
            message: CompactString::default(),
            lifetime: i64::try_from(timeout).ok().map(SignedDuration::from_millis),
            incident: None,
        }
    }

    /// The open incidents of which an alert has these labels.
    fn incidents(&self, labels: &BTreeMap<String, String>) -> Vec<(IncidentKey, IncidentId)> {
        let mut found: Vec<(IncidentKey, IncidentId)> = self
            .driver
            .world()
            .incidents()
            .filter_map(|state| {
                let episode = state.open_episode()?;
                let mut firing = state.firing().filter_map(|(_, alert)| alert.details.as_ref());
                let carries = firing.any(|details| {
                    labels
                        .iter()
                        .all(|(name, value)| details.labels.get(name) == Some(value))
                });
                carries.then(|| (state.key.clone(), episode.id.clone()))
            })
            .collect();
        found.sort();
        found
    }
}

fn actor(who: Option<&str>) -> Actor {
    Actor {
        who: who.unwrap_or("scenario").into(),
        via: Via::Replay,
        from: None,
    }
}

impl Seconds {
    /// The number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// The instant.
    #[must_use]
    pub fn after(self, start: Timestamp) -> Timestamp {
        #[expect(clippy::cast_possible_truncation, reason = "out of range it saturates")]
        let micros = (self.0 * 1e6).round() as i64;
        start
            .checked_add(SignedDuration::from_micros(micros))
            .unwrap_or(start)
    }

    fn read(text: &str) -> Option<Self> {
        const UNITS: [(&str, f64); 6] = [
            ("ms", 0.001),
            ("s", 1.0),
            ("m", 60.0),
            ("h", 3_600.0),
            ("d", 86_400.0),
            ("w", 604_800.0),
        ];
        if let Ok(number) = text.parse() {
            return Some(Self(number));
        }
        let (mut rest, mut total) = (text, 0.0);
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (number, tail) = rest.split_at_checked(digits)?;
            let letters = tail
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(tail.len());
            let (unit, tail) = tail.split_at_checked(letters)?;
            let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
            total += number.parse::<f64>().ok()? * factor;
            rest = tail;
        }
        (!text.is_empty()).then_some(Self(total))
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let read = match &value {
            Value::Number(number) => number.as_f64().map(Self),
            Value::String(text) => Self::read(text),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        read.filter(|seconds| seconds.0.is_finite()).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "{value} is no time: write seconds, or a number with a unit such as 30m"
            ))
        })
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(one) => Ok(vec![one]),
        Value::Array(many) => many
            .into_iter()
            .map(|value| match value {
                Value::String(text) => Ok(text),
                other => Err(serde::de::Error::custom(format!("{other} is no name"))),
            })
            .collect(),
        other => Err(serde::de::Error::custom(format!(
            "{other} is no name; write a receiver or a list of them"
        ))),
    }
}
