//! Thousands of alerts at once: each is decided, and no transaction is too large.

use incident::Arrival;
use serde_json::{Value, json};
use test_case::test_case;

use super::{at_once, bench_of, firing};
use crate::Arrived;

fn grouped_by(labels: Value) -> Value {
    let mut settings = at_once();
    settings["route"]["group_by"] = labels;
    settings
}

fn alerts(count: usize, incidents: bool) -> Vec<Arrival> {
    (0..count)
        .map(|n| {
            let name = format!("alert-{n}");
            let mut arrival = firing("orders", &name);
            if incidents {
                arrival.alert.classification.stable_category = name.as_str().into();
            }
            arrival
        })
        .collect()
}

#[test_case(2_000, false, json!(["service"]); "one incident and one group")]
#[test_case(2_000, true, json!(["..."]); "an incident and a group for each")]
// Each transaction writes the one state anew, which is much for an unoptimised test.
#[test_case(300, false, json!(["..."]); "one incident and a group for each")]
#[test_case(300, true, json!(["service"]); "incidents in one group")]
#[tokio::test]
async fn alerts_in_a_crowd_are_all_told(count: usize, incidents: bool, group_by: Value) {
    check(count, incidents, group_by).await;
}

async fn check(count: usize, incidents: bool, group_by: Value) {
    let bench = bench_of(grouped_by(group_by));
    let Arrived {
        dispositions,
        outcome,
    } = bench.arrive(alerts(count, incidents)).await;
    assert_eq!(dispositions.len(), count);
    let failed = dispositions.iter().find_map(|d| d.as_ref().err());
    assert!(failed.is_none(), "{failed:?}");
    let books = outcome.books;
    assert_eq!(books.grouped, count as u64);
    assert_eq!(books.notified, count as u64);
    assert_eq!(bench.store.outbox_len(), outcome.outgoing.len());
}
