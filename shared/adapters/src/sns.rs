//! The notify topic in Amazon SNS.

use aws_sdk_sns::Client;
use aws_sdk_sns::error::SdkError;
use aws_sdk_sns::operation::publish_batch::{PublishBatchError, PublishBatchOutput};
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use engine::{Attribute, Outgoing, PublishError, Publisher, Refusal};

/// A topic to publish to.
#[derive(Clone, Debug)]
pub struct SnsTopic {
    client: Client,
    arn: String,
}

impl SnsTopic {
    /// The topic of that name. Nothing is asked of it yet.
    #[must_use]
    pub fn new(client: Client, arn: impl Into<String>) -> Self {
        Self {
            client,
            arn: arn.into(),
        }
    }
}

impl Publisher for SnsTopic {
    async fn publish(&self, batch: &[Outgoing]) -> Result<Vec<Refusal>, PublishError> {
        let entries = batch
            .iter()
            .enumerate()
            .map(|(place, message)| entry(place, message));
        let entries = entries
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| PublishError(error.into()))?;
        let answer = publish(&self.client, &self.arn, entries)
            .await
            .map_err(|error| PublishError(error.into()))?;
        let refusals = (0..batch.len()).filter_map(|place| {
            answer
                .refusal(place)
                .map(|reason| Refusal { place, reason })
        });
        Ok(refusals.collect())
    }
}

/// What a topic says of a batch whose entries are named by their places.
pub(crate) struct Answer(PublishBatchOutput);

impl Answer {
    /// Why an entry is not published. Only what the topic says it has is published: an entry that is in
    /// neither of its lists is not.
    pub(crate) fn refusal(&self, place: usize) -> Option<String> {
        let id = place.to_string();
        let mut taken = self.0.successful().iter();
        if taken.any(|entry| entry.id() == Some(&id)) {
            return None;
        }
        let failed = self.0.failed().iter().find(|entry| entry.id() == id);
        Some(failed.map_or_else(
            || "the topic did not answer for it".to_owned(),
            |entry| format!("{}: {}", entry.code(), entry.message().unwrap_or_default()),
        ))
    }
}

/// Publishes entries that fit into one request.
pub(crate) async fn publish(
    client: &Client,
    arn: &str,
    entries: Vec<PublishBatchRequestEntry>,
) -> Result<Answer, SdkError<PublishBatchError>> {
    let request = client.publish_batch().topic_arn(arn);
    let request = request.set_publish_batch_request_entries(Some(entries));
    request.send().await.map(Answer)
}

fn entry(
    place: usize,
    message: &Outgoing,
) -> Result<PublishBatchRequestEntry, aws_sdk_sns::error::BuildError> {
    let mut entry = PublishBatchRequestEntry::builder()
        .id(place.to_string())
        .message(&message.body);
    for attribute in &message.attributes {
        entry = entry.message_attributes(attribute.name, value(attribute)?);
    }
    entry.build()
}

fn value(attribute: &Attribute) -> Result<MessageAttributeValue, aws_sdk_sns::error::BuildError> {
    MessageAttributeValue::builder()
        .data_type(attribute.kind)
        .string_value(&attribute.value)
        .build()
}
