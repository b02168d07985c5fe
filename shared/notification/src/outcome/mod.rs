//! What a channel's answer means: delivered, again after so long, or never.
//!
//! Only the meaning is here. Asking, waiting and giving up after so many attempts belong to the
//! `notifier`; the time and the random number are handed in.

mod aws;
mod backoff;
mod http;
mod retry_after;

pub use aws::{AwsFault, judge_aws};
pub use backoff::{Backoff, InvalidBackoff};
pub use http::{Answer, Protocol, TransportFault, judge};
pub use retry_after::{LONGEST_WAIT, wait};

use jiff::{SignedDuration, Timestamp};

/// What is known when an answer is judged.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// The time of the answer.
    pub now: Timestamp,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// A random number over the whole range: it spreads the next attempts of many senders.
    pub random: u64,
    /// How long to wait when the other side does not say.
    pub backoff: Backoff,
}

impl Situation {
    fn retry(&self, cause: Cause, status: Option<u16>, detail: impl Into<String>) -> Outcome {
        Outcome::Retry {
            after: self.backoff.delay(self.attempt, self.random),
            failure: Failure::new(cause, status, detail),
        }
    }
}

/// What becomes of a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The channel has taken it. The reference is Slack's `ts`, which later messages reply to.
    Delivered {
        /// What later messages of the incident refer to, if the channel gives such a thing.
        reference: Option<String>,
    },
    /// It may well work later.
    Retry {
        /// Not before this long.
        after: SignedDuration,
        /// What went wrong.
        failure: Failure,
    },
    /// It never works like this: a person must look.
    Permanent(Failure),
}

/// What went wrong, without anything secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{cause}: {detail}")]
pub struct Failure {
    /// One of a bounded set, for metrics and attributes.
    pub cause: Cause,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// For people.
    pub detail: String,
}

impl Failure {
    /// A failure with words for people.
    pub fn new(cause: Cause, status: Option<u16>, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self {
            cause,
            status,
            detail,
        }
    }
}

/// The kinds of failure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cause {
    /// The other side refuses this message.
    Rejected,
    /// The other side does not accept our credentials; they may have been rotated.
    Unauthorized,
    /// The thread to reply to is not there any more; a new message would still be taken.
    ThreadGone,
    /// We are too fast.
    RateLimited,
    /// The other side is broken.
    ServerError,
    /// No answer in time. It may have been taken nevertheless.
    TimedOut,
    /// No connection, or it was closed before an answer came.
    Unreachable,
    /// An answer that is neither a yes nor a no.
    UnexpectedAnswer,
    /// What we were given to send with (secret, address, recipients) cannot be used.
    Configuration,
    /// The message in the queue is no notification.
    Unreadable,
}

impl Cause {
    /// The name in metrics, logs and message attributes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Unauthorized => "unauthorized",
            Self::ThreadGone => "thread_gone",
            Self::RateLimited => "rate_limited",
            Self::ServerError => "server_error",
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
            Self::UnexpectedAnswer => "unexpected_answer",
            Self::Configuration => "configuration",
            Self::Unreadable => "unreadable",
        }
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
