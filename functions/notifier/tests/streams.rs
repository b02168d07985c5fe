//! What makes a message old news, and what belongs into which thread.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

mod support;

use incident::{Notification, NotificationEvent};
use jiff::SignedDuration;
use serde_json::Value;
use settings::Channel;
use store::StreamLog;
use support::bench::{bodies, bot, done, email, is_sent, message};
use support::{Outbox, STREAM, notification, now, record, to};
use test_case::test_case;

// How things stand, and how they stood.
#[test_case("opened", "updated", false)]
#[test_case("opened", "reminder", false)]
#[test_case("opened", "escalated", false)]
#[test_case("opened", "resolved", false)]
#[test_case("updated", "flapping", false)]
#[test_case("reminder", "resolved", false)]
// A call is not made old by what does not call.
#[test_case("escalated", "opened", true)]
#[test_case("escalated", "updated", true)]
#[test_case("escalated", "reminder", true)]
#[test_case("escalated", "flapping", true)]
#[test_case("escalated", "acknowledged", true)]
#[test_case("updated by a step", "reminder", true)]
// But by the next call, and by the end.
#[test_case("escalated", "escalated", false)]
#[test_case("escalated", "updated by a step", false)]
#[test_case("escalated", "resolved", false)]
#[test_case("escalated", "flapping, over", false)]
// An end is made old by what says that it fires again: the end would be the last word, and wrong.
#[test_case("resolved", "opened", false)]
#[test_case("resolved", "updated", false)]
#[test_case("resolved", "reminder", false)]
#[test_case("resolved", "escalated", false)]
// It is not by what only says who is on it.
#[test_case("resolved", "acknowledged", true)]
#[test_case("resolved", "let go", true)]
#[test_case("resolved", "let go when over", true)]
#[test_case("opened", "acknowledged", true)]
// Notes are told always, and in their order.
#[test_case("acknowledged", "updated", true)]
#[test_case("acknowledged", "resolved", true)]
#[test_case("let go", "escalated", true)]
#[test_case("acknowledged", "let go", false)]
#[test_case("let go", "acknowledged", false)]
#[tokio::test]
async fn an_older_message_after_a_newer_one(older: &str, newer: &str, told: bool) {
    let (notifier, server) = bot(3).await;
    assert!(is_sent(&notifier, &message(newer, 2)).await);
    let older = message(older, 1);
    let metrics = done(&notifier, &older).await;
    assert_eq!(
        metrics.contains(r#""NotificationsSent":1"#),
        told,
        "{metrics}"
    );
    assert_eq!(
        metrics.contains(r#""reason":"superseded""#),
        !told,
        "{metrics}"
    );
    // Whatever was told is not told again, and whatever was not is not told later.
    assert!(!is_sent(&notifier, &older).await);
    assert!(!is_sent(&notifier, &message(newer, 2)).await);
    assert_eq!(server.requests().len(), 1 + usize::from(told));
    // And what comes next is told, whatever leases were borrowed.
    assert!(is_sent(&notifier, &message("resolved", 3)).await);
    assert_eq!(server.requests().len(), 2 + usize::from(told));
}

#[tokio::test]
async fn what_comes_in_order_is_told_in_one_thread() {
    let (notifier, server) = bot(6).await;
    let names = [
        "opened",
        "escalated",
        "acknowledged",
        "updated",
        "let go",
        "resolved",
    ];
    for (sequence, name) in (1..).zip(names) {
        assert!(is_sent(&notifier, &message(name, sequence)).await, "{name}");
    }
    let threads: Vec<Value> = bodies(&server)
        .iter()
        .map(|body| body["thread_ts"].clone())
        .collect();
    assert_eq!(threads[0], Value::Null);
    assert!(
        threads[1..].iter().all(|thread| thread == "1.1"),
        "{threads:?}"
    );
}

#[tokio::test]
async fn a_call_that_comes_late_reaches_every_recipient_and_the_thread() {
    let outbox = Outbox::default();
    let notifier = email(&outbox);
    let everybody = |mut message: Notification| {
        message.deliveries = vec![to(Channel::Email, 0, &["a@example.com", "b@example.com"])];
        message
    };
    assert!(is_sent(&notifier, &everybody(message("reminder", 2))).await);
    assert!(is_sent(&notifier, &everybody(message("escalated", 1))).await);
    assert!(!is_sent(&notifier, &everybody(message("opened", 1))).await);
    let told = [
        "a@example.com",
        "b@example.com",
        "a@example.com",
        "b@example.com",
    ];
    assert_eq!(outbox.recipients(), told);

    let (notifier, server) = bot(2).await;
    assert!(is_sent(&notifier, &message("reminder", 2)).await);
    assert!(is_sent(&notifier, &message("escalated", 1)).await);
    assert_eq!(bodies(&server)[1]["thread_ts"], "1.1");
}

#[tokio::test]
async fn a_note_without_a_thread_begins_none() {
    let (notifier, server) = bot(2).await;
    assert!(is_sent(&notifier, &message("acknowledged", 2)).await);
    assert!(is_sent(&notifier, &message("opened", 1)).await);
    assert_eq!(bodies(&server)[1].get("thread_ts"), None);
}

#[tokio::test]
async fn a_note_waits_for_what_is_just_being_told() {
    let (notifier, server) = bot(1).await;
    let lease = SignedDuration::from_secs(45);
    let stream = format!("{STREAM}#0");
    let peer = notifier.log.peer();
    peer.claim_stream(&stream, Channel::Slack, 1, now(), lease)
        .await
        .unwrap();
    let acknowledged = record(&message("acknowledged", 2), 1);
    let (response, _) = notifier
        .handle(std::slice::from_ref(&acknowledged), None)
        .await;
    assert!(!response.is_empty());
    assert_eq!(notifier.queues.waits(), [2]);
    peer.complete_stream(&stream, Channel::Slack, 1, Some("0.5"), now())
        .await
        .unwrap();
    assert!(notifier.handle(&[acknowledged], None).await.0.is_empty());
    assert_eq!(bodies(&server)[0]["thread_ts"], "0.5");
}

#[tokio::test]
async fn a_message_from_before_there_were_groups_is_still_told() {
    let outbox = Outbox::default();
    let notifier = email(&outbox);
    for (version, told) in [(2, true), (1, false), (3, true)] {
        let mut document =
            serde_json::to_value(notification(NotificationEvent::Updated, version)).unwrap();
        for name in [
            "receiver",
            "deliveries",
            "group_key",
            "group_labels",
            "stream",
            "sequence",
        ] {
            document.as_object_mut().unwrap().remove(name);
        }
        let old: Notification = serde_json::from_value(document).unwrap();
        assert_eq!(is_sent(&notifier, &old).await, told, "{version}");
    }
    assert_eq!(
        outbox.recipients(),
        ["oncall@example.com", "oncall@example.com"]
    );
}
