//! Timers: a delayed message for what is due soon, and a sweep for what no message woke.

use std::collections::BTreeSet;
use std::error::Error;

use incident::RecordName;
use jiff::{SignedDuration, Timestamp};
use lambda_support::error::chain;
use serde::{Deserialize, Serialize};
use store::{RecordKey, RecordStore};

use crate::clock::Clock;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::names::{key_of, name_of};

/// A queue keeps a message back for so long; what is due later is found by the sweep.
pub const FARTHEST: SignedDuration = SignedDuration::from_mins(15);

/// Wakes records at a time: a message may come twice, late, or not at all.
pub trait Timers: Send + Sync {
    /// Sends a message for each record that comes when it is due.
    fn schedule(
        &self,
        timers: &[(Timestamp, RecordName)],
    ) -> impl Future<Output = Result<(), ScheduleError>> + Send;
}

/// Some timers are not sent.
#[derive(Debug, thiserror::Error)]
#[error("{count} timers are not sent: the next sweep finds what is due")]
pub struct ScheduleError {
    /// How many.
    pub count: usize,
    /// Why.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

/// Keeps no timers: a simulation looks at the table, and a sweep does.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTimers;

impl Timers for NoTimers {
    async fn schedule(&self, _timers: &[(Timestamp, RecordName)]) -> Result<(), ScheduleError> {
        Ok(())
    }
}

/// A timer as it travels through the queue.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct TimerMessage {
    /// The record, as its partition in the table.
    pub record: String,
    /// When it is due.
    pub due: Timestamp,
}

impl TimerMessage {
    /// The message of a timer.
    #[must_use]
    pub fn new(due: Timestamp, name: &RecordName) -> Self {
        Self {
            record: key_of(name).partition(),
            due,
        }
    }

    /// The record that it wakes, if it is one.
    #[must_use]
    pub fn name(&self) -> Option<RecordName> {
        RecordKey::from_partition(&self.record)
            .as_ref()
            .and_then(name_of)
    }
}

/// For how many whole seconds a message has to be kept back so that it does not come too early.
#[must_use]
pub fn delay_seconds(due: Timestamp, now: Timestamp) -> i32 {
    let left = due.duration_since(now);
    if !left.is_positive() {
        return 0;
    }
    let up = i64::from(left.subsec_nanos() > 0);
    let seconds = left.as_secs().saturating_add(up).min(FARTHEST.as_secs());
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

/// Sends messages for what is due soon; gives how many could not be sent.
///
/// It does not fail: the next sweep finds what is due.
pub async fn schedule<T: Timers>(
    timers: &T,
    due: &[(Timestamp, RecordName)],
    now: Timestamp,
) -> usize {
    let farthest = now.checked_add(FARTHEST).unwrap_or(Timestamp::MAX);
    let soon = due.iter().filter(|(at, _)| *at <= farthest);
    let soon: BTreeSet<(Timestamp, RecordName)> = soon.cloned().collect();
    let soon: Vec<(Timestamp, RecordName)> = soon.into_iter().collect();
    if soon.is_empty() {
        return 0;
    }
    match timers.schedule(&soon).await {
        Ok(()) => 0,
        Err(error) => {
            tracing::warn!(
                stage = "schedule", timers = error.count, error = %chain(&error),
                "timers are not sent: the next sweep finds what is due"
            );
            error.count
        }
    }
}

impl<S: RecordStore, C: Clock> Engine<S, C> {
    /// The records that are due by a time, earliest first.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn due(
        &self,
        by: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, RecordName)>, EngineError> {
        let due = self.insist(|| self.store.due(by, limit)).await?;
        let named = due
            .into_iter()
            .filter_map(|(key, at)| Some((at, name_of(&key)?)));
        Ok(named.collect())
    }
}
