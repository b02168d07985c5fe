//! What keeps a bad day from becoming a bad night. Each can be taken away, to show that a seed finds out.

/// Something that the promises rest upon.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Guard {
    /// A write is refused when somebody else has written meanwhile.
    CompareAndSet,
    /// A step of a ladder is refused when its incident or its group has changed meanwhile: an
    /// acknowledgement changes both.
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
    /// Every guard.
    pub const ALL: [Self; 9] = [
        Self::CompareAndSet,
        Self::Checks,
        Self::OutboxInTransaction,
        Self::OutboxSweep,
        Self::TimerSweep,
        Self::DeleteAfterWork,
        Self::DeadLetters,
        Self::Claims,
        Self::Duplicates,
    ];

    /// What is done without it.
    #[must_use]
    pub const fn without(self) -> &'static str {
        match self {
            Self::CompareAndSet => "writes overwrite what others have written",
            Self::Checks => {
                "nobody looks whether an incident was acknowledged while a step was decided"
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
}
