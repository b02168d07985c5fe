//! Alerts that change too often.

use jiff::SignedDuration;
use serde_json::json;

use super::{Bench, batch, brief, fingerprint, policy_of};
use crate::{TimelineEvent, Turns};

/// Four changes within ten minutes are flapping, until it is calm for five.
fn bench() -> Bench {
    let flapping = json!({"changes": 4, "window": "10m", "quiet": "5m"});
    Bench {
        policy: policy_of(json!({"flapping": flapping})).into(),
        ..Bench::new()
    }
}

fn turns<'b>(bench: &'b Bench, name: &str) -> &'b Turns {
    &bench.state.alerts[&fingerprint(name)].turns
}

fn wait(bench: &mut Bench, secs: i64) {
    bench.now += SignedDuration::from_secs(secs);
}

#[test]
fn the_change_too_many_is_told_as_flapping_and_the_next_ones_as_what_they_are() {
    let mut bench = bench();
    let said: Vec<String> = ["+a@1", "-a@2", "+a@3", "-a@4", "+a@5", "-a@6"]
        .iter()
        .map(|script| bench.say(script))
        .collect();
    assert_eq!(
        said,
        [
            "opened: began",
            "resolved: ended",
            "opened: began",
            "resolved: flapping",
            "opened: began",
            "resolved: ended",
        ]
    );
    // As long as it goes on, the quiet time begins again.
    let last = bench.now - SignedDuration::from_secs(1);
    let until = last + SignedDuration::from_mins(5);
    assert_eq!(turns(&bench, "a").flapping_until, Some(until));
    assert_eq!(turns(&bench, "a").at.len(), 4);
    let told =
        |entry: &&crate::TimelineEntry| matches!(entry.event, TimelineEvent::Flapping { .. });
    assert_eq!(bench.state.timeline.iter().filter(told).count(), 1);
}

#[test]
fn changes_far_apart_are_none_too_many() {
    let mut bench = bench();
    for i in 0..12 {
        let sign = if i % 2 == 0 { '+' } else { '-' };
        let said = bench.say(&format!("{sign}a@{i}"));
        assert!(!said.contains("flapping"), "{said}");
        wait(&mut bench, 4 * 60);
    }
    assert!(!turns(&bench, "a").is_flapping(bench.now));
}

#[test]
fn the_window_ends_before_its_last_instant() {
    let mut bench = bench();
    bench.say("+a@1");
    bench.say("-a@2");
    bench.say("+a@3");
    // The first change is exactly ten minutes ago.
    wait(&mut bench, 597);
    assert_eq!(bench.say("-a@4"), "resolved: ended");
    assert_eq!(turns(&bench, "a").at.len(), 3);
}

#[test]
fn after_a_quiet_time_it_is_told_anew() {
    let mut bench = bench();
    for script in ["+a@1", "-a@2", "+a@3", "-a@4"] {
        bench.say(script);
    }
    let until = turns(&bench, "a").flapping_until.unwrap();
    bench.now = until - SignedDuration::from_secs(1);
    assert!(turns(&bench, "a").is_flapping(bench.now));
    bench.now = until;
    assert!(!turns(&bench, "a").is_flapping(bench.now));
    // It is still within the window, so one more change is one too many again.
    assert_eq!(bench.say("+a@5"), "opened: flapping");
}

#[test]
fn only_what_turns_counts() {
    let mut bench = bench();
    for script in ["+a@1", "+a@2", "+a@3/P1", "+a@4", "+b@1", "~a@5"] {
        bench.say(script);
    }
    assert_eq!(
        (turns(&bench, "a").at.len(), turns(&bench, "b").at.len()),
        (1, 1)
    );
    assert!(!turns(&bench, "a").is_calm());
    let mut anew = batch("+a@6");
    anew[0].alert.alert.fired_anew = true;
    assert_eq!(brief(&bench.send(&anew)), "open: beganagain");
    assert_eq!(turns(&bench, "a").at.len(), 2);
}

#[test]
fn without_damping_nothing_is_counted() {
    let mut bench = Bench::new();
    for i in 0..10 {
        let sign = if i % 2 == 0 { '+' } else { '-' };
        bench.say(&format!("{sign}a@{i}"));
    }
    assert!(turns(&bench, "a").is_calm());
}
