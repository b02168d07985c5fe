//! Deliveries, repeated ones, and ways out that fail.

use std::io::Write as _;
use std::sync::Mutex;

use adapters::{FindingSink, Unpublished};
use alert_classification::Finding;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::{SignedDuration, Timestamp};
use settings::Settings;
use store::{MemoryStore, SensorStates as _};

use crate::handler::{Handler, HandlerError, SENSOR};
use crate::key::{KeySource, derive};

/// 2026-11-24T00:00:00Z.
const START: i64 = 1_795_478_400_000;

#[derive(Debug, Default)]
struct Topic {
    published: Mutex<Vec<Finding>>,
    refuses: Mutex<bool>,
}

impl FindingSink for &Topic {
    async fn publish(&self, findings: &[Finding]) -> Vec<Unpublished> {
        if *self.refuses.lock().unwrap() {
            let reason = "the topic is throttled".to_owned();
            let refused = (0..findings.len()).map(|place| Unpublished {
                place,
                reason: reason.clone(),
            });
            return refused.collect();
        }
        self.published.lock().unwrap().extend_from_slice(findings);
        Vec::new()
    }
}

fn settings() -> Settings {
    Settings::from_json(
        r#"{"project":"HASIVU","rules":[],"logs":{"groups":["*"],"rules":[
            {"name":"paid","match":["event=\"paid\""],"metrics":[{"name":"Paid","kind":"count"},{"name":"Users","kind":"distinct","of":"user","per":"day"}]},
            {"name":"login","match":["event=\"login.failed\""],"security":{"event":"login_failed","account":"account","address":"ip"}},
            {"name":"broken","match":["event=\"broken\""],"finding":{"title":"it is broken"}}]}}"#,
    )
    .unwrap()
}

struct Key;

impl KeySource for Key {
    async fn key(&self) -> Result<detection::SubjectKey, String> {
        Ok(derive("a secret of at least sixteen characters"))
    }
}

fn handler<'t>(store: &MemoryStore, topic: &'t Topic) -> Handler<MemoryStore, &'t Topic, Key> {
    Handler::new(settings(), store.clone(), topic, Key, "tocsin").unwrap()
}

fn now(seconds: i64) -> Timestamp {
    Timestamp::from_millisecond(START).unwrap() + SignedDuration::from_secs(seconds)
}

fn delivery(group: &str, lines: &[String]) -> String {
    let events: Vec<_> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| serde_json::json!({ "id": at.to_string(), "timestamp": START, "message": line }))
        .collect();
    let text = format!(
        r#"{{"messageType":"DATA_MESSAGE","logGroup":"{group}","logStream":"s","logEvents":{}}}"#,
        serde_json::json!(events)
    );
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    STANDARD.encode(gzip.finish().unwrap())
}

