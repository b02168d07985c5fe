//! What the tests share: a small language for batches of alerts, and a bench that decides them.
//!
//! `+a@3/P1` is alert `a` firing since second 3 at P1, `-a@4` is its resolve, `~a@5` a report of
//! something that merely happened; `+pay:a@3` is about the service `pay`. Batches are separated by `|`.

mod acts;
mod capacity;
mod episodes;
mod flapping;
mod history;
mod infos;
mod key;
mod lapses;
mod notification;
mod order;
mod parts;
mod past;
mod permutations;
mod promises;
mod properties;
mod rerouting;
mod rerouting_records;
mod silences;
mod sources;
mod table;
mod town;
mod world;
mod world_acts;

use std::sync::Arc;

use alert_classification::{Fingerprint, Status};
use compact_str::format_compact;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use settings::{Priority, Settings};

use crate::{
    Actor, Arrival, Change, Decision, IncidentKey, IncidentState, Outcome, Policy, Transition, Via,
    decide,
};

/// The beginning of the tests' time.
fn start() -> Timestamp {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

fn second(second: i64) -> Timestamp {
    start() + SignedDuration::from_secs(second)
}

/// A configuration with what is given besides its name and rules.
fn policy_of(mut settings: Value) -> Policy {
    settings["project"] = json!("test");
    settings["rules"] = json!([]);
    Policy::new(Settings::from_json(&settings.to_string()).unwrap())
}

/// One without anything.
fn policy() -> Policy {
    policy_of(json!({}))
}

fn anna() -> Actor {
    Actor {
        who: "anna".into(),
        via: Via::Slack,
        from: None,
    }
}

fn ben() -> Actor {
    Actor {
        who: "ben".into(),
        via: Via::Link,
        from: Some("192.0.2.1".into()),
    }
}

fn arrival(name: &str, status: Status, at: Timestamp, priority: Priority) -> Arrival {
    arrival_of("orders", name, status, at, priority)
}

fn arrival_of(
    service: &str,
    name: &str,
    status: Status,
    at: Timestamp,
    priority: Priority,
) -> Arrival {
    Arrival {
        alert: specimen::alert(service, name, status, at, priority),
        received_at: at,
        message: format_compact!("{name}-{}-{at}", status.as_str()),
        lifetime: None,
        incident: None,
    }
}

/// Reads `+a@3/P1`.
fn parse(word: &str) -> Arrival {
    let (sign, rest) = word.split_at(1);
    let status = match sign {
        "+" => Status::Firing,
        "-" => Status::Resolved,
        "~" => Status::Info,
        other => panic!("`{other}` in `{word}`"),
    };
    let (service, rest) = rest.split_once(':').unwrap_or(("orders", rest));
    let (rest, priority) = rest.split_once('/').unwrap_or((rest, "P3"));
    let (name, at) = rest.split_once('@').unwrap();
    let at = second(at.parse().unwrap());
    arrival_of(service, name, status, at, priority.parse().unwrap())
}

fn batch(script: &str) -> Vec<Arrival> {
    script.split_whitespace().map(parse).collect()
}

fn batches(script: &str) -> Vec<Vec<Arrival>> {
    script.split('|').map(batch).collect()
}

/// What an alert of the language is called by machines.
fn fingerprint(name: &str) -> Fingerprint {
    parse(&format!("+{name}@0")).alert.alert.fingerprint
}

/// Firings whose source says that all was well before.
fn anew(script: &str) -> Vec<Arrival> {
    let mut batch = batch(script);
    for arrival in &mut batch {
        arrival.alert.alert.fired_anew = true;
    }
    batch
}

/// Firings that count for a day.
fn mortal(script: &str) -> Vec<Arrival> {
    let mut batch = batch(script);
    for arrival in &mut batch {
        arrival.alert.alert.lifetime_minutes = Some(24 * 60);
    }
    batch
}

/// Decides batch after batch about one incident key.
struct Bench {
    state: IncidentState,
    policy: Arc<Policy>,
    now: Timestamp,
    /// Whether each state is written and read again, as a store does.
    stores: bool,
}

impl Bench {
    fn new() -> Self {
        Self {
            state: IncidentState::new(IncidentKey::try_new("orders/errors").unwrap()),
            policy: Arc::new(policy()),
            now: second(1_000),
            stores: true,
        }
    }

    /// Without writing and reading each state, which takes most of a property's time.
    fn quick() -> Self {
        Self {
            stores: false,
            ..Self::new()
        }
    }

    fn run(script: &str) -> Self {
        let mut bench = Self::new();
        for batch in batches(script) {
            bench.send(&batch);
        }
        bench
    }

    fn send(&mut self, batch: &[Arrival]) -> Decision {
        let decision = decide(&mut self.state, batch, self.now, &self.policy);
        if self.stores {
            let stored = serde_json::to_string(&self.state).unwrap();
            let read: IncidentState = serde_json::from_str(&stored).unwrap();
            assert_eq!(self.state, read, "what is stored is what is read again");
        }
        self.now += SignedDuration::from_secs(1);
        decision
    }

    fn say(&mut self, script: &str) -> String {
        let decision = self.send(&batch(script));
        brief(&decision)
    }

    /// Lets hours pass, and gives what the batch then came to.
    fn later(&mut self, hours: i64, batch: &[Arrival]) -> String {
        self.now += SignedDuration::from_hours(hours);
        let decision = self.send(batch);
        brief(&decision)
    }

    fn firing(&self) -> Vec<Fingerprint> {
        self.state
            .firing()
            .map(|(fingerprint, _)| fingerprint)
            .collect()
    }

    fn episode(&self) -> &crate::Episode {
        self.state.episode.as_ref().expect("there is an episode")
    }

    fn summary(&self) -> crate::IncidentSummary {
        crate::summary_of(&self.state).expect("there is an episode")
    }
}

/// What a batch came to: `opened: began duplicate`, or `unchanged: duplicate`. What is news has the
/// name of the news, what is none its reason; what only time brought stands before the colon.
fn brief(decision: &Decision) -> String {
    let mut text = match (decision.change, decision.transition) {
        (Change::Unchanged, _) => "unchanged",
        (Change::Changed, Transition::StayedQuiet) => "quiet",
        (Change::Changed, Transition::Opened) => "opened",
        (Change::Changed, Transition::StayedOpen) => "open",
        (Change::Changed, Transition::Resolved) => "resolved",
        (Change::Changed, Transition::Replaced) => "replaced",
    }
    .to_owned();
    for step in decision.steps.iter().filter(|step| step.place.is_none()) {
        text = format!("{text} {:?}", step.news).to_lowercase();
    }
    text.push(':');
    for (place, disposition) in decision.dispositions.iter().enumerate() {
        let word = match disposition.outcome {
            Outcome::Suppressed { reason } => reason.as_str().to_owned(),
            Outcome::Grouped => {
                let step = decision.steps.iter().find(|step| step.place == Some(place));
                let step = step.expect("what is grouped has a step");
                format!("{:?}", step.news).to_lowercase()
            }
        };
        text.push(' ');
        text.push_str(&word);
    }
    text
}

/// What each batch of a script came to.
fn outcomes(script: &str) -> String {
    let mut bench = Bench::new();
    let all: Vec<String> = batches(script)
        .iter()
        .map(|batch| brief(&bench.send(batch)))
        .collect();
    all.join(" | ")
}
