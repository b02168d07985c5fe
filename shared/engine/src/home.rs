//! Resolves that come under another key than their firing, because the rules were edited or the
//! severity changed meanwhile.
//!
//! Decided under its own key such a resolve would end nothing, and the incident of its firing would
//! stay open until it lapses. So it is decided where its alert fires. A firing under another key is not
//! looked for: every new alert would have to be.
//!
//! Whatever ends without having been told to begin looks the same, such as every job that has
//! succeeded. So what is looked through is bounded, and nothing that fires waits for it: the list says
//! of each open incident what service it is of, and only those of the same service are read.

use std::collections::{BTreeMap, BTreeSet};

use alert_classification::{Fingerprint, Status};
use compact_str::CompactString;
use incident::{Arrival, IncidentState, Record, RecordName, World};
use jiff::Timestamp;
use store::{Listed, Page, RecordKey, RecordStore};

use crate::clock::Clock;
use crate::engine::{Copies, Engine, Loaded};
use crate::episode::{self, IncidentLine};
use crate::error::EngineError;
use crate::names::{key_of, name_of};

/// In the list of open incidents so many are looked at.
const LISTED: usize = 200;
/// So many of them are read, the newest,
const READ: usize = 50;
/// and so many bytes.
const READ_BYTES: usize = 8 * 1024 * 1024;
/// So many are read at once. Of each only who fires is kept.
const AT_ONCE: usize = 10;

/// Resolves of which it is not known where they belong.
#[derive(Debug)]
pub struct Lost {
    /// Their places among the arrivals.
    pub places: Vec<usize>,
    /// Why.
    pub error: EngineError,
}

/// Resolves whose alerts fire nowhere so far as is known.
#[derive(Debug, Default)]
pub struct Strays {
    all: Vec<Stray>,
    /// Where alerts fire by the same batch.
    firing: Firing,
}

/// One of them.
#[derive(Debug)]
struct Stray {
    /// Its place among the arrivals.
    place: usize,
    alert: Fingerprint,
    ended_at: Timestamp,
    service: CompactString,
    own: RecordName,
}

/// Where alerts fire, and since when.
type Firing = BTreeMap<Fingerprint, (Timestamp, RecordName)>;

impl Strays {
    /// Their places among the arrivals, in that order.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        self.all.iter().map(|stray| stray.place)
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

impl<S: RecordStore, C: Clock> Engine<S, C> {
    /// Finds the resolves whose alerts fire nowhere so far as is known: [`Engine::bring_home`] looks for
    /// them, once all others are decided.
    ///
    /// # Errors
    /// When the table cannot be read: the resolves must not be decided.
    pub async fn strays(&self, arrivals: &[Arrival]) -> Result<Strays, Lost> {
        let resolves = arrivals.iter().enumerate();
        let resolves = resolves.filter(|(_, a)| a.alert.alert.status == Status::Resolved);
        let mut keys: BTreeMap<usize, RecordName> = BTreeMap::new();
        for (place, arrival) in resolves {
            keys.extend(self.own_key(arrival).map(|name| (place, name)));
        }
        let mut known = Copies::new();
        let names: BTreeSet<RecordName> = keys.values().cloned().collect();
        self.load(&names, &mut known).await.map_err(|error| Lost {
            places: keys.keys().copied().collect(),
            error: error.into(),
        })?;
        let firing = self.firing_here(arrivals);
        let stray = |(place, own): (usize, RecordName)| {
            let arrival = &arrivals.get(place)?.alert;
            let alert = &arrival.alert;
            let here = firing.get(&alert.fingerprint);
            let at_home = here.is_some_and(|(_, name)| *name == own)
                || !is_stray(alert.fingerprint, alert.changed_at, state(&known, &own));
            (!at_home).then(|| Stray {
                place,
                alert: alert.fingerprint,
                ended_at: alert.changed_at,
                service: arrival.classification.service.clone(),
                own,
            })
        };
        let all = keys.into_iter().filter_map(stray).collect();
        Ok(Strays { all, firing })
    }

