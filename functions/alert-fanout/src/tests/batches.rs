//! Batches: what is decided, what fails, and what the books say.

use std::collections::BTreeMap;

use engine::Unhurried;
use incident::{NotificationEvent, SuppressionReason};
use jiff::SignedDuration;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use store::{Fault, Operation, Outbox, RecordKey};
use test_case::test_case;

use super::twins::{OneKeyDown, Racing, Stumbling};
use super::{Mood, Watch, advance, alarm, bench, bench_of, clock, on, patience, tick};
use crate::event::Message;
use crate::{Again, Answer, RECEIVES, Rules, read};

#[tokio::test]
async fn a_repeated_message_makes_no_second_notification() {
    let bench = bench();
    let message = alarm("urgent-1", "orders", "ALARM", 1);
    bench.batch(&[message.clone(), message.clone()]).await;
    let (books, failed) = bench.batch(&[message]).await;
    assert_eq!(
        books.refused,
        BTreeMap::from([(SuppressionReason::Duplicate, 1)])
    );
    assert!(failed.is_empty());
    assert_eq!(bench.ports.publisher.told().len(), 1);
}

#[tokio::test]
async fn an_alarm_rings_and_ends() {
    let bench = bench();
    let (books, _) = bench
        .batch(&[alarm("urgent-1", "orders", "ALARM", 1)])
        .await;
    assert_eq!(
        (books.received, books.groups.notified, books.groups.opened),
        (1, 1, 1)
    );
    let (books, _) = bench.batch(&[alarm("urgent-1", "orders", "OK", 60)]).await;
    assert_eq!(
        (books.received, books.groups.notified, books.groups.resolved),
        (1, 1, 1)
    );
    let [opened, resolved] = &bench.ports.publisher.told()[..] else {
        panic!("two notifications")
    };
    assert_eq!(opened.event, NotificationEvent::Opened);
    assert_eq!(resolved.event, NotificationEvent::Resolved);
    assert_eq!(opened.incident.id, resolved.incident.id);
    assert_eq!(opened.incident.key, "orders/availability");
    assert_eq!(opened.incident.service, "orders");
}

#[tokio::test]
async fn alerts_of_one_incident_are_told_together() {
    let bench = bench();
    let bodies: Vec<String> = (0..30)
        .map(|i| alarm(&format!("urgent-{i}"), "orders", "ALARM", 1))
        .collect();
    let (books, _) = bench.batch(&bodies).await;
    assert_eq!((books.received, books.groups.notified), (30, 30));
    let told = bench.ports.publisher.told();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].alerts.len(), told[0].alerts_omitted), (20, 10));
}

#[test_case("{ \"broken\": "; "cut JSON")]
#[test_case(""; "nothing")]
#[test_case("[1, 2]"; "no object")]
#[test_case("\u{0}\u{1}"; "control characters")]
#[tokio::test]
async fn a_malformed_message_becomes_an_alert_and_hides_no_neighbour(body: &str) {
    let bench = bench();
    let (books, failed) = bench
        .batch(&[
            alarm("urgent-1", "orders", "ALARM", 1),
            body.to_owned(),
            alarm("urgent-2", "menus", "ALARM", 1),
        ])
        .await;
    assert!(failed.is_empty());
    // What no rule knows is told with others a minute later.
    assert_eq!((books.received, books.groups.grouped), (3, 3));
    assert_eq!((books.unmatched, books.groups.notified), (1, 2));
    assert_eq!(bench.ports.publisher.told().len(), 2);
}

#[tokio::test]
async fn a_record_without_a_body_hides_no_neighbour() {
    let bench = bench();
    let event = to_raw_value(&json!({ "Records": [
        { "messageId": "1", "eventSource": "aws:sqs" },
        { "messageId": "2", "eventSource": "aws:sqs", "body": alarm("urgent-1", "orders", "ALARM", 1) },
    ]}))
    .unwrap();
    let (answer, books) = bench.handle(&event, "request", &Unhurried).await;
    assert_eq!(
        serde_json::to_string(&answer.unwrap()).unwrap(),
        r#"{"batchItemFailures":[]}"#
    );
    assert_eq!((books.received, books.groups.grouped), (2, 2));
}

