//! What an invocation answers.

use lambda_support::batch::BatchResponse;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use settings::InvalidSettings;

use crate::books::Books;

/// The answer to an invocation.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// To the ingest queue: which messages it is to keep.
    Batch(BatchResponse),
    /// To a direct invocation: what became of its alerts.
    Direct(Box<Books>),
}

/// Why an invocation failed as a whole. Lambda tries again, and then hands the event to the
/// dead-letter queue.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The embedded configuration cannot be read.
    #[error("the embedded configuration cannot be read: build the function again")]
    Configuration(#[from] InvalidSettings),
    /// A direct invocation could not be carried out.
    #[error("the event is not processed: {0}")]
    Failed(String),
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Batch(response) => response.serialize(serializer),
            Self::Direct(books) => {
                let mut answer = serializer.serialize_struct("Answer", 5)?;
                answer.serialize_field("received", &books.received)?;
                answer.serialize_field("accepted", &books.accepted)?;
                answer.serialize_field("grouped", &books.groups.grouped)?;
                answer.serialize_field("notified", &books.groups.notified)?;
                answer.serialize_field("suppressed", &books.suppressed())?;
                answer.end()
            }
        }
    }
}
