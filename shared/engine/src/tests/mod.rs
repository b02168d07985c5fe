//! What the engine's tests share: alerts, a clock that jumps, and a store that lets others in between.

mod acting;
mod arriving;
mod crashing;
mod crowds;
mod waking;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use alert_classification::Status;
use compact_str::format_compact;
use incident::{Actor, Arrival, Notification, NotificationEvent, Policy, Via};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use settings::{Priority, Settings};
use store::MemoryStore;

use crate::{Clock, Engine, Outcome, Patience};

/// A clock that stands still until somebody waits or moves it.
#[derive(Clone, Debug)]
struct Virtual(Arc<Mutex<Timestamp>>);

impl Virtual {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(start())))
    }

    fn advance(&self, seconds: i64) {
        *self.0.lock().unwrap() += SignedDuration::from_secs(seconds);
    }
}

impl Clock for Virtual {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        let duration = SignedDuration::try_from(duration).unwrap();
        *self.0.lock().unwrap() += duration;
        tokio::task::yield_now().await;
    }
}

type Bench = Engine<MemoryStore, Virtual>;

fn start() -> Timestamp {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

/// Whatever is new is told at once; after ten minutes somebody else is told as well.
fn at_once() -> Value {
    json!({
        "route": {
            "receiver": "first", "group_by": ["service"], "group_wait": "0s", "group_interval": "0s",
            "repeat_interval": "4h", "escalation": "ladder",
        },
        "receivers": [{ "name": "first", "webhook": [{}] }, { "name": "second", "pagerduty": [{}] }],
        "escalation": [{ "name": "ladder", "steps": [{ "after": "10m", "to": ["second"] }] }],
    })
}

fn policy(mut settings: Value) -> Arc<Policy> {
    settings["project"] = json!("test");
    settings["rules"] = json!([]);
    let settings = Settings::from_json(&settings.to_string()).unwrap();
    Arc::new(Policy::new(settings))
}

fn bench_of(settings: Value) -> Bench {
    let policy = policy(settings);
    Engine::new(
        MemoryStore::new(),
        policy,
        Virtual::new(),
        Patience::default(),
        7,
    )
}

fn bench() -> Bench {
    bench_of(at_once())
}

/// Another process on the same table.
fn peer(bench: &Bench, patience: Patience) -> Bench {
    Engine::new(
        bench.store.peer(),
        Arc::clone(&bench.policy),
        bench.clock.clone(),
        patience,
        8,
    )
}

fn anna() -> Actor {
    Actor {
        who: "anna".into(),
        via: Via::Token,
        from: Some("192.0.2.1".into()),
    }
}

fn alert(service: &str, name: &str, status: Status, second: i64) -> Arrival {
    let at = start() + SignedDuration::from_secs(second);
    Arrival {
        alert: specimen::alert(service, name, status, at, Priority::P1),
        received_at: at,
        message: format_compact!("{service}-{name}-{}-{second}", status.as_str()),
        lifetime: None,
        incident: None,
    }
}

fn firing(service: &str, name: &str) -> Arrival {
    alert(service, name, Status::Firing, 0)
}

fn resolved(service: &str, name: &str, second: i64) -> Arrival {
    alert(service, name, Status::Resolved, second)
}

fn told(outcome: &Outcome) -> Vec<Notification> {
    let outgoing = outcome.outgoing.iter();
    // A request for a report is no notification.
    outgoing
        .filter_map(|message| serde_json::from_str(&message.body).ok())
        .collect()
}

fn events(outcome: &Outcome) -> Vec<NotificationEvent> {
    told(outcome).iter().map(|n| n.event).collect()
}
