//! Episodes by their ids: how an incident is listed and found.
//!
//! The state of an incident key is the truth; this says where it is, and what it was like.

use compact_str::CompactString;
use incident::{
    Acknowledgement, IncidentId, IncidentKey, IncidentState, IncidentStatus, IncidentSummary,
    summary_of,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use settings::Priority;

/// The list of the keys whose episode is open, in the order of the episodes' ids.
pub(crate) const OPEN: &str = "INCIDENTS#open";
/// The list of all episodes.
pub(crate) const ALL: &str = "INCIDENTS#all";

/// How long an episode that is over can be looked up.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(400 * 24);
/// What a list may say of it.
const LINE_BYTES: usize = 1_000;
/// What may have any length is cut to so many characters when there is too much.
const CUT: usize = 48;

/// An episode as it was at the last decision that concerned it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct EpisodeRecord {
    pub(crate) key: IncidentKey,
    pub(crate) summary: IncidentSummary,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) acknowledgement: Option<Acknowledgement>,
}

/// An incident as a list shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentLine {
    /// Its id.
    pub id: IncidentId,
    /// One line, perhaps cut.
    pub title: String,
    /// The service that has the trouble.
    pub service: CompactString,
    /// The kind of trouble.
    pub category: CompactString,
    /// The highest priority that it had.
    pub priority: Priority,
    /// Whether it needs anybody.
    pub status: IncidentStatus,
    /// When it began.
    pub opened_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// How many of its alerts fire.
    pub firing: u32,
    /// Who has taken it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_by: Option<CompactString>,
}

impl EpisodeRecord {
    /// The current episode of a state.
    pub(crate) fn of(state: &IncidentState) -> Option<Self> {
        Some(Self {
            key: state.key.clone(),
            summary: summary_of(state)?,
            acknowledgement: state.episode.as_ref()?.acknowledgement.clone(),
        })
    }

    /// Notes that it was over before another one of its key began.
    pub(crate) fn close(&mut self, at: Timestamp) {
        self.summary.status = IncidentStatus::Resolved;
        self.summary.resolved_at.get_or_insert(at);
        self.summary.updated_at = self.summary.updated_at.max(at);
        self.summary.resolved += std::mem::take(&mut self.summary.firing);
    }

    /// Until when it can be looked up; for ever while it is open.
    pub(crate) fn keep_until(&self, now: Timestamp) -> Option<Timestamp> {
        match self.summary.status {
            IncidentStatus::Open => None,
            IncidentStatus::Resolved | IncidentStatus::Info => {
                Some(now.checked_add(KEPT_FOR).unwrap_or(Timestamp::MAX))
            }
        }
    }

    /// What a list says of it.
    pub(crate) fn line(&self) -> IncidentLine {
        let summary = &self.summary;
        IncidentLine {
            id: summary.id.clone(),
            title: summary.title.clone(),
            service: summary.service.clone(),
            category: summary.category.clone(),
            priority: summary.priority,
            status: summary.status,
            opened_at: summary.opened_at,
            resolved_at: summary.resolved_at,
            firing: summary.firing,
            acknowledged_by: self.acknowledgement.as_ref().map(|ack| ack.by.who.clone()),
        }
    }
}

impl IncidentLine {
    /// Whether it may be of a service: its name may be cut.
    pub(crate) fn may_be_of(&self, service: &str) -> bool {
        self.service == service
            || self.service.chars().count() == CUT && service.starts_with(self.service.as_str())
    }

    /// As the table keeps it.
    pub(crate) fn to_json(&self) -> Result<String, serde_json::Error> {
        let text = serde_json::to_string(self)?;
        if text.len() <= LINE_BYTES {
            return Ok(text);
        }
        let cut = |text: &str| text.chars().take(CUT).collect::<CompactString>();
        serde_json::to_string(&Self {
            title: cut(&self.title).into(),
            service: cut(&self.service),
            category: cut(&self.category),
            acknowledged_by: self.acknowledged_by.as_deref().map(cut),
            ..self.clone()
        })
    }
}

/// The end of every note about somebody's act: as long as the incident can be looked up.
pub(crate) fn audit_until(now: Timestamp) -> Option<Timestamp> {
    Some(now.checked_add(KEPT_FOR).unwrap_or(Timestamp::MAX))
}
