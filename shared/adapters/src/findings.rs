//! The way of a sensor's findings: onto the alerts topic, where alarms arrive too.

use alert_classification::Finding;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::PublishBatchRequestEntry;
use engine::escaped;
use lambda_support::env::{Noted, Reader};
use lambda_support::error::chain;

use crate::sns;

/// `PublishBatch` takes so many messages…
const BATCH: usize = 10;
/// …and 256 KB together, which is also what one message may have; some is left for the names around them.
const BATCH_BYTES: usize = 250_000;

/// Takes findings; the alerts topic, or its twin in a test.
pub trait FindingSink: Send + Sync {
    /// Publishes findings, and gives those that were not published, each with its reason. Nothing is
    /// tried again here: the sensor knows whether a finding is still true when its turn comes.
    ///
    /// A finding of which nobody knows counts as not published, so it may arrive twice; the same
    /// finding with the same `changed_at` is one alert.
    fn publish(&self, findings: &[Finding]) -> impl Future<Output = Vec<Unpublished>> + Send;
}

/// A finding that the topic did not take.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unpublished {
    /// Its place among the findings that were to be published.
    pub place: usize,
    /// Why, for the log: it may name the topic but nothing of the finding.
    pub reason: String,
}

/// The alerts topic in Amazon SNS.
#[derive(Clone, Debug)]
pub struct AlertsTopic {
    client: Client,
    arn: String,
}

impl AlertsTopic {
    /// The ARN that the environment says, in `ALERTS_TOPIC_ARN`.
    ///
    /// # Errors
    /// When it is missing, which is noted.
    pub fn arn(reader: &mut Reader<'_>) -> Result<String, Noted> {
        reader.required("ALERTS_TOPIC_ARN", "the ARN of the alerts topic")
    }

    /// The topic of that ARN. Nothing is asked of it yet.
    #[must_use]
    pub fn new(client: Client, arn: impl Into<String>) -> Self {
        Self {
            client,
            arn: arn.into(),
        }
    }

    async fn send(&self, batch: &[(usize, String)]) -> Vec<Unpublished> {
        let entries = batch.iter().map(|(place, body)| {
            PublishBatchRequestEntry::builder()
                .id(place.to_string())
                .message(body)
                .build()
        });
        let answer = match entries.collect::<Result<Vec<_>, _>>() {
            Ok(entries) => sns::publish(&self.client, &self.arn, entries)
                .await
                .map_err(|error| chain(&error).to_string()),
            Err(error) => Err(error.to_string()),
        };
        let reason = |place| match &answer {
            Ok(taken) => taken.refusal(place),
            Err(reason) => Some(reason.clone()),
        };
        (batch.iter())
            .filter_map(|&(place, _)| reason(place).map(|reason| Unpublished { place, reason }))
            .collect()
    }
}

impl FindingSink for AlertsTopic {
    async fn publish(&self, findings: &[Finding]) -> Vec<Unpublished> {
        let mut unpublished = Vec::new();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for (place, finding) in findings.iter().enumerate() {
            let body = match body(finding) {
                Ok(body) => body,
                Err(reason) => {
                    unpublished.push(Unpublished { place, reason });
                    continue;
                }
            };
            if batch.len() == BATCH || (!batch.is_empty() && bytes + body.len() > BATCH_BYTES) {
                unpublished.extend(self.send(&std::mem::take(&mut batch)).await);
                bytes = 0;
            }
            bytes += body.len();
            batch.push((place, body));
        }
        if !batch.is_empty() {
            unpublished.extend(self.send(&batch).await);
        }
        unpublished.sort_by_key(|one| one.place);
        unpublished
    }
}

/// The message of a finding, if a topic takes one of that size.
fn body(finding: &Finding) -> Result<String, String> {
    let body = serde_json::to_string(finding).map_err(|error| error.to_string())?;
    let body = escaped(body);
    if body.len() > BATCH_BYTES {
        let size = body.len();
        return Err(format!(
            "the finding has {size} bytes and a message may have {BATCH_BYTES}: let it say less"
        ));
    }
    Ok(body)
}
