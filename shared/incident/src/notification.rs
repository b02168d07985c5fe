//! What is handed to the channels: a self-contained document, so that a sender
//! needs neither the configuration nor the table to tell a person what happened.

use alert_classification::{Fingerprint, Labels, Measurement, Status};
use compact_str::CompactString;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use settings::{Channel, Priority};

use crate::id::IncidentId;

/// The name and version of the document; a new major number means an incompatible change.
pub const NOTIFICATION_SCHEMA: &str = "tocsin.notification/1";

/// The most alerts that one notification names; the rest are counted in `alerts_omitted`.
pub const ALERTS_IN_A_NOTIFICATION: usize = 20;

/// The most bytes of a notification as JSON, whatever its alerts contain. SNS takes 256 KB together
/// with the attributes.
pub const MAX_NOTIFICATION_BYTES: usize = 200 * 1024;

/// Why somebody is told.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NotificationEvent {
    /// A new episode began.
    Opened,
    /// The open episode got worse or wider: new alerts fire, or the priority rose.
    Updated,
    /// Every alert of the episode is resolved.
    Resolved,
    /// Something happened that opens no incident.
    Info,
    /// Nobody has acknowledged: the next step of the ladder.
    Escalated,
    /// Nothing is new, and it still fires: `repeat_interval` has passed, or an acknowledgement has run out.
    Reminder,
    /// It changes too often to be told each time.
    Flapping,
    /// Somebody has taken it on.
    Acknowledged,
    /// Whoever had taken it on gave it back.
    Unacknowledged,
}

impl NotificationEvent {
    /// `"opened"`, `"updated"`, `"resolved"`, `"info"`, `"escalated"`, `"reminder"`, `"flapping"`,
    /// `"acknowledged"` or `"unacknowledged"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Updated => "updated",
            Self::Resolved => "resolved",
            Self::Info => "info",
            Self::Escalated => "escalated",
            Self::Reminder => "reminder",
            Self::Flapping => "flapping",
            Self::Acknowledged => "acknowledged",
            Self::Unacknowledged => "unacknowledged",
        }
    }
}

/// Whether an incident needs anybody.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IncidentStatus {
    /// At least one alert fires.
    Open,
    /// Nothing fires any more.
    Resolved,
    /// It never fired: a report of something that happened.
    Info,
}

impl IncidentStatus {
    /// `"open"`, `"resolved"` or `"info"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Info => "info",
        }
    }
}

/// One message to be rendered for each of its channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    /// [`NOTIFICATION_SCHEMA`].
    pub schema: CompactString,
    /// The idempotency key: `<group>.<version of the group>.<place>`. The same decision has the same id.
    pub id: CompactString,
    /// Why somebody is told.
    pub event: NotificationEvent,
    /// When it was decided.
    pub at: Timestamp,
    /// Who is to be told.
    pub channels: Vec<Channel>,
    /// Why, in words: "2 alerts began to fire", "the priority rose from P3 to P1".
    pub reason: String,
    /// The incident as it stood after the decision; the most urgent one when there are several.
    pub incident: IncidentSummary,
    /// The other incidents that it is about, the most urgent first; at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incidents: Vec<IncidentSummary>,
    /// The receiver of the configuration.
    #[serde(default)]
    pub receiver: CompactString,
    /// The receiver's integrations that are told.
    #[serde(default)]
    pub deliveries: Vec<Delivery>,
    /// The group that tells it.
    #[serde(default)]
    pub group_key: CompactString,
    /// What the alerts of the group share.
    #[serde(default)]
    pub group_labels: Labels,
    /// The step of the ladder that tells it, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepRef>,
    /// What it follows upon: a newer message of the same stream makes this one old news.
    #[serde(default)]
    pub stream: CompactString,
    /// Its place in the stream.
    #[serde(default)]
    pub sequence: u64,
    /// The alerts that caused this notification, most urgent first, then what else fires, most urgent
    /// first: whoever reads only the newest message knows all. At most [`ALERTS_IN_A_NOTIFICATION`].
    pub alerts: Vec<AlertSummary>,
    /// How many more alerts caused it or fire than `alerts` names.
    #[serde(default)]
    pub alerts_omitted: u32,
}

/// One way in which a receiver is told.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The channel.
    pub channel: Channel,
    /// The place of the integration among the receiver's.
    pub integration: u32,
    /// Whom it reaches; empty: the stack's own destination of that channel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
}

/// A step of a ladder.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct StepRef {
    /// The escalation policy.
    pub escalation: CompactString,
    /// Which step, from 0.
    pub step: u32,
    /// The rotation that named the receiver, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<CompactString>,
}

/// An incident as a person needs to see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentSummary {
    /// The episode: a new outage of the same thing has a new id.
    pub id: IncidentId,
    /// What it is about, over all its episodes: the values of `incident_by`, joined by `/`.
    pub key: CompactString,
    /// One line: the title of its most urgent alert.
    pub title: String,
    /// The service that has the trouble.
    pub service: CompactString,
    /// The kind of trouble.
    pub category: CompactString,
    /// The highest priority that it had in this episode.
    pub priority: Priority,
    /// Whether it needs anybody.
    pub status: IncidentStatus,
    /// Counts the decisions about this key; orders the notifications of one incident.
    pub version: u64,
    /// When the episode began.
    pub opened_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// Minutes within which somebody must answer.
    pub response_minutes: u32,
    /// How many of its alerts fire now.
    pub firing: u32,
    /// How many alerts of this episode are resolved.
    pub resolved: u32,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
}

/// An alert as a person needs to see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertSummary {
    /// Pairs a firing with its resolve.
    pub fingerprint: Fingerprint,
    /// Firing, resolved or info.
    pub status: Status,
    /// One line for people.
    pub title: String,
    /// What the source said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Who spoke.
    pub source: CompactString,
    /// What kind of event it was.
    pub kind: CompactString,
    /// P1 to P4.
    pub priority: Priority,
    /// The kind of trouble.
    pub category: CompactString,
    /// The rule that decided, if one matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<CompactString>,
    /// Why it has this priority, in words.
    pub reason: String,
    /// What was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measurement: Option<Measurement>,
    /// What identifies it.
    pub labels: Labels,
    /// What informs about it.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub annotations: Labels,
    /// When it began.
    pub starts_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// Where to look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console_url: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
}
