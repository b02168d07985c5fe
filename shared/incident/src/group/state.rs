//! All that is remembered about one group between two flushes.

use std::collections::BTreeMap;

use alert_classification::{Fingerprint, Labels};
use compact_str::CompactString;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use settings::{Channel, Priority};

use crate::arrival::SuppressionReason;
use crate::id::IncidentId;
use crate::key::{GroupKey, IncidentKey};
use crate::notification::{AlertSummary, IncidentSummary, NotificationEvent};
use crate::span::Span;

/// The most alerts that one group keeps; more are counted.
pub const MAX_IN_GROUP: usize = 2_000;
/// The most entries of a group's log.
const MAX_LOG: usize = 100;
/// How long what a group knows is kept when it is empty.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The state of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupState {
    /// Its key.
    pub key: GroupKey,
    /// Counts the decisions that changed it; 0 before the first. The store compares and sets it.
    pub version: u64,
    /// The route that it belongs to, by its id.
    pub route: CompactString,
    /// The values that its alerts share.
    pub labels: Labels,
    /// What fires, and what ended since the last flush.
    #[serde(default)]
    pub alerts: BTreeMap<Fingerprint, GroupAlert>,
    /// What merely happened since the last flush.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub infos: Vec<GroupInfo>,
    /// The incidents of its alerts.
    #[serde(default)]
    pub incidents: BTreeMap<IncidentId, GroupIncident>,
    /// Whom it told, and when; an alert's marks count by the places in this list.
    #[serde(default)]
    pub targets: Vec<TargetLog>,
    /// Whether it has been flushed since it last was empty.
    #[serde(default)]
    pub flushed: bool,
    /// When it is flushed next, on its own beat: `group_wait` after its first alert, then each
    /// `group_interval`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tick: Option<Timestamp>,
    /// When the route's own message may have something to say: the first such beat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_at: Option<Timestamp>,
    /// When something is due: the first beat at which there may be something to do, or a step of a
    /// ladder. `None` when nothing ever is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Since when it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emptied_at: Option<Timestamp>,
    /// Alerts that it no longer has but that a target's last message had.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ghosts: BTreeMap<Fingerprint, Ghost>,
    /// Firing alerts that found no room, since the last flush.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub overflow: u32,
    /// The books.
    #[serde(default)]
    pub counters: GroupCounters,
    /// What it did, newest last.
    #[serde(default)]
    pub log: Vec<GroupLogEntry>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn is_none(targets: &u64) -> bool {
    *targets == 0
}

/// What targets still take an alert for that the group no longer has.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Ghost {
    /// The targets that take it for firing, because they are not told of ends.
    #[serde(default, skip_serializing_if = "is_none")]
    pub firing: u64,
    /// The targets that know that it is over: its end is not told again because its source says so
    /// again.
    #[serde(default, skip_serializing_if = "is_none")]
    pub resolved: u64,
}

/// An alert of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupAlert {
    /// Its incident; none when it never fired, so far as is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// What a person needs to know; its status is as of its last change.
    pub summary: AlertSummary,
    /// The service of its classification.
    pub service: CompactString,
    /// From when to when it fires.
    pub span: Span,
    /// Arrivals of which the books do not yet say what became.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pending: u32,
    /// The targets whose last message had it as firing.
    #[serde(default)]
    pub firing: u64,
    /// The targets whose last message had it as resolved.
    #[serde(default)]
    pub resolved: u64,
    /// The targets that were told that it fires and not yet that it is over.
    #[serde(default)]
    pub told: u64,
    /// What holds it back, since the last flush.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted: Option<Muted>,
    /// It changes too often: until then nothing more is told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flapping_until: Option<Timestamp>,
    /// People are still to be told that it flaps.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flap_untold: bool,
    /// The routes bring it elsewhere now: it is not repeated here, only its end is told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left: bool,
    /// Earlier episodes that somebody was told of here and that ended without having been told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unclosed: Vec<Unclosed>,
}

/// An episode whose end is still to be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unclosed {
    /// The episode.
    pub incident: IncidentId,
    /// The targets that were told that the alert fires.
    pub told: u64,
}

/// Something that merely happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupInfo {
    /// What.
    pub summary: AlertSummary,
    /// The service of its classification.
    pub service: CompactString,
    /// As a message names it.
    pub incident: IncidentSummary,
}

/// An incident as far as a group is concerned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupIncident {
    /// Where its state is.
    pub key: IncidentKey,
    /// As it stood when the group last heard of it.
    pub summary: IncidentSummary,
    /// How far its ladder is climbed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ladder: Option<Ladder>,
    /// When this group first told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_told_at: Option<Timestamp>,
    /// When this group last told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_told_at: Option<Timestamp>,
    /// The steps that were taken, newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepTaken>,
}

/// How far a ladder is climbed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ladder {
    /// The escalation policy.
    pub escalation: CompactString,
    /// From when its steps count. It moves by as long as the ladder stands still.
    pub started_at: Timestamp,
    /// The priority that it was begun at: a higher one begins it anew.
    pub priority: Priority,
    /// The round, from 0.
    pub round: u32,
    /// The next step of the round, from 0.
    pub next: u32,
    /// Since when it stands still because somebody has acknowledged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_since: Option<Timestamp>,
    /// All that it climbs for was held back when it was last looked at: it stands still.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub muted: bool,
    /// When the next step is due, or, while it stands still, when the acknowledgement runs out; `None`
    /// when there is no further step, or the acknowledgement holds for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepTaken {
    /// When.
    pub at: Timestamp,
    /// The escalation policy.
    pub escalation: CompactString,
    /// The round, from 0.
    pub round: u32,
    /// The step, from 0.
    pub step: u32,
    /// The receivers that it told.
    pub to: Vec<CompactString>,
}

