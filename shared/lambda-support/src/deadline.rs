//! The time that an invocation has. A process that is cut off in the middle of a call can neither answer
//! nor say why, so that calls end before the invocation does.
//!
//! Which work is worth beginning is the functions' business.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

/// So long before the end nothing is waited for at all: what is left answers and writes metrics.
const LAST_NOTE: Duration = Duration::from_secs(1);

/// When an invocation has to stop.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Option<Limits>);

#[derive(Clone, Copy, Debug)]
struct Limits {
    work: Instant,
    note: Instant,
}

/// The invocation's time ended before an answer came.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the invocation's time ended before an answer came")]
pub struct OutOfTime;

impl Deadline {
    /// As long as it takes.
    pub const NONE: Self = Self(None);

    /// What is left until `end`, of which `reserve` is kept to leave things in order. An end that has
    /// passed is no end: an environment that knows none says so, and where it is true nobody is left
    /// to ask.
    #[must_use]
    pub fn at(end: Timestamp, now: Timestamp, reserve: Duration) -> Self {
        let left = end.duration_since(now);
        if !left.is_positive() {
            return Self::NONE;
        }
        let (left, now) = (left.unsigned_abs(), Instant::now());
        // A function with a short time-out must get to do something, too.
        let before = |margin: Duration, share| now + left.saturating_sub(margin.min(left / share));
        Self(Some(Limits {
            work: before(reserve, 2),
            note: before(LAST_NOTE, 4),
        }))
    }

    /// Whether only the reserve is left.
    #[must_use]
    pub fn is_near(self) -> bool {
        self.0.is_some_and(|limits| Instant::now() >= limits.work)
    }

    /// Waits until only the reserve is left: there is time to do something about the outcome.
    ///
    /// # Errors
    /// When there is not. What was begun may have been done nevertheless.
    pub async fn work<T>(self, call: impl Future<Output = T>) -> Result<T, OutOfTime> {
        bound(self.0.map(|limits| limits.work), call).await
    }

    /// Waits in the reserve, too: for what leaves things in order.
    ///
    /// # Errors
    /// When there is no time left even for that.
    pub async fn note<T>(self, call: impl Future<Output = T>) -> Result<T, OutOfTime> {
        bound(self.0.map(|limits| limits.note), call).await
    }
}

/// When an invocation ends: Lambda says it in milliseconds since 1970.
#[must_use]
pub fn end_of_invocation(millis: u64) -> Option<Timestamp> {
    let millis = i64::try_from(millis).ok()?;
    Timestamp::from_millisecond(millis).ok()
}

async fn bound<T>(end: Option<Instant>, call: impl Future<Output = T>) -> Result<T, OutOfTime> {
    match end {
        None => Ok(call.await),
        Some(end) => timeout_at(end, call).await.map_err(|_| OutOfTime),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn deadline(millis: i64) -> Deadline {
        let now = Timestamp::UNIX_EPOCH;
        Deadline::at(
            now + SignedDuration::from_millis(millis),
            now,
            Duration::from_secs(5),
        )
    }

    #[tokio::test]
    async fn a_call_that_hangs_ends_in_time_and_leaves_time_for_a_note() {
        let (begun, deadline) = (Instant::now(), deadline(2000));
        let hangs = std::future::pending::<()>();
        assert_eq!(deadline.work(hangs).await, Err(OutOfTime));
        assert!(begun.elapsed() < Duration::from_millis(1450));
        assert_eq!(deadline.note(async { 7 }).await, Ok(7));
        assert_eq!(
            deadline.note(std::future::pending::<()>()).await,
            Err(OutOfTime)
        );
        assert!(begun.elapsed() < Duration::from_millis(2000));
    }

    #[tokio::test]
    async fn an_end_that_has_passed_is_no_end() {
        assert_eq!(deadline(-1).work(async { 7 }).await, Ok(7));
        assert_eq!(Deadline::NONE.work(async { 7 }).await, Ok(7));
    }
}
