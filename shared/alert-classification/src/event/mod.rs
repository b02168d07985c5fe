//! Unwraps whatever arrived and makes alerts of it. Nothing here fails: what is not
//! understood becomes an alert that says what it is.

pub(crate) mod alarm;
pub(crate) mod aws;
mod detail;
pub(crate) mod draft;
mod envelope;
mod finding;
mod logs;
pub(crate) mod scalar;
mod text;
mod time;

use jiff::Timestamp;

use crate::alert::Alert;

pub use finding::{FINDING_SCHEMA, Finding};

/// How deep envelopes may be nested; real ones are at most four deep (SQS, SNS, SNS, event).
const DEPTH: u32 = 8;

/// What the envelopes around an event say about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// When it was sent, as far as any envelope says; else when it was received.
    pub(crate) at: Timestamp,
    pub(crate) topic_arn: Option<&'a str>,
    pub(crate) subject: Option<&'a str>,
    /// SNS's message attribute `State`, which AWS Backup sets.
    pub(crate) state: Option<&'a str>,
    pub(crate) depth: u32,
}

/// What an event was read as.
#[derive(Clone, Debug)]
pub struct Reading {
    /// At least one alert, whatever arrived.
    pub alerts: Vec<Alert>,
    /// What was wrong with the event, if it could not be read properly; its alert then says so.
    pub fault: Option<String>,
}

/// Reads one message in any envelope. `received_at` stands in for a time that the
/// message does not have.
#[must_use]
pub fn read(body: &str, received_at: Timestamp) -> Reading {
    let mut reading = Reading {
        alerts: Vec::with_capacity(1),
        fault: None,
    };
    let context = Context {
        at: received_at,
        topic_arn: None,
        subject: None,
        state: None,
        depth: DEPTH,
    };
    envelope::open(body, &context, &mut reading);
    if reading.alerts.is_empty() {
        // An envelope with nothing in it, such as `{"Records": []}`.
        reading.alerts.push(text::unknown(body, &context));
    }
    reading
}
