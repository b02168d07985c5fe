//! What comes into a decision, and what became of each piece of it.

use alert_classification::{ClassifiedAlert, Fingerprint, Status};
use compact_str::CompactString;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::key::IncidentKey;
use crate::span::Span;

/// One alert that arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// The alert and how bad it is.
    pub alert: ClassifiedAlert,
    /// When it reached us; the order of events is the source's `changed_at`, never this.
    pub received_at: Timestamp,
    /// The message that brought it; one message may bring several alerts.
    pub message: CompactString,
    /// For how long a firing without an end counts, where that is not the alert's own to say.
    pub lifetime: Option<SignedDuration>,
    /// The incident key that it is decided under, where that is known better than by its own labels: a
    /// resolve belongs where its alert fires, whatever the rules say by now.
    pub incident: Option<IncidentKey>,
}

impl Arrival {
    /// From when to when the alert fires, so far as this event says.
    #[must_use]
    pub fn span(&self, now: Timestamp) -> Span {
        let alert = &self.alert.alert;
        match alert.status {
            // What its source says is over is over, even if the source's clock is ahead of ours.
            Status::Resolved => Span {
                starts_at: alert.starts_at,
                ends_at: Some(alert.ends_at.unwrap_or(alert.changed_at).min(now)),
                timeout: false,
            },
            Status::Firing | Status::Info => {
                let own = alert.lifetime_minutes.map(i64::from);
                let lifetime = self.lifetime.or(own.map(SignedDuration::from_mins));
                let assumed = || {
                    let end = now.checked_add(lifetime?);
                    Some(end.unwrap_or(Timestamp::MAX))
                };
                Span {
                    starts_at: alert.starts_at,
                    ends_at: alert.ends_at.or_else(assumed),
                    timeout: alert.ends_at.is_none() && lifetime.is_some(),
                }
            }
        }
    }
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

/// It goes to a group, whose books say who was told, or it is recorded why not.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It is news, and every group that it belongs to has it.
    Grouped,
    /// It is no news.
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
    /// The alert is over, and nobody ever said that it fired.
    ResolveWithoutFiring,
    /// The alert began and ended before anybody was told.
    ResolvedBeforeTold,
    /// The alert is over, and those who know that it fired do not want to hear of ends.
    SendResolvedOff,
    /// A silence holds it back.
    Silenced,
    /// Another alert that fires explains it.
    Inhibited,
    /// The route is mute at this time.
    MuteTime,
    /// It changes too often: people were told that it flaps.
    Flapping,
    /// The group has more alerts than it keeps.
    GroupFull,
    /// No channel that is deployed is told of it.
    NoChannel,
}

impl SuppressionReason {
    /// Every reason.
    pub const ALL: [Self; 14] = [
        Self::Duplicate,
        Self::OutOfOrder,
        Self::Superseded,
        Self::StillFiring,
        Self::AlreadyResolved,
        Self::ResolveWithoutFiring,
        Self::ResolvedBeforeTold,
        Self::SendResolvedOff,
        Self::Silenced,
        Self::Inhibited,
        Self::MuteTime,
        Self::Flapping,
        Self::GroupFull,
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
            Self::ResolveWithoutFiring => "resolve_without_firing",
            Self::ResolvedBeforeTold => "resolved_before_told",
            Self::SendResolvedOff => "send_resolved_off",
            Self::Silenced => "silenced",
            Self::Inhibited => "inhibited",
            Self::MuteTime => "mute_time",
            Self::Flapping => "flapping",
            Self::GroupFull => "group_full",
            Self::NoChannel => "no_channel",
        }
    }
}
