//! The notify topic in Amazon SNS.

use aws_sdk_sns::Client;
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
        let answer = self
            .client
            .publish_batch()
            .topic_arn(&self.arn)
            .set_publish_batch_request_entries(Some(entries))
            .send()
            .await
            .map_err(|error| PublishError(error.into()))?;
        // Only what the topic says it has is published: an entry that is in neither list is not.
        let taken = |place: usize| {
            let id = place.to_string();
            answer
                .successful()
                .iter()
                .any(|entry| entry.id() == Some(&id))
        };
        let refused = (0..batch.len()).filter(|place| !taken(*place));
        Ok(refused
            .map(|place| {
                let id = place.to_string();
                let failed = answer.failed().iter().find(|entry| entry.id() == id);
                let reason = failed.map_or_else(
                    || "the topic did not answer for it".to_owned(),
                    |entry| format!("{}: {}", entry.code(), entry.message().unwrap_or_default()),
                );
                Refusal { place, reason }
            })
            .collect())
    }
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
