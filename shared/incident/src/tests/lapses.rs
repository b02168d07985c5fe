//! Ends that are never told: recoveries that got lost, and sources that never send one.

use jiff::SignedDuration;
use settings::Channel;

use super::{Bench, batches, brief};
use crate::{
    Arrival, Decision, IncidentStatus, NotificationEvent, Outcome, TimelineEvent, Transition,
};

/// A batch of firings whose source says that all was well before.
fn anew(script: &str) -> Vec<Arrival> {
    let mut batch = batches(script).remove(0);
    for arrival in &mut batch {
        arrival.alert.alert.fired_anew = true;
    }
    batch
}

/// A batch of firings that count for a day.
fn mortal(script: &str) -> Vec<Arrival> {
    let mut batch = batches(script).remove(0);
    for arrival in &mut batch {
        arrival.alert.alert.lifetime_minutes = Some(24 * 60);
    }
    batch
}

fn later(bench: &mut Bench, hours: i64, batch: &[Arrival]) -> Decision {
    bench.now += SignedDuration::from_hours(hours);
    bench.send(batch)
}

#[test]
fn an_alert_that_fires_again_without_having_been_over_is_told() {
    let mut bench = Bench::run("+a@1/P2 +b@1/P1");
    let decision = bench.send(&anew("+a@9/P3"));
    assert_eq!(brief(&decision), "updated: notified");
    assert_eq!(
        bench.last().reason,
        "1 alert fired again, its recovery was never heard of"
    );
    assert_eq!(bench.last().alerts[0].starts_at, super::second(9));
    assert_eq!(bench.last().channels, [Channel::Email, Channel::Slack]);
    let decision = bench.send(&anew("+a@10 +b@10"));
    assert_eq!(brief(&decision), "updated: notified notified");
    assert_eq!(
        bench.last().reason,
        "2 alerts fired again, their recoveries were never heard of"
    );
    assert_eq!(
        brief(&bench.send(&batches("-a@11 -b@11")[0])),
        "resolved: notified notified"
    );
}

#[test]
fn an_alert_whose_recovery_is_heard_of_in_time_is_no_news() {
    let mut bench = Bench::run("+a@1");
    let mut batch = batches("-a@2 +a@3").remove(0);
    batch[1].alert.alert.fired_anew = true;
    assert_eq!(
        brief(&bench.send(&batch)),
        "silent: superseded still_firing"
    );
    assert_eq!(brief(&bench.send(&batch[1..])), "unchanged: duplicate");
}

#[test]
fn what_is_not_heard_of_any_more_is_over_and_the_next_firing_is_told() {
    let mut bench = Bench::new();
    bench.send(&mortal("+a@1/P1"));
    let decision = later(&mut bench, 25, &mortal("+a@9/P2"));
    assert_eq!(brief(&decision), "resolved+opened: notified");
    assert_eq!(decision.transition, Transition::Replaced);
    let [opened, resolved, again] = &bench.told[..] else {
        panic!("{:?}", bench.told)
    };
    assert_eq!(
        resolved.reason,
        "nothing was heard of the alert for 25 hours: it counts as over"
    );
    assert_eq!(resolved.channels, opened.channels);
    assert_eq!(resolved.incident.id, opened.incident.id);
    assert_eq!(resolved.incident.status, IncidentStatus::Resolved);
    assert_eq!(
        (resolved.incident.firing, resolved.incident.resolved),
        (0, 1)
    );
    assert_eq!(resolved.alerts[0].title, "a is firing");
    let lapsed_at = opened.at + SignedDuration::from_hours(24);
    assert_eq!(resolved.alerts[0].ends_at, Some(lapsed_at));
    assert_ne!(again.incident.id, opened.incident.id);
    assert_eq!(again.incident.priority, settings::Priority::P2);
    assert_ne!(again.id, resolved.id);
    assert_eq!((again.incident.version, resolved.incident.version), (2, 2));
    let Outcome::Notified { notification } = &decision.dispositions[0].outcome else {
        panic!("{:?}", decision.dispositions)
    };
    assert_eq!(notification, &again.id);
    let lapsed = |entry: &crate::TimelineEntry| matches!(entry.event, TimelineEvent::Lapsed(_));
    assert!(bench.state.timeline.iter().any(lapsed));
}

#[test]
fn every_newer_firing_puts_off_the_end() {
    let mut bench = Bench::new();
    bench.send(&mortal("+a@1"));
    assert_eq!(
        brief(&later(&mut bench, 23, &mortal("+a@2"))),
        "silent: still_firing"
    );
    assert_eq!(
        brief(&later(&mut bench, 23, &mortal("+a@3"))),
        "silent: still_firing"
    );
    // A repetition is nothing new.
    assert_eq!(
        brief(&later(&mut bench, 23, &mortal("+a@3"))),
        "unchanged: duplicate"
    );
    let decision = later(&mut bench, 1, &mortal("+a@3"));
    assert_eq!(brief(&decision), "resolved: duplicate");
    assert_eq!(decision.transition, Transition::Resolved);
    // The firing that lapsed is still known, the one after it is news.
    assert_eq!(
        brief(&bench.send(&mortal("+a@3 +a@2"))),
        "unchanged: duplicate out_of_order"
    );
    assert_eq!(brief(&bench.send(&mortal("+a@4"))), "opened: notified");
}

#[test]
fn what_lapses_beside_others_ends_nothing() {
    let mut bench = Bench::new();
    bench.send(&[mortal("+a@1"), batches("+b@1").remove(0)].concat());
    let decision = later(&mut bench, 24, &[]);
    assert_eq!(brief(&decision), "silent: ");
    assert_eq!(decision.transition, Transition::StayedOpen);
    assert_eq!(bench.firing().len(), 1);
    assert_eq!(
        brief(&bench.send(&batches("-a@2 -b@2")[0])),
        "resolved: already_resolved notified"
    );
    assert_eq!(bench.last().event, NotificationEvent::Resolved);
    assert_eq!(bench.last().incident.resolved, 2);
}

#[test]
fn an_empty_batch_ends_what_lapsed() {
    let mut bench = Bench::new();
    bench.send(&mortal("+a@1 +b@1"));
    let decision = later(&mut bench, 48, &[]);
    assert_eq!(brief(&decision), "resolved: ");
    assert_eq!(
        bench.last().reason,
        "nothing was heard of 2 alerts for 48 hours: they count as over"
    );
    assert_eq!(bench.last().alerts.len(), 2);
    assert_eq!(brief(&later(&mut bench, 1, &[])), "unchanged: ");
}
