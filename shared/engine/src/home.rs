//! Resolves that come under another key than their firing, because the rules were edited or the
//! severity changed meanwhile.
//!
//! Decided under its own key such a resolve would end nothing, and the incident of its firing would
//! stay open until it lapses. So it is decided where its alert fires. A firing under another key is not
//! looked for: every new alert would have to be.

use std::collections::{BTreeMap, BTreeSet};

use alert_classification::{Fingerprint, Status};
use incident::{Arrival, IncidentState, Record, RecordName, World};
use jiff::Timestamp;
use store::{Page, RecordStore};

use crate::clock::Clock;
use crate::engine::{Copies, Engine};
use crate::episode;
use crate::error::EngineError;
use crate::names::name_of;

/// So many open incidents are looked through.
const OPEN_INCIDENTS: usize = 200;

/// Resolves of which it is not known where they belong.
#[derive(Debug)]
pub struct Lost {
    /// Their places among the arrivals.
    pub places: Vec<usize>,
    /// Why.
    pub error: EngineError,
}

impl<S: RecordStore, C: Clock> Engine<S, C> {
    /// Sees to it that resolves are decided where their alerts fire. Only when there is one that fires
    /// nowhere so far as is known, the open incidents are looked through.
    ///
    /// # Errors
    /// When the table cannot be read: the resolves that are concerned must not be decided.
    pub async fn bring_home(&self, arrivals: &mut [Arrival]) -> Result<(), Lost> {
        let resolves = arrivals.iter().enumerate();
        let resolves = resolves.filter(|(_, a)| a.alert.alert.status == Status::Resolved);
        let mut keys: BTreeMap<usize, RecordName> = BTreeMap::new();
        for (place, arrival) in resolves {
            let needs = World::needs(&self.policy, std::slice::from_ref(arrival));
            let own = needs
                .into_iter()
                .find(|name| matches!(name, RecordName::Incident(_)));
            keys.extend(own.map(|name| (place, name)));
        }
        let lost = |places: Vec<usize>| |error: EngineError| Lost { places, error };
        let mut known = Copies::new();
        let names: BTreeSet<RecordName> = keys.values().cloned().collect();
        self.load(&names, &mut known)
            .await
            .map_err(EngineError::from)
            .map_err(lost(keys.keys().copied().collect()))?;
        let fires_here = self.firing_here(arrivals);
        let strays: Vec<(usize, Fingerprint, Timestamp)> = keys
            .iter()
            .filter_map(|(place, own)| {
                let alert = &arrivals.get(*place)?.alert.alert;
                let here = fires_here.get(&alert.fingerprint);
                let at_home = here.is_some_and(|(_, name)| name == own)
                    || !is_stray(alert.fingerprint, alert.changed_at, state(&known, own));
                (!at_home).then_some((*place, alert.fingerprint, alert.changed_at))
            })
            .collect();
        if strays.is_empty() {
            return Ok(());
        }
        self.load_open(&mut known)
            .await
            .map_err(lost(strays.iter().map(|(place, ..)| *place).collect()))?;
        let mut firing = fires_here;
        let wanted: BTreeSet<Fingerprint> = strays.iter().map(|stray| stray.1).collect();
        for (name, copy) in &known {
            let Some(Record::Incident(state)) = &copy.record else {
                continue;
            };
            let fire = state.firing().filter(|(alert, _)| wanted.contains(alert));
            for (fingerprint, alert) in fire {
                put(&mut firing, fingerprint, (alert.changed_at, name.clone()));
            }
        }
        for (place, fingerprint, ended_at) in strays {
            let home = firing
                .get(&fingerprint)
                .filter(|(since, _)| *since <= ended_at);
            let (Some((_, RecordName::Incident(home))), Some(arrival)) =
                (home, arrivals.get_mut(place))
            else {
                continue;
            };
            let own = keys.get(&place);
            if own.is_some_and(|own| *own != RecordName::Incident(home.clone())) {
                tracing::warn!(
                    stage = "load", alert_id = %fingerprint, incident_key = home.as_str(),
                    "a resolve is decided under the key of its firing"
                );
                arrival.incident = Some(home.clone());
            }
        }
        Ok(())
    }

    /// Where alerts fire by this batch, and since when.
    fn firing_here(&self, arrivals: &[Arrival]) -> BTreeMap<Fingerprint, (Timestamp, RecordName)> {
        let mut firing = BTreeMap::new();
        for arrival in arrivals {
            let alert = &arrival.alert.alert;
            if alert.status != Status::Firing {
                continue;
            }
            let needs = World::needs(&self.policy, std::slice::from_ref(arrival));
            let own = needs
                .into_iter()
                .find(|name| matches!(name, RecordName::Incident(_)));
            if let Some(own) = own {
                put(&mut firing, alert.fingerprint, (alert.changed_at, own));
            }
        }
        firing
    }

    /// Reads the states of open incidents that are not known yet.
    async fn load_open(&self, known: &mut Copies) -> Result<(), EngineError> {
        let page = Page::first(OPEN_INCIDENTS);
        let open = self.insist(|| self.store.list(episode::OPEN, page)).await?;
        if open.next.is_some() {
            tracing::warn!(
                stage = "load",
                looked_at = OPEN_INCIDENTS,
                "more incidents are open than are looked through for a firing"
            );
        }
        let names = open.entries.iter().filter_map(|entry| name_of(&entry.key));
        let new: Vec<RecordName> = names.filter(|name| !known.contains_key(name)).collect();
        Ok(self.load(&new, known).await?)
    }
}

/// What fired last wins.
fn put(
    firing: &mut BTreeMap<Fingerprint, (Timestamp, RecordName)>,
    fingerprint: Fingerprint,
    candidate: (Timestamp, RecordName),
) {
    let known = firing
        .entry(fingerprint)
        .or_insert_with(|| candidate.clone());
    if *known < candidate {
        *known = candidate;
    }
}

fn state<'c>(known: &'c Copies, name: &RecordName) -> Option<&'c IncidentState> {
    match known.get(name)?.record.as_ref()? {
        Record::Incident(state) => Some(state),
        Record::Group(_) | Record::Inhibition(_) | Record::Silences(..) => None,
    }
}

/// A resolve that is known already is a repetition, and where its alert fires it is at home.
fn is_stray(alert: Fingerprint, changed_at: Timestamp, state: Option<&IncidentState>) -> bool {
    state
        .and_then(|state| state.alerts.get(&alert))
        .is_none_or(|known| !known.is_firing() && known.changed_at < changed_at)
}
