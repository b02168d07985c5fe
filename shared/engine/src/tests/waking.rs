//! What falls due, and the messages that say so.

use incident::{NotificationEvent, RecordName};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use test_case::test_case;

use super::{at_once, bench, bench_of, events, firing, start};
use crate::timers::{FARTHEST, TimerMessage, delay_seconds};
use crate::{Clock, key_of};

#[tokio::test]
async fn a_group_waits_and_then_tells_and_after_it_the_ladder() {
    let mut settings = at_once();
    settings["route"]["group_wait"] = json!("30s");
    let bench = bench_of(settings);
    let arrived = bench.arrive(vec![firing("orders", "a")]).await;
    assert!(arrived.outcome.outgoing.is_empty());
    let timers = arrived.outcome.timers;
    assert_eq!(timers.len(), 1);
    assert_eq!(timers[0].0, start() + SignedDuration::from_secs(30));
    // Too early, nothing happens, and the timer stays.
    let woken = bench.wake([timers[0].1.clone()]).await;
    assert!(woken.outcome.outgoing.is_empty() && woken.failed.is_empty());
    bench.clock.advance(30);
    let due = bench.due(bench.clock.now(), 10).await.unwrap();
    assert_eq!(due, timers);
    let woken = bench.wake([due[0].1.clone()]).await;
    assert_eq!(events(&woken.outcome), [NotificationEvent::Opened]);
    // A second time it is not due any more.
    let again = bench.wake([due[0].1.clone()]).await;
    assert!(again.outcome.outgoing.is_empty());
    bench.clock.advance(600);
    let due = bench.due(bench.clock.now(), 10).await.unwrap();
    let woken = bench.wake([due[0].1.clone()]).await;
    let pages = super::told(&woken.outcome);
    assert_eq!((pages.len(), pages[0].receiver.as_str()), (1, "second"));
}

/// Orders has a route of its own, which a deployment replaces by another.
fn with_route(matchers: &str, wait: &str) -> serde_json::Value {
    let mut settings = at_once();
    settings["route"]["routes"] = json!([{ "matchers": [matchers], "group_wait": wait }]);
    settings
}

fn deployed(old: &super::Bench, settings: serde_json::Value) -> super::Bench {
    crate::Engine::new(
        old.store.clone(),
        super::policy(settings),
        old.clock.clone(),
        crate::Patience::default(),
        1,
    )
}

#[tokio::test]
async fn a_timer_of_a_route_that_is_gone_hands_on_what_waits_and_rings_once() {
    let old = bench_of(with_route("service=\"orders\"", "30s"));
    let arrived = old.arrive(vec![firing("orders", "a")]).await;
    let new = deployed(&old, with_route("service=~\"orders|pay\"", "10m"));
    new.clock.advance(31);
    let due = new.due(new.clock.now(), 10).await.unwrap();
    assert_eq!(due, arrived.outcome.timers);
    let woken = new.wake([due[0].1.clone()]).await;
    assert!(woken.failed.is_empty());
    assert!(new.due(new.clock.now(), 10).await.unwrap().is_empty());
    // The new route waits as long as it says.
    let timers = woken.outcome.timers;
    assert_eq!(timers.len(), 1);
    new.clock.advance(600);
    let woken = new.wake([timers[0].1.clone()]).await;
    assert_eq!(events(&woken.outcome), [NotificationEvent::Opened]);
}

#[tokio::test]
async fn an_end_is_told_though_the_route_that_told_the_beginning_is_gone() {
    let old = bench_of(with_route("service=\"orders\"", "0s"));
    let arrived = old.arrive(vec![firing("orders", "a")]).await;
    assert_eq!(events(&arrived.outcome), [NotificationEvent::Opened]);
    let new = deployed(&old, with_route("service=~\"orders|pay\"", "0s"));
    new.clock.advance(60);
    let arrived = new.arrive(vec![super::resolved("orders", "a", 60)]).await;
    assert_eq!(events(&arrived.outcome), [NotificationEvent::Resolved]);
}

#[tokio::test]
async fn an_episode_that_is_over_for_good_wants_one_report() {
    let bench = bench();
    bench.arrive(vec![firing("orders", "a")]).await;
    bench.clock.advance(60);
    bench.arrive(vec![super::resolved("orders", "a", 60)]).await;
    let mut reports = Vec::new();
    for _ in 0..5 {
        bench.clock.advance(3_600);
        let due = bench.due(bench.clock.now(), 10).await.unwrap();
        let woken = bench.wake(due.into_iter().map(|(_, name)| name)).await;
        reports.extend(woken.outcome.reports);
    }
    assert_eq!(reports.len(), 1);
}

#[test_case(0, 0; "now")]
#[test_case(-5_000, 0; "past")]
#[test_case(1, 1; "a moment")]
#[test_case(1_000, 1; "a second")]
#[test_case(1_001, 2; "never too early")]
#[test_case(3_600_000, 900; "as long as the queue can")]
fn a_message_is_kept_back_for_whole_seconds(millis: i64, seconds: i32) {
    let due = start() + SignedDuration::from_millis(millis);
    assert_eq!(delay_seconds(due, start()), seconds);
    assert_eq!(FARTHEST.as_secs(), 900);
}

#[test]
fn a_timer_survives_its_way_through_the_queue() {
    for name in [
        RecordName::Incident(incident::IncidentKey::try_new("orders/errors").unwrap()),
        RecordName::Group(incident::GroupKey::from_text("{}:{service=\"a\"}")),
    ] {
        let message = TimerMessage::new(Timestamp::UNIX_EPOCH, &name);
        let json = serde_json::to_string(&message).unwrap();
        let read: TimerMessage = serde_json::from_str(&json).unwrap();
        assert_eq!(read.name(), Some(name.clone()));
        assert_eq!(read.record, key_of(&name).to_string());
    }
    let foreign = TimerMessage {
        record: "DELIVERY#x".to_owned(),
        due: Timestamp::UNIX_EPOCH,
    };
    assert_eq!(foreign.name(), None);
}
