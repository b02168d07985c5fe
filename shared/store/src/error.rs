//! What can go wrong, and whether trying again can help.

use std::error::Error;

use lambda_support::error::{Retry, Retryable};

/// A cause that comes from elsewhere.
pub(crate) type Cause = Box<dyn Error + Send + Sync>;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody else decided first.
    #[error("the state of `{key}` changed meanwhile: load it and decide again")]
    Conflict {
        /// What the incident is about, or the partition of another record.
        key: String,
    },
    /// The table is asked for more than it is ready for just now.
    #[error("the table throttles {operation}: try again later")]
    Throttled {
        /// What was asked.
        operation: &'static str,
        /// What the table said, if it said anything.
        source: Option<Cause>,
    },
    /// There was no answer, or the service stumbled. Whether a write took place is not known.
    #[error("the table did not answer {operation}: try again later")]
    Unavailable {
        /// What was asked.
        operation: &'static str,
        /// What happened.
        source: Cause,
    },
    /// The table refuses such a request, today and tomorrow.
    #[error(
        "the table refuses {operation} ({code}): check the table's name and the function's policy"
    )]
    Refused {
        /// What was asked.
        operation: &'static str,
        /// DynamoDB's code.
        code: String,
        /// What the table said.
        source: Cause,
    },
    /// The item would be larger than the table takes.
    #[error("`{key}` needs {size} bytes and an item may have {limit}: let it keep less")]
    TooLarge {
        /// What the incident is about, the notification's id, or the partition of another item.
        key: String,
        /// How large it is.
        size: usize,
        /// How large it may be.
        limit: usize,
    },
    /// The key is longer than the table takes.
    #[error("`{start}…` has {size} bytes and a key may have {limit}: shorten the key")]
    KeyTooLong {
        /// Its first characters.
        start: String,
        /// How long it is.
        size: usize,
        /// How long it may be.
        limit: usize,
    },
    /// A transaction has more items than the table takes.
    #[error(
        "a transaction of {records} records, {checks} checks, {notifications} notifications and \
         {notes} notes has {count} items and may have {limit}: decide about less at once"
    )]
    TooManyItems {
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
        /// So many of them are records.
        records: usize,
        /// So many of them are checks.
        checks: usize,
        /// So many of them are notifications.
        notifications: usize,
        /// So many of them are notes.
        notes: usize,
    },
    /// A transaction is larger than the table takes.
    #[error("a transaction needs {size} bytes and may have {limit}: decide about less at once")]
    TransactionTooLarge {
        /// How large it is.
        size: usize,
        /// How large it may be.
        limit: usize,
    },
    /// A transaction names an item twice.
    #[error("`{key}` is twice in one transaction: merge what is to become of it")]
    Duplicate {
        /// The item.
        key: String,
    },
    /// A list is to say more of a record than fits.
    #[error("the summary of `{key}` has {size} bytes and may have {limit}: shorten it")]
    SummaryTooLong {
        /// Which record.
        key: String,
        /// How long it is.
        size: usize,
        /// How long it may be.
        limit: usize,
    },
    /// A name is empty, and the table takes no empty names.
    #[error("{what} of `{key}` is empty: give it a name")]
    Unnamed {
        /// What is empty.
        what: &'static str,
        /// What it belongs to.
        key: String,
    },
    /// A page is to begin behind what is no place.
    #[error("the cursor is none of this list: begin again without one")]
    Cursor,
    /// A text is there and cannot be read.
    #[error("`{key}` cannot be read: look at the item in the table, and write it anew")]
    Unreadable {
        /// Its partition.
        key: String,
    },
}

impl Retryable for StoreError {
    fn retry(&self) -> Retry {
        match self {
            Self::Conflict { .. } | Self::Throttled { .. } | Self::Unavailable { .. } => {
                Retry::Retryable
            }
            Self::Refused { .. }
            | Self::TooLarge { .. }
            | Self::KeyTooLong { .. }
            | Self::TooManyItems { .. }
            | Self::TransactionTooLarge { .. }
            | Self::Duplicate { .. }
            | Self::SummaryTooLong { .. }
            | Self::Unnamed { .. }
            | Self::Cursor
            | Self::Unreadable { .. } => Retry::Permanent,
        }
    }
}
