//! What holds for any events, in any order, however often they come and however they are batched.

use std::collections::{BTreeMap, BTreeSet};

use alert_classification::Status;
use proptest::prelude::*;
use settings::{Channel, Priority};

use super::{Bench, arrival, notifications, second};
use crate::{Arrival, Change, IncidentId, IncidentStatus, NotificationEvent, Outcome};

fn any_arrival() -> impl Strategy<Value = Arrival> {
    (
        prop::sample::select(vec!["a", "b", "c", "d"]),
        prop::sample::select(vec![Status::Firing, Status::Resolved, Status::Info]),
        0_i64..8,
        prop::sample::select(Priority::ALL.to_vec()),
    )
        .prop_map(|(name, status, at, priority)| arrival(name, status, second(at), priority))
}

fn any_events() -> impl Strategy<Value = Vec<Arrival>> {
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
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn any_delivery_of_the_same_events_ends_in_the_same_state((events, batches) in any_delivery()) {
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
            let decision = bench.send(batch);
            prop_assert_eq!(decision.dispositions.len(), batch.len());
            let told: BTreeSet<_> = notifications(&decision).map(|n| n.id.clone()).collect();
            for (disposition, arrival) in decision.dispositions.iter().zip(batch) {
                prop_assert_eq!(&disposition.message, &arrival.message);
                if let Outcome::Notified { notification } = &disposition.outcome {
                    prop_assert!(told.contains(notification));
                }
            }
            let counters = &bench.state.counters;
            prop_assert_eq!(counters.received, counters.notified + counters.suppressed_total());
            if decision.change == Change::Unchanged {
                prop_assert!(told.is_empty());
            }
        }
    }

    #[test]
    fn a_batch_gives_at_most_one_notification_of_the_incident((_, batches) in any_delivery()) {
        let mut bench = Bench::quick();
        for batch in &batches {
            let version = bench.state.version;
            let decision = bench.send(batch);
            let (infos, others): (Vec<_>, Vec<_>) =
                notifications(&decision).partition(|n| n.event == NotificationEvent::Info);
            prop_assert!(infos.len() <= 1 && others.len() <= 1);
            let step = u64::from(decision.change == Change::Changed);
            prop_assert_eq!(decision.state.version, version + step);
        }
        let ids: BTreeSet<_> = bench.told.iter().map(|n| n.id.clone()).collect();
        prop_assert_eq!(ids.len(), bench.told.len());
    }

    #[test]
    fn nobody_is_told_that_it_fires_without_being_told_that_it_is_over((_, batches) in any_delivery()) {
        let mut bench = Bench::quick();
        for batch in &batches {
            bench.send(batch);
        }
        let all_clear: Vec<Arrival> = ["a", "b", "c", "d"]
            .map(|name| arrival(name, Status::Resolved, second(99), Priority::P3))
            .to_vec();
        bench.send(&all_clear);
        prop_assert_eq!(bench.state.status() == IncidentStatus::Open, false);

        let mut open: BTreeMap<IncidentId, BTreeSet<Channel>> = BTreeMap::new();
        for told in &bench.told {
            match told.event {
                NotificationEvent::Opened => {
                    let channels = told.channels.iter().copied().collect();
                    let known = open.insert(told.incident.id.clone(), channels);
                    prop_assert_eq!(known, None);
                }
                NotificationEvent::Updated => {
                    let known = open.get_mut(&told.incident.id).expect("opened before");
                    known.extend(told.channels.iter().copied());
                }
                NotificationEvent::Resolved => {
                    let known = open.remove(&told.incident.id);
                    prop_assert_eq!(known, Some(told.channels.iter().copied().collect()));
                }
                NotificationEvent::Info => {}
            }
        }
        prop_assert!(open.is_empty(), "never told to be over: {open:?}");
    }

    #[test]
    fn the_highest_priority_of_what_fires_is_told((_, batches) in any_delivery()) {
        let mut bench = Bench::quick();
        for batch in &batches {
            bench.send(batch);
        }
        let most_urgent = bench.state.firing().map(|(_, alert)| alert.priority).min();
        let told = bench
            .told
            .iter()
            .rfind(|n| n.event != NotificationEvent::Info)
            .map(|n| n.incident.priority);
        if let (Some(most_urgent), Some(told)) = (most_urgent, told) {
            prop_assert!(told <= most_urgent);
        }
        prop_assert!(most_urgent.is_none() || told.is_some());
    }
}
