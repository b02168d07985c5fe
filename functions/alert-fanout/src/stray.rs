//! Resolves that come under another key than their firing, because the rules were edited or the
//! severity changed meanwhile.
//!
//! Decided under its own key such a resolve would end nothing, and the incident of its firing would
//! stay open for ever. So it is decided where its alert fires. A firing under another key is not
//! looked for: every new alert would have to be.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use alert_classification::{Fingerprint, Status};
use incident::{Arrival, IncidentKey, IncidentState};
use jiff::Timestamp;
use store::Loaded;

use crate::group::Group;

/// So many open incidents are looked through.
pub(crate) const OPEN_INCIDENTS: usize = 200;

/// What is known, by key.
pub(crate) type States = HashMap<String, Loaded<IncidentState>>;

/// A resolve whose alert does not fire where it belongs.
#[derive(Clone, Debug)]
pub(crate) struct Stray {
    own: IncidentKey,
    arrival: Arrival,
    pub(crate) message: usize,
}

/// Takes the strays out of their groups.
pub(crate) fn take(groups: &mut Vec<Group>, states: &States) -> Vec<Stray> {
    let mut strays = Vec::new();
    for group in groups.iter_mut() {
        let state = states.get(group.key.as_str());
        let state = state.and_then(|loaded| loaded.state.as_ref());
        let fires: BTreeSet<Fingerprint> = group
            .arrivals
            .iter()
            .filter(|arrival| arrival.alert.alert.status == Status::Firing)
            .map(fingerprint)
            .collect();
        let mut kept = Group::new(group.key.clone());
        let arrivals = std::mem::take(&mut group.arrivals);
        for (arrival, message) in arrivals
            .into_iter()
            .zip(std::mem::take(&mut group.messages))
        {
            if !fires.contains(&fingerprint(&arrival)) && is_stray(&arrival, state) {
                strays.push(Stray {
                    own: group.key.clone(),
                    arrival,
                    message,
                });
            } else {
                kept.push(arrival, message);
            }
        }
        *group = kept;
    }
    groups.retain(|group| !group.arrivals.is_empty());
    strays
}

/// A resolve that is known already is a repetition, and where its alert fires it is at home.
fn is_stray(arrival: &Arrival, state: Option<&IncidentState>) -> bool {
    let alert = &arrival.alert.alert;
    match alert.status {
        Status::Firing | Status::Info => false,
        Status::Resolved => state
            .and_then(|state| state.alerts.get(&alert.fingerprint))
            .is_none_or(|known| !known.is_firing() && known.changed_at < alert.changed_at),
    }
}

/// Puts each stray where its alert fires: in an open incident, or else in this batch. One that
/// fires nowhere goes back to its own key.
pub(crate) fn place(strays: Vec<Stray>, groups: &mut Vec<Group>, states: &States) {
    let firing = firing(&strays, groups, states);
    for stray in strays {
        let wanted = fingerprint(&stray.arrival);
        let ended_at = stray.arrival.alert.alert.changed_at;
        let home = firing
            .get(&wanted)
            .filter(|(since, _)| *since <= ended_at)
            .map_or(&stray.own, |(_, key)| key);
        if *home != stray.own {
            tracing::warn!(
                stage = "load",
                alert_id = %wanted,
                incident_key = home.as_str(),
                own_key = stray.own.as_str(),
                "a resolve is decided under the key of its firing"
            );
        }
        match groups.iter_mut().find(|group| group.key == *home) {
            Some(group) => group.push(stray.arrival, stray.message),
            None => {
                let mut group = Group::new(home.clone());
                group.push(stray.arrival, stray.message);
                groups.push(group);
            }
        }
    }
    groups.sort_by_key(Group::priority);
}

/// Where the alerts of the strays fire, and since when; what fired last wins.
fn firing(
    strays: &[Stray],
    groups: &[Group],
    states: &States,
) -> BTreeMap<Fingerprint, (Timestamp, IncidentKey)> {
    let wanted: BTreeSet<Fingerprint> = strays.iter().map(|s| fingerprint(&s.arrival)).collect();
    let mut firing: BTreeMap<Fingerprint, (Timestamp, IncidentKey)> = BTreeMap::new();
    let mut found = |fingerprint: Fingerprint, since: Timestamp, key: &IncidentKey| {
        if wanted.contains(&fingerprint) {
            let candidate = (since, key.clone());
            let known = firing
                .entry(fingerprint)
                .or_insert_with(|| candidate.clone());
            if *known < candidate {
                *known = candidate;
            }
        }
    };
    for state in states.values().filter_map(|loaded| loaded.state.as_ref()) {
        for (fingerprint, alert) in state.firing() {
            found(fingerprint, alert.changed_at, &state.key);
        }
    }
    for group in groups {
        for arrival in &group.arrivals {
            if arrival.alert.alert.status == Status::Firing {
                found(
                    fingerprint(arrival),
                    arrival.alert.alert.changed_at,
                    &group.key,
                );
            }
        }
    }
    firing
}

const fn fingerprint(arrival: &Arrival) -> Fingerprint {
    arrival.alert.alert.fingerprint
}
