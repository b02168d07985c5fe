//! What comes after an episode: it goes on, or is remembered, and its report is written.

use jiff::SignedDuration;
use settings::Priority;

use super::{Bench, anna, batch, brief, second};
use crate::{Act, Decision, TimelineEvent, VerdictKind};

/// An episode that may go on for five minutes after its end.
fn settling(script: &str) -> Bench {
    let mut bench = Bench::run(script);
    bench.state.episode.as_mut().unwrap().settling_ms = 300_000;
    bench
}

fn act(bench: &mut Bench, act: &Act) -> Decision {
    let id = bench.episode().id.clone();
    crate::act(
        &mut bench.state,
        &id,
        act,
        &anna(),
        bench.now,
        &bench.policy,
        None,
    )
    .unwrap()
}

fn wait(bench: &mut Bench, secs: i64) {
    bench.now += SignedDuration::from_secs(secs);
}

#[test]
fn an_episode_that_fires_again_at_once_goes_on() {
    let mut bench = settling("+a@1/P1");
    let id = bench.episode().id.clone();
    bench.say("-a@2");
    wait(&mut bench, 298);
    assert_eq!(bench.say("+b@3"), "opened: began");
    assert_eq!(bench.episode().id, id);
    assert_eq!(
        (bench.episode().resolved_at, bench.episode().report_at),
        (None, None)
    );
    assert_eq!(bench.episode().priority, Priority::P1);
    assert!(bench.state.past.is_empty());
    let summary = bench.summary();
    assert_eq!((summary.firing, summary.resolved), (1, 1));
    let reopened = TimelineEvent::Reopened { id };
    assert!(
        bench
            .state
            .timeline
            .iter()
            .any(|entry| entry.event == reopened)
    );
}

#[test]
fn an_episode_that_fires_again_later_is_another() {
    let mut bench = settling("+a@1");
    let id = bench.episode().id.clone();
    bench.say("-a@2");
    wait(&mut bench, 299);
    assert_eq!(bench.say("+a@3"), "opened: began");
    assert_ne!(bench.episode().id, id);
    assert_eq!(bench.episode().settling_ms, 0);
    assert_eq!(bench.state.past[0].id, id);
}

#[test]
fn what_somebody_has_acknowledged_does_not_go_on() {
    let mut bench = settling("+a@1");
    act(&mut bench, &Act::Acknowledge { until: None });
    let id = bench.episode().id.clone();
    bench.say("-a@2");
    bench.say("+a@3");
    assert_ne!(bench.episode().id, id);
    assert_eq!(bench.episode().acknowledgement, None);
}

#[test]
fn what_is_acknowledged_no_longer_goes_on() {
    let mut bench = settling("+a@1");
    act(&mut bench, &Act::Acknowledge { until: None });
    act(&mut bench, &Act::Unacknowledge);
    let id = bench.episode().id.clone();
    bench.say("-a@2");
    bench.say("+a@3");
    assert_eq!(bench.episode().id, id);
    assert!(bench.episode().first_acknowledged_at.is_some());
}

#[test]
fn what_somebody_has_resolved_does_not_go_on() {
    let mut bench = settling("+a@1");
    let id = bench.episode().id.clone();
    let over = Act::Resolve {
        verdict: None,
        why: String::new(),
    };
    act(&mut bench, &over);
    assert_eq!(bench.episode().report_at, Some(bench.now));
    assert_eq!(bench.say("+a@3"), "opened: began");
    assert_ne!(bench.episode().id, id);
}

#[test]
fn what_somebody_has_judged_does_not_go_on() {
    let mut bench = settling("+a@1");
    bench.say("-a@2");
    let verdict = Some(VerdictKind::FalsePositive);
    act(
        &mut bench,
        &Act::Resolve {
            verdict,
            why: "noise".into(),
        },
    );
    bench.say("+a@3");
    let past = &bench.state.past[0];
    assert_eq!(
        past.verdict.as_ref().unwrap().kind,
        VerdictKind::FalsePositive
    );
    assert_ne!(bench.episode().id, past.id);
    assert_eq!(bench.episode().verdict, None);
}

#[test]
fn the_report_is_due_when_the_episode_cannot_go_on() {
    let mut bench = settling("+a@1");
    assert_eq!(bench.state.due_at(), None);
    bench.say("-a@2");
    let due = second(1_001) + SignedDuration::from_mins(5);
    assert_eq!(bench.episode().report_at, Some(due));
    assert_eq!(bench.state.due_at(), Some(due));
    assert_eq!(bench.say("+a@3"), "opened: began");
    assert_eq!(bench.state.due_at(), None);
}

#[test]
fn an_episode_that_gives_way_before_its_report_is_written_is_named() {
    let mut bench = settling("+a@1");
    act(&mut bench, &Act::Acknowledge { until: None });
    bench.say("-a@2");
    let id = bench.episode().id.clone();
    let decision = bench.send(&batch("+a@3"));
    assert_eq!(brief(&decision), "opened: began");
    assert_eq!(decision.report, Some(id));
    // One whose report is written is not.
    bench.say("-a@4");
    bench.state.episode.as_mut().unwrap().report_at = None;
    assert_eq!(bench.send(&batch("+a@5")).report, None);
}

#[test]
fn twenty_episodes_are_remembered() {
    let mut bench = Bench::new();
    let mut ids = Vec::new();
    for i in 0..23 {
        bench.say(&format!("+a@{}/P2", i * 2));
        ids.push(bench.episode().id.clone());
        bench.say(&format!("-a@{}", i * 2 + 1));
    }
    let past: Vec<_> = bench
        .state
        .past
        .iter()
        .map(|past| past.id.clone())
        .collect();
    assert_eq!(past, ids[2..22]);
    let last = bench.state.past.last().unwrap();
    assert_eq!(
        (last.priority, last.title.as_str()),
        (Priority::P2, "a is firing")
    );
    assert_eq!(
        last.resolved_at.duration_since(last.opened_at),
        SignedDuration::from_secs(1)
    );
}
