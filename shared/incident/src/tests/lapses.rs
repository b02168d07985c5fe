//! Ends that are never told: recoveries that got lost, and sources that never send one.

use jiff::SignedDuration;
use settings::Priority;

use super::{Bench, anew, batch, brief, fingerprint, mortal, second};
use crate::{IncidentStatus, TimelineEvent, Transition};

#[test]
fn an_alert_that_fires_again_without_having_been_over_is_news() {
    let mut bench = Bench::run("+a@1/P2 +b@1/P1");
    assert_eq!(brief(&bench.send(&anew("+a@9/P3"))), "open: beganagain");
    let known = &bench.state.alerts[&fingerprint("a")];
    assert_eq!(known.span.starts_at, second(9));
    assert_eq!(known.priority, Priority::P3);
    assert_eq!(known.joined, 2);
    let decision = bench.send(&anew("+a@10 +b@10"));
    assert_eq!(brief(&decision), "open: beganagain beganagain");
    assert_eq!(bench.say("-a@11 -b@11"), "resolved: ended ended");
}

#[test]
fn an_alert_whose_recovery_is_heard_of_in_time_is_no_news() {
    let mut bench = Bench::run("+a@1");
    let mut batch = batch("-a@2 +a@3");
    batch[1].alert.alert.fired_anew = true;
    assert_eq!(brief(&bench.send(&batch)), "open: superseded still_firing");
    assert_eq!(brief(&bench.send(&batch[1..])), "unchanged: duplicate");
}

#[test]
fn what_is_not_heard_of_any_more_is_over_and_the_next_firing_is_another_episode() {
    let mut bench = Bench::new();
    bench.send(&mortal("+a@1/P1"));
    let (first, opened_at) = (bench.episode().id.clone(), bench.now);
    bench.now += SignedDuration::from_hours(25);
    let decision = bench.send(&mortal("+a@9/P2"));
    assert_eq!(brief(&decision), "replaced lapsed: began");
    assert_eq!(decision.transition, Transition::Replaced);
    assert_ne!(bench.episode().id, first);
    assert_eq!(bench.episode().priority, Priority::P2);
    // The report of the first was not written yet.
    assert_eq!(decision.report, Some(first.clone()));
    let past = &bench.state.past[0];
    assert_eq!((&past.id, past.priority), (&first, Priority::P1));
    // It ended when its alert did, however late that was noticed.
    let second = SignedDuration::from_secs(1);
    assert_eq!(
        past.resolved_at,
        opened_at - second + SignedDuration::from_hours(24)
    );
    let lapsed = |entry: &crate::TimelineEntry| matches!(entry.event, TimelineEvent::Lapsed(_));
    assert!(bench.state.timeline.iter().any(lapsed));
}

#[test]
fn what_lapsed_long_ago_does_not_go_on() {
    let mut bench = Bench::new();
    bench.send(&mortal("+a@1"));
    let first = bench.episode().id.clone();
    bench.state.episode.as_mut().unwrap().settling_ms = 300_000;
    // Nobody looked for an hour.
    assert_eq!(bench.later(25, &mortal("+a@9")), "replaced lapsed: began");
    assert_ne!(bench.episode().id, first);
}

#[test]
fn every_newer_firing_puts_off_the_end() {
    let mut bench = Bench::new();
    bench.send(&mortal("+a@1"));
    assert_eq!(bench.later(23, &mortal("+a@2")), "open: still_firing");
    assert_eq!(bench.later(23, &mortal("+a@3")), "open: still_firing");
    // A repetition is nothing new.
    assert_eq!(bench.later(23, &mortal("+a@3")), "unchanged: duplicate");
    assert_eq!(
        bench.later(1, &mortal("+a@3")),
        "resolved lapsed: duplicate"
    );
    // The firing that lapsed is still known, the one after it is news.
    let decision = bench.send(&mortal("+a@3 +a@2"));
    assert_eq!(brief(&decision), "unchanged: duplicate out_of_order");
    assert_eq!(brief(&bench.send(&mortal("+a@4"))), "opened: began");
}

#[test]
fn what_lapses_beside_others_ends_nothing() {
    let mut bench = Bench::new();
    bench.send(&[mortal("+a@1"), batch("+b@1")].concat());
    assert_eq!(bench.later(24, &[]), "open lapsed:");
    assert_eq!(bench.firing(), [fingerprint("b")]);
    assert_eq!(bench.say("-a@2 -b@2"), "resolved: already_resolved ended");
    assert_eq!(bench.summary().resolved, 2);
}

#[test]
fn an_empty_batch_ends_what_lapsed() {
    let mut bench = Bench::new();
    bench.send(&mortal("+a@1 +b@1"));
    let due = bench.state.due_at().unwrap();
    assert_eq!(due, second(1_000) + SignedDuration::from_hours(24));
    assert_eq!(bench.later(23, &[]), "unchanged:");
    assert_eq!(bench.later(25, &[]), "resolved lapsed lapsed:");
    assert_eq!(bench.state.status(), IncidentStatus::Resolved);
    assert_eq!(bench.episode().resolved_at, Some(due));
    assert_eq!(bench.later(1, &[]), "unchanged:");
}

#[test]
fn the_last_change_is_the_earliest_end() {
    // An alert that was over before it was heard of.
    let mut bench = Bench::new();
    let mut early = batch("+a@1");
    early[0].alert.alert.ends_at = Some(second(2));
    assert_eq!(brief(&bench.send(&early)), "opened: began");
    let opened_at = bench.episode().opened_at;
    assert_eq!(bench.later(0, &[]), "resolved lapsed:");
    assert_eq!(bench.episode().resolved_at, Some(opened_at));
}

#[test]
fn a_lifetime_that_the_platform_gives_counts_before_the_alerts_own() {
    let mut bench = Bench::new();
    let mut given = mortal("+a@1");
    given[0].lifetime = Some(SignedDuration::from_mins(5));
    let now = bench.now;
    bench.send(&given);
    assert_eq!(
        bench.state.due_at(),
        Some(now + SignedDuration::from_mins(5))
    );
    assert!(bench.state.alerts[&fingerprint("a")].span.timeout);
    // What says itself when it ends is believed.
    let mut bench = Bench::new();
    given[0].alert.alert.ends_at = Some(second(2_000));
    bench.send(&given);
    assert_eq!(bench.state.due_at(), Some(second(2_000)));
    assert!(!bench.state.alerts[&fingerprint("a")].span.timeout);
}
