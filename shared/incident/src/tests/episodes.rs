//! Episodes: when one opens, grows and ends, and who is told.

use jiff::SignedDuration;
use settings::Channel;
use test_case::test_case;

use super::{Bench, batches, brief, outcomes, second};
use crate::{IncidentStatus, NotificationEvent, PriorityPolicy, TimelineEvent, Transition};

#[test_case("+a@1 | -a@2", "opened: notified | resolved: notified"; "it opens and is resolved")]
#[test_case("+a@1 | +a@2", "opened: notified | silent: still_firing"; "still firing is not news")]
#[test_case("+a@1 | +a@2/P1", "opened: notified | updated: notified"; "a higher priority is news")]
#[test_case("+a@1/P1 | +a@2/P3 | +a@3/P1", "opened: notified | silent: still_firing | silent: still_firing"; "a priority that falls and rises again is not news")]
#[test_case("+a@1 | +b@1", "opened: notified | updated: notified"; "another alert is news")]
#[test_case("+a@1 +b@1 | -a@2 | -b@3", "opened: notified notified | silent: partial_resolve | resolved: notified"; "only the last resolve is told")]
#[test_case("+a@1 +b@1 | -a@2 -b@3", "opened: notified notified | resolved: notified notified"; "all resolves of the last batch are told")]
#[test_case("+a@1 | -a@2 +b@2", "opened: notified | updated: partial_resolve notified"; "one alert takes over from another")]
#[test_case("+a@1 | -a@2 | +a@3", "opened: notified | resolved: notified | opened: notified"; "after the resolve a new episode opens")]
#[test_case("+a@1 -a@2", "silent: resolved_before_told resolved_before_told"; "what is over already pages nobody")]
#[test_case("+a@1 -a@2 +a@3", "opened: superseded superseded notified"; "the last event of a batch decides")]
#[test_case("+a@1 | +b@2 -b@3", "opened: notified | silent: resolved_before_told resolved_before_told"; "a short alert within an episode pages nobody")]
#[test_case("+a@1 | +a@2 -a@3", "opened: notified | resolved: superseded notified"; "what was told to fire is told to be over")]
#[test_case("+a@1 | -a@2 +a@3", "opened: notified | silent: superseded still_firing"; "a flap within a batch is not news")]
#[test_case("-a@1", "silent: resolve_without_firing"; "a resolve out of nowhere is recorded")]
fn a_batch_comes_to(script: &str, expected: &str) {
    assert_eq!(outcomes(script), expected);
}

#[test_case("+a@1", "1 alert began to fire")]
#[test_case("+a@1 +b@1", "2 alerts began to fire")]
#[test_case("+a@1 | +b@1", "1 more alert began to fire")]
#[test_case("+a@1 | +a@2/P1", "the priority rose from P3 to P1")]
#[test_case(
    "+a@1 | +a@2/P1 +b@3 +c@3",
    "the priority rose from P3 to P1; 2 more alerts began to fire"
)]
#[test_case("+a@1/P1 +b@1/P3 | +b@2/P2", "1 alert became more urgent")]
#[test_case("+a@1 | -a@2", "the alert is resolved")]
#[test_case("+a@1 +b@1 | -a@2 | -b@2", "all 2 alerts are resolved")]
#[test_case("~a@1", "1 event was reported that opens no incident")]
#[test_case("~a@1 ~b@1", "2 events were reported that open no incident")]
fn the_reason_is_put_in_words(script: &str, expected: &str) {
    assert_eq!(Bench::run(script).last().reason, expected);
}

#[test]
fn a_new_episode_has_a_new_id_and_the_same_key() {
    let bench = Bench::run("+a@1 | -a@2 | +a@3");
    let [opened, resolved, again] = &bench.told[..] else {
        panic!("{:?}", bench.told)
    };
    assert_eq!(opened.incident.id, resolved.incident.id);
    assert_ne!(opened.incident.id, again.incident.id);
    assert_eq!(opened.incident.key, again.incident.key);
    assert!(opened.incident.id < again.incident.id);
    assert_eq!(again.incident.resolved_at, None);
}

