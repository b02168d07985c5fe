//! What keeps a bad day from becoming a bad night. Each can be taken away, to show that a seed finds out.

use crate::judge::TAKEN_ON;

/// Something that the promises rest upon.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Guard {
    /// A write is refused when somebody else has written meanwhile.
    CompareAndSet,
    /// A step of a ladder is refused when its group has changed meanwhile.
    GroupOfStep,
    /// A step of a ladder is refused when its group, or the incident that it relied on, has changed
    /// meanwhile. An acknowledgement changes both, so either half of it is enough for that promise.
    GroupAndIncidentOfStep,
    /// A decision is refused when what it relied on without changing it has changed meanwhile.
    Checks,
    /// Notifications are written in the same transaction as the state.
    OutboxInTransaction,
    /// What is left in the outbox is published by the sweep.
    OutboxSweep,
    /// What no message woke is woken by the sweep.
    TimerSweep,
    /// A message is deleted after the work, not before.
    DeleteAfterWork,
    /// A message that fails too often goes to a queue that somebody looks at.
    DeadLetters,
    /// A delivery that was made is not made again.
    Claims,
    /// A repeated event is known.
    Duplicates,
}

impl Guard {
    /// Every guard whose loss must be noticed.
    pub const ALL: [Self; 10] = [
        Self::CompareAndSet,
        Self::GroupOfStep,
        Self::GroupAndIncidentOfStep,
        Self::OutboxInTransaction,
        Self::OutboxSweep,
        Self::TimerSweep,
        Self::DeleteAfterWork,
        Self::DeadLetters,
        Self::Claims,
        Self::Duplicates,
    ];

    /// What is covered by another guard. Without [`Checks`](Self::Checks) the version of the group still
    /// refuses a step; only [without both](Self::GroupAndIncidentOfStep) does it climb.
    pub const COVERED: [(Self, Self); 1] = [(Self::Checks, Self::GroupAndIncidentOfStep)];

    /// What is done without it.
    #[must_use]
    pub const fn without(self) -> &'static str {
        match self {
            Self::CompareAndSet => "writes overwrite what others have written",
            Self::Checks => "nobody looks whether what was relied on is still so",
            Self::GroupOfStep => "steps are taken whatever happened to their group meanwhile",
            Self::GroupAndIncidentOfStep => {
                "steps are taken whatever happened to their group and incident meanwhile"
            }
            Self::OutboxInTransaction => "notifications are written after the state",
            Self::OutboxSweep => "nobody publishes what is left in the outbox",
            Self::TimerSweep => "nobody wakes what no message woke",
            Self::DeleteAfterWork => "messages are deleted when they are received",
            Self::DeadLetters => "messages that fail too often are dropped",
            Self::Claims => "nobody notes what was delivered",
            Self::Duplicates => "each repetition looks like a new event",
        }
    }

    /// The promise that is about it, when any other would be broken anyway.
    #[must_use]
    pub const fn promise(self) -> Option<&'static str> {
        match self {
            Self::GroupAndIncidentOfStep | Self::Checks => Some(TAKEN_ON),
            Self::CompareAndSet
            | Self::GroupOfStep
            | Self::OutboxInTransaction
            | Self::OutboxSweep
            | Self::TimerSweep
            | Self::DeleteAfterWork
            | Self::DeadLetters
            | Self::Claims
            | Self::Duplicates => None,
        }
    }
}
