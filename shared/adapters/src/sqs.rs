//! The queue of timers in Amazon SQS: a message that is kept back until something is due.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use engine::timers::{ScheduleError, TimerMessage, Timers, delay_seconds};
use incident::RecordName;
use jiff::Timestamp;

/// `SendMessageBatch` takes so many.
const BATCH: usize = 10;

/// A queue of timers.
#[derive(Clone, Debug)]
pub struct SqsTimers {
    client: Client,
    url: String,
}

impl SqsTimers {
    /// The queue of that address. Nothing is asked of it yet.
    #[must_use]
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self {
            client,
            url: url.into(),
        }
    }

    async fn send(
        &self,
        batch: &[(Timestamp, RecordName)],
        now: Timestamp,
    ) -> Result<(), ScheduleError> {
        let failed = |count, source| Err(ScheduleError { count, source });
        let entries: Result<Vec<_>, _> = batch
            .iter()
            .enumerate()
            .map(|(place, timer)| entry(place, timer, now))
            .collect();
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => return failed(batch.len(), error),
        };
        let answer = self
            .client
            .send_message_batch()
            .queue_url(&self.url)
            .set_entries(Some(entries))
            .send()
            .await;
        match answer {
            Ok(answer) => match answer.failed() {
                [] => Ok(()),
                all @ [first, ..] => {
                    let words = first.message().unwrap_or_default();
                    failed(all.len(), format!("{}: {words}", first.code()).into())
                }
            },
            Err(error) => failed(batch.len(), error.into()),
        }
    }
}

impl Timers for SqsTimers {
    async fn schedule(&self, timers: &[(Timestamp, RecordName)]) -> Result<(), ScheduleError> {
        let now = Timestamp::now();
        let mut fault: Option<ScheduleError> = None;
        for batch in timers.chunks(BATCH) {
            if let Err(error) = self.send(batch, now).await {
                let count = error.count + fault.as_ref().map_or(0, |known| known.count);
                fault = Some(ScheduleError {
                    count,
                    source: error.source,
                });
            }
        }
        fault.map_or(Ok(()), Err)
    }
}

fn entry(
    place: usize,
    (due, name): &(Timestamp, RecordName),
    now: Timestamp,
) -> Result<SendMessageBatchRequestEntry, Box<dyn std::error::Error + Send + Sync>> {
    Ok(SendMessageBatchRequestEntry::builder()
        .id(place.to_string())
        .message_body(serde_json::to_string(&TimerMessage::new(*due, name))?)
        .delay_seconds(delay_seconds(*due, now))
        .build()?)
}
