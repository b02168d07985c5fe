//! Tells repeated reports of what merely happened from new ones.
//!
//! An info alert has no state that could end, so each time of change is an event
//! of its own; a short memory of them is enough to notice a repetition.

use alert_classification::Status;
use jiff::Timestamp;

use super::{Placed, Suppressed};
use crate::arrival::{Arrival, SuppressionReason};
use crate::state::{IncidentState, TrackedInfo};

/// How many times of change are remembered for one alert.
pub(super) const REMEMBERED: usize = 8;

/// The info arrivals of a batch.
#[derive(Default)]
pub(super) struct Infos<'a> {
    pub(super) news: Vec<Placed<'a>>,
    pub(super) suppressed: Vec<Suppressed>,
}

/// Sorts the info arrivals of a batch into news and repetitions, oldest first.
pub(super) fn fold<'a>(
    state: &mut IncidentState,
    input: &'a [Arrival],
    now: Timestamp,
) -> Infos<'a> {
    let mut reports: Vec<Placed<'a>> = input
        .iter()
        .enumerate()
        .map(|(place, arrival)| Placed { place, arrival })
        .filter(|placed| placed.arrival.alert.alert.status == Status::Info)
        .collect();
    reports.sort_by_key(|placed| (placed.arrival.alert.alert.changed_at, placed.place));
    let mut infos = Infos::default();
    for placed in reports {
        let alert = &placed.arrival.alert.alert;
        let known = state
            .infos
            .entry(alert.fingerprint)
            .or_insert_with(|| TrackedInfo {
                recent: Vec::new(),
                seen_at: now,
            });
        match remember(&mut known.recent, alert.changed_at) {
            Ok(()) => {
                known.seen_at = now;
                infos.news.push(placed);
            }
            Err(reason) => infos.suppressed.push((placed.place, reason)),
        }
    }
    infos
}

fn remember(recent: &mut Vec<Timestamp>, at: Timestamp) -> Result<(), SuppressionReason> {
    match recent.binary_search(&at) {
        Ok(_) => Err(SuppressionReason::Duplicate),
        // Whether this one was known is forgotten; it is older than all that are remembered.
        Err(0) if recent.len() >= REMEMBERED => Err(SuppressionReason::OutOfOrder),
        Err(place) => {
            recent.insert(place, at);
            if recent.len() > REMEMBERED {
                recent.remove(0);
            }
            Ok(())
        }
    }
}
