//! A notification as a line of JSON.

use std::collections::BTreeMap;

use alert_classification::Status;
use incident::{Notification, NotificationEvent};
use jiff::Timestamp;
use serde::Serialize;
use settings::Channel;

use crate::driver::Told;

/// One message to one integration of one receiver. Times are seconds from the beginning.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// When.
    pub at: f64,
    /// Who is told.
    pub receiver: String,
    /// How.
    pub channel: Channel,
    /// Why, in one word.
    pub event: NotificationEvent,
    /// Why, in words.
    pub reason: String,
    /// The step of a ladder, from 0, if one tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// The rotation that named the receiver, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<String>,
    /// The group's key.
    pub group: String,
    /// The incidents.
    pub incidents: Vec<String>,
    /// The alerts.
    pub alerts: Vec<LineAlert>,
}

/// An alert of a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LineAlert {
    /// What identifies it.
    pub labels: BTreeMap<String, String>,
    /// Firing, resolved or info.
    pub status: Status,
    /// When it began.
    pub starts_at: f64,
    /// When it ended, if it has.
    pub ends_at: Option<f64>,
    /// What informs about it.
    pub annotations: BTreeMap<String, String>,
}

impl Line {
    /// The lines of a notification: one for each integration that it goes to.
    #[must_use]
    pub fn of(told: &Told, start: Timestamp) -> Vec<Self> {
        let notification = &told.notification;
        let alerts = alerts(notification, start);
        notification
            .deliveries
            .iter()
            .map(|delivery| Self {
                at: seconds(told.at, start),
                receiver: notification.receiver.to_string(),
                channel: delivery.channel,
                event: notification.event,
                reason: notification.reason.clone(),
                step: notification.step.as_ref().map(|step| step.step),
                rotation: notification
                    .step
                    .as_ref()
                    .and_then(|step| step.rotation.as_ref())
                    .map(ToString::to_string),
                group: notification.group_key.to_string(),
                incidents: std::iter::once(&notification.incident)
                    .chain(&notification.incidents)
                    .map(|incident| incident.id.to_string())
                    .collect(),
                alerts: alerts.clone(),
            })
            .collect()
    }
}

fn alerts(notification: &Notification, start: Timestamp) -> Vec<LineAlert> {
    notification
        .alerts
        .iter()
        .map(|alert| LineAlert {
            labels: pairs(&alert.labels),
            status: alert.status,
            starts_at: seconds(alert.starts_at, start),
            ends_at: alert.ends_at.map(|at| seconds(at, start)),
            annotations: pairs(&alert.annotations),
        })
        .collect()
}

fn pairs(labels: &alert_classification::Labels) -> BTreeMap<String, String> {
    labels
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn seconds(at: Timestamp, start: Timestamp) -> f64 {
    let millis = at.duration_since(start).as_millis();
    // Scenarios are shorter than the thousands of years at which this would lose a millisecond.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a scenario's milliseconds are few"
    )]
    let millis = millis as f64;
    millis / 1_000.0
}