#[tokio::test]
async fn only_the_messages_of_an_incident_that_is_not_written_fail() {
    let bench = bench();
    let bodies = [
        alarm("urgent-1", "orders", "ALARM", 1),
        alarm("urgent-2", "menus", "ALARM", 1),
        alarm("urgent-3", "orders", "ALARM", 1),
    ];
    let bench = bench.with(OneKeyDown(
        "orders/availability",
        bench.engine.store().clone(),
    ));
    let (books, failed) = bench.batch(&bodies).await;
    assert_eq!(
        failed.iter().map(String::as_str).collect::<Vec<_>>(),
        ["m0", "m2"]
    );
    assert_eq!((books.received, books.groups.notified), (1, 1));
    assert_eq!(bench.ports.publisher.told().len(), 1);
}

#[tokio::test]
async fn a_table_that_cannot_be_read_fails_all_messages_and_tells_nobody() {
    let bench = bench();
    bench.engine.store().inject(
        Fault::Throttled,
        Some(Operation::Load),
        2 * patience().attempts as usize,
    );
    let bodies = [
        alarm("urgent-1", "a", "ALARM", 1),
        alarm("urgent-2", "b", "ALARM", 1),
    ];
    let (books, failed) = bench.batch(&bodies).await;
    assert_eq!((failed.len(), books.received), (2, 0));
    // Handed out again, they are told.
    let (books, failed) = bench.batch_attempt(&bodies, 2).await;
    assert_eq!((failed.len(), books.groups.notified), (0, 2));
}

#[tokio::test]
async fn what_failed_comes_again_within_seconds_and_later_each_time() {
    let bench = bench();
    let bodies = [
        alarm("urgent-1", "a", "ALARM", 1),
        alarm("urgent-2", "b", "ALARM", 1),
        tick(),
    ];
    for (attempt, seconds) in [(1, 2), (2, 4), (3, 8), (12, 120)] {
        let attempts = 2 * patience().attempts as usize;
        let store = bench.engine.store();
        store.inject(Fault::Throttled, Some(Operation::Load), attempts);
        let (_, failed) = bench.batch_attempt(&bodies, attempt).await;
        assert_eq!(failed.len(), 2, "the tick asks nothing of the table");
        let asked = bench.backlog.take();
        let expected = ["AQEB-m0", "AQEB-m1"].map(|handle| Again {
            receipt_handle: handle.to_owned(),
            seconds,
        });
        assert_eq!(asked, [expected.to_vec()], "in one call");
    }
    // The queue is not asked for anything when nothing failed.
    bench.engine.store().clear_faults();
    let (_, failed) = bench.batch(&bodies).await;
    assert_eq!((failed.len(), bench.backlog.take().len()), (0, 0));
}

#[tokio::test]
async fn a_queue_that_does_not_answer_changes_nothing() {
    for mood in [Mood::Down, Mood::NeverAnswers] {
        let bench = bench();
        bench.backlog.is(mood);
        let attempts = patience().attempts as usize;
        let store = bench.engine.store();
        store.inject(Fault::Throttled, Some(Operation::Load), attempts);
        let bodies = [alarm("urgent-1", "a", "ALARM", 1)];
        let (books, failed) = bench.batch(&bodies).await;
        assert_eq!((failed.len(), books.received), (1, 0));
    }
}

