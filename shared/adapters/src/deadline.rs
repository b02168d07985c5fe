//! The time that an invocation has: what is begun too late is cut off, with its answer and its books.

use std::time::Duration;

use engine::{OutOfTime, Pace};
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

/// So long before its end an invocation begins nothing any more: what it begins takes a second or
/// two, and what it leaves is handed out again.
const LAST_START: Duration = Duration::from_secs(4);
/// So long before its end it waits for nothing any more: it writes its metrics and answers.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// When an invocation has to stop.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Option<Limits>);

#[derive(Clone, Copy, Debug)]
struct Limits {
    start_by: Instant,
    wait_until: Instant,
}

impl Deadline {
    /// As long as it takes.
    pub const NONE: Self = Self(None);

    /// What is left until `end`. An end that has passed is no end: an environment that has none says
    /// so, and where it is true nobody is left to ask.
    #[must_use]
    pub fn at(end: Timestamp, now: Timestamp) -> Self {
        let left = end.duration_since(now);
        if !left.is_positive() {
            return Self::NONE;
        }
        let (left, now) = (left.unsigned_abs(), Instant::now());
        // A function with a short time-out must get to do something, too.
        let before = |margin: Duration, share| now + left.saturating_sub(margin.min(left / share));
        Self(Some(Limits {
            start_by: before(LAST_START, 2),
            wait_until: before(LAST_WAIT, 4),
        }))
    }

    /// What an invocation has left: Lambda says when it ends it, in milliseconds since 1970.
    #[must_use]
    pub fn of_invocation(millis: u64, now: Timestamp) -> Self {
        i64::try_from(millis)
            .ok()
            .and_then(|millis| Timestamp::from_millisecond(millis).ok())
            .map_or(Self::NONE, |end| Self::at(end, now))
    }
}

impl Pace for Deadline {
    async fn allow<F>(&self, work: F) -> Result<F::Output, OutOfTime>
    where
        F: Future + Send,
    {
        match self.0 {
            None => Ok(work.await),
            Some(limits) if Instant::now() >= limits.start_by => Err(OutOfTime),
            Some(limits) => timeout_at(limits.wait_until, work)
                .await
                .map_err(|_| OutOfTime),
        }
    }
}
