//! The pace of an invocation: what is begun too late is cut off, with its answer and its books.

use std::time::Duration;

use engine::{OutOfTime, Pace};
use jiff::Timestamp;
use lambda_support::deadline::{self, Deadline as End};

/// So long before its end an invocation begins nothing any more: what it begins takes a second or
/// two, and what it leaves is handed out again.
const LAST_START: Duration = Duration::from_secs(4);

/// When an invocation has to stop.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(End);

impl Deadline {
    /// As long as it takes.
    pub const NONE: Self = Self(End::NONE);

    /// What is left until `end`; an end that has passed is no end.
    #[must_use]
    pub fn at(end: Timestamp, now: Timestamp) -> Self {
        Self(End::at(end, now, LAST_START))
    }

    /// What an invocation has left: Lambda says when it ends it, in milliseconds since 1970.
    #[must_use]
    pub fn of_invocation(millis: u64, now: Timestamp) -> Self {
        deadline::end_of_invocation(millis).map_or(Self::NONE, |end| Self::at(end, now))
    }
}

impl Pace for Deadline {
    async fn allow<F>(&self, work: F) -> Result<F::Output, OutOfTime>
    where
        F: Future + Send,
    {
        if self.0.is_near() {
            return Err(OutOfTime);
        }
        self.0.note(work).await.map_err(|_| OutOfTime)
    }
}