/// What a target was last told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetLog {
    /// The receiver.
    pub receiver: CompactString,
    /// The place of the integration among the receiver's.
    pub integration: u32,
    /// How it is told.
    pub channel: Channel,
    /// When it was last told by the route; steps of ladders do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Timestamp>,
}

/// What holds an alert back.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Muted {
    /// A silence.
    Silence {
        /// Its id.
        id: CompactString,
        /// Who made it.
        who: CompactString,
        /// When it ends.
        until: Timestamp,
    },
    /// Another alert that explains it.
    Inhibition {
        /// The rule.
        rule: CompactString,
        /// The other alert.
        source: Fingerprint,
        /// Its title.
        title: String,
    },
    /// The route is mute at this time.
    MuteTime {
        /// The interval.
        interval: CompactString,
    },
    /// The route is not active at this time.
    InactiveTime {
        /// When it next is, if that is known.
        until: Option<Timestamp>,
    },
    /// It changes too often.
    Flapping {
        /// Until it has been calm.
        until: Timestamp,
    },
}

/// What a group did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupLogEntry {
    /// When.
    pub at: Timestamp,
    /// The decision that it belongs to.
    pub version: u64,
    /// What.
    pub event: GroupEvent,
}

/// What a group can do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum GroupEvent {
    /// Somebody was told.
    Told {
        /// The notification's id.
        notification: CompactString,
        /// The receiver.
        receiver: CompactString,
        /// The channels.
        channels: Vec<Channel>,
        /// Why, in one word.
        event: NotificationEvent,
        /// Why, in words.
        reason: String,
        /// The step of the ladder that told them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<u32>,
        /// The incidents that were named, the most urgent first; at most 20.
        incidents: Vec<IncidentId>,
    },
    /// Something began to be held back.
    Held {
        /// The alert.
        fingerprint: Fingerprint,
        /// Its title.
        title: String,
        /// What holds it back.
        muted: Muted,
    },
    /// Something is held back no longer.
    Released {
        /// The alert.
        fingerprint: Fingerprint,
        /// Its title.
        title: String,
    },
    /// An acknowledgement ran out, and the ladder goes on.
    Resumed {
        /// The incident.
        incident: IncidentId,
    },
}

/// The books of a group, in arrivals: `received` is `notified` plus all of `suppressed` plus what is
/// pending in its alerts and infos.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct GroupCounters {
    /// Arrivals that were handed to it.
    pub received: u64,
    /// Arrivals that somebody was told of.
    pub notified: u64,
    /// Arrivals that nobody was told of, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub suppressed: BTreeMap<SuppressionReason, u64>,
}

impl GroupState {
    /// A group that has nothing yet.
    #[must_use]
    pub fn new(key: GroupKey, route: CompactString, labels: Labels) -> Self {
        Self {
            key,
            version: 0,
            route,
            labels,
            alerts: BTreeMap::new(),
            infos: Vec::new(),
            incidents: BTreeMap::new(),
            targets: Vec::new(),
            flushed: false,
            tick: None,
            message_at: None,
            due_at: None,
            emptied_at: None,
            ghosts: BTreeMap::new(),
            overflow: 0,
            counters: GroupCounters::default(),
            log: Vec::new(),
        }
    }

    /// Whether it has nothing to tell now or later.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.alerts.is_empty() && self.infos.is_empty()
    }

    /// Arrivals of which the books do not yet say what became.
    #[must_use]
    pub fn pending(&self) -> u64 {
        let alerts = self.alerts.values().map(|alert| u64::from(alert.pending));
        alerts.sum::<u64>() + u64::try_from(self.infos.len()).unwrap_or(u64::MAX)
    }

    /// Until when it must be kept: for ever while it has something.
    #[must_use]
    pub fn keep_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.is_empty()
            .then(|| now.checked_add(KEPT_FOR).unwrap_or(Timestamp::MAX))
    }

    pub(crate) fn push_log(&mut self, at: Timestamp, version: u64, event: GroupEvent) {
        if self.log.len() >= MAX_LOG {
            self.log.remove(0);
        }
        self.log.push(GroupLogEntry { at, version, event });
    }
}

impl GroupAlert {
    /// Whether ladders climb for it as long as it fires. That it comes and goes is no reason to
    /// forget whoever has to see to it.
    #[must_use]
    pub const fn climbs(&self) -> bool {
        let held = !matches!(self.muted, None | Some(Muted::Flapping { .. }));
        !held && !self.left
    }
}

impl GroupCounters {
    pub(crate) fn suppress(&mut self, reason: SuppressionReason, count: u32) {
        if count > 0 {
            *self.suppressed.entry(reason).or_default() += u64::from(count);
        }
    }

    /// How many arrivals were suppressed, for whatever reason.
    #[must_use]
    pub fn suppressed_total(&self) -> u64 {
        self.suppressed.values().sum()
    }
}

impl Muted {
    /// As the books have it.
    #[must_use]
    pub const fn reason(&self) -> SuppressionReason {
        match self {
            Self::Silence { .. } => SuppressionReason::Silenced,
            Self::Inhibition { .. } => SuppressionReason::Inhibited,
            Self::MuteTime { .. } | Self::InactiveTime { .. } => SuppressionReason::MuteTime,
            Self::Flapping { .. } => SuppressionReason::Flapping,
        }
    }
}
