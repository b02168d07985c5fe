//! What happens when there is more than fits, and what is forgotten.

use std::io::Write;

use alert_classification::Status;
use compact_str::format_compact;
use jiff::SignedDuration;
use settings::Priority;

use super::{Bench, arrival, batch, brief, second};
use crate::{Arrival, Change, IncidentStatus, MAX_TRACKED, News, Outcome, TimelineEvent};

fn many(count: usize, status: Status, at: i64, priority: Priority) -> Vec<Arrival> {
    (0..count)
        .map(|i| arrival(&format!("many-{i}"), status, second(at), priority))
        .collect()
}

fn full() -> Bench {
    let mut bench = Bench::quick();
    bench.send(&many(MAX_TRACKED, Status::Firing, 1, Priority::P3));
    bench
}

fn count(bench: &Bench, is: fn(&TimelineEvent) -> bool) -> usize {
    let entries = bench.state.timeline.iter();
    entries.filter(|entry| is(&entry.event)).count()
}

#[test]
fn a_full_incident_says_so_once_and_hands_on_what_it_does_not_track() {
    let mut bench = full();
    assert_eq!(bench.say("+x@2 +y@2"), "open: began began");
    assert_eq!(
        count(&bench, |event| matches!(event, TimelineEvent::Full(_))),
        1
    );
    assert_eq!(bench.episode().overflowed_at, Some(second(1_001)));
    assert_eq!(
        count(&bench, |event| matches!(event, TimelineEvent::Fired(_))),
        2
    );

    // It cannot know a repetition of what it does not track; the groups do.
    assert_eq!(bench.say("+x@2 +z@3"), "open: began began");
    assert_eq!(bench.state.alerts.len(), MAX_TRACKED);
    assert!(bench.state.alerts.is_consistent());
    assert_eq!(
        count(&bench, |event| matches!(event, TimelineEvent::Full(_))),
        1
    );
    assert_eq!(
        count(&bench, |event| matches!(event, TimelineEvent::Fired(_))),
        2
    );
}

#[test]
fn a_full_incident_still_becomes_more_urgent() {
    let mut bench = full();
    bench.say("+x@2/P1 +y@2/P3");
    assert_eq!(bench.episode().priority, Priority::P1);
    assert_eq!(bench.episode().response_minutes, 5);
    assert_eq!(bench.state.alerts.len(), MAX_TRACKED);
    assert!(bench.state.alerts.is_consistent());
}

#[test]
fn what_is_over_makes_room() {
    let mut bench = full();
    bench.say("-many-0@2 -many-1@2");
    assert_eq!(bench.say("+x@3 ~i@3"), "open: began reported");
    assert_eq!(
        bench.state.alerts.len() + bench.state.infos.len(),
        MAX_TRACKED
    );
    assert_eq!(bench.firing().len(), MAX_TRACKED - 1);
    // Reports go before alerts.
    bench.say("+y@3");
    assert_eq!(
        (bench.state.infos.len(), bench.firing().len()),
        (0, MAX_TRACKED)
    );
}

#[test]
fn what_belongs_to_no_open_episode_goes_before_what_does() {
    let mut bench = Bench::run("+old@1 | -old@2");
    bench.send(&many(MAX_TRACKED - 2, Status::Firing, 3, Priority::P3));
    bench.say("-many-0@4");
    bench.say("+x@5");
    assert_eq!(bench.state.alerts.len(), MAX_TRACKED);
    assert!(bench.state.alerts.is_consistent());
    bench.say("+y@5");
    assert!(!bench.state.alerts.contains_key(&super::fingerprint("old")));
    assert!(
        bench
            .state
            .alerts
            .contains_key(&super::fingerprint("many-0"))
    );
}

#[test]
fn a_batch_larger_than_the_room_is_told_and_ends() {
    let mut bench = Bench::quick();
    let mut batch = many(MAX_TRACKED + 7, Status::Firing, 1, Priority::P3);
    // The most urgent are those that are tracked.
    batch.push(arrival("urgent", Status::Firing, second(2), Priority::P1));
    let decision = bench.send(&batch);
    let grouped = |d: &&crate::Disposition| d.outcome == Outcome::Grouped;
    assert_eq!(
        decision.dispositions.iter().filter(grouped).count(),
        MAX_TRACKED + 8
    );
    let began = decision
        .steps
        .iter()
        .filter(|step| step.news == News::Began);
    assert_eq!(began.count(), MAX_TRACKED + 8);
    assert_eq!(bench.firing().len(), MAX_TRACKED);
    assert!(
        bench
            .state
            .alerts
            .contains_key(&super::fingerprint("urgent"))
    );
    assert_eq!(bench.episode().priority, Priority::P1);

    let mut over = many(MAX_TRACKED + 7, Status::Resolved, 3, Priority::P3);
    over.push(arrival("urgent", Status::Resolved, second(3), Priority::P1));
    let decision = bench.send(&over);
    assert_eq!(bench.state.status(), IncidentStatus::Resolved);
    // The groups hear of the end of what was not tracked as well.
    assert_eq!(decision.steps.len(), MAX_TRACKED + 8);
    assert!(bench.state.alerts.len() <= MAX_TRACKED);
}

