//! What holds for any events, in any order, however often they come and however they are batched.

use alert_classification::Status;
use proptest::prelude::*;
use settings::Priority;

use super::{Bench, arrival, second};
use crate::{Arrival, Change, IncidentStatus, Outcome};

fn any_arrival() -> impl Strategy<Value = Arrival> {
    (
        prop::sample::select(vec!["a", "b", "c", "d"]),
        prop::sample::select(vec![Status::Firing, Status::Resolved, Status::Info]),
        0_i64..8,
        prop::sample::select(Priority::ALL.to_vec()),
    )
        .prop_map(|(name, status, at, priority)| arrival(name, status, second(at), priority))
}

pub(super) fn any_events() -> impl Strategy<Value = Vec<Arrival>> {
    prop::collection::vec(any_arrival(), 1..24)
}

/// The same events, some of them repeated, in another order, cut into batches.
fn any_delivery() -> impl Strategy<Value = (Vec<Arrival>, Vec<Vec<Arrival>>)> {
    any_events()
        .prop_flat_map(|events| {
            let repeated = prop::collection::vec(prop::sample::select(events.clone()), 0..12);
            (Just(events), repeated)
        })
        .prop_flat_map(|(events, repeated)| {
            let all = [events.clone(), repeated].concat();
            let sizes = prop::collection::vec(1_usize..6, all.len());
            (Just(events), Just(all).prop_shuffle(), sizes)
        })
        .prop_map(|(events, all, sizes)| {
            let mut rest = all.as_slice();
            let mut batches = Vec::new();
            for size in sizes {
                let (batch, after) = rest.split_at(size.min(rest.len()));
                batches.push(batch.to_vec());
                rest = after;
            }
            (events, batches)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_delivery_of_the_same_events_ends_with_the_same_alerts_firing((events, batches) in any_delivery()) {
        let mut one_by_one = Bench::quick();
        for event in &events {
            one_by_one.send(std::slice::from_ref(event));
        }
        let mut otherwise = Bench::quick();
        for batch in &batches {
            otherwise.send(batch);
        }
        prop_assert_eq!(one_by_one.firing(), otherwise.firing());
        let open = |bench: &Bench| bench.state.status() == IncidentStatus::Open;
        prop_assert_eq!(open(&one_by_one), open(&otherwise));
        prop_assert_eq!(open(&one_by_one), !one_by_one.firing().is_empty());
    }

    #[test]
    fn the_books_balance((_, batches) in any_delivery()) {
        let mut bench = Bench::quick();
        for batch in &batches {
            let before = bench.state.clone();
            let decision = bench.send(batch);
            prop_assert_eq!(decision.dispositions.len(), batch.len());
            for (place, (disposition, arrival)) in decision.dispositions.iter().zip(batch).enumerate() {
                prop_assert_eq!(&disposition.message, &arrival.message);
                prop_assert_eq!(disposition.fingerprint, arrival.alert.alert.fingerprint);
                if disposition.outcome == Outcome::Grouped {
                    let steps = decision.steps.iter().filter(|step| step.place == Some(place));
                    prop_assert_eq!(steps.count(), 1);
                }
            }
            let counters = &bench.state.counters;
            prop_assert_eq!(counters.received, counters.grouped + counters.suppressed_total());
            prop_assert!(bench.state.alerts.is_consistent());
            match decision.change {
                Change::Unchanged => prop_assert_eq!(&before, &bench.state),
                Change::Changed => {
                    prop_assert_eq!(bench.state.version, before.version + 1);
                    prop_assert_eq!(counters.received, before.counters.received + batch.len() as u64);
                }
            }
        }
    }

    #[test]
    fn each_alert_steps_at_most_once_in_a_batch((_, batches) in any_delivery()) {
        let mut bench = Bench::quick();
        for batch in &batches {
            let decision = bench.send(batch);
            let mut firsts: Vec<_> = decision
                .steps
                .iter()
                .filter(|step| step.news != crate::News::Reported)
                .map(|step| step.fingerprint)
                .collect();
            let count = firsts.len();
            firsts.sort_unstable();
            firsts.dedup();
            prop_assert_eq!(firsts.len(), count);
        }
    }

    #[test]
    fn an_incident_is_as_urgent_as_what_fires((_, batches) in any_delivery()) {
        let mut bench = Bench::quick();
        for batch in &batches {
            bench.send(batch);
        }
        let most_urgent = bench.state.firing().map(|(_, alert)| alert.priority).min();
        let episode = bench.state.open_episode();
        prop_assert_eq!(most_urgent.is_some(), episode.is_some());
        if let (Some(most_urgent), Some(episode)) = (most_urgent, episode) {
            prop_assert!(episode.priority <= most_urgent);
            let lead = bench.state.firing().find(|(_, alert)| alert.title == episode.title);
            prop_assert_eq!(lead.map(|(_, alert)| alert.priority), Some(most_urgent));
        }
    }
}
