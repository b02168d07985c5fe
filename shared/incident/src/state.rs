//! All that is remembered about one incident key between two decisions.
//!
//! It is a value: `decide` makes the next one, the store keeps it. Texts in it
//! are bounded (see `retention`), so that it always fits into one table item.

use std::collections::{BTreeMap, BTreeSet};

use alert_classification::{Fingerprint, Labels, Measurement, Status};
use compact_str::CompactString;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use settings::Priority;

use crate::act::{Acknowledgement, Verdict};
use crate::arrival::{Outcome, SuppressionReason};
use crate::id::IncidentId;
use crate::key::{GroupKey, IncidentKey, InhibitionKey};
use crate::notification::IncidentStatus;
use crate::span::Span;
use crate::timeline::Timeline;
use crate::tracked::TrackedAlerts;

/// How long the state of a key is kept after the last decision about it, when nothing fires.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The most places at which one alert is a source of inhibit rules. What could not be remembered could
/// not be taken back and would inhibit for ever, so that further rules do not have it as a source.
pub(crate) const MAX_SOURCE_PLACES: usize = 32;

/// The state of one incident key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentState {
    /// What it is about.
    pub key: IncidentKey,
    /// Counts the decisions that changed it; 0 before the first. The store compares and sets it.
    pub version: u64,
    /// The open episode, or else the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub episode: Option<Episode>,
    /// What fires, and what fired lately.
    #[serde(default)]
    pub alerts: TrackedAlerts,
    /// What merely happened lately, so that a repetition is noticed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub infos: BTreeMap<Fingerprint, TrackedInfo>,
    /// The books.
    #[serde(default)]
    pub counters: Counters,
    /// What happened, newest last.
    #[serde(default)]
    pub timeline: Timeline,
    /// Earlier episodes, newest last, for those who ask whether this happened before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<PastEpisode>,
    /// Some of its groups are still to be looked at, because their routes seem to be gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving: Option<Moving>,
}

/// How far an incident has been brought to the routes of another configuration.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Moving {
    /// When it goes on.
    pub at: Timestamp,
    /// The last group that was looked at.
    pub after: GroupKey,
}

