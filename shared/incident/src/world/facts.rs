//! What decisions look up.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::RecordName;
use crate::group::{Facts, Muted};
use crate::inhibit;
use crate::inhibit::Inhibition;
use crate::key::{IncidentKey, InhibitionKey};
use crate::policy::Policy;
use crate::silence::{SilenceSet, Silences};
use crate::state::IncidentState;
use crate::subject::Subject;

/// What decisions look up; apart from the groups, so that one of them can be changed meanwhile.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) policy: Arc<Policy>,
    pub(super) incidents: HashMap<IncidentKey, IncidentState>,
    pub(super) inhibitions: HashMap<InhibitionKey, Inhibition>,
    pub(super) silences: Silences,
    pub(super) silences_version: u64,
    pub(super) silence_set: SilenceSet,
    /// The records that were loaded; `None` when the world is whole.
    pub(super) loaded: Option<BTreeSet<RecordName>>,
    pub(super) missing: BTreeSet<RecordName>,
    /// Incidents on whose state a decision relied without changing it.
    pub(super) relied: BTreeSet<IncidentKey>,
}

impl Known {
    /// Notes that a record is needed.
    pub(super) fn note(&mut self, name: &RecordName) {
        if let Some(loaded) = &self.loaded
            && !loaded.contains(name)
        {
            self.missing.insert(name.clone());
        }
    }
}

impl Facts for Known {
    fn inhibited(&mut self, subject: &Subject<'_>, now: Timestamp) -> Option<Muted> {
        let policy = Arc::clone(&self.policy);
        for rule in &policy.routing().inhibit_rules {
            if !inhibit::matches(&rule.target, subject) {
                continue;
            }
            let place = inhibit::place(rule, subject);
            self.note(&RecordName::Inhibition(place.clone()));
            let Some(inhibition) = self.inhibitions.get(&place) else {
                continue;
            };
            let is_source = inhibit::matches(&rule.source, subject);
            if let Some((source, known)) = inhibition.inhibits(is_source, now) {
                return Some(Muted::Inhibition {
                    rule: rule.id.clone(),
                    source,
                    title: known.title.clone(),
                });
            }
        }
        None
    }

    fn silenced(&mut self, subject: &Subject<'_>, now: Timestamp) -> Option<Muted> {
        let silence = self.silence_set.holding(subject, now)?;
        Some(Muted::Silence {
            id: silence.id.clone(),
            who: silence.created_by.who.clone(),
            until: silence.ends_at,
        })
    }

    fn incident(&mut self, key: &IncidentKey) -> Option<&IncidentState> {
        self.note(&RecordName::Incident(key.clone()));
        self.relied.insert(key.clone());
        self.incidents.get(key)
    }
}