    /// Sees to it that strays are decided where their alerts fire. The arrivals are those of
    /// [`Strays::places`], in that order.
    ///
    /// # Errors
    /// When the table cannot be read: the strays must not be decided.
    pub async fn bring_home(
        &self,
        strays: &Strays,
        arrivals: &mut [Arrival],
    ) -> Result<(), EngineError> {
        if strays.is_empty() {
            return Ok(());
        }
        let mut firing = self.firing_elsewhere(&strays.all).await?;
        for (alert, here) in &strays.firing {
            put(&mut firing, *alert, here.clone());
        }
        for (stray, arrival) in strays.all.iter().zip(arrivals) {
            let home = firing
                .get(&stray.alert)
                .filter(|(since, name)| *since <= stray.ended_at && *name != stray.own);
            if let Some((_, RecordName::Incident(home))) = home {
                tracing::warn!(
                    stage = "load", alert_id = %stray.alert, incident_key = home.as_str(),
                    "a resolve is decided under the key of its firing"
                );
                arrival.incident = Some(home.clone());
            }
        }
        Ok(())
    }

    fn own_key(&self, arrival: &Arrival) -> Option<RecordName> {
        let needs = World::needs(&self.policy, std::slice::from_ref(arrival));
        let mut needs = needs.into_iter();
        needs.find(|name| matches!(name, RecordName::Incident(_)))
    }

    /// Where alerts fire by this batch, and since when.
    fn firing_here(&self, arrivals: &[Arrival]) -> Firing {
        let mut firing = Firing::new();
        for arrival in arrivals {
            let alert = &arrival.alert.alert;
            if alert.status != Status::Firing {
                continue;
            }
            if let Some(own) = self.own_key(arrival) {
                put(&mut firing, alert.fingerprint, (alert.changed_at, own));
            }
        }
        firing
    }

    /// Where strays' alerts fire by the open incidents that may have them.
    async fn firing_elsewhere(&self, strays: &[Stray]) -> Result<Firing, EngineError> {
        let page = Page::first(LISTED);
        let open = self.insist(|| self.store.list(episode::OPEN, page)).await?;
        let mut cut = open.next.is_some();
        // Where incidents are not told apart by their service, one may have alerts of several.
        let by_service = self
            .policy
            .settings()
            .incident_by
            .iter()
            .any(|name| name == "service");
        let services: BTreeSet<&str> = strays.iter().map(|stray| stray.service.as_str()).collect();
        let may_have = |listed: &Listed| {
            let line = serde_json::from_str::<IncidentLine>(&listed.summary);
            let of = |line: &IncidentLine| services.iter().any(|service| line.may_be_of(service));
            !by_service || line.as_ref().map_or(true, of)
        };
        let entries = open.entries.iter().filter(|listed| may_have(listed));
        let mut names: Vec<RecordName> = entries.filter_map(|entry| name_of(&entry.key)).collect();
        cut |= names.len() > READ;
        names.truncate(READ);
        let wanted: BTreeSet<Fingerprint> = strays.iter().map(|stray| stray.alert).collect();
        let mut firing = Firing::new();
        let mut bytes = 0;
        for some in names.chunks(AT_ONCE) {
            if bytes > READ_BYTES {
                cut = true;
                break;
            }
            let keys: Vec<RecordKey> = some.iter().map(key_of).collect();
            let mut found = self.load_raw(&keys).await?;
            for (name, key) in some.iter().zip(keys) {
                let raw = found.remove(&key).unwrap_or_default();
                bytes += raw.body.as_ref().map_or(0, String::len);
                let Some(Record::Incident(state)) = Loaded::of(name, raw).record else {
                    continue;
                };
                let fire = state.firing().filter(|(alert, _)| wanted.contains(alert));
                for (fingerprint, alert) in fire {
                    put(&mut firing, fingerprint, (alert.changed_at, name.clone()));
                }
            }
        }
        if cut {
            tracing::warn!(
                stage = "load",
                strays = strays.len(),
                "more incidents are open than are looked through for a firing"
            );
        }
        Ok(firing)
    }
}

/// What fired last wins.
fn put(firing: &mut Firing, fingerprint: Fingerprint, candidate: (Timestamp, RecordName)) {
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
