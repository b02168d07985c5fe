//! Tells repeated reports of what merely happened from new ones.
//!
//! An info alert has no state that could end, so each time of change is an event of its own, and so
//! is each text of the same time; a short memory of them is enough to notice a repetition.

use alert_classification::{Alert, Fingerprint, Status};
use jiff::Timestamp;

use super::{Placed, Suppressed, same_time};
use crate::arrival::{Arrival, SuppressionReason};
use crate::state::{IncidentState, TrackedInfo};

/// How many events are remembered for one alert.
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
    let changed_at = |placed: &Placed<'_>| placed.arrival.alert.alert.changed_at;
    reports.sort_by(|a, b| {
        let order = changed_at(a).cmp(&changed_at(b));
        order.then_with(|| same_time(a, b))
    });
    let mut infos = Infos::default();
    for placed in reports {
        let alert = &placed.arrival.alert.alert;
        let known = state
            .infos
            .entry(alert.fingerprint)
            .or_insert_with(|| TrackedInfo {
                events: Vec::new(),
                seen_at: now,
            });
        match remember(&mut known.events, (alert.changed_at, said(alert))) {
            Ok(()) => {
                known.seen_at = now;
                infos.news.push(placed);
            }
            Err(reason) => infos.suppressed.push((placed.place, reason)),
        }
    }
    infos
}

/// What tells two events of the same time apart.
pub(super) fn said(alert: &Alert) -> Fingerprint {
    let texts = [("", alert.title.as_str()), ("", &alert.description)];
    Fingerprint::of(texts.into_iter().chain(alert.annotations.iter()))
}

fn remember(
    events: &mut Vec<(Timestamp, Fingerprint)>,
    event: (Timestamp, Fingerprint),
) -> Result<(), SuppressionReason> {
    let forgotten = events.len() >= REMEMBERED;
    match events.binary_search(&event) {
        Ok(_) => Err(SuppressionReason::Duplicate),
        // Whether this one was known is forgotten; it is older than all that are remembered.
        Err(0) if forgotten && events.first().is_some_and(|(oldest, _)| event.0 < *oldest) => {
            Err(SuppressionReason::OutOfOrder)
        }
        Err(place) => {
            events.insert(place, event);
            if events.len() > REMEMBERED {
                events.remove(0);
            }
            Ok(())
        }
    }
}
