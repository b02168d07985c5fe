//! What one invocation did, as metrics.

use engine::Undone;
use lambda_support::metrics::Metrics;

/// What one invocation did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Books {
    /// Timers that came.
    pub timers: u64,
    /// Timers that came before their time and were sent again.
    pub early: u64,
    /// Records that were due and that no message woke.
    pub swept_timers: u64,
    /// Notifications that had been left behind and are published now.
    pub swept_outbox: u64,
    /// Records that could not be woken, now.
    pub failed: u64,
    /// Ticks: a message came all the way from the schedule to this function.
    pub ticks: u64,
    /// Ticks at which both what is due and what was left in the outbox were looked at.
    pub heartbeats: u64,
    /// What was decided.
    pub groups: engine::Books,
    /// What could not be carried out.
    pub undone: Undone,
}

impl Books {
    /// Enters the books into the metrics.
    pub(crate) fn count(&self, metrics: &mut Metrics) {
        metrics.count("TimersReceived", self.timers);
        metrics.count("TimersEarly", self.early);
        metrics.count("TimersFailed", self.failed);
        adapters::count(&self.groups, self.undone, metrics);
        if self.ticks > 0 {
            metrics.count("TimersSwept", self.swept_timers);
            metrics.count("OutboxSwept", self.swept_outbox);
            metrics.count("EscalationHeartbeat", self.heartbeats);
        }
    }
}
