//! The ingest queue in Amazon SQS.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry as Entry;

use crate::again::{Again, Backlog, NotPostponed};

/// `ChangeMessageVisibilityBatch` takes so many.
const BATCH: usize = 10;

/// A queue; none when the environment does not name it: then its own timeout hands messages out again.
#[derive(Clone, Debug)]
pub struct SqsBacklog(Option<(Client, String)>);

impl SqsBacklog {
    /// The queue of that address.
    pub(crate) async fn connect(url: Option<&str>) -> Self {
        let Some(url) = url else {
            return Self(None);
        };
        let client = Client::new(lambda_support::aws::config().await);
        Self(Some((client, url.to_owned())))
    }
}

impl SqsBacklog {
    async fn change(client: &Client, url: &str, batch: &[Again]) -> Result<(), NotPostponed> {
        let failed = |count, source| Err(NotPostponed { count, source });
        let entries: Result<Vec<Entry>, BuildError> = batch.iter().enumerate().map(entry).collect();
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => return failed(batch.len(), error.into()),
        };
        let change = client.change_message_visibility_batch().queue_url(url);
        match change.set_entries(Some(entries)).send().await {
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

impl Backlog for SqsBacklog {
    async fn again(&self, messages: &[Again]) -> Result<(), NotPostponed> {
        let Some((client, url)) = &self.0 else {
            return Ok(());
        };
        let mut fault: Option<NotPostponed> = None;
        for batch in messages.chunks(BATCH) {
            if let Err(NotPostponed { count, source }) = Self::change(client, url, batch).await {
                let count = count + fault.as_ref().map_or(0, |known| known.count);
                fault = Some(NotPostponed { count, source });
            }
        }
        fault.map_or(Ok(()), Err)
    }
}

fn entry((place, message): (usize, &Again)) -> Result<Entry, BuildError> {
    Entry::builder()
        .id(place.to_string())
        .receipt_handle(&message.receipt_handle)
        .visibility_timeout(message.seconds)
        .build()
}
