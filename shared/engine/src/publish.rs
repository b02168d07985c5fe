//! The port to the notify topic, and what is sent through it.
//!
//! It says what a message and its attributes are, and how many go into one request; not when.

use std::error::Error;

use incident::Notification;
use store::OutboxRef;

use crate::reports;

/// `PublishBatch` takes so many messages…
const BATCH_MESSAGES: usize = 10;
/// …and 256 KB together; some is left for the names around them.
const BATCH_BYTES: usize = 250_000;

/// A notification on its way to the topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// The outbox entry, to be removed when the topic has the message.
    pub reference: OutboxRef,
    /// The notification as JSON.
    pub body: String,
    /// What the topic's filters see.
    pub attributes: Vec<Attribute>,
}

/// What a filter policy can look at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// SNS's type: `String` or `String.Array`.
    pub kind: &'static str,
    /// Its value, never empty.
    pub value: String,
}

/// Puts notifications on the topic.
pub trait Publisher: Send + Sync {
    /// Publishes a batch that fits into one request, and gives the messages that the topic refused.
    fn publish(
        &self,
        batch: &[Outgoing],
    ) -> impl Future<Output = Result<Vec<Refusal>, PublishError>> + Send;
}

/// A message of a batch that the topic did not take.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// Its place in the batch.
    pub place: usize,
    /// The topic's code and words.
    pub reason: String,
}

/// The topic took none of a batch, or nobody knows.
#[derive(Debug, thiserror::Error)]
#[error("the notify topic did not take the batch: the next sweep publishes it again")]
pub struct PublishError(#[source] pub Box<dyn Error + Send + Sync>);

impl Outgoing {
    /// The message of a notification.
    #[must_use]
    pub fn new(notification: &Notification, reference: OutboxRef, body: String) -> Self {
        let channels: Vec<&str> = notification.channels.iter().map(|c| c.as_str()).collect();
        let incident = &notification.incident;
        let text = |name, value: &str| Attribute {
            name,
            kind: "String",
            value: value
                .chars()
                .map(|c| {
                    if c.is_control() || is_refused(c) {
                        ' '
                    } else {
                        c
                    }
                })
                .collect(),
        };
        let mut attributes = vec![
            Attribute {
                name: "channels",
                kind: "String.Array",
                value: serde_json::Value::from(channels).to_string(),
            },
            text("priority", incident.priority.as_str()),
            text("event", notification.event.as_str()),
            text("service", &incident.service),
            text("category", &incident.category),
        ];
        // SNS refuses a message with an empty attribute.
        attributes.retain(|attribute| !attribute.value.trim().is_empty());
        Self {
            reference,
            body: escaped(body),
            attributes,
        }
    }

    /// The message of a request for a report.
    #[must_use]
    pub fn request(reference: OutboxRef, body: String) -> Self {
        let channels = Attribute {
            name: "channels",
            kind: "String.Array",
            value: serde_json::Value::from(vec![reports::CHANNEL]).to_string(),
        };
        Self {
            reference,
            body: escaped(body),
            attributes: vec![channels],
        }
    }

    fn size(&self) -> usize {
        let attributes = self.attributes.iter();
        let around = attributes.map(|a| a.name.len() + a.kind.len() + a.value.len());
        self.body.len() + around.sum::<usize>()
    }
}

/// The characters that SNS and SQS refuse a whole message for, besides control characters, which
/// JSON escapes anyway.
const fn is_refused(character: char) -> bool {
    matches!(character, '\u{fffe}' | '\u{ffff}')
}

/// The same JSON without the characters that SNS and SQS refuse a whole message for: they can only stand in
/// a text, where an escape says the same.
#[must_use]
pub fn escaped(json: String) -> String {
    if !json.contains(is_refused) {
        return json;
    }
    json.replace('\u{fffe}', "\\ufffe")
        .replace('\u{ffff}', "\\uffff")
}

/// Cuts messages into batches that fit into one request each, in order.
pub(crate) fn batches(mut messages: Vec<Outgoing>) -> Vec<Vec<Outgoing>> {
    let mut batches = Vec::new();
    let mut batch: Vec<Outgoing> = Vec::new();
    let mut bytes = 0;
    for message in messages.drain(..) {
        let size = message.size();
        if batch.len() == BATCH_MESSAGES || (!batch.is_empty() && bytes + size > BATCH_BYTES) {
            batches.push(std::mem::take(&mut batch));
            bytes = 0;
        }
        bytes += size;
        batch.push(message);
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn reference(n: usize) -> OutboxRef {
        OutboxRef {
            key: "orders".to_owned(),
            id: n.to_string(),
        }
    }

    #[test_case(&[], &[]; "nothing")]
    #[test_case(&[1; 10], &[10]; "ten fit")]
    #[test_case(&[1; 25], &[10, 10, 5]; "ten at most")]
    #[test_case(&[100_000; 5], &[2, 2, 1]; "256 KB at most")]
    #[test_case(&[204_800, 204_800, 1], &[1, 2]; "the largest notification goes alone")]
    fn batches_fit_into_requests(sizes: &[usize], expected: &[usize]) {
        let messages = sizes.iter().enumerate().map(|(n, size)| Outgoing {
            reference: reference(n),
            body: "x".repeat(*size),
            attributes: Vec::new(),
        });
        let batches = batches(messages.collect());
        let lengths: Vec<usize> = batches.iter().map(Vec::len).collect();
        assert_eq!(lengths, expected);
        let ids = batches
            .iter()
            .flatten()
            .map(|message| message.reference.id.parse::<usize>());
        assert!(ids.map(Result::unwrap).eq(0..sizes.len()));
    }
}
