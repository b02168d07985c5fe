//! What the handler's tests share: an engine in virtual time, a shelf and a topic in memory.

mod reports;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alert_classification::Status;
use compact_str::format_compact;
use engine::{
    Clock, Engine, Outcome, Outgoing, Patience, PublishError, Publisher, Refusal, Unhurried,
};
use incident::{Actor, Arrival, Notification, Policy, Via};
use jiff::{SignedDuration, Timestamp};
use lambda_support::batch::Record;
use serde_json::json;
use settings::{Priority, Settings};
use store::MemoryStore;

use crate::{Books, Handler, Object, Place, Shelf, ShelfError};

#[derive(Clone, Debug)]
struct Virtual(Arc<Mutex<Timestamp>>);

impl Clock for Virtual {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        *self.0.lock().unwrap() += SignedDuration::try_from(duration).unwrap();
        tokio::task::yield_now().await;
    }
}

/// A shelf in memory, which can be made to fail.
#[derive(Debug)]
struct Drawer {
    place: Place,
    files: Mutex<BTreeMap<String, (String, String)>>,
    puts: Mutex<usize>,
    fails: Mutex<bool>,
}

impl Shelf for Drawer {
    async fn put(&self, object: Object<'_>) -> Result<(), ShelfError> {
        *self.puts.lock().unwrap() += 1;
        if *self.fails.lock().unwrap() {
            let key = object.key.to_owned();
            return Err(ShelfError {
                key,
                source: "SlowDown".into(),
            });
        }
        let file = (object.content_type.to_owned(), object.body.to_owned());
        self.files
            .lock()
            .unwrap()
            .insert(object.key.to_owned(), file);
        Ok(())
    }

    fn place(&self) -> &Place {
        &self.place
    }
}

#[derive(Debug, Default)]
struct Topic {
    taken: Mutex<Vec<Notification>>,
    down: Mutex<bool>,
}

impl Publisher for Topic {
    async fn publish(&self, batch: &[Outgoing]) -> Result<Vec<Refusal>, PublishError> {
        if *self.down.lock().unwrap() {
            return Err(PublishError("the topic is down".into()));
        }
        let read = |message: &Outgoing| serde_json::from_str(&message.body).unwrap();
        self.taken.lock().unwrap().extend(batch.iter().map(read));
        Ok(Vec::new())
    }
}

type Bench = Handler<MemoryStore, Virtual, Drawer, Topic>;

fn start() -> Timestamp {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

/// E-mail and a pager at once; Slack after ten minutes.
fn policy() -> Policy {
    let settings = json!({
        "project": "test",
        "rules": [],
        "route": {
            "receiver": "first", "group_by": ["service"], "group_wait": "0s", "group_interval": "5m",
            "repeat_interval": "4h", "escalation": "ladder",
        },
        "receivers": [
            { "name": "first", "email": [{ "to": ["ops@example.com"] }], "pagerduty": [{}] },
            { "name": "second", "slack": [{}], "email": [{ "to": ["ops@example.com"] }] },
            { "name": "never", "webhook": [{}] },
        ],
        "escalation": [{ "name": "ladder", "steps": [{ "after": "10m", "to": ["second"] }] }],
    });
    Policy::new(Settings::from_json(&settings.to_string()).unwrap())
}

fn bench() -> Bench {
    let clock = Virtual(Arc::new(Mutex::new(start())));
    Handler {
        engine: Engine::new(MemoryStore::new(), policy(), clock, Patience::default(), 7),
        shelf: Drawer {
            place: Place {
                bucket: "reports".to_owned(),
                region: "eu-west-1".to_owned(),
            },
            files: Mutex::default(),
            puts: Mutex::default(),
            fails: Mutex::default(),
        },
        publisher: Topic::default(),
    }
}

impl Bench {
    fn now(&self) -> Timestamp {
        self.engine.clock().now()
    }

    fn advance(&self, seconds: i64) {
        *self.engine.clock().0.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    /// An alert that says now that it fires or is over.
    async fn alert(&self, name: &str, status: Status) -> Vec<Outgoing> {
        let arrival = arrival(name, status, self.now());
        let arrived = self.engine.arrive(vec![arrival]).await;
        arrived.outcome.outgoing
    }

    /// Lets time go by and wakes what is due; gives the requests for reports.
    async fn pass(&self, minutes: i64) -> Vec<Outgoing> {
        let mut requests = Vec::new();
        for _ in 0..minutes {
            self.advance(60);
            let due = self.engine.due(self.now(), 100).await.unwrap();
            let names = due.into_iter().map(|(_, name)| name);
            let woken = self.engine.wake(names).await;
            requests.extend(wanted(woken.outcome));
        }
        requests
    }

    async fn ask(&self, body: &str, receive_count: u32) -> (bool, Books) {
        let record = Record {
            message_id: "1".to_owned(),
            body: body.to_owned(),
            receive_count,
            ..Record::default()
        };
        let (answer, books) = self.handle(&[record], &Unhurried).await;
        (answer.is_empty(), books)
    }

    fn told(&self) -> Vec<Notification> {
        self.publisher.taken.lock().unwrap().clone()
    }

    fn file(&self, ending: &str) -> String {
        let files = self.shelf.files.lock().unwrap();
        let (_, (_, body)) = files.iter().find(|(key, _)| key.ends_with(ending)).unwrap();
        body.clone()
    }
}

fn wanted(outcome: Outcome) -> Vec<Outgoing> {
    let is_request = |message: &Outgoing| {
        let mut attributes = message.attributes.iter();
        attributes.any(|a| a.name == "channels" && a.value == "[\"postmortem\"]")
    };
    outcome.outgoing.into_iter().filter(is_request).collect()
}

fn anna() -> Actor {
    Actor {
        who: "anna".into(),
        via: Via::Token,
        from: None,
    }
}

fn arrival(name: &str, status: Status, at: Timestamp) -> Arrival {
    let mut alert = specimen::alert("orders", name, status, at, Priority::P1);
    alert.alert.title = format!("{name}: 7.2 % of the requests fail");
    Arrival {
        alert,
        received_at: at,
        message: format_compact!("{name}-{}-{at}", status.as_str()),
        lifetime: None,
        incident: None,
    }
}
