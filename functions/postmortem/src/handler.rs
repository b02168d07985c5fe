//! One invocation: each request is gathered, written, laid down and told.

use engine::{Clock, Engine, EngineError, Outgoing, Pace, PublishError, Publisher};
use futures_util::future::try_join_all;
use incident::{IncidentId, Notification};
use lambda_support::batch::{BatchResponse, Record};
use lambda_support::error::chain;
use serde::Deserialize;
use store::{OutboxRef, RecordStore};

use crate::books::Books;
use crate::evidence::{Evidence, is_untold};
use crate::letter;
use crate::shelf::{self, Object, Shelf, ShelfError};

/// So often a report waits for the last word to those who were told; then it is written without.
const PATIENCE: u32 = 3;
/// `PublishBatch` takes so many messages; these are short.
const BATCH: usize = 10;

/// Writes reports with an engine, a shelf and a topic.
#[derive(Debug)]
pub struct Handler<S, C, B, P> {
    /// What knows the incidents.
    pub engine: Engine<S, C>,
    /// Where the reports lie.
    pub shelf: B,
    /// Where people are told.
    pub publisher: P,
}

/// What a message asks for. People may write one: the id is enough.
#[derive(Deserialize)]
struct Wanted {
    incident: IncidentId,
}

/// What became of a request.
enum Done {
    Written {
        told: usize,
    },
    Unknown,
    /// Somebody still has to hear that it is over.
    TooEarly,
}

/// Why a report is not written or not told.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("the table does not say what became of it")]
    Table(#[from] EngineError),
    #[error("the report is not kept")]
    Shelf(#[from] ShelfError),
    #[error("the report is no JSON")]
    Encode(#[from] serde_json::Error),
    #[error("nobody is told of the report")]
    Topic(#[from] PublishError),
    #[error("the topic refuses a message: {0}")]
    Refused(String),
    #[error("no time is left")]
    Late(#[from] engine::OutOfTime),
}

impl<S, C, B, P> Handler<S, C, B, P>
where
    S: RecordStore,
    C: Clock,
    B: Shelf,
    P: Publisher,
{
    /// Handles a batch of the queue; says which messages are to be handed out again.
    pub async fn handle(&self, records: &[Record], pace: &impl Pace) -> (BatchResponse, Books) {
        let mut books = Books::default();
        let mut response = BatchResponse::default();
        for record in records {
            let wanted = match serde_json::from_str::<Wanted>(&record.body) {
                Ok(wanted) => wanted,
                Err(error) => {
                    tracing::error!(
                        stage = "read", message_id = record.message_id, error = %error,
                        "a message asks for no report"
                    );
                    books.failed += 1;
                    response.fail(record.message_id.clone());
                    continue;
                }
            };
            let id = wanted.incident;
            let patient = record.receive_count <= PATIENCE;
            let done = match pace.allow(Box::pin(self.report(&id, patient))).await {
                Ok(done) => done,
                Err(late) => Err(late.into()),
            };
            match done {
                Ok(Done::Written { told }) => {
                    books.written += 1;
                    books.told += u64::try_from(told).unwrap_or(u64::MAX);
                    tracing::info!(
                        stage = "report",
                        incident_id = id.as_str(),
                        told,
                        "a report is written"
                    );
                }
                Ok(Done::Unknown) => {
                    books.unknown += 1;
                    tracing::warn!(
                        stage = "report",
                        incident_id = id.as_str(),
                        "a report is asked for of an incident that nobody knows"
                    );
                }
                Ok(Done::TooEarly) => {
                    books.waiting += 1;
                    response.fail(record.message_id.clone());
                    tracing::info!(
                        stage = "report",
                        incident_id = id.as_str(),
                        "a report waits until people have heard of the end"
                    );
                }
                Err(fault) => {
                    books.failed += 1;
                    response.fail(record.message_id.clone());
                    tracing::error!(
                        stage = "report", incident_id = id.as_str(),
                        attempt = record.receive_count, error = %chain(&fault),
                        "a report is not written: the queue brings it again"
                    );
                }
            }
        }
        (response, books)
    }

    async fn report(&self, id: &IncidentId, patient: bool) -> Result<Done, Fault> {
        let Some(view) = self.engine.incident(id).await? else {
            return Ok(Done::Unknown);
        };
        if patient && is_untold(&view) {
            return Ok(Done::TooEarly);
        }
        let evidence = Evidence::gather(&self.engine, view).await?;
        let summary = &evidence.summary;
        let now = self.engine.clock().now();
        let policy = self.engine.policy();
        let Some(report) = report::postmortem(&evidence.case(policy, now)) else {
            return Ok(Done::Unknown);
        };
        let stem = shelf::stem(id, summary.opened_at);
        let files = [
            (
                "json",
                "application/json",
                serde_json::to_string_pretty(&report)?,
            ),
            ("html", "text/html; charset=utf-8", report.to_html()),
            ("md", "text/markdown; charset=utf-8", report.to_markdown()),
        ];
        let puts = files.iter().map(|(ending, content_type, body)| {
            let key = format!("{stem}.{ending}");
            async move {
                let object = Object {
                    key: &key,
                    content_type,
                    body,
                };
                self.shelf.put(object).await
            }
        });
        try_join_all(puts).await?;
        if summary.resolved_at.is_none() {
            // Somebody asked for it by hand; it is asked for again when it is over.
            return Ok(Done::Written { told: 0 });
        }
        let place = self.shelf.place();
        let letters = letter::letters(&report, summary, policy, place, &stem, now);
        self.tell(&letters).await?;
        Ok(Done::Written {
            told: letters.len(),
        })
    }

    /// The message in the queue is the outbox: it is gone only once the topic has all.
    async fn tell(&self, letters: &[Notification]) -> Result<(), Fault> {
        let messages = letters.iter().map(|letter| {
            let reference = OutboxRef {
                key: letter.incident.key.to_string(),
                id: letter.id.to_string(),
            };
            let body = serde_json::to_string(letter)?;
            Ok(Outgoing::new(letter, reference, body))
        });
        let messages: Vec<Outgoing> = messages.collect::<Result<_, serde_json::Error>>()?;
        for batch in messages.chunks(BATCH) {
            let refused = self.publisher.publish(batch).await?;
            if let Some(refusal) = refused.into_iter().next() {
                return Err(Fault::Refused(refusal.reason));
            }
        }
        Ok(())
    }
}