#[tokio::test]
async fn an_alert_whose_message_failed_for_the_last_time_is_in_the_books() {
    let bench = bench();
    bench.engine.store().inject(
        Fault::Unavailable,
        Some(Operation::Load),
        patience().attempts as usize,
    );
    let (books, failed) = bench
        .batch_attempt(&[alarm("urgent-1", "orders", "ALARM", 1)], RECEIVES)
        .await;
    assert_eq!((books.received, books.dead_lettered), (1, 1));
    assert_eq!(failed.len(), 1);
}

#[tokio::test]
async fn a_write_that_stumbles_is_tried_again() {
    for fault in [Fault::Unavailable, Fault::Throttled, Fault::AnswerLost] {
        let bench = bench();
        bench
            .engine
            .store()
            .inject(fault, Some(Operation::Commit), 2);
        let (books, failed) = bench
            .batch(&[alarm("urgent-1", "orders", "ALARM", 1)])
            .await;
        assert!(failed.is_empty());
        assert_eq!(
            (books.received, books.groups.notified, books.groups.opened),
            (1, 1, 1),
            "{fault:?}"
        );
        assert_eq!(bench.ports.publisher.told().len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn two_handlers_that_race_for_one_incident_both_count() {
    let bench = bench();
    let first = bench.with(Racing(bench.engine.store().clone()));
    let second = bench.with(Racing(bench.engine.store().clone()));
    let bodies = [
        [alarm("urgent-1", "orders", "ALARM", 1)],
        [alarm("urgent-2", "orders", "ALARM", 2)],
    ];
    let ((a, failed_a), (b, failed_b)) =
        tokio::join!(first.batch(&bodies[0]), second.batch(&bodies[1]));
    assert!(failed_a.is_empty() && failed_b.is_empty());
    assert_eq!(
        (
            a.groups.notified + b.groups.notified,
            a.groups.opened + b.groups.opened
        ),
        (2, 1)
    );
    let told = first.ports.publisher.told();
    let events: Vec<NotificationEvent> = told.iter().map(|n| n.event).collect();
    assert_eq!(
        events,
        [NotificationEvent::Opened, NotificationEvent::Updated]
    );
    assert_eq!(told[1].incident.firing, 2);
    assert_eq!(told[0].incident.id, told[1].incident.id);
}

#[tokio::test]
async fn two_handlers_with_the_same_message_tell_once() {
    let bench = bench();
    let first = bench.with(Racing(bench.engine.store().clone()));
    let body = [alarm("urgent-1", "orders", "ALARM", 1)];
    // The second clock is later, as it is in two processes.
    let second = on(
        Racing(bench.engine.store().clone()),
        bench.ports.publisher.clone(),
        bench.rules.clone(),
        Watch(SignedDuration::from_millis(3)),
    );
    let ((a, _), (b, _)) = tokio::join!(first.batch(&body), second.batch(&body));
    assert_eq!(
        (
            a.groups.notified + b.groups.notified,
            a.refused_total() + b.refused_total()
        ),
        (1, 1)
    );
    assert_eq!(first.ports.publisher.told().len(), 1);
}

#[tokio::test]
async fn a_burst_of_2000_alarms_balances_the_books() {
    let memory = bench();
    let bench = memory.with(Racing(memory.engine.store().clone()));
    let alarms: Vec<String> = (0..2_000)
        .map(|i| {
            // Some alarms of ten services, a tenth of them ended again, a tenth delivered twice.
            let service = format!("service-{}", i % 10);
            let state = if i % 10 == 3 { "OK" } else { "ALARM" };
            alarm(
                &format!("urgent-{}", i - i % 10 / 9),
                &service,
                state,
                1 + i as u32 % 600,
            )
        })
        .collect();
    let mut books = Vec::new();
    for wave in alarms.chunks(500) {
        let five: Vec<_> = wave.chunks(100).map(|batch| bench.batch(batch)).collect();
        books.extend(futures_util::future::join_all(five).await);
        advance(1);
    }
    assert!(books.iter().all(|(_, failed)| failed.is_empty()));
    let sum = |of: fn(&crate::Books) -> u64| books.iter().map(|(books, _)| of(books)).sum::<u64>();
    assert_eq!(sum(|b| b.received), 2_000);
    assert_eq!(
        sum(|b| b.accepted) + sum(crate::Books::refused_total),
        2_000
    );
    let suppressed = sum(|b| b.groups.suppressed.values().sum());
    assert_eq!(
        sum(|b| b.groups.notified) + suppressed,
        sum(|b| b.groups.grouped)
    );
    assert_eq!(sum(|b| b.undone.unpublished as u64), 0);
    let told = bench.ports.publisher.told();
    assert!(told.len() < 200, "{} notifications", told.len());
    let later = clock() + jiff::SignedDuration::from_hours(1);
    assert_eq!(
        bench.engine.store().0.pending(later, 1_000).await.unwrap(),
        store::Pending::default()
    );
}

#[tokio::test]
async fn a_direct_invocation_is_one_message() {
    let bench = bench();
    let event = RawValue::from_string(alarm("urgent-1", "orders", "ALARM", 1)).unwrap();
    let (answer, _) = bench.handle(&event, "request", &Unhurried).await;
    let answer = serde_json::to_string(&answer.unwrap()).unwrap();
    assert_eq!(
        answer,
        r#"{"received":1,"accepted":1,"grouped":1,"notified":1,"suppressed":{}}"#
    );
    assert_eq!(bench.ports.publisher.told().len(), 1);
}

#[tokio::test]
async fn a_direct_invocation_that_fails_is_an_error() {
    let bench = bench();
    bench.engine.store().inject(
        Fault::Unavailable,
        Some(Operation::Load),
        patience().attempts as usize,
    );
    let event = RawValue::from_string(alarm("urgent-1", "orders", "ALARM", 1)).unwrap();
    let (answer, books) = bench.handle(&event, "request", &Unhurried).await;
    let error = answer.unwrap_err().to_string();
    assert!(error.contains("the table did not answer load"), "{error}");
    assert_eq!(books.received, 0);
}

#[tokio::test]
async fn an_invocation_by_a_topic_is_no_batch_of_the_queue() {
    let bench = bench();
    let envelope: serde_json::Value =
        serde_json::from_str(&alarm("urgent-1", "orders", "ALARM", 1)).unwrap();
    let event = to_raw_value(&json!({ "Records": [
        { "EventSource": "aws:sns", "EventVersion": "1.0", "Sns": envelope },
    ]}))
    .unwrap();
    let (answer, books) = bench.handle(&event, "request", &Unhurried).await;
    assert!(matches!(answer.unwrap(), Answer::Direct(_)));
    assert_eq!((books.received, books.groups.notified), (1, 1));
}

#[tokio::test]
async fn a_state_that_cannot_be_read_tells_people_all_the_same() {
    let bench = bench();
    bench
        .batch(&[alarm("urgent-0", "orders", "ALARM", 1)])
        .await;
    let key = RecordKey::Incident("orders/availability".into());
    bench.engine.store().break_record(&key);
    let (books, failed) = bench
        .batch(&[alarm("urgent-1", "orders", "ALARM", 1)])
        .await;
    assert!(failed.is_empty());
    assert_eq!(books.groups.opened, 1);
    assert_eq!(bench.ports.publisher.told()[1].incident.version, 2);
}

#[tokio::test]
async fn a_tick_in_a_batch_is_no_alert() {
    let bench = bench();
    let (books, failed) = bench
        .batch(&[tick(), alarm("urgent-1", "orders", "ALARM", 1)])
        .await;
    assert_eq!((books.received, books.heartbeats), (1, 1));
    assert!(failed.is_empty());
}

#[tokio::test]
async fn a_read_that_stumbles_is_tried_again() {
    for fault in [Fault::Unavailable, Fault::Throttled, Fault::AnswerLost] {
        let bench = bench();
        bench.engine.store().inject(fault, Some(Operation::Load), 3);
        let (books, failed) = bench
            .batch(&[alarm("urgent-1", "orders", "ALARM", 1)])
            .await;
        assert_eq!((books.groups.notified, failed.len()), (1, 0), "{fault:?}");
    }
}

#[tokio::test]
async fn reading_again_after_a_conflict_is_as_patient() {
    let bench = bench();
    let stumbling = bench.with(Stumbling(bench.engine.store().clone()));
    let (books, failed) = stumbling
        .batch(&[alarm("urgent-1", "orders", "ALARM", 1)])
        .await;
    assert_eq!((books.groups.notified, failed.len()), (1, 0));
}

#[test]
fn a_message_whose_reading_panics_is_told_and_hides_no_neighbour() {
    let bench = bench();
    let message = |id: &str, body: String| Message {
        id: id.to_owned(),
        receipt_handle: String::new(),
        body,
        received_at: clock(),
        attempt: 1,
        tick: false,
    };
    let messages = [
        message("bad", "boom".to_owned()),
        message("good", alarm("urgent-1", "orders", "ALARM", 1)),
    ];
    let read_one = |message: &Message| {
        assert_ne!(message.body, "boom", "what a source may do to a parser");
        bench
            .rules
            .classifier
            .read(&message.body, message.received_at)
    };
    let (arrivals, places) = read::read_with(&messages, &bench.rules.classifier, read_one);
    assert_eq!(places, [0, 1]);
    let ids: Vec<&str> = arrivals
        .iter()
        .map(|arrival| arrival.message.as_str())
        .collect();
    assert_eq!(ids, ["bad", "good"]);
    let alert = &arrivals[0].alert.alert;
    let text = format!("{} {}", alert.title, alert.description);
    assert!(text.contains("Tocsin cannot read message bad"), "{text}");
    assert!(text.contains("what a source may do to a parser"), "{text}");
}

#[tokio::test]
async fn channels_that_are_not_deployed_are_not_told_and_the_books_say_so() {
    let settings = json!({
        "project": "test",
        "priorities": { "P1": { "response": "5m", "notify": ["email", "sms"] } },
        "rules": [
            { "name": "urgent", "match": ["alertname=~\"urgent-.*\""], "priority": "P1", "category": "availability" },
        ],
    });
    let rules = |deployed: &[settings::Channel]| {
        let settings = settings::Settings::from_json(&settings.to_string()).unwrap();
        Rules::new(settings, Some(deployed))
    };
    let body = [alarm("urgent-1", "orders", "ALARM", 1)];
    let bench = bench_of(rules(&[settings::Channel::Sms]));
    bench.batch(&body).await;
    let told = bench.ports.publisher.told();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].channels, [settings::Channel::Sms]);
    let bench = bench_of(rules(&[settings::Channel::Webhook]));
    let (books, _) = bench.batch(&body).await;
    assert_eq!(
        books.groups.suppressed,
        BTreeMap::from([(SuppressionReason::NoChannel, 1)])
    );
    assert!(bench.ports.publisher.told().is_empty());
}

#[test_case(None, true; "absent")]
#[test_case(Some(""), true; "empty")]
#[test_case(Some("email, slack"), true; "a list")]
#[test_case(Some("email,fax"), false; "no channel")]
fn the_deployed_channels_are_read_from_the_environment(value: Option<&str>, expected: bool) {
    let mut variables = vec![
        ("TABLE_NAME", "t"),
        ("NOTIFY_TOPIC_ARN", "arn"),
        ("TIMERS_QUEUE_URL", "url"),
    ];
    variables.extend(value.map(|value| ("DEPLOYED_CHANNELS", value)));
    let environment: lambda_support::env::MapEnvironment = variables.into_iter().collect();
    let function = crate::Function::from_environment(&environment);
    assert_eq!(function.is_ok(), expected, "{function:?}");
}
