//! What the table answers seldom: work left undone, pages, answers that are lost.
//!
//! A local DynamoDB never does these, so the client talks to a script here.

#![expect(
    clippy::indexing_slicing,
    reason = "a helper of a test that is wrong fails the test"
)]

mod scripted;

use std::collections::BTreeSet;

use incident::IncidentId;
use jiff::{SignedDuration, Timestamp};
use lambda_support::error::Retryable;
use scripted::{error, table};
use serde_json::{Value, json};
use settings::Channel;
use store::{Claim, DeliveryLog, Outbox, OutboxRef, RecordKey, RecordStore, StoreError, Version};

fn incident(key: &str) -> RecordKey {
    RecordKey::Incident(key.into())
}

fn key(name: &str) -> Value {
    json!({ "pk": { "S": format!("INCIDENT#{name}") }, "sk": { "S": "STATE" } })
}

fn item(name: &str, version: u64, body: &str) -> Value {
    let mut item = key(name);
    item["version"] = json!({ "N": version.to_string() });
    item["body"] = json!({ "S": body });
    item
}

#[tokio::test(start_paused = true)]
async fn keys_that_were_not_processed_are_asked_for_again() {
    let (store, scripted) = table(|n, _| match n {
        0 => (
            200,
            json!({
                "Responses": { "t": [item("a", 3, "30")] },
                "UnprocessedKeys": { "t": { "Keys": [key("b"), key("c")] } },
            }),
        ),
        _ => (200, json!({ "Responses": { "t": [item("b", 4, "40")] } })),
    });
    let keys = ["a", "b", "c"].map(incident);
    let loaded = store.load(&keys).await.unwrap();
    let seen = keys
        .each_ref()
        .map(|key| (loaded[key].version.0, loaded[key].body.as_deref()));
    assert_eq!(seen, [(3, Some("30")), (4, Some("40")), (0, None)]);
    let asked = scripted.asked();
    assert_eq!(asked.len(), 2);
    let request = &asked[1].1["RequestItems"]["t"];
    assert_eq!(request["Keys"], json!([key("b"), key("c")]));
    assert_eq!(request["ConsistentRead"], json!(true));
}

#[tokio::test(start_paused = true)]
async fn a_table_that_processes_nothing_is_given_up_on() {
    let (store, scripted) = table(|_, body| {
        let left = body["RequestItems"].clone();
        (200, json!({ "Responses": {}, "UnprocessedKeys": left }))
    });
    let error = store.load(&[incident("a")]).await.unwrap_err();
    assert!(matches!(
        error,
        StoreError::Throttled {
            operation: "BatchGetItem",
            ..
        }
    ));
    assert!(error.is_retryable());
    assert_eq!(scripted.asked().len(), 7);
}

#[tokio::test]
async fn an_unreadable_state_does_not_fail_its_neighbours() {
    let (store, _) = table(|_, _| {
        let mut broken = item("b", 4, "");
        broken["body"] = json!({ "B": "/w==" });
        let items = [item("a", 3, "30"), broken];
        (200, json!({ "Responses": { "t": items } }))
    });
    let [a, b] = ["a", "b"].map(incident);
    let loaded = store.load(&[a.clone(), b.clone()]).await.unwrap();
    assert_eq!(loaded[&a].body.as_deref(), Some("30"));
    let unreadable = &loaded[&b];
    let body = unreadable.body.as_deref();
    assert_eq!((unreadable.version, body), (Version(4), None));
    assert!(unreadable.fault.is_some());
}

#[tokio::test(start_paused = true)]
async fn deletions_that_were_not_processed_are_asked_for_again() {
    let (store, scripted) = table(|n, body| {
        let requests = body["RequestItems"]["t"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        assert!(requests.len() <= 25);
        let left = if n == 0 { &requests[20..] } else { &[] };
        let left = if left.is_empty() {
            json!({})
        } else {
            json!({ "t": left })
        };
        (200, json!({ "UnprocessedItems": left }))
    });
    let entry = |n| OutboxRef {
        key: "k".to_owned(),
        id: format!("E{n:02}"),
    };
    let entries: Vec<OutboxRef> = (0..60).map(entry).collect();
    store.remove(&entries).await.unwrap();
    let asked = scripted.asked();
    let sizes: Vec<usize> = asked
        .iter()
        .map(|(_, body)| body["RequestItems"]["t"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [25, 5, 25, 10]);
    let names: BTreeSet<String> = asked
        .iter()
        .flat_map(|(_, body)| body["RequestItems"]["t"].as_array().unwrap().clone())
        .map(|request| request["DeleteRequest"]["Key"]["sk"]["S"].to_string())
        .collect();
    assert_eq!(names.len(), 60);
}

#[tokio::test]
async fn pages_are_followed_past_what_cannot_be_read() {
    let entry = |id: &str| {
        json!({
            "pk": { "S": "INCIDENT#k" }, "sk": { "S": format!("OUTBOX#{id}") },
            "gsi1pk": { "S": "OUTBOX" }, "gsi1sk": { "S": "2026-03-04T05:06:07.000Z" },
            "body": { "S": "{}" },
        })
    };
    let (store, scripted) = table(move |n, _| match n {
        0 => {
            let mut broken = entry("b");
            broken["body"] = json!({ "N": "7" });
            let items = json!([entry("a"), broken]);
            (
                200,
                json!({ "Items": items, "LastEvaluatedKey": entry("b") }),
            )
        }
        _ => (
            200,
            json!({ "Items": [entry("c")], "LastEvaluatedKey": entry("c") }),
        ),
    });
    let pending = store.pending(Timestamp::MAX, 2).await.unwrap();
    assert_eq!(pending.unreadable, 1);
    let entries = pending.entries;
    let ids: Vec<&str> = entries.iter().map(|e| e.reference.id.as_str()).collect();
    assert_eq!(ids, ["a", "c"]);
    let asked = scripted.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].1["ExclusiveStartKey"], entry("b"));
    assert_eq!(asked[1].1["Limit"], json!(1));
}

/// The claim was granted, its answer was lost, and the client repeats it.
#[tokio::test(start_paused = true)]
async fn a_repeated_claim_recognises_itself() {
    let (store, scripted) = table(|n, body| match n {
        0 => (500, error("InternalServerError")),
        _ => {
            let mut answer = error("ConditionalCheckFailedException");
            let values = &body["ExpressionAttributeValues"];
            answer["Item"] = json!({
                "claimed_by": values[":claim"], "lease_until": values[":until"],
                "reference": { "S": "thread" },
            });
            (400, answer)
        }
    });
    let id = IncidentId::of("k", Timestamp::UNIX_EPOCH, 1);
    let lease = SignedDuration::from_secs(30);
    let now = Timestamp::UNIX_EPOCH;
    let claim = store
        .claim(&id, Channel::Slack, 1, now, lease)
        .await
        .unwrap();
    let reference = Some("thread".to_owned());
    assert_eq!(claim, Claim::Granted { reference });
    assert_eq!(scripted.asked().len(), 2);
}
