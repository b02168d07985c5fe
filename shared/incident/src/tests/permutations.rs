//! The order in which a batch lists its events, and their repetition, make no difference.

use alert_classification::Status;
use proptest::prelude::*;

use super::properties::any_events;
use super::{Bench, batch};
use crate::{Arrival, Counters, IncidentState, Step};

/// Some of the events, then all of them twice in some order.
fn any_batch() -> impl Strategy<Value = (Vec<Arrival>, Vec<Arrival>)> {
    any_events().prop_flat_map(|events| {
        let other = prop::collection::vec(prop::sample::select(events.clone()), 0..8)
            .prop_map({
                let events = events.clone();
                move |repeated| [events.clone(), repeated].concat()
            })
            .prop_shuffle();
        (Just(events), other)
    })
}

fn after(before: &[Arrival], events: &[Arrival]) -> (IncidentState, Vec<Step>) {
    let mut bench = Bench::quick();
    bench.send(before);
    let decision = bench.send(events);
    // Repetitions are counted, and a step is brought by any of those that say the same.
    bench.state.counters = Counters::default();
    let steps = decision.steps.into_iter().map(|step| Step {
        place: None,
        ..step
    });
    (bench.state, steps.collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_permutation_and_repetition_gives_the_same_state(
        before in any_events(),
        (events, other) in any_batch(),
    ) {
        prop_assert_eq!(after(&before, &events), after(&before, &other));
    }
}

#[test]
fn of_one_time_the_order_of_arrival_does_not_count() {
    // Sources that count in whole seconds may say two things of the same one.
    let mut events = batch("+a@1/P3 +a@1/P3 +a@1/P2 +a@1/P2 ~i@1 ~i@1 -b@1 -b@1");
    for (n, arrival) in events.iter_mut().enumerate() {
        let alert = &mut arrival.alert.alert;
        alert.title = format!("title {n}");
        alert.annotations.set("n", n.to_string());
        if alert.status == Status::Resolved {
            alert.ends_at = Some(super::second(n as i64));
        }
    }
    let before = batch("+b@0");
    let expected = after(&before, &events);
    for _ in 0..events.len() {
        events.rotate_left(1);
        assert_eq!(after(&before, &events), expected);
    }
    events.reverse();
    assert_eq!(after(&before, &events), expected);
}
