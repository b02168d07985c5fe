//! What the handler's tests share: events as AWS sends them, a clock, a topic and a table in memory.

mod batches;
mod deadlines;
mod publishing;
mod sending;
mod strays;
mod twins;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapters::Deadline;
use engine::outbox::Published;
use engine::timers::NoTimers;
use engine::{
    Clock, Engine, Outgoing, Patience, Ports, PublishError, Publisher, Refusal, Unhurried,
};
use incident::Notification;
use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use settings::Settings;
use store::{MemoryStore, Outbox, RecordStore};
use tokio::sync::Notify;

use crate::{Again, Answer, Backlog, Books, Handler, NotPostponed, Rules};

thread_local! {
    static NOW: Cell<Timestamp> = Cell::new("2026-03-02T08:00:00Z".parse().unwrap());
}

fn clock() -> Timestamp {
    NOW.get()
}

fn advance(seconds: i64) {
    NOW.set(NOW.get() + SignedDuration::from_secs(seconds));
}

/// The clock of a test's thread, with a difference.
#[derive(Clone, Copy, Debug, Default)]
struct Watch(SignedDuration);

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        clock() + self.0
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A topic in memory, which can be made to fail.
#[derive(Clone, Debug, Default)]
struct Topic {
    taken: Arc<Mutex<Vec<Outgoing>>>,
    mood: Arc<Mutex<Mood>>,
    entered: Arc<Notify>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Mood {
    #[default]
    Well,
    Down,
    RefusesFirst,
    NeverAnswers,
}

impl Topic {
    fn is(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn told(&self) -> Vec<Notification> {
        let taken = self.taken.lock().unwrap();
        taken
            .iter()
            .map(|message| serde_json::from_str(&message.body).unwrap())
            .collect()
    }
}

impl Publisher for Topic {
    async fn publish(&self, batch: &[Outgoing]) -> Result<Vec<Refusal>, PublishError> {
        let mood = *self.mood.lock().unwrap();
        let first = match mood {
            Mood::Well => 0,
            Mood::Down => return Err(PublishError("the topic is down".into())),
            Mood::RefusesFirst => 1,
            Mood::NeverAnswers => {
                self.entered.notify_one();
                std::future::pending().await
            }
        };
        self.taken
            .lock()
            .unwrap()
            .extend(batch.iter().skip(first).cloned());
        Ok((0..first)
            .map(|place| Refusal {
                place,
                reason: "InternalError".to_owned(),
            })
            .collect())
    }
}

/// A queue in memory, which can be made to fail.
#[derive(Clone, Debug, Default)]
struct Shelf {
    asked: Arc<Mutex<Vec<Vec<Again>>>>,
    mood: Arc<Mutex<Mood>>,
}

impl Shelf {
    fn is(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// What it was asked for, call by call.
    fn take(&self) -> Vec<Vec<Again>> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl Backlog for Shelf {
    async fn again(&self, messages: &[Again]) -> Result<(), NotPostponed> {
        let mood = *self.mood.lock().unwrap();
        self.asked.lock().unwrap().push(messages.to_vec());
        match mood {
            Mood::Well => Ok(()),
            Mood::Down | Mood::RefusesFirst => Err(NotPostponed {
                count: messages.len(),
                source: "the queue is down".into(),
            }),
            Mood::NeverAnswers => std::future::pending().await,
        }
    }
}

fn rules() -> Rules {
    let settings = json!({
        "project": "test",
        "priorities": {
            "P1": { "response": "5m", "notify": ["email", "slack", "sms"] },
            "P2": { "response": "15m", "notify": ["email", "slack"] },
        },
        "rules": [
            { "name": "urgent", "match": ["alertname=~\"urgent-.*\""], "priority": "P1", "category": "availability" },
            { "name": "ordinary", "match": ["alertname=~\"ordinary-.*\""], "priority": "P2", "category": "errors" },
        ],
    });
    Rules::new(Settings::from_json(&settings.to_string()).unwrap(), None)
}

fn patience() -> Patience {
    Patience {
        pause: Duration::from_millis(1),
        ..Patience::default()
    }
}

type On<S> = Handler<S, Watch, Topic, NoTimers, Shelf>;
type Bench = On<MemoryStore>;

fn bench() -> Bench {
    bench_of(rules())
}

fn bench_of(rules: Rules) -> Bench {
    on(
        MemoryStore::new(),
        Topic::default(),
        rules,
        Watch::default(),
    )
}

/// The same topic and rules with another table.
fn on<S>(store: S, publisher: Topic, rules: Rules, watch: Watch) -> On<S> {
    Handler {
        engine: Engine::new(store, Arc::clone(&rules.policy), watch, patience(), 1),
        ports: Ports {
            publisher,
            timers: NoTimers,
        },
        backlog: Shelf::default(),
        rules,
    }
}

impl Bench {
    /// The same with another table.
    fn with<S>(&self, store: S) -> On<S> {
        on(
            store,
            self.ports.publisher.clone(),
            self.rules.clone(),
            Watch::default(),
        )
    }

    /// The same table and topic with other rules.
    fn after(&self, rules: Rules) -> Self {
        let store = self.engine.store().clone();
        on(store, self.ports.publisher.clone(), rules, Watch::default())
    }

    /// What `escalation` does each minute.
    async fn sweep(&self) -> Published {
        let store = self.engine.store();
        engine::outbox::sweep(store, &self.ports.publisher, &Unhurried, clock()).await
    }
}

/// A CloudWatch alarm as SNS wraps it. `at` is the second in which its state changed.
fn alarm(name: &str, service: &str, state: &str, at: u32) -> String {
    let alarm = json!({
        "AlarmName": name,
        "AlarmDescription": "",
        "AWSAccountId": "123456789012",
        "NewStateValue": state,
        "OldStateValue": if state == "ALARM" { "OK" } else { "ALARM" },
        "NewStateReason": "Threshold Crossed: 1 datapoint [7.0] was greater than the threshold (5.0).",
        "StateChangeTime": format!("2026-03-02T07:{:02}:{:02}.000+0000", at / 60, at % 60),
        "Region": "EU (Ireland)",
        "AlarmArn": format!("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{name}"),
        "Trigger": {
            "MetricName": "Errors",
            "Namespace": "AWS/Lambda",
            "StatisticType": "Statistic",
            "Statistic": "SUM",
            "Unit": null,
            "Dimensions": [{ "name": "FunctionName", "value": service }],
            "Period": 60,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 5.0,
        },
    });
    json!({
        "Type": "Notification",
        "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alerts",
        "Subject": format!("{state}: \"{name}\" in EU (Ireland)"),
        "Message": alarm.to_string(),
        "Timestamp": "2026-03-02T07:59:59.000Z",
    })
    .to_string()
}

fn tick() -> String {
    json!({ "source": "tocsin.schedule", "detail-type": "Tick" }).to_string()
}

/// A batch as SQS delivers it; message `n` has the id `m<n>`.
fn batch_attempt(bodies: &[String], attempt: u32) -> Box<RawValue> {
    let records: Vec<Value> = bodies
        .iter()
        .enumerate()
        .map(|(n, body)| {
            json!({
                "messageId": format!("m{n}"),
                "receiptHandle": format!("AQEB-m{n}"),
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": attempt.to_string(),
                    "SentTimestamp": "1772438400000",
                },
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:ingest",
                "awsRegion": "eu-west-1",
            })
        })
        .collect();
    serde_json::value::to_raw_value(&json!({ "Records": records })).unwrap()
}

impl<S: RecordStore + Outbox> On<S> {
    /// Handles a batch; gives the books and the ids of the messages that failed.
    async fn batch(&self, bodies: &[String]) -> (Books, BTreeSet<String>) {
        self.batch_attempt(bodies, 1).await
    }

    async fn batch_attempt(&self, bodies: &[String], attempt: u32) -> (Books, BTreeSet<String>) {
        self.batch_until(bodies, attempt, Deadline::NONE).await
    }

    async fn batch_until(
        &self,
        bodies: &[String],
        attempt: u32,
        deadline: Deadline,
    ) -> (Books, BTreeSet<String>) {
        let (answer, books) = self
            .handle(&batch_attempt(bodies, attempt), "request", &deadline)
            .await;
        let balance = books.accepted + books.refused_total() + books.dead_lettered;
        assert_eq!(books.received, balance, "{books:?}");
        let Answer::Batch(_) = answer.as_ref().unwrap() else {
            panic!("{answer:?}")
        };
        let answer = serde_json::to_value(answer.unwrap()).unwrap();
        let failed = answer["batchItemFailures"].as_array().unwrap().iter();
        let failed = failed.map(|item| item["itemIdentifier"].as_str().unwrap().to_owned());
        (books, failed.collect())
    }
}
