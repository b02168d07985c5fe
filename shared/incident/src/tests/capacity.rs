//! What happens when there is more than fits, and what is forgotten.

use std::io::Write;

use alert_classification::Status;
use compact_str::format_compact;
use jiff::SignedDuration;
use settings::Priority;

use super::{Bench, arrival, batches, brief, second};
use crate::{
    Arrival, Change, IncidentStatus, MAX_TRACKED, NotificationEvent, Outcome, SuppressionReason,
    TimelineEvent,
};

fn many(count: usize, status: Status, at: i64, priority: Priority) -> Vec<Arrival> {
    (0..count)
        .map(|i| arrival(&format!("many-{i}"), status, second(at), priority))
        .collect()
}

fn full() -> Bench {
    let mut bench = Bench::new();
    bench.send(&many(MAX_TRACKED, Status::Firing, 1, Priority::P3));
    bench
}

#[test]
fn a_full_incident_says_so_once() {
    let mut bench = full();
    let decision = bench.send(&batches("+x@2 +y@2")[0]);
    assert_eq!(brief(&decision), "updated: incident_full incident_full");
    assert_eq!(
        bench.last().reason,
        "the incident is full: it tracks 5000 alerts, and 2 that fire are not tracked"
    );
    let full = |entry: &crate::TimelineEntry| matches!(entry.event, TimelineEvent::Full(_));
    assert!(bench.state.timeline.iter().any(full));

    let decision = bench.send(&batches("+x@2 +z@3")[0]);
    assert_eq!(brief(&decision), "unchanged: incident_full incident_full");
    assert_eq!(bench.state.alerts.len(), MAX_TRACKED);
}

#[test]
fn a_full_incident_still_tells_what_is_more_urgent() {
    let mut bench = full();
    let decision = bench.send(&batches("+x@2/P1 +y@2/P3")[0]);
    assert_eq!(brief(&decision), "updated: notified incident_full");
    assert!(
        bench
            .last()
            .reason
            .starts_with("the priority rose from P3 to P1")
    );
    assert_eq!(bench.last().alerts[0].title, "x is firing");
    let decision = bench.send(&batches("+x@2/P1")[0]);
    assert_eq!(brief(&decision), "unchanged: incident_full");
}

#[test]
fn what_is_over_makes_room() {
    let mut bench = full();
    bench.send(&batches("-many-0@2 -many-1@2")[0]);
    let decision = bench.send(&batches("+x@3 ~i@3")[0]);
    assert_eq!(brief(&decision), "updated+info: notified notified");
    assert_eq!(
        bench.state.alerts.len() + bench.state.infos.len(),
        MAX_TRACKED
    );
    assert_eq!(bench.firing().len(), MAX_TRACKED - 1);
}

#[test]
fn a_batch_larger_than_the_room_is_told_and_ends() {
    let mut bench = Bench::new();
    let mut batch = many(MAX_TRACKED + 7, Status::Firing, 1, Priority::P3);
    // The most urgent are those that are tracked.
    batch.push(arrival("urgent", Status::Firing, second(2), Priority::P1));
    let decision = bench.send(&batch);
    let suppressed = decision
        .dispositions
        .iter()
        .filter(|disposition| {
            let reason = SuppressionReason::IncidentFull;
            disposition.outcome == Outcome::Suppressed { reason }
        })
        .count();
    assert_eq!(suppressed, 8);
    assert_eq!(bench.last().event, NotificationEvent::Opened);
    assert_eq!(bench.last().incident.priority, Priority::P1);
    assert_eq!(bench.last().alerts.len(), crate::ALERTS_IN_A_NOTIFICATION);
    assert_eq!(bench.last().alerts_omitted as usize, MAX_TRACKED - 20);

    let mut over = many(MAX_TRACKED + 7, Status::Resolved, 3, Priority::P3);
    over.push(arrival("urgent", Status::Resolved, second(3), Priority::P1));
    bench.send(&over);
    assert_eq!(bench.last().event, NotificationEvent::Resolved);
    assert_eq!(bench.state.status(), IncidentStatus::Resolved);
}

