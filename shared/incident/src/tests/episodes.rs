//! Episodes: when one opens, grows and ends.

use jiff::SignedDuration;
use settings::Priority;
use test_case::test_case;

use super::{Bench, batch, batches, outcomes, second};
use crate::{IncidentStatus, TimelineEvent, Transition};

#[test_case("+a@1 | -a@2", "opened: began | resolved: ended"; "it opens and is resolved")]
#[test_case("+a@1 | +a@2", "opened: began | open: still_firing"; "still firing is not news")]
#[test_case("+a@1 | +a@2/P1", "opened: began | open: rose"; "a higher priority is news")]
#[test_case("+a@1/P1 | +a@2/P3 | +a@3/P1", "opened: began | open: still_firing | open: still_firing"; "a priority that falls and rises again is not news")]
#[test_case("+a@1 | +b@1", "opened: began | open: began"; "another alert is news")]
#[test_case("+a@1 +b@1 | -a@2 | -b@3", "opened: began began | open: ended | resolved: ended"; "the last resolve ends it")]
#[test_case("+a@1 +b@1 | -a@2 -b@3", "opened: began began | resolved: ended ended"; "all ends of the last batch are news")]
#[test_case("+a@1 | -a@2 +b@2", "opened: began | open: ended began"; "one alert takes over from another")]
#[test_case("+a@1 | -a@2 | +a@3", "opened: began | resolved: ended | opened: began"; "after the resolve a new episode opens")]
#[test_case("+a@1 -a@2", "quiet: resolved_before_told resolved_before_told"; "what is over already opens nothing")]
#[test_case("+a@1 -a@2 +a@3", "opened: superseded superseded began"; "the last event of a batch decides")]
#[test_case("+a@1 | +b@2 -b@3", "opened: began | open: resolved_before_told resolved_before_told"; "a short alert within an episode is no news")]
#[test_case("+a@1 | +a@2 -a@3", "opened: began | resolved: superseded ended"; "what fired is over")]
#[test_case("+a@1 | -a@2 +a@3", "opened: began | open: superseded still_firing"; "a flap within a batch is not news")]
#[test_case("+a@1/P3 | -a@2 +a@3/P1", "opened: began | open: superseded rose"; "a flap within a batch that is worse is news")]
#[test_case("-a@1", "quiet: resolve_without_firing"; "a resolve out of nowhere is recorded")]
fn a_batch_comes_to(script: &str, expected: &str) {
    assert_eq!(outcomes(script), expected);
}

#[test]
fn a_new_episode_has_a_new_id() {
    let mut bench = Bench::run("+a@1");
    let opened = bench.episode().clone();
    assert_eq!((opened.opened_version, opened.resolved_at), (1, None));
    bench.say("-a@2");
    assert_eq!(bench.episode().id, opened.id);
    assert_eq!(bench.episode().resolved_at, Some(second(1_001)));
    bench.say("+a@3");
    assert!(opened.id < bench.episode().id);
    assert_eq!(bench.episode().resolved_at, None);
    assert_eq!(bench.episode().opened_version, 3);
}

#[test]
fn the_incident_is_named_after_the_most_urgent_alert_that_fires() {
    let mut bench = Bench::new();
    let mut named = |script: &str| {
        bench.say(script);
        let episode = bench.episode();
        // The priority is the highest of the episode all the same.
        assert_eq!(
            (episode.priority, episode.response_minutes),
            (Priority::P1, 5)
        );
        episode.title.clone()
    };
    assert_eq!(named("+a@1/P3 +b@2/P1"), "b is firing");
    assert_eq!(named("-b@3 +c@3/P4"), "a is firing");
    assert_eq!(named("-a@4 -c@4"), "a is firing");
}

#[test]
fn of_equally_urgent_alerts_the_oldest_names_it() {
    let bench = Bench::run("+a@5/P2 +b@3/P2");
    assert_eq!(bench.episode().title, "b is firing");
    assert_eq!(bench.episode().started_at, second(3));
}

#[test]
fn an_alert_began_when_it_was_first_said_to_fire() {
    let bench = Bench::run("+a@5 | +a@7 | -a@9");
    let alert = bench.state.alerts.values().next().unwrap();
    assert_eq!(alert.span.starts_at, second(5));
    assert_eq!(alert.span.ends_at, Some(second(9)));
    assert_eq!(bench.episode().started_at, second(5));
}

