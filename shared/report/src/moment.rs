//! What both documents share: a point in time, and which incident it is about.

use incident::{IncidentState, IncidentStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use settings::Priority;

/// A point in time of a document.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(Timestamp);

impl Moment {
    /// The instant.
    #[must_use]
    pub const fn get(self) -> Timestamp {
        self.0
    }
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Moment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "date-time"})
    }
}

/// Which incident a document is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Heading {
    /// Its id.
    pub id: String,
    /// What it is about, over all its episodes.
    pub key: String,
    /// Its title.
    pub title: String,
    /// The service that has the trouble.
    pub service: String,
    /// The kind of trouble.
    pub category: String,
    /// The highest priority that it had, or the one that a person gave it.
    pub priority: Priority,
    /// `open` or `resolved`.
    pub status: String,
    /// When the trouble began, as its source says.
    pub started_at: Moment,
    /// When it was opened.
    pub opened_at: Moment,
    /// When it was resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Moment>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
}

impl Heading {
    /// The heading of the episode of a state.
    pub(crate) fn of(state: &IncidentState) -> Option<Self> {
        let episode = state.episode.as_ref()?;
        let status = if episode.is_open() {
            IncidentStatus::Open
        } else {
            IncidentStatus::Resolved
        };
        Some(Self {
            id: episode.id.to_string(),
            key: state.key.to_string(),
            title: episode.title.clone(),
            service: episode.service.to_string(),
            category: episode.category.to_string(),
            priority: episode.priority,
            status: status.as_str().to_owned(),
            started_at: episode.started_at.into(),
            opened_at: episode.opened_at.into(),
            resolved_at: episode.resolved_at.map(Moment::from),
            runbook: episode.runbook.clone(),
        })
    }
}
