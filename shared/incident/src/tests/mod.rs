//! What the tests share: a small language for batches of alerts, and a bench that decides them.
//!
//! `+a@3/P1` is alert `a` firing since second 3 at P1, `-a@4` is its resolve, `~a@5` a report of
//! something that merely happened. Batches are separated by `|`.

mod capacity;
mod episodes;
mod infos;
mod key;
mod lapses;
mod notification;
mod order;
mod properties;

use alert_classification::{Alert, Classification, ClassifiedAlert, Fingerprint, Labels, Status};
use jiff::{SignedDuration, Timestamp};
use settings::{Channel, Priority};

use crate::{
    Arrival, Change, Decision, Effect, IncidentKey, IncidentState, Notification, NotifyPolicy,
    Outcome, PriorityPolicy, decide,
};

/// The beginning of the tests' time.
fn start() -> Timestamp {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

fn second(second: i64) -> Timestamp {
    start() + SignedDuration::from_secs(second)
}

fn policy() -> NotifyPolicy {
    NotifyPolicy::from_fn(|priority| PriorityPolicy {
        channels: match priority {
            Priority::P1 => vec![Channel::Slack, Channel::Sms],
            Priority::P2 | Priority::P3 => vec![Channel::Slack, Channel::Email],
            Priority::P4 => vec![Channel::Email],
        },
        response_minutes: priority.default_response_minutes(),
    })
}

fn arrival(name: &str, status: Status, at: Timestamp, priority: Priority) -> Arrival {
    let labels: Labels = [("alertname", name), ("service", "orders")]
        .into_iter()
        .collect();
    Arrival {
        alert: ClassifiedAlert {
            alert: Alert {
                source: "aws.cloudwatch".into(),
                kind: "CloudWatch Alarm State Change".into(),
                status,
                title: format!("{name} is {}", status.as_str()),
                description: String::new(),
                fingerprint: Fingerprint::of(labels.iter()),
                labels,
                annotations: Labels::new(),
                measurement: None,
                starts_at: at,
                ends_at: (status == Status::Resolved).then_some(at),
                changed_at: at,
                fired_anew: false,
                lifetime_minutes: None,
                console_url: None,
            },
            classification: Classification {
                priority,
                category: "errors".into(),
                stable_category: "errors".into(),
                service: "orders".into(),
                response_minutes: priority.default_response_minutes(),
                rule: Some("error-rate".into()),
                reason: "the error rate is over 5 %".to_owned(),
                runbook: None,
            },
        },
        received_at: at,
        message: format!("{name}-{at}").into(),
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
    let (rest, priority) = rest.split_once('/').unwrap_or((rest, "P3"));
    let (name, at) = rest.split_once('@').unwrap();
    let at = second(at.parse().unwrap());
    arrival(name, status, at, priority.parse().unwrap())
}

fn batches(script: &str) -> Vec<Vec<Arrival>> {
    script
        .split('|')
        .map(|batch| batch.split_whitespace().map(parse).collect())
        .collect()
}

/// Decides batch after batch, and keeps what was told.
struct Bench {
    state: IncidentState,
    policy: NotifyPolicy,
    now: Timestamp,
    told: Vec<Notification>,
    /// Whether each state is written and read again, as a store does.
    stores: bool,
}

impl Bench {
    fn new() -> Self {
        Self {
            state: IncidentState::new(IncidentKey::try_new("orders/errors").unwrap()),
            policy: policy(),
            now: second(1_000),
            told: Vec::new(),
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
        let decision = decide(self.state.clone(), batch, self.now, &self.policy);
        self.state = decision.state.clone();
        if self.stores {
            let stored = serde_json::to_string(&self.state).unwrap();
            self.state = serde_json::from_str(&stored).unwrap();
            assert_eq!(
                self.state, decision.state,
                "what is stored is what is read again"
            );
        }
        self.told.extend(notifications(&decision).cloned());
        self.now += SignedDuration::from_secs(1);
        decision
    }

    fn firing(&self) -> Vec<Fingerprint> {
        self.state
            .firing()
            .map(|(fingerprint, _)| fingerprint)
            .collect()
    }

    fn last(&self) -> &Notification {
        self.told.last().expect("somebody was told")
    }
}

fn notifications(decision: &Decision) -> impl Iterator<Item = &Notification> {
    decision.effects.iter().map(|effect| match effect {
        Effect::Notify(notification) => &**notification,
    })
}

/// What a batch came to: `opened: notified duplicate`, or `unchanged: duplicate`.
fn brief(decision: &Decision) -> String {
    let events: Vec<&str> = notifications(decision).map(|n| n.event.as_str()).collect();
    let change = match (events.is_empty(), decision.change) {
        (false, _) => events.join("+"),
        (true, Change::Changed) => "silent".to_owned(),
        (true, Change::Unchanged) => "unchanged".to_owned(),
    };
    let outcomes: Vec<&str> = decision
        .dispositions
        .iter()
        .map(|disposition| match &disposition.outcome {
            Outcome::Notified { .. } => "notified",
            Outcome::Suppressed { reason } => reason.as_str(),
        })
        .collect();
    format!("{change}: {}", outcomes.join(" "))
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
