//! What the table answers seldom when it is asked for records.

mod scripted;

use std::collections::BTreeSet;

use jiff::Timestamp;
use lambda_support::error::Retryable;
use scripted::{error, table};
use serde_json::{Value, json};
use store::{
    Check, DynamoStore, Listing, Note, OutboxWrite, Page, RecordKey, RecordStore, StoreError,
    Transaction, Version, Write,
};

const SILENCES: &RecordKey = &RecordKey::Silences;

const fn write(key: &RecordKey, expected: u64) -> Write<'_> {
    Write {
        key,
        expected: Version(expected),
        body: "7",
        due_at: None,
        listed: None,
        keep_until: None,
    }
}

fn group() -> RecordKey {
    RecordKey::Group("g".into())
}

/// Writes a group if the silences are what they were.
async fn commit(store: &DynamoStore) -> Result<(), StoreError> {
    let (group, expected) = (group(), Version(2));
    let transaction = Transaction {
        writes: &[write(&group, 1)],
        checks: &[Check {
            key: SILENCES,
            expected,
        }],
        outbox: &[OutboxWrite {
            record: &group,
            id: "N.1",
            body: "{}",
            written_at: Timestamp::UNIX_EPOCH,
        }],
        notes: &[Note {
            partition: "audit",
            sort: "1",
            body: "{}",
            keep_until: None,
        }],
    };
    store.commit(transaction).await
}