#[test]
fn a_report_is_forgotten_after_a_day_and_what_is_over_when_no_queue_keeps_it() {
    let mut bench = Bench::run("+a@1 | -a@2 | ~i@3");
    bench.now += SignedDuration::from_hours(23);
    bench.send(&batches("-b@4")[0]);
    assert_eq!((bench.state.alerts.len(), bench.state.infos.len()), (2, 1));
    bench.now += SignedDuration::from_hours(2);
    bench.send(&batches("+c@4 | -c@5")[0]);
    bench.send(&batches("-c@5")[0]);
    assert_eq!((bench.state.alerts.len(), bench.state.infos.len()), (3, 0));
    // A firing that comes back from a dead-letter queue is not news.
    bench.now += SignedDuration::from_hours(12 * 24);
    assert_eq!(
        brief(&bench.send(&batches("+a@1")[0])),
        "unchanged: out_of_order"
    );
    bench.now = second(1_000) + SignedDuration::from_hours(14 * 24 + 12);
    // Nothing is forgotten in a decision that is not written.
    let decision = bench.send(&batches("-b@4")[0]);
    assert_eq!(decision.change, Change::Unchanged);
    assert_eq!(bench.state.alerts.len(), 3);
    bench.send(&batches("-b@5")[0]);
    // Seen a day after the others.
    assert_eq!(bench.state.alerts.len(), 2);
}

#[test]
fn an_open_episode_keeps_its_alerts_however_long_it_lasts() {
    let mut bench = Bench::run("+a@1 +b@1 | -a@2");
    bench.now += SignedDuration::from_hours(100);
    bench.send(&batches("+c@3")[0]);
    assert_eq!(
        (bench.last().incident.firing, bench.last().incident.resolved),
        (2, 1)
    );
    assert_eq!(bench.firing().len(), 2);
    bench.send(&batches("-b@4 -c@4")[0]);
    assert_eq!(bench.last().incident.resolved, 3);
}

/// A number that looks random, the same in every run.
fn scrambled(number: usize) -> u64 {
    let mut x = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ (x >> 27)
}

#[test]
fn the_largest_state_fits_into_a_table_item() {
    // Every text is as long as it may be and nothing repeats, so that it does not compress.
    let noise = |seed: usize, chars: usize| -> String {
        (0..chars)
            .map(|i| {
                char::from_u32(0x4e00 + (scrambled(seed * 4_096 + i) % 20_000) as u32).unwrap()
            })
            .collect()
    };
    let batch: Vec<Arrival> = (0..MAX_TRACKED)
        .map(|i| {
            let random = scrambled(i);
            let at =
                second(0) - SignedDuration::from_nanos((random >> 4) as i64 % 100_000_000_000_000);
            let mut arrival = arrival(&format!("{random:x}"), Status::Firing, at, Priority::P3);
            let alert = &mut arrival.alert.alert;
            alert.starts_at = at - SignedDuration::from_nanos((random % 1_000_000_007) as i64);
            alert.title = noise(i, 200);
            alert.description = noise(i + 7, 2_000);
            alert.annotations.set("reason", noise(i + 9, 500));
            if i % 1_000 == 500 {
                arrival.alert.classification.priority = Priority::P1;
            }
            arrival.message = format_compact!("{i}");
            arrival.alert.alert.lifetime_minutes = Some((random % 10_000) as u32);
            arrival
        })
        .collect();
    let mut bench = Bench::new();
    bench.send(&batch);
    assert_eq!(bench.firing().len(), MAX_TRACKED);
    let json = serde_json::to_vec(&bench.state).unwrap();
    let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    deflate.write_all(&json).unwrap();
    let size = deflate.finish().unwrap().len();
    assert!(size < 380 * 1024, "{size} bytes of {}", json.len());
    // The most urgent alerts keep their texts longest.
    let kept: Vec<Priority> = bench
        .state
        .alerts
        .values()
        .filter(|alert| alert.details.is_some())
        .map(|alert| alert.priority)
        .collect();
    assert!(kept.len() >= 10, "{kept:?}");
    assert_eq!(
        kept.iter()
            .filter(|priority| **priority == Priority::P1)
            .count(),
        5
    );
}