#[test]
fn a_notification_is_named_after_its_incident_and_version() {
    let bench = Bench::run("+a@1 | +a@1 | +b@1 | -a@2 -b@2");
    let ids: Vec<String> = bench.told.iter().map(|n| n.id.to_string()).collect();
    let id = &bench.told[0].incident.id;
    // The repetition was no decision that counts.
    assert_eq!(ids, [1, 2, 3].map(|version| format!("{id}.{version}")));
}

#[test]
fn whoever_was_told_that_it_fires_is_told_that_it_is_over() {
    let bench = Bench::run("+a@1/P4 | +b@2/P1 | -a@3 -b@3");
    let channels: Vec<&[Channel]> = bench.told.iter().map(|n| n.channels.as_slice()).collect();
    assert_eq!(
        channels,
        [
            &[Channel::Email][..],
            &[Channel::Slack, Channel::Sms],
            &[Channel::Email, Channel::Slack, Channel::Sms],
        ]
    );
}

#[test]
fn a_minor_alert_that_joins_a_major_incident_wakes_nobody() {
    let bench = Bench::run("+a@1/P1 | +b@2/P4 | +b@3/P3 | +c@4/P4 +d@4/P1 | -a@5 -b@5 -c@5 -d@5");
    let channels: Vec<&[Channel]> = bench.told.iter().map(|n| n.channels.as_slice()).collect();
    let all = &[Channel::Email, Channel::Slack, Channel::Sms][..];
    assert_eq!(
        channels,
        [
            &[Channel::Slack, Channel::Sms][..],
            &[Channel::Email],
            &[Channel::Email, Channel::Slack],
            &[Channel::Slack, Channel::Sms],
            all,
        ]
    );
    let p1 = settings::Priority::P1;
    assert!(bench.told.iter().all(|n| n.incident.priority == p1));
}

#[test]
fn a_message_names_what_else_fires_after_what_is_news() {
    let bench = Bench::run("+a@1/P2 +b@1/P1 +c@1 | -c@2 | +d@3/P4");
    let titles: Vec<&str> = bench
        .last()
        .alerts
        .iter()
        .map(|alert| alert.title.as_str())
        .collect();
    assert_eq!(titles, ["d is firing", "b is firing", "a is firing"]);
    assert_eq!(bench.last().alerts_omitted, 0);
    let b = &bench.last().alerts[1];
    let known = &bench.told[0].alerts[0];
    assert_eq!(b, known, "it is told as it was told when it was news");
}

#[test]
fn what_finds_no_place_in_a_message_is_counted() {
    let fifty: Vec<String> = (0..50).map(|i| format!("+many-{i}@1")).collect();
    let bench = Bench::run(&format!("{} | +x@2", fifty.join(" ")));
    assert_eq!(bench.last().alerts[0].title, "x is firing");
    assert_eq!(bench.last().alerts.len(), crate::ALERTS_IN_A_NOTIFICATION);
    assert_eq!(bench.last().alerts_omitted, 31);
}

#[test]
fn a_new_configuration_does_not_forget_who_was_told() {
    let mut bench = Bench::run("+a@1/P1");
    bench.policy.p1 = PriorityPolicy {
        channels: vec![Channel::Webhook],
        response_minutes: 5,
    };
    bench.send(&batches("-a@2")[0]);
    assert_eq!(bench.last().channels, [Channel::Slack, Channel::Sms]);
}

#[test]
fn without_a_channel_the_books_say_that_nobody_was_told() {
    let mut bench = Bench::new();
    bench.policy.p3.channels.clear();
    let decisions: Vec<String> = batches("+a@1 | -a@2 | ~b@3")
        .iter()
        .map(|batch| brief(&bench.send(batch)))
        .collect();
    assert_eq!(
        decisions,
        [
            "silent: no_channel",
            "silent: no_channel",
            "silent: no_channel"
        ]
    );
    assert_eq!(bench.state.status(), IncidentStatus::Resolved);
    let nobody =
        |entry: &&crate::TimelineEntry| matches!(entry.event, TimelineEvent::NobodyToTell { .. });
    assert_eq!(bench.state.timeline.iter().filter(nobody).count(), 3);
}