#[test]
fn a_report_is_forgotten_after_a_day_and_what_is_over_when_no_queue_keeps_it() {
    let mut bench = Bench::run("+a@1 | -a@2 | ~i@3");
    bench.state.episode.as_mut().unwrap().report_at = None;
    bench.now += SignedDuration::from_hours(23);
    bench.say("-b@4");
    assert_eq!((bench.state.alerts.len(), bench.state.infos.len()), (2, 1));
    bench.now += SignedDuration::from_hours(2);
    bench.say("+c@4");
    bench.say("-c@5");
    bench.state.episode.as_mut().unwrap().report_at = None;
    assert_eq!((bench.state.alerts.len(), bench.state.infos.len()), (3, 0));
    // A firing that comes back from a dead-letter queue is not news.
    bench.now += SignedDuration::from_hours(12 * 24);
    assert_eq!(bench.say("+a@1"), "unchanged: out_of_order");
    bench.now = second(1_000) + SignedDuration::from_hours(14 * 24 + 12);
    // Nothing is forgotten in a decision that is not written.
    let decision = bench.send(&batch("-b@4"));
    assert_eq!(decision.change, Change::Unchanged);
    assert_eq!(bench.state.alerts.len(), 3);
    assert_eq!(
        brief(&bench.send(&batch("-b@5"))),
        "quiet: already_resolved"
    );
    // Seen a day after the others.
    assert_eq!(bench.state.alerts.len(), 2);
}

#[test]
fn an_open_episode_keeps_its_alerts_however_long_it_lasts() {
    let mut bench = Bench::run("+a@1 +b@1 | -a@2");
    bench.now += SignedDuration::from_hours(1_000);
    bench.say("+c@3");
    assert_eq!((bench.summary().firing, bench.summary().resolved), (2, 1));
    bench.say("-b@4 -c@4");
    assert_eq!(bench.summary().resolved, 3);
}

/// A number that looks random, the same in every run.
fn scrambled(number: usize) -> u64 {
    let mut x = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ (x >> 27)
}

/// A text that does not compress.
fn noise(seed: usize, chars: usize) -> String {
    (0..chars)
        .map(|i| char::from_u32(0x4e00 + (scrambled(seed * 4_096 + i) % 20_000) as u32).unwrap())
        .collect()
}

#[test]
fn the_largest_state_fits_into_a_table_item() {
    // Every text is as long as it may be and nothing repeats.
    let batch: Vec<Arrival> = (0..MAX_TRACKED)
        .map(|i| {
            let random = scrambled(i);
            let at =
                second(0) - SignedDuration::from_nanos((random >> 4) as i64 % 100_000_000_000_000);
            let mut arrival = arrival(&format!("{random:x}"), Status::Firing, at, Priority::P3);
            let alert = &mut arrival.alert.alert;
            alert.starts_at = at - SignedDuration::from_nanos((random % 1_000_000_007) as i64);
            alert.title = noise(i, 200);
            alert.description = noise(i + 7, 400);
            alert.annotations.set("reason", noise(i + 9, 200));
            if i % 1_000 == 500 {
                arrival.alert.classification.priority = Priority::P1;
            }
            arrival.message = format_compact!("{i}");
            arrival.alert.alert.lifetime_minutes = Some((random % 10_000) as u32);
            arrival
        })
        .collect();
    let mut bench = Bench::quick();
    bench.send(&batch);
    assert_eq!(bench.firing().len(), MAX_TRACKED);
    // Each alert is in a group or two.
    let groups =
        ["a", "b"].map(|route| crate::GroupKey::of(route, &alert_classification::Labels::new()));
    let tracked: Vec<_> = bench.state.alerts.keys().copied().collect();
    for fingerprint in tracked {
        let known = bench.state.alerts.groups_mut(fingerprint).unwrap();
        *known = groups.iter().cloned().collect();
    }
    let json = serde_json::to_vec(&bench.state).unwrap();
    let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    deflate.write_all(&json).unwrap();
    let size = deflate.finish().unwrap().len();
    assert!(size < 390 * 1024, "{size} bytes of {}", json.len());
    // The most urgent alerts keep their texts longest.
    let kept = bench
        .state
        .alerts
        .values()
        .filter(|alert| alert.details.is_some());
    let kept: Vec<Priority> = kept.map(|alert| alert.priority).collect();
    assert!(kept.len() >= 10, "{kept:?}");
    let urgent = kept.iter().filter(|priority| **priority == Priority::P1);
    assert_eq!(urgent.count(), 5);
}

#[test]
fn what_is_over_gives_up_its_texts_before_what_fires() {
    let mut bench = Bench::quick();
    let texts = |range: std::ops::Range<usize>, priority| -> Vec<Arrival> {
        range
            .map(|i| {
                let mut arrival = arrival(&format!("t-{i}"), Status::Firing, second(1), priority);
                arrival.alert.alert.description = "x".repeat(400);
                arrival
            })
            .collect()
    };
    bench.send(&texts(0..30, Priority::P1));
    let over: Vec<Arrival> = (0..30)
        .map(|i| arrival(&format!("t-{i}"), Status::Resolved, second(2), Priority::P1))
        .collect();
    bench.send(&over);
    bench.send(&texts(30..200, Priority::P4));
    let kept = |firing: bool| {
        let alerts = bench.state.alerts.values();
        alerts
            .filter(|alert| alert.is_firing() == firing && alert.details.is_some())
            .count()
    };
    assert!(bench.state.alerts.is_consistent());
    assert_eq!(kept(false), 0);
    assert!(kept(true) > 30, "{}", kept(true));
    assert!(
        bench
            .state
            .alerts
            .values()
            .all(|alert| !alert.title.is_empty())
    );
}
