//! What an invocation brings: a batch from the ingest queue, or one message from somebody else.
//!
//! What a message means is not decided here, except for the tick, which is ours.

use jiff::Timestamp;
use lambda_support::batch::{self, Record};
use serde_json::value::RawValue;

/// One message, in whatever envelope.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    /// The id that the logs and the answer use.
    pub(crate) id: String,
    /// What its queue knows it by since it was handed out; empty without a queue.
    pub(crate) receipt_handle: String,
    /// What is to be classified.
    pub(crate) body: String,
    /// When it reached us.
    pub(crate) received_at: Timestamp,
    /// How often it was handed out, this time included.
    pub(crate) attempt: u32,
    /// Whether it is the schedule's tick, which asks for a heartbeat.
    pub(crate) tick: bool,
}

/// What an invocation brings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// A batch of the ingest queue, whose messages succeed or fail one by one.
    Batch(Vec<Message>),
    /// A direct invocation: an alarm's action, a rule's target, a person.
    Direct(Message),
}

impl Event {
    /// Reads any event: what is no batch is a message.
    pub(crate) fn read(event: &RawValue, request_id: &str, now: Timestamp) -> Self {
        let queued = batch::records(event)
            // SNS delivers `Records` too, when it invokes a function itself, but they have no such id.
            .filter(|all| all.is_empty() || all.iter().any(|one| !one.message_id.is_empty()));
        match queued {
            Some(records) => Self::Batch(
                records
                    .into_iter()
                    .map(|record| of_record(record, now))
                    .collect(),
            ),
            None => Self::Direct(Message {
                id: request_id.to_owned(),
                receipt_handle: String::new(),
                body: event.get().to_owned(),
                received_at: now,
                attempt: 1,
                tick: adapters::is_tick(event.get()),
            }),
        }
    }
}

fn of_record(record: Record, now: Timestamp) -> Message {
    Message {
        id: record.message_id,
        receipt_handle: record.receipt_handle,
        tick: adapters::is_tick(&record.body),
        body: record.body,
        received_at: record.sent_at.unwrap_or(now),
        attempt: record.receive_count,
    }
}
