//! What comes into a decision, and what became of each piece of it.

use alert_classification::{ClassifiedAlert, Fingerprint};
use compact_str::CompactString;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One alert that arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// The alert and how bad it is.
    pub alert: ClassifiedAlert,
    /// When it reached us; the order of events is the source's `changed_at`, never this.
    pub received_at: Timestamp,
    /// The message that brought it; one message may bring several alerts.
    pub message: CompactString,
}

/// What became of one arrival. A decision has exactly one for each, in the order of its input.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Disposition {
    /// The message that brought the alert.
    pub message: CompactString,
    /// The alert.
    pub fingerprint: Fingerprint,
    /// What became of it.
    pub outcome: Outcome,
}

/// Somebody is told, or it is recorded why not.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It is part of a notification.
    Notified {
        /// The notification's id.
        notification: CompactString,
    },
    /// Nobody is told because of it.
    Suppressed {
        /// Why.
        reason: SuppressionReason,
    },
}

/// Why an arrival made no notification.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    /// The same alert with the same status and time of change is known already.
    Duplicate,
    /// It is older than what is known about the alert.
    OutOfOrder,
    /// A newer event about the same alert came in the same batch.
    Superseded,
    /// The alert fired before and still does; nothing is new.
    StillFiring,
    /// The alert was resolved before and still is.
    AlreadyResolved,
    /// The alert is over, others of the incident still fire.
    PartialResolve,
    /// The alert is over, and nobody ever said that it fired.
    ResolveWithoutFiring,
    /// The alert began and ended before anybody was told.
    ResolvedBeforeTold,
    /// The incident has more alerts than are tracked.
    IncidentFull,
    /// The configuration names no channel for this priority.
    NoChannel,
}

impl SuppressionReason {
    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::Duplicate,
        Self::OutOfOrder,
        Self::Superseded,
        Self::StillFiring,
        Self::AlreadyResolved,
        Self::PartialResolve,
        Self::ResolveWithoutFiring,
        Self::ResolvedBeforeTold,
        Self::IncidentFull,
        Self::NoChannel,
    ];

    /// The name in logs, metrics and the state.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::OutOfOrder => "out_of_order",
            Self::Superseded => "superseded",
            Self::StillFiring => "still_firing",
            Self::AlreadyResolved => "already_resolved",
            Self::PartialResolve => "partial_resolve",
            Self::ResolveWithoutFiring => "resolve_without_firing",
            Self::ResolvedBeforeTold => "resolved_before_told",
            Self::IncidentFull => "incident_full",
            Self::NoChannel => "no_channel",
        }
    }
}