fn users(range: std::ops::Range<u32>) -> String {
    let lines: Vec<String> = range
        .map(|n| format!(r#"{{"event":"paid","user":"u{n}"}}"#))
        .collect();
    delivery("/aws/lambda/pay", &lines)
}

/// What a metric's lines say, added up.
fn sum(lines: &[String], metric: &str) -> Option<f64> {
    let values = lines.iter().filter_map(|line| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        value.get(metric)?.as_f64()
    });
    values.fold(None, |sum, value| Some(sum.unwrap_or_default() + value))
}

#[tokio::test]
async fn a_delivery_counts_once_however_often_it_comes() {
    let (store, topic) = (MemoryStore::default(), Topic::default());
    let handler = handler(&store, &topic);
    let data = users(0..100);
    let books = handler.handle(&data, now(0)).await.unwrap();
    assert_eq!(sum(&books.lines, "Paid"), Some(100.0));
    assert_eq!(sum(&books.lines, "Users"), Some(100.0));
    let again = handler.handle(&data, now(1)).await.unwrap();
    assert!(again.lines.is_empty());
}

#[tokio::test]
async fn instances_count_users_together() {
    let (store, topic) = (MemoryStore::default(), Topic::default());
    let (one, other) = (handler(&store, &topic), handler(&store, &topic));
    one.handle(&users(0..60), now(0)).await.unwrap();
    other.handle(&users(40..100), now(5)).await.unwrap();
    // The first does not know that the other has written: its version is refused and it reads again.
    let books = one.handle(&users(90..120), now(100)).await.unwrap();
    let estimate = sum(&books.lines, "Users").unwrap();
    assert!((118.0..=122.0).contains(&estimate), "{estimate}");
    // The same users again are no news to an instance that knows them: nothing is written.
    let before = store
        .sensor_state(SENSOR, "Users#2026-11-24")
        .await
        .unwrap()
        .version;
    one.handle(&users(91..120), now(500)).await.unwrap();
    let after = store
        .sensor_state(SENSOR, "Users#2026-11-24")
        .await
        .unwrap()
        .version;
    assert_eq!(before, after);
}

#[tokio::test]
async fn what_is_not_due_is_saved_later() {
    let (store, topic) = (MemoryStore::default(), Topic::default());
    let handler = handler(&store, &topic);
    handler.handle(&users(0..10), now(0)).await.unwrap();
    let soon = handler.handle(&users(10..20), now(10)).await.unwrap();
    assert_eq!(
        (sum(&soon.lines, "Paid"), sum(&soon.lines, "Users")),
        (Some(10.0), None)
    );
    let later = handler.handle(&users(20..30), now(61)).await.unwrap();
    assert_eq!(sum(&later.lines, "Users"), Some(30.0));
}

#[tokio::test]
async fn a_finding_that_cannot_be_published_lets_the_delivery_come_again() {
    let (store, topic) = (MemoryStore::default(), Topic::default());
    let handler = handler(&store, &topic);
    let lines = [
        r#"{"event":"broken"}"#.to_owned(),
        r#"{"event":"paid","user":"u"}"#.to_owned(),
    ];
    let data = delivery("/aws/lambda/pay", &lines);
    *topic.refuses.lock().unwrap() = true;
    let error = handler.handle(&data, now(0)).await.unwrap_err();
    assert!(
        matches!(error, HandlerError::Unpublished { count: 1, .. }),
        "{error}"
    );
    *topic.refuses.lock().unwrap() = false;
    let books = handler.handle(&data, now(60)).await.unwrap();
    assert_eq!(
        sum(&books.lines, "Paid"),
        Some(1.0),
        "counted once, although it came twice"
    );
    let published = topic.published.lock().unwrap();
    assert_eq!(published.len(), 1);
    assert_eq!(
        published[0].changed_at,
        Some(now(0)),
        "the record's own time, so that a repetition is one"
    );
}

#[tokio::test]
async fn the_suites_own_lines_are_left_out() {
    let (store, topic) = (MemoryStore::default(), Topic::default());
    let handler = handler(&store, &topic);
    let data = delivery(
        "/aws/lambda/tocsin-log-metrics",
        &[r#"{"event":"broken"}"#.to_owned()],
    );
    let books = handler.handle(&data, now(0)).await.unwrap();
    assert!(books.lines.is_empty() && topic.published.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_is_said_and_not_tried_again() {
    let (store, topic) = (MemoryStore::default(), Topic::default());
    let handler = handler(&store, &topic);
    for data in ["", "%%%", "aGVsbG8="] {
        let books = handler.handle(data, now(0)).await.unwrap();
        assert!(books.lines.is_empty());
    }
}

#[tokio::test]
async fn a_new_pattern_is_told_once_by_whoever_saves_it() {
    let (store, topic) = (MemoryStore::default(), Topic::default());
    let (one, other) = (handler(&store, &topic), handler(&store, &topic));
    let usual = delivery("/aws/lambda/pay", &["cache is warm".to_owned()]);
    one.handle(&usual, now(0)).await.unwrap();
    // After the first day a pattern that nobody knows is news. Each delivery has another line of it.
    let day = 90_000;
    for (instance, user) in [(&one, 1), (&other, 2), (&one, 3)] {
        let line = format!("cannot charge wallet of user {user} for asha@example.org");
        let data = delivery("/aws/lambda/pay", &[line]);
        instance.handle(&data, now(day + user * 100)).await.unwrap();
    }
    let published = topic.published.lock().unwrap();
    let kinds: Vec<&str> = published
        .iter()
        .map(|finding| finding.kind.as_str())
        .collect();
    assert_eq!(kinds, ["NewLogPattern"]);
    assert!(
        !serde_json::to_string(&published[0])
            .unwrap()
            .contains("asha@")
    );
}

#[tokio::test]
async fn an_attack_is_found_once_and_ends_without_further_lines() {
    let (store, topic) = (MemoryStore::default(), Topic::default());
    let (one, other) = (handler(&store, &topic), handler(&store, &topic));
    let line = |n: i64| {
        format!(r#"{{"event":"login.failed","account":"parent-1","ip":"203.0.113.7","n":{n}}}"#)
    };
    let data = delivery("/aws/lambda/auth", &(0..60).map(line).collect::<Vec<_>>());
    one.handle(&data, now(1)).await.unwrap();
    let found = topic.published.lock().unwrap().len();
    assert!(found >= 1, "sixty failures of one account are an attack");
    // Another instance gets the same delivery again: its events are known by their ids.
    other.handle(&data, now(2)).await.unwrap();
    assert_eq!(topic.published.lock().unwrap().len(), found);
    // Nothing more is heard of it, and the schedule finds that it is over.
    other.tick(now(7 * 86_400)).await.unwrap();
    let published = topic.published.lock().unwrap();
    let resolved = published
        .iter()
        .filter(|finding| finding.status == alert_classification::Status::Resolved);
    assert_eq!(resolved.count(), found);
}