/// What is remembered of an episode that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastEpisode {
    /// Its id.
    pub id: IncidentId,
    /// Its title.
    pub title: String,
    /// Its highest priority.
    pub priority: Priority,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was resolved.
    pub resolved_at: Timestamp,
    /// What a person said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// From the first alert that fires to the last that is resolved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// Its id; a new episode has a new one.
    pub id: IncidentId,
    /// The version that opened it: alerts that joined since belong to it.
    pub opened_version: u64,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When the trouble began by the clocks of the sources, so far as is known.
    pub started_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was resolved; open as long as this is `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// The highest priority that it had.
    pub priority: Priority,
    /// The shortest response time that an alert of it promised.
    pub response_minutes: u32,
    /// The title of its most urgent alert.
    pub title: String,
    /// The service of its most urgent alert.
    pub service: CompactString,
    /// The category of its most urgent alert.
    pub category: CompactString,
    /// The runbook of its most urgent alert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
    /// Who has taken it on, and until when that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<Acknowledgement>,
    /// A priority that a person gave it: it outranks what the alerts say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_priority: Option<Priority>,
    /// What a person said about it when it was resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// When somebody first acknowledged it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_acknowledged_at: Option<Timestamp>,
    /// When people were told that it has more alerts than are tracked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflowed_at: Option<Timestamp>,
    /// For how many milliseconds after its end it may go on as the same episode, because some
    /// group may not have told yet that it is over: the longest `group_interval` of the routes of its alerts.
    #[serde(default)]
    pub settling_ms: i64,
    /// When its report is to be written, if that is still to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_at: Option<Timestamp>,
}

/// Whether a tracked alert fires.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertPhase {
    /// The problem is there.
    Firing,
    /// The problem is over.
    Resolved,
}

/// What is known about one alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackedAlert {
    /// Whether it fires.
    pub phase: AlertPhase,
    /// When the source says that it changed to that: only what is newer counts.
    pub changed_at: Timestamp,
    /// When we last learnt something new about it.
    pub seen_at: Timestamp,
    /// From when to when it fires.
    pub span: Span,
    /// Its source never said that it is over: nothing was heard of it for as long as it counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lapsed: bool,
    /// The highest priority since it began to fire.
    pub priority: Priority,
    /// The version in which it began to fire; 0 when nobody was told that it fired.
    #[serde(default)]
    pub joined: u64,
    /// When it lately began and ended, for the damping of flapping.
    #[serde(default, skip_serializing_if = "Turns::is_calm")]
    pub turns: Turns,
    /// The groups that have it: whoever was told that it fires is told that it is over, whatever
    /// the routes say by then.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<GroupKey>,
    /// Where it is put down as a source of an inhibit rule: it is taken out of there when it is over
    /// or no longer matches, whatever it looks like by then. At most 32.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sources: BTreeSet<InhibitionKey>,
    /// One line for people; empty when there was no room to keep it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The rest of what a person needs, as long as there is room to keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Box<AlertDetails>>,
}

/// How often an alert changed lately.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Turns {
    /// When it began or ended, newest last; only those within the flapping window.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub at: Vec<Timestamp>,
    /// Until when it counts as flapping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flapping_until: Option<Timestamp>,
}

/// What a person needs to know about an alert, and no decision depends on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlertDetails {
    /// Who spoke.
    pub source: CompactString,
    /// What kind of event it was.
    pub kind: CompactString,
    /// The service that has the trouble.
    pub service: CompactString,
    /// The kind of trouble.
    pub category: CompactString,
    /// The rule that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<CompactString>,
    /// Why it has its priority.
    pub reason: String,
    /// Minutes within which somebody must answer.
    pub response_minutes: u32,
    /// What the source said.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measurement: Option<Measurement>,
    /// What identifies it.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// What informs about it.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub annotations: Labels,
    /// Where to look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub console_url: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
}

/// When something that merely happens happened lately.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackedInfo {
    /// The newest events, ascending: when each was, and the hash of what it said.
    #[serde(default)]
    pub events: Vec<(Timestamp, Fingerprint)>,
    /// When we last learnt something new about it.
    pub seen_at: Timestamp,
}

/// The books of one key: `received` is `grouped` plus all of `suppressed`.
///
/// Decisions that changed nothing are not written, so their arrivals are only in the metrics.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    /// Arrivals.
    pub received: u64,
    /// Arrivals that were handed to a group, whose books say what became of them.
    pub grouped: u64,
    /// Arrivals that were not, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub suppressed: BTreeMap<SuppressionReason, u64>,
}

impl IncidentState {
    /// The state of a key about which nothing is known.
    #[must_use]
    pub fn new(key: IncidentKey) -> Self {
        Self {
            key,
            version: 0,
            episode: None,
            alerts: TrackedAlerts::default(),
            infos: BTreeMap::new(),
            counters: Counters::default(),
            timeline: Timeline::default(),
            past: Vec::new(),
            moving: None,
        }
    }

    /// The episode, when it is open.
    #[must_use]
    pub fn open_episode(&self) -> Option<&Episode> {
        self.episode.as_ref().filter(|episode| episode.is_open())
    }

    /// Whether the key needs anybody; `Info` when it never fired.
    #[must_use]
    pub fn status(&self) -> IncidentStatus {
        match &self.episode {
            Some(episode) if episode.is_open() => IncidentStatus::Open,
            Some(_) => IncidentStatus::Resolved,
            None => IncidentStatus::Info,
        }
    }

    /// The alerts that fire now.
    pub fn firing(&self) -> impl Iterator<Item = (Fingerprint, &TrackedAlert)> {
        self.alerts
            .iter()
            .filter(|(_, alert)| alert.is_firing())
            .map(|(fingerprint, alert)| (*fingerprint, alert))
    }

    /// When something is due that no arrival brings: the next alert whose time is up, the report, or
    /// groups whose routes seem to be gone.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        let report = self.episode.as_ref().and_then(|episode| episode.report_at);
        let moving = self.moving.as_ref().map(|moving| moving.at);
        let next = self.alerts.next_end().into_iter();
        next.chain(report).chain(moving).min()
    }

    /// Until when the state must be kept: for ever while the episode is open, else 30 days from `now`.
    #[must_use]
    pub fn keep_until(&self, now: Timestamp) -> Option<Timestamp> {
        match self.status() {
            IncidentStatus::Open => None,
            IncidentStatus::Resolved | IncidentStatus::Info => {
                Some(now.checked_add(KEPT_FOR).unwrap_or(Timestamp::MAX))
            }
        }
    }
}

impl Episode {
    /// Ends it as of `at`. Its report waits until it can no longer go on.
    pub(crate) fn close(&mut self, at: Timestamp, now: Timestamp) {
        self.resolved_at = Some(at);
        self.updated_at = now;
        let settled = at.checked_add(SignedDuration::from_millis(self.settling_ms));
        self.report_at = Some(settled.unwrap_or(now));
    }

    /// Whether at least one alert of it fires.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.resolved_at.is_none()
    }

    /// Who has taken it on, if that still counts.
    #[must_use]
    pub fn acknowledged(&self, now: Timestamp) -> Option<&Acknowledgement> {
        self.acknowledgement.as_ref().filter(|ack| ack.holds(now))
    }

    /// Whether an alert belongs to it.
    #[must_use]
    pub const fn has(&self, alert: &TrackedAlert) -> bool {
        alert.joined >= self.opened_version
    }
}

impl TrackedAlert {
    /// Whether it fires.
    #[must_use]
    pub const fn is_firing(&self) -> bool {
        match self.phase {
            AlertPhase::Firing => true,
            AlertPhase::Resolved => false,
        }
    }
}

impl Turns {
    /// Whether there is nothing to remember.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.at.is_empty() && self.flapping_until.is_none()
    }

    /// Whether it counts as flapping.
    #[must_use]
    pub fn is_flapping(&self, now: Timestamp) -> bool {
        self.flapping_until.is_some_and(|until| now < until)
    }
}

impl From<AlertPhase> for Status {
    fn from(phase: AlertPhase) -> Self {
        match phase {
            AlertPhase::Firing => Self::Firing,
            AlertPhase::Resolved => Self::Resolved,
        }
    }
}

impl Counters {
    /// How many arrivals were suppressed, for whatever reason.
    #[must_use]
    pub fn suppressed_total(&self) -> u64 {
        self.suppressed.values().sum()
    }

    pub(crate) fn count(&mut self, outcome: Outcome) {
        self.received += 1;
        match outcome {
            Outcome::Grouped => self.grouped += 1,
            Outcome::Suppressed { reason } => *self.suppressed.entry(reason).or_default() += 1,
        }
    }
}
