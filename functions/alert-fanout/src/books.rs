//! The books of one invocation: what came in is what was told, suppressed or given up.
//!
//! They become metrics and log lines; nothing is decided by them.

use std::collections::BTreeMap;

use incident::{Arrival, Decision, Effect, Notification, Outcome, SuppressionReason, Transition};
use lambda_support::metrics::Metrics;

/// What became of the alerts of one invocation.
///
/// An alert whose message goes back to the queue is in nobody's books yet.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Books {
    /// Alerts that were decided or given up.
    pub received: u64,
    /// Alerts that are part of a notification.
    pub notified: u64,
    /// Alerts that are not, by reason.
    pub suppressed: BTreeMap<SuppressionReason, u64>,
    /// Alerts whose message failed for the last time and goes to the dead-letter queue.
    pub dead_lettered: u64,
    /// Alerts that no rule matched.
    pub unmatched: u64,
    /// Episodes that began.
    pub opened: u64,
    /// Episodes that ended.
    pub resolved: u64,
    /// Notifications that are in the outbox and not on the topic, those that cannot be read included.
    pub unpublished: u64,
    /// Notifications that had been left behind and are published now.
    pub swept: u64,
    /// Ticks: a message came all the way from the schedule to this function.
    pub heartbeats: u64,
}

impl Books {
    /// How many alerts were suppressed, for whatever reason.
    #[must_use]
    pub fn suppressed_total(&self) -> u64 {
        self.suppressed.values().sum()
    }

    /// Enters a decision that is written, and logs what became of each alert.
    pub(crate) fn decided(&mut self, decision: &Decision, arrivals: &[Arrival]) {
        match decision.transition {
            Transition::Opened => self.opened += 1,
            Transition::Resolved => self.resolved += 1,
            Transition::Replaced => {
                self.resolved += 1;
                self.opened += 1;
            }
            Transition::StayedOpen | Transition::StayedQuiet => {}
        }
        for effect in &decision.effects {
            match effect {
                Effect::Notify(notification) => log_notification(notification),
            }
        }
        for (disposition, arrival) in decision.dispositions.iter().zip(arrivals) {
            self.received += 1;
            let rule = &arrival.alert.classification.rule;
            self.unmatched += u64::from(rule.is_none());
            match &disposition.outcome {
                Outcome::Notified { .. } => self.notified += 1,
                Outcome::Suppressed { reason } => {
                    *self.suppressed.entry(*reason).or_default() += 1;
                    log_suppression(arrival, *reason);
                }
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
        metrics.count("AlertsNotified", self.notified);
        metrics.count("AlertsSuppressed", self.suppressed_total());
        for (reason, count) in &self.suppressed {
            metrics.count_by("AlertsSuppressed", "reason", reason.as_str(), *count);
        }
        metrics.count("AlertsUnmatched", self.unmatched);
        metrics.count("AlertsDeadLettered", self.dead_lettered);
        metrics.count("IncidentsOpened", self.opened);
        metrics.count("IncidentsResolved", self.resolved);
        metrics.count("NotificationsUnpublished", self.unpublished);
        if self.swept > 0 {
            metrics.count("OutboxSwept", self.swept);
        }
        if self.heartbeats > 0 {
            metrics.count("Heartbeat", self.heartbeats);
        }
    }
}

fn log_notification(notification: &Notification) {
    let incident = &notification.incident;
    let channels: Vec<&str> = notification.channels.iter().map(|c| c.as_str()).collect();
    tracing::info!(
        stage = "decide",
        incident_id = incident.id.as_str(),
        incident_key = incident.key.as_str(),
        notification_id = notification.id.as_str(),
        event = notification.event.as_str(),
        priority = incident.priority.as_str(),
        service = incident.service.as_str(),
        category = incident.category.as_str(),
        channels = channels.join(","),
        reason = notification.reason,
        "people are to be told"
    );
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
