//! Which probes are to be asked now.

use jiff::{SignedDuration, Timestamp};

use crate::catalogue::{Catalogue, Watched};
use crate::memory::apart;
use crate::state::State;

/// A schedule never rings at quite the same moment: so much too early is early enough.
const EARLY: i64 = 10_000;

/// The places of the probes whose time has come, and of what those need that are in trouble: whether a dependency
/// explains an outage has to be known now, not in five minutes.
#[must_use]
pub fn due(state: &State, catalogue: &Catalogue<'_>, now: Timestamp) -> Vec<usize> {
    let watched = catalogue.watched();
    let mut asked: Vec<bool> = watched.iter().map(|one| is_due(state, one, now)).collect();
    for one in watched {
        let memory = state.probes.get(&one.probe.name);
        if !memory.is_some_and(|memory| memory.latest.is_bad()) {
            continue;
        }
        for need in &one.needs {
            let rested = watched.get(*need).is_some_and(|need| {
                let memory = state.probes.get(&need.probe.name);
                memory.is_none_or(|memory| memory.is_news(now, need.probe))
            });
            if let Some(asked) = asked.get_mut(*need).filter(|_| rested) {
                *asked = true;
            }
        }
    }
    let places = asked.into_iter().enumerate();
    places
        .filter_map(|(place, asked)| asked.then_some(place))
        .collect()
}

fn is_due(state: &State, one: &Watched<'_>, now: Timestamp) -> bool {
    let every = i64::try_from(one.probe.every.as_millis()).unwrap_or(i64::MAX);
    let wait = SignedDuration::from_millis(every - EARLY.min(every / 4)).max(apart(one.probe));
    let memory = state.probes.get(&one.probe.name);
    let last = memory.and_then(|memory| memory.last_at);
    // A clock that was set back must not stop a probe for good.
    last.is_none_or(|last| now.duration_since(last) >= wait || last > now + wait)
}
