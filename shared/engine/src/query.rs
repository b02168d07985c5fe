//! Incidents as people look at them.

use std::collections::BTreeSet;

use compact_str::CompactString;
use incident::{
    Acknowledgement, GroupKey, GroupState, IncidentId, IncidentKey, IncidentState, IncidentSummary,
    PastEpisode, Record, RecordName,
};
use settings::Priority;
use store::{Listed, Page, RecordStore};

use crate::clock::Clock;
use crate::engine::{Copies, Engine};
use crate::episode::{self, IncidentLine};
use crate::error::EngineError;

/// What is read for one page at most, when a filter leaves little of it.
const LOOKED_AT: usize = 1_000;

/// An incident with all that is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentView {
    /// What it is about, over all its episodes.
    pub key: IncidentKey,
    /// The episode as it was at the last decision about it.
    pub summary: IncidentSummary,
    /// Who has taken it on, and until when.
    pub acknowledgement: Option<Acknowledgement>,
    /// The state of its key, if it is not forgotten. Its episode may be a later one: see `current`.
    pub state: Option<Box<IncidentState>>,
    /// Whether the episode is the one that the state is about.
    pub current: bool,
    /// The groups that tell of it.
    pub groups: Vec<GroupState>,
    /// Earlier episodes of the key, newest last.
    pub past: Vec<PastEpisode>,
}

/// Which incidents.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct IncidentFilter {
    /// Only those that are open.
    pub open: bool,
    /// Only those of a service.
    pub service: Option<CompactString>,
    /// Only those of these priorities; of all when there are none.
    pub priorities: Vec<Priority>,
}

/// A part of a list of incidents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IncidentPage {
    /// The newest first.
    pub incidents: Vec<IncidentLine>,
    /// Says where to go on, if there may be more.
    pub next: Option<String>,
}

impl<S: RecordStore, C: Clock> Engine<S, C> {
    /// An incident by its id.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn incident(&self, id: &IncidentId) -> Result<Option<IncidentView>, EngineError> {
        let Some(mut view) = self.incident_alone(id).await? else {
            return Ok(None);
        };
        let alerts = view.state.iter().flat_map(|state| state.alerts.values());
        let groups: BTreeSet<GroupKey> = alerts
            .flat_map(|alert| alert.groups.iter().cloned())
            .collect();
        view.groups = self.groups(groups).await?;
        Ok(Some(view))
    }

    /// An incident by its id without the groups that tell of it, for whoever looks at many.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn incident_alone(
        &self,
        id: &IncidentId,
    ) -> Result<Option<IncidentView>, EngineError> {
        let Some(record) = self.episode(id).await? else {
            return Ok(None);
        };
        let name = RecordName::Incident(record.key.clone());
        let state = match self.record(&name).await?.record {
            Some(Record::Incident(state)) => Some(state),
            Some(Record::Group(_) | Record::Inhibition(_) | Record::Silences(..)) | None => None,
        };
        let episode = state.as_ref().and_then(|state| state.episode.as_ref());
        let current = episode.is_some_and(|episode| episode.id == *id);
        Ok(Some(IncidentView {
            key: record.key,
            summary: record.summary,
            acknowledgement: record.acknowledgement,
            current,
            groups: Vec::new(),
            past: state
                .as_ref()
                .map_or_else(Vec::new, |state| state.past.clone()),
            state,
        }))
    }

    /// Groups by their keys; those that there are.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn groups(
        &self,
        keys: impl IntoIterator<Item = GroupKey> + Send,
    ) -> Result<Vec<GroupState>, EngineError> {
        let names: Vec<RecordName> = keys.into_iter().map(RecordName::Group).collect();
        let mut copies = Copies::new();
        self.load(&names, &mut copies).await?;
        let groups = copies.into_values().filter_map(|copy| match copy.record {
            Some(Record::Group(group)) => Some(*group),
            Some(Record::Incident(_) | Record::Inhibition(_) | Record::Silences(..)) | None => None,
        });
        Ok(groups.collect())
    }

    /// A part of the incidents, newest first. With a filter a page may have fewer than `limit` and still
    /// say where to go on.
    ///
    /// # Errors
    /// When the table cannot be read, or `after` is no place in the list.
    pub async fn incidents(
        &self,
        filter: &IncidentFilter,
        limit: usize,
        after: Option<&str>,
    ) -> Result<IncidentPage, EngineError> {
        let list = if filter.open {
            episode::OPEN
        } else {
            episode::ALL
        };
        let mut page = IncidentPage {
            incidents: Vec::new(),
            next: after.map(str::to_owned),
        };
        let mut looked_at = 0;
        loop {
            let more = limit.max(1) - page.incidents.len();
            let after = page.next.take();
            let part = Page {
                limit: more,
                after: after.as_deref(),
            };
            let found = self.insist(|| self.store.list(list, part)).await?;
            looked_at += found.entries.len();
            let lines = found.entries.iter().filter_map(line);
            page.incidents
                .extend(lines.filter(|line| filter.passes(line)));
            page.next = found.next;
            let enough = page.incidents.len() >= limit.max(1) || looked_at >= LOOKED_AT;
            if enough || page.next.is_none() {
                return Ok(page);
            }
        }
    }
}

fn line(listed: &Listed) -> Option<IncidentLine> {
    match serde_json::from_str(&listed.summary) {
        Ok(line) => Some(line),
        Err(error) => {
            tracing::error!(
                stage = "list", record = %listed.key, error = %error,
                "an incident's line in the list cannot be read"
            );
            None
        }
    }
}

impl IncidentFilter {
    fn passes(&self, line: &IncidentLine) -> bool {
        let of_service = self.service.as_ref();
        of_service.is_none_or(|service| *service == line.service)
            && (self.priorities.is_empty() || self.priorities.contains(&line.priority))
    }
}
