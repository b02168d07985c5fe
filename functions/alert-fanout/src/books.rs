//! The books of one invocation: what came in is suppressed, given up, or handed to groups, and what a
//! group has is told, held back, or still waits.
//!
//! They become metrics and log lines; nothing is decided by them.

use std::collections::BTreeMap;

use engine::Undone;
use incident::{Arrival, Disposition, Outcome, SuppressionReason};
use lambda_support::metrics::Metrics;

/// What became of the alerts of one invocation.
///
/// An alert whose message goes back to the queue is in nobody's books yet.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Books {
    /// Alerts that were decided or given up: `accepted`, `refused` and `dead_lettered` together.
    pub received: u64,
    /// Alerts that are news, and that every group that they belong to has.
    pub accepted: u64,
    /// Alerts that are no news, by reason.
    pub refused: BTreeMap<SuppressionReason, u64>,
    /// Alerts whose message failed for the last time and goes to the dead-letter queue.
    pub dead_lettered: u64,
    /// Alerts that no rule matched.
    pub unmatched: u64,
    /// What the groups did meanwhile; of what they have, some may be told later.
    pub groups: engine::Books,
    /// What could not be carried out.
    pub undone: Undone,
    /// Ticks: a message came all the way from the schedule to this function.
    pub heartbeats: u64,
}

impl Books {
    /// How many alerts were no news, for whatever reason.
    #[must_use]
    pub fn refused_total(&self) -> u64 {
        self.refused.values().sum()
    }

    /// What nobody was told of and why: alerts that were no news, and what groups held back.
    #[must_use]
    pub fn suppressed(&self) -> BTreeMap<SuppressionReason, u64> {
        let mut all = self.refused.clone();
        for (reason, count) in &self.groups.suppressed {
            *all.entry(*reason).or_default() += count;
        }
        all
    }

    /// Enters what became of an alert.
    pub(crate) fn decided(&mut self, disposition: &Disposition, arrival: &Arrival) {
        self.received += 1;
        let rule = &arrival.alert.classification.rule;
        self.unmatched += u64::from(rule.is_none());
        match disposition.outcome {
            Outcome::Grouped => self.accepted += 1,
            Outcome::Suppressed { reason } => {
                *self.refused.entry(reason).or_default() += 1;
                log_suppression(arrival, reason);
            }
        }
    }

    /// Enters alerts whose message will not be handed out again.
    pub(crate) fn given_up(&mut self, alerts: u64) {
        self.received += alerts;
        self.dead_lettered += alerts;
    }

    /// Enters the books into the metrics.
    pub(crate) fn count(&self, metrics: &mut Metrics) {
        metrics.count("AlertsReceived", self.received);
        metrics.count("AlertsAccepted", self.accepted);
        metrics.count("AlertsUnmatched", self.unmatched);
        metrics.count("AlertsDeadLettered", self.dead_lettered);
        for (reason, count) in &self.refused {
            metrics.count_by("AlertsSuppressed", "reason", reason.as_str(), *count);
        }
        metrics.count("AlertsSuppressed", self.refused_total());
        adapters::count(&self.groups, self.undone, metrics);
        if self.heartbeats > 0 {
            metrics.count("Heartbeat", self.heartbeats);
        }
    }
}

fn log_suppression(arrival: &Arrival, reason: SuppressionReason) {
    let classification = &arrival.alert.classification;
    tracing::info!(
        stage = "decide",
        message_id = arrival.message.as_str(),
        alert_id = %arrival.alert.alert.fingerprint,
        status = arrival.alert.alert.status.as_str(),
        priority = classification.priority.as_str(),
        service = classification.service.as_str(),
        reason = reason.as_str(),
        "an alert is suppressed"
    );
}
