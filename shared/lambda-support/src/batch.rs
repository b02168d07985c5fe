//! Batches of SQS messages, read leniently and one by one.
//!
//! A malformed record never fails its neighbours, and what is inside a body is
//! none of this module's business.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// One message of a batch. What is absent or of the wrong type is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// What [`BatchResponse::fail`] wants to know.
    pub message_id: String,
    /// What the sender wrote; for a record without a text body, the record itself as JSON.
    pub body: String,
    /// What a sender of ours needs to change the message's visibility.
    pub receipt_handle: String,
    /// How often SQS has handed the message out, this time included.
    pub receive_count: u32,
    /// When SQS took the message.
    pub sent_at: Option<Timestamp>,
    /// The queue that it came from.
    pub queue_arn: String,
    /// The sender's attributes that are text or numbers.
    pub attributes: BTreeMap<String, String>,
}

/// Reads the records of an SQS event; `None` if it is no SQS event.
///
/// An SQS event is an object with a list `Records` whose elements come from
/// `aws:sqs` or say nothing about where they come from.
///
/// ```
/// use lambda_support::batch;
/// use serde_json::value::RawValue;
///
/// let event = r#"{"Records": [{"messageId": "1", "body": "hello"}, 7]}"#;
/// let event: Box<RawValue> = serde_json::from_str(event)?;
/// let records = batch::records(&event).unwrap_or_default();
/// assert_eq!(records[0].body, "hello");
/// assert_eq!(records[1].body, "7");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn records(event: &RawValue) -> Option<Vec<Record>> {
    #[derive(Deserialize)]
    struct Batch<'a> {
        #[serde(borrow, rename = "Records")]
        records: Vec<&'a RawValue>,
    }
    let batch: Batch<'_> = serde_json::from_str(event.get()).ok()?;
    batch.records.into_iter().map(record).collect()
}

/// `None` if the record says that it comes from somewhere else.
fn record(raw: &RawValue) -> Option<Record> {
    let value: Value = serde_json::from_str(raw.get()).unwrap_or_default();
    let source = value.get("eventSource").and_then(Value::as_str);
    if source.is_some_and(|source| source != "aws:sqs") {
        return None;
    }
    let text = |name: &str| -> String {
        let text = value.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let system = |name: &str| value.get("attributes")?.get(name);
    let body = value.get("body").and_then(Value::as_str);
    Some(Record {
        message_id: text("messageId"),
        body: body.unwrap_or(raw.get()).to_owned(),
        receipt_handle: text("receiptHandle"),
        receive_count: system("ApproximateReceiveCount")
            .and_then(integer)
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or_default(),
        sent_at: system("SentTimestamp")
            .and_then(integer)
            .and_then(|millis| Timestamp::from_millisecond(millis).ok()),
        queue_arn: text("eventSourceARN"),
        attributes: attributes(&value),
    })
}

/// SQS writes its numbers as text; an emulator may not.
fn integer(value: &Value) -> Option<i64> {
    match value.as_str() {
        Some(text) => text.parse().ok(),
        None => value.as_i64(),
    }
}

fn attributes(record: &Value) -> BTreeMap<String, String> {
    let attributes = record.get("messageAttributes").and_then(Value::as_object);
    let pairs = attributes.into_iter().flatten();
    pairs
        .filter_map(|(name, attribute)| {
            let text = attribute.get("stringValue")?.as_str()?;
            Some((name.clone(), text.to_owned()))
        })
        .collect()
}

/// The answer of a function whose queue has `ReportBatchItemFailures`: what SQS is to keep.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct BatchResponse {
    #[serde(rename = "batchItemFailures")]
    failures: Vec<Failure>,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
struct Failure {
    #[serde(rename = "itemIdentifier")]
    message_id: String,
}

impl BatchResponse {
    /// Keeps a message in the queue, to be handed out again.
    ///
    /// Lambda takes an empty id for a failure of the whole batch. That is what a
    /// record without an id has to mean: there is no other way to keep it.
    pub fn fail(&mut self, message_id: impl Into<String>) {
        let message_id = message_id.into();
        if !self.failures.iter().any(|f| f.message_id == message_id) {
            self.failures.push(Failure { message_id });
        }
    }

    /// Whether every message was dealt with.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.failures.is_empty()
    }

    /// How many messages are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.failures.len()
    }
}

impl<I: Into<String>> FromIterator<I> for BatchResponse {
    fn from_iter<T: IntoIterator<Item = I>>(message_ids: T) -> Self {
        let mut response = Self::default();
        for id in message_ids {
            response.fail(id);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<Vec<Record>> {
        let event: Box<RawValue> = serde_json::from_str(json).expect("valid JSON");
        records(&event)
    }

    #[test]
    fn a_record_of_sqs_is_read_in_full() {
        let records = read(
            r#"{"Records": [{
                "messageId": "059f36b4",
                "receiptHandle": "AQEB",
                "body": "{\"a\":\"b\"}",
                "attributes": {"ApproximateReceiveCount": "3", "SentTimestamp": "1545082649183"},
                "messageAttributes": {
                    "event": {"stringValue": "opened", "dataType": "String"},
                    "raw": {"binaryValue": "AA==", "dataType": "Binary"}
                },
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:ingest"
            }]}"#,
        );
        let expected = Record {
            message_id: "059f36b4".to_owned(),
            body: r#"{"a":"b"}"#.to_owned(),
            receipt_handle: "AQEB".to_owned(),
            receive_count: 3,
            sent_at: Some("2018-12-17T21:37:29.183Z".parse().unwrap()),
            queue_arn: "arn:aws:sqs:us-east-2:123456789012:ingest".to_owned(),
            attributes: BTreeMap::from([("event".to_owned(), "opened".to_owned())]),
        };
        assert_eq!(records, Some(vec![expected]));
    }

    #[test]
    fn a_bad_record_does_not_fail_its_neighbours() {
        let records = read(
            r#"{"Records": [
                {"messageId": "1", "body": "good"},
                {"messageId": "2", "body": {"not": "text"}, "attributes": 7},
                null,
                {"messageId": 4, "body": "odd id", "attributes": {"SentTimestamp": "soon"}},
                {"messageId": "5", "body": "good too"}
            ]}"#,
        )
        .expect("an SQS event");
        let seen: Vec<(&str, &str)> = records
            .iter()
            .map(|r| (r.message_id.as_str(), r.body.as_str()))
            .collect();
        let whole = r#"{"messageId": "2", "body": {"not": "text"}, "attributes": 7}"#;
        assert_eq!(
            seen,
            [
                ("1", "good"),
                ("2", whole),
                ("", "null"),
                ("", "odd id"),
                ("5", "good too")
            ]
        );
    }

    #[test]
    fn what_is_no_sqs_event_is_left_to_the_caller() {
        assert_eq!(read(r#"{"source": "aws.cloudwatch"}"#), None);
        assert_eq!(read(r#"{"Records": {"a": 1}}"#), None);
        assert_eq!(read(r#"{"Records": [{"eventSource": "aws:s3"}]}"#), None);
        assert_eq!(read("[1]"), None);
        assert_eq!(read(r#""text""#), None);
    }

    #[test]
    fn failures_are_reported_once_and_in_order() {
        let response: BatchResponse = ["b", "a", "b"].into_iter().collect();
        assert_eq!(
            serde_json::to_string(&response).unwrap(),
            r#"{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"a"}]}"#
        );
        assert_eq!(response.len(), 2);
        assert_eq!(
            serde_json::to_string(&BatchResponse::default()).unwrap(),
            r#"{"batchItemFailures":[]}"#
        );
    }
}
