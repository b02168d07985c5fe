//! What the table answers seldom: work left undone, pages, answers that are lost.
//!
//! A local DynamoDB never does these, so the client talks to a script here.

#![expect(
    clippy::indexing_slicing,
    reason = "a helper of a test that is wrong fails the test"
)]

mod scripted;

use std::collections::BTreeSet;

use incident::{IncidentId, IncidentStatus};
use jiff::{SignedDuration, Timestamp};
use lambda_support::error::Retryable;
use scripted::{error, table};
use serde_json::{Value, json};
use settings::Channel;
use store::{
    Claim, Commit, DeliveryLog, IncidentStore, Outbox, OutboxEntry, OutboxRef, StoreError, Version,
};

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
    let loaded = IncidentStore::<u32>::load(&store, &["a", "b", "c"])
        .await
        .unwrap();
    let seen = ["a", "b", "c"].map(|key| (loaded[key].version.0, loaded[key].state));
    assert_eq!(seen, [(3, Some(30)), (4, Some(40)), (0, None)]);
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
    let error = IncidentStore::<u32>::load(&store, &["a"])
        .await
        .unwrap_err();
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
        let items = [item("a", 3, "30"), item("b", 4, "{")];
        (200, json!({ "Responses": { "t": items } }))
    });
    let loaded = IncidentStore::<u32>::load(&store, &["a", "b"])
        .await
        .unwrap();
    assert_eq!(loaded["a"].state, Some(30));
    let unreadable = &loaded["b"];
    assert_eq!((unreadable.version, unreadable.state), (Version(4), None));
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

#[tokio::test(start_paused = true)]
async fn a_repeated_transaction_has_the_same_token() {
    let (store, scripted) = table(|n, _| match n {
        0 => (500, error("InternalServerError")),
        _ => (200, json!({})),
    });
    let outbox = [OutboxEntry {
        id: "INC-1.1".to_owned(),
        body: "{}".to_owned(),
        written_at: Timestamp::UNIX_EPOCH,
    }];
    let commit = Commit {
        key: "k",
        expected: Version(1),
        state: &7,
        status: IncidentStatus::Open,
        outbox: &outbox,
        keep_until: None,
    };
    assert_eq!(store.commit(commit).await.unwrap(), Version(2));
    let tokens: BTreeSet<String> = scripted
        .asked()
        .iter()
        .map(|(_, body)| body["ClientRequestToken"].to_string())
        .collect();
    assert_eq!((scripted.asked().len(), tokens.len()), (2, 1));
    assert!(!tokens.contains("null"));
}

#[tokio::test]
async fn only_a_decision_that_publishes_is_a_transaction() {
    let (store, scripted) = table(|_, _| (200, json!({})));
    let commit = Commit {
        key: "k",
        expected: Version::NONE,
        state: &7,
        status: IncidentStatus::Open,
        outbox: &[],
        keep_until: None,
    };
    store.commit(commit).await.unwrap();
    let asked = scripted.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].0, "PutItem");
}

#[tokio::test]
async fn open_keys_are_read_page_by_page_from_the_index_alone() {
    let (store, scripted) = table(|n, _| {
        let key = |name: &str| json!({ "gsi2sk": { "S": name } });
        let last = json!({ "pk": { "S": "INCIDENT#b" } });
        match n {
            0 => (
                200,
                json!({ "Items": [key("a"), key("b")], "LastEvaluatedKey": last }),
            ),
            _ => (200, json!({ "Items": [key("c")] })),
        }
    });
    let keys = IncidentStore::<u32>::open_keys(&store, 200).await.unwrap();
    assert_eq!(keys, ["a", "b", "c"]);
    let asked = scripted.asked();
    let queried: Vec<&str> = asked
        .iter()
        .map(|(operation, _)| operation.as_str())
        .collect();
    assert_eq!(queried, ["Query", "Query"]);
    assert_eq!(asked[0].1["IndexName"], json!("gsi2"));
    assert_eq!(asked[1].1["Limit"], json!(198));
}

#[tokio::test]
async fn only_an_open_state_is_in_the_index() {
    let (store, scripted) = table(|_, _| (200, json!({})));
    for status in [IncidentStatus::Open, IncidentStatus::Resolved] {
        let commit = Commit {
            key: "k",
            expected: Version::NONE,
            state: &7,
            status,
            outbox: &[],
            keep_until: None,
        };
        store.commit(commit).await.unwrap();
    }
    let asked = scripted.asked();
    let index = |n: usize| {
        (
            asked[n].1["Item"]["gsi2pk"].clone(),
            asked[n].1["Item"]["gsi2sk"].clone(),
        )
    };
    assert_eq!(index(0), (json!({ "S": "OPEN" }), json!({ "S": "k" })));
    assert_eq!(index(1), (Value::Null, Value::Null));
}