#[tokio::test(start_paused = true)]
async fn records_that_were_not_processed_are_asked_for_again() {
    let key = |pk: &str| json!({ "pk": { "S": pk }, "sk": { "S": "STATE" } });
    let item = move |pk: &str| {
        let mut item = key(pk);
        item["version"] = json!({ "N": "3" });
        item["body"] = json!({ "S": "7" });
        item
    };
    let (store, scripted) = table(move |n, _| match n {
        0 => (
            200,
            json!({
                "Responses": { "t": [item("GROUP#g")] },
                "UnprocessedKeys": { "t": { "Keys": [key("SILENCES")] } },
            }),
        ),
        _ => (200, json!({ "Responses": { "t": [item("SILENCES")] } })),
    });
    let loaded = store.load(&[group(), RecordKey::Silences]).await.unwrap();
    assert!(loaded.values().all(|record| record.version == Version(3)));
    assert_eq!((scripted.asked().len(), loaded.len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_repeated_transaction_has_the_same_token() {
    let (store, scripted) = table(|n, _| match n {
        0 => (500, error("InternalServerError")),
        _ => (200, json!({})),
    });
    commit(&store).await.unwrap();
    let asked = scripted.asked();
    let tokens: BTreeSet<String> = asked
        .iter()
        .map(|(_, body)| body["ClientRequestToken"].to_string())
        .collect();
    assert_eq!((asked.len(), tokens.len()), (2, 1));
    assert!(!tokens.contains("null"));
}

#[tokio::test]
async fn a_transaction_is_one_request_with_every_condition() {
    let (store, scripted) = table(|_, _| (200, json!({})));
    commit(&store).await.unwrap();
    let asked = scripted.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].0, "TransactWriteItems");
    let items = asked[0].1["TransactItems"].as_array().unwrap();
    let conditions: Vec<&Value> = items
        .iter()
        .map(|item| {
            let kind = item.as_object().unwrap().values().next().unwrap();
            &kind["ExpressionAttributeValues"][":expected"]["N"]
        })
        .collect();
    assert_eq!(
        conditions,
        [&json!("1"), &json!("2"), &Value::Null, &Value::Null]
    );
    assert_eq!(items[1]["ConditionCheck"]["Key"]["pk"]["S"], "SILENCES");
    assert_eq!(items[2]["Put"]["Item"]["pk"]["S"], "GROUP#g");
    assert_eq!(items[2]["Put"]["Item"]["sk"]["S"], "OUTBOX#N.1");
    assert_eq!(items[3]["Put"]["Item"]["pk"]["S"], "NOTE#audit");
}

#[tokio::test]
async fn a_conflict_names_the_record_that_changed() {
    let reason = |code: &str| json!({ "Code": code });
    let cases = [
        (
            ["ConditionalCheckFailed", "None", "None", "None"],
            "GROUP#g",
        ),
        (
            ["None", "ConditionalCheckFailed", "None", "None"],
            "SILENCES",
        ),
        (
            ["None", "None", "None", "TransactionConflict"],
            "NOTE#audit",
        ),
    ];
    for (codes, expected) in cases {
        let (store, _) = table(move |_, _| {
            let mut answer = error("TransactionCanceledException");
            answer["CancellationReasons"] = codes.map(reason).to_vec().into();
            (400, answer)
        });
        let error = commit(&store).await.unwrap_err();
        assert!(error.is_retryable());
        let StoreError::Conflict { key } = error else {
            panic!("{error}");
        };
        assert_eq!(key, expected);
    }
}

#[tokio::test]
async fn one_write_is_no_transaction_and_one_check_is_one() {
    let (store, scripted) = table(|_, _| (200, json!({})));
    let group = group();
    let one = [Write {
        due_at: Some(Timestamp::UNIX_EPOCH),
        listed: Some(Listing {
            list: "L",
            sort: "1",
            summary: "s",
        }),
        keep_until: Some(Timestamp::UNIX_EPOCH),
        ..write(&group, 0)
    }];
    let writes = Transaction {
        writes: &one,
        ..Transaction::default()
    };
    let check = [Check {
        key: SILENCES,
        expected: Version::NONE,
    }];
    let checks = Transaction {
        checks: &check,
        ..Transaction::default()
    };
    for transaction in [writes, checks, Transaction::default()] {
        store.commit(transaction).await.unwrap();
    }
    let asked = scripted.asked();
    let operations: Vec<&str> = asked
        .iter()
        .map(|(operation, _)| operation.as_str())
        .collect();
    assert_eq!(operations, ["PutItem", "TransactWriteItems"]);
    let expected = json!({
        "pk": { "S": "GROUP#g" }, "sk": { "S": "STATE" },
        "version": { "N": "1" }, "body": { "S": "7" }, "expires_at": { "N": "0" },
        "gsi2pk": { "S": "DUE" }, "gsi2sk": { "S": "1970-01-01T00:00:00.000Z GROUP#g" },
        "gsi3pk": { "S": "L" }, "gsi3sk": { "S": "1 GROUP#g" }, "summary": { "S": "s" },
    });
    assert_eq!(asked[0].1["Item"], expected);
    assert_eq!(
        asked[0].1["ConditionExpression"],
        "attribute_not_exists(#version)"
    );
}

/// The first was carried out, its answer was lost, and the client repeats it.
#[tokio::test(start_paused = true)]
async fn a_repeated_request_is_still_the_first() {
    let (store, scripted) = table(|n, body| match n {
        0 => (500, error("InternalServerError")),
        _ => {
            let mut answer = error("ConditionalCheckFailedException");
            answer["Item"] = body["Item"].clone();
            (400, answer)
        }
    });
    let at = Timestamp::UNIX_EPOCH;
    assert!(store.remember_once("r", at, at).await.unwrap());
    assert_eq!(scripted.asked().len(), 2);
}

#[tokio::test]
async fn a_list_is_followed_past_what_cannot_be_read() {
    let item = |pk: &str| {
        json!({
            "pk": { "S": pk }, "sk": { "S": "STATE" }, "summary": { "S": "s" },
            "gsi3pk": { "S": "L" }, "gsi3sk": { "S": format!("1 {pk}") },
        })
    };
    let (store, scripted) = table(move |n, _| match n {
        0 => {
            let items = [item("GROUP#c"), item("ODD#b")];
            (
                200,
                json!({ "Items": items, "LastEvaluatedKey": item("ODD#b") }),
            )
        }
        1 => (200, json!({ "Items": [item("GROUP#a"), item("SILENCES")] })),
        _ => (200, json!({})),
    });
    let page = store.list("L", Page::first(3)).await.unwrap();
    let keys: Vec<String> = page.entries.iter().map(|e| e.key.to_string()).collect();
    assert_eq!(keys, ["GROUP#c", "GROUP#a"]);
    let next = page.next.expect("there is one more");
    let page = Page {
        limit: 3,
        after: Some(&next),
    };
    assert_eq!(store.list("L", page).await.unwrap().next, None);
    let asked = scripted.asked();
    let limits: Vec<&Value> = asked.iter().map(|(_, body)| &body["Limit"]).collect();
    assert_eq!(limits, [&json!(4), &json!(2), &json!(4)]);
    assert_eq!(asked[0].1["IndexName"], "gsi3");
    assert_eq!(asked[0].1["ScanIndexForward"], json!(false));
    let start = json!({
        "pk": { "S": "GROUP#a" }, "sk": { "S": "STATE" },
        "gsi3pk": { "S": "L" }, "gsi3sk": { "S": "1 GROUP#a" },
    });
    assert_eq!(asked[2].1["ExclusiveStartKey"], start);
}

#[tokio::test]
async fn notes_that_cannot_be_read_are_counted() {
    let note =
        |sk: &str, body: Value| json!({ "pk": { "S": "NOTE#a" }, "sk": { "S": sk }, "body": body });
    let (store, scripted) = table(move |_, _| {
        let items = [
            note("1", json!({ "S": "{}" })),
            note("2", json!({ "N": "7" })),
        ];
        (200, json!({ "Items": items }))
    });
    let page = store.notes("a", Page::first(5)).await.unwrap();
    assert_eq!((page.notes.len(), page.unreadable, page.next), (1, 1, None));
    assert_eq!(scripted.asked()[0].1["ConsistentRead"], json!(true));
}