#[test]
fn the_trouble_began_with_its_earliest_alert() {
    let bench = Bench::run("+a@5 | +b@3");
    assert_eq!(bench.episode().started_at, second(3));
}

#[test]
fn an_alert_that_promises_no_time_has_that_of_its_priority() {
    let mut bench = Bench::new();
    let mut one = batch("+a@1/P2");
    one[0].alert.classification.response_minutes = 0;
    bench.send(&one);
    assert_eq!(bench.episode().response_minutes, 15);
    // The shortest time counts.
    let mut two = batch("+b@1/P3");
    two[0].alert.classification.response_minutes = 7;
    bench.send(&two);
    assert_eq!(bench.episode().response_minutes, 7);
}

#[test]
fn an_incident_counts_what_fires_and_what_is_over() {
    let bench = Bench::run("+a@1 +b@1 +c@1 -z@1 | -a@2 | -b@2 +d@2");
    let summary = bench.summary();
    assert_eq!((summary.firing, summary.resolved), (2, 2));
    assert_eq!(summary.status, IncidentStatus::Open);
    assert_eq!(summary.version, 3);
    assert_eq!(summary.key, "orders/errors");
    // Alerts of an earlier episode, and those nobody was told of, are not of this one.
    let summary = Bench::run("+a@1 | -a@2 | +b@3").summary();
    assert_eq!((summary.firing, summary.resolved), (1, 0));
}

#[test]
fn a_long_link_is_left_out_of_the_summary() {
    let mut bench = Bench::new();
    let mut one = batch("+a@1");
    one[0].alert.classification.runbook = Some("x".repeat(2_048));
    bench.send(&one);
    assert_eq!(bench.summary().runbook.map(|link| link.len()), Some(2_048));
    bench.state.episode.as_mut().unwrap().runbook = Some("x".repeat(2_049));
    assert_eq!(bench.summary().runbook, None);
}

#[test]
fn the_decision_says_what_became_of_the_episode() {
    let mut bench = Bench::new();
    let transitions: Vec<Transition> = batches("-z@1 | +a@1 | +a@1 | +b@1 | -a@2 -b@2 | ~i@1")
        .iter()
        .map(|batch| bench.send(batch).transition)
        .collect();
    assert_eq!(
        transitions,
        [
            Transition::StayedQuiet,
            Transition::Opened,
            Transition::StayedOpen,
            Transition::StayedOpen,
            Transition::Resolved,
            Transition::StayedQuiet,
        ]
    );
}

#[test]
fn an_episode_is_updated_by_what_concerns_people() {
    let mut bench = Bench::run("+a@1");
    let updated = |bench: &Bench| bench.episode().updated_at;
    assert_eq!(updated(&bench), second(1_000));
    bench.say("+a@2 -z@1 ~i@1");
    assert_eq!(updated(&bench), second(1_000));
    bench.say("+a@3/P1");
    assert_eq!(updated(&bench), second(1_002));
    bench.say("+b@3");
    bench.say("-b@4");
    assert_eq!(updated(&bench), second(1_004));
    bench.say("-a@4");
    assert_eq!(updated(&bench), second(1_005));
}

#[test]
fn the_state_is_kept_as_long_as_it_is_open_and_then_a_month() {
    let mut bench = Bench::run("+a@1");
    assert_eq!(bench.state.keep_until(bench.now), None);
    bench.say("-a@2");
    let month = SignedDuration::from_hours(30 * 24);
    assert_eq!(bench.state.keep_until(bench.now), Some(bench.now + month));
}

#[test]
fn the_history_says_what_happened() {
    let bench = Bench::run("+a@1 | +a@2/P1 +b@2 | -a@3 | -b@4 | +c@5 -c@6 -d@6 ~e@6");
    insta::assert_json_snapshot!(bench.state.timeline);
}

#[test]
fn the_history_is_bounded() {
    let mut bench = Bench::new();
    for i in 0..60 {
        bench.say(&format!("+a@{}", i * 2));
        bench.say(&format!("-a@{}", i * 2 + 1));
    }
    assert_eq!(
        bench.state.timeline.iter().len(),
        crate::Timeline::MAX_ENTRIES
    );
    let newest = bench.state.timeline.iter().next_back().unwrap();
    let TimelineEvent::Resolved { id } = &newest.event else {
        panic!("{newest:?}")
    };
    assert_eq!(id, &bench.episode().id);
    assert_eq!(newest.version, 120);
}