#[test]
fn the_incident_is_named_after_the_most_urgent_alert_that_fires() {
    let bench = Bench::run("+a@1/P3 +b@2/P1 | -b@3 +c@3/P4 | -a@4 -c@4");
    let titles: Vec<&str> = bench
        .told
        .iter()
        .map(|n| n.incident.title.as_str())
        .collect();
    assert_eq!(titles, ["b is firing", "a is firing", "a is firing"]);
    // The priority is the highest of the episode all the same.
    assert!(
        bench
            .told
            .iter()
            .all(|n| n.incident.priority == settings::Priority::P1)
    );
    assert!(bench.told.iter().all(|n| n.incident.response_minutes == 5));
}

#[test]
fn the_resolve_of_a_p1_is_told_as_a_p1() {
    // The measured value is fine again, so the resolve alone would be classified as harmless.
    let bench = Bench::run("+a@1/P1 | -a@9/P4");
    let alert = &bench.last().alerts[0];
    assert_eq!(alert.priority, settings::Priority::P1);
    assert_eq!(alert.starts_at, second(1));
    assert_eq!(alert.ends_at, Some(second(9)));
}

#[test]
fn an_alert_began_when_it_was_first_said_to_fire() {
    let bench = Bench::run("+a@1 | +a@5 | -a@9");
    assert_eq!(bench.last().alerts[0].starts_at, second(1));
}

#[test]
fn an_alert_that_promises_no_time_has_that_of_its_priority() {
    let mut bench = Bench::new();
    let mut batch = batches("+a@1/P2").remove(0);
    batch[0].alert.classification.response_minutes = 0;
    bench.send(&batch);
    assert_eq!(bench.last().incident.response_minutes, 15);
}

#[test]
fn alerts_come_most_urgent_first_then_oldest() {
    let bench = Bench::run("+a@3/P3 +b@2/P3 +c@9/P1 +d@1/P4");
    let titles: Vec<&str> = bench
        .last()
        .alerts
        .iter()
        .map(|a| a.title.as_str())
        .collect();
    assert_eq!(
        titles,
        ["c is firing", "b is firing", "a is firing", "d is firing"]
    );
}

#[test]
fn an_incident_counts_what_fires_and_what_is_over() {
    let bench = Bench::run("+a@1 +b@1 +c@1 -z@1 | -a@2 | -b@2 +d@2");
    let incident = &bench.last().incident;
    assert_eq!((incident.firing, incident.resolved), (2, 2));
    assert_eq!(incident.status, IncidentStatus::Open);
    // Alerts of an earlier episode, and those nobody was told of, are not of this one.
    let bench = Bench::run("+a@1 | -a@2 | +b@3");
    assert_eq!(bench.last().incident.resolved, 0);
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
fn the_state_is_kept_as_long_as_it_is_open_and_then_a_month() {
    let mut bench = Bench::run("+a@1");
    assert_eq!(bench.state.keep_until(bench.now), None);
    bench.send(&batches("-a@2")[0]);
    let month = SignedDuration::from_hours(30 * 24);
    assert_eq!(bench.state.keep_until(bench.now), Some(bench.now + month));
}

#[test]
fn the_history_says_what_happened() {
    let bench = Bench::run("+a@1 | +a@2/P1 +b@2 | -a@3 | -b@4 | +c@5 -c@6 -d@6");
    insta::assert_json_snapshot!(bench.state.timeline);
}

#[test]
fn the_history_is_bounded() {
    let mut bench = Bench::new();
    for i in 0..200 {
        bench.send(&batches(&format!("+a@{}", i * 2))[0]);
        bench.send(&batches(&format!("-a@{}", i * 2 + 1))[0]);
    }
    assert_eq!(
        bench.state.timeline.iter().len(),
        crate::Timeline::MAX_ENTRIES
    );
    let newest = bench.state.timeline.iter().next_back().unwrap();
    let resolved = NotificationEvent::Resolved;
    assert!(matches!(newest.event, TimelineEvent::Told { event, .. } if event == resolved));
}
