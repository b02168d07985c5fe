//! Batches: what one message's fate means for the others, for repetitions, and for the books.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

mod support;

use incident::{IncidentId, Notification, NotificationEvent};
use jiff::SignedDuration;
use lambda_support::batch::Record;
use notification::outcome::TransportFault;
use notifier::Notifier;
use notifier::channel::{EmailSender, SmsSender};
use notifier::ports::{Fault as AwsFault, Sender};
use settings::{Channel, Priority};
use store::{DeliveryLog, Fault, MemoryStore, Operation};
use support::{MemoryQueues, Outbox, aged, ambient, body, notification, now, opened, record};
use test_case::test_case;

fn notifier<S: Sender>(channel: Channel, sender: S) -> Notifier<MemoryStore, MemoryQueues, S> {
    Notifier {
        channel,
        max_age: SignedDuration::from_hours(2),
        max_attempts: None,
        log: MemoryStore::new(),
        queues: MemoryQueues::default(),
        sender,
        ambient: ambient(),
    }
}

fn email(outbox: &Outbox) -> Notifier<MemoryStore, MemoryQueues, EmailSender<Outbox>> {
    let sender = EmailSender {
        from: "tocsin@example.com".to_owned(),
        to: vec!["oncall@example.com".to_owned()],
        mailer: outbox.clone(),
        ambient: ambient(),
    };
    notifier(Channel::Email, sender)
}

fn sms(outbox: &Outbox) -> Notifier<MemoryStore, MemoryQueues, SmsSender<Outbox>> {
    let to = ["+4915100000001", "+4915100000002"]
        .map(str::to_owned)
        .to_vec();
    let sender = SmsSender {
        to,
        texter: outbox.clone(),
        ambient: ambient(),
    };
    notifier(Channel::Sms, sender)
}

/// The answer as SQS gets it, and the metrics as one text.
async fn handle<S: Sender>(
    notifier: &Notifier<MemoryStore, MemoryQueues, S>,
    records: &[Record],
) -> (String, String) {
    let (response, metrics) = notifier.handle(records, None).await;
    (
        serde_json::to_string(&response).unwrap(),
        metrics.lines(now()).join("\n"),
    )
}

const DONE: &str = r#"{"batchItemFailures":[]}"#;

fn refused() -> AwsFault {
    AwsFault::Service {
        code: "MessageRejected".to_owned(),
        status: 400,
        message: "not verified".to_owned(),
    }
}

fn other(key: &str, priority: Priority) -> Notification {
    let mut other = opened();
    other.incident.id = IncidentId::of(key, now(), 1);
    other.incident.priority = priority;
    key.clone_into(&mut other.incident.title);
    other.id = format!("{}.1", other.incident.id).into();
    other
}

#[tokio::test]
async fn a_bad_body_does_not_fail_its_neighbours() {
    let outbox = Outbox::default();
    let notifier = email(&outbox);
    let records = [
        body("no notification", "bad", 1),
        record(&opened(), 1),
        body(r#"{"schema": "tocsin.notification/2"}"#, "newer", 1),
        body("", "empty", 1),
    ];
    let (response, metrics) = handle(&notifier, &records).await;
    assert_eq!(response, DONE);
    assert_eq!(outbox.recipients().len(), 1);
    let letters = notifier.queues.letters();
    assert_eq!(letters.len(), 3);
    assert!(
        letters
            .iter()
            .all(|letter| letter.reason.starts_with("unreadable: "))
    );
    assert!(metrics.contains(r#""NotificationsSent":1"#), "{metrics}");
    assert!(
        metrics.contains(r#""NotificationsDeadLettered":3"#),
        "{metrics}"
    );
    assert!(metrics.contains(r#""channel":"email""#), "{metrics}");
}

#[tokio::test]
async fn what_sns_wraps_is_unwrapped() {
    let outbox = Outbox::default();
    let message = serde_json::to_string(&opened()).unwrap();
    let envelope =
        serde_json::json!({"Type": "Notification", "MessageId": "m", "Message": message});
    let (response, _) = handle(&email(&outbox), &[body(&envelope.to_string(), "1", 1)]).await;
    assert_eq!(response, DONE);
    assert_eq!(
        outbox.sent.lock().unwrap()[0].1,
        "[P1] OPENED payments: Payments error rate is over 5 %"
    );
}

#[tokio::test]
async fn a_schema_of_another_major_version_is_not_guessed_at() {
    let mut newer = opened();
    newer.schema = "tocsin.notification/10".into();
    let outbox = Outbox::default();
    let notifier = email(&outbox);
    handle(&notifier, &[record(&newer, 1)]).await;
    assert!(outbox.recipients().is_empty());
    assert!(
        notifier.queues.letters()[0]
            .reason
            .contains("tocsin.notification/10")
    );
}

#[tokio::test]
async fn old_news_is_not_told() {
    let outbox = Outbox::default();
    let notifier = email(&outbox);
    let resolved = notification(NotificationEvent::Resolved, 3);
    assert_eq!(handle(&notifier, &[record(&resolved, 1)]).await.0, DONE);
    let (response, metrics) =
        handle(&notifier, &[record(&opened(), 1), record(&resolved, 2)]).await;
    assert_eq!(response, DONE);
    assert_eq!(outbox.recipients().len(), 1);
    assert!(
        metrics.contains(r#""NotificationsSuppressed":2"#),
        "{metrics}"
    );
    assert!(metrics.contains(r#""reason":"superseded""#), "{metrics}");
    assert!(
        metrics.contains(r#""reason":"already_delivered""#),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_batch_tells_an_incident_in_order_and_the_urgent_ones_first() {
    let outbox = Outbox::default();
    let mut late = notification(NotificationEvent::Resolved, 3);
    late.incident.priority = Priority::P2;
    let mut early = opened();
    early.incident.priority = Priority::P2;
    let urgent = other("database is down", Priority::P1);
    let records = [record(&late, 1), record(&early, 1), record(&urgent, 1)];
    assert_eq!(handle(&email(&outbox), &records).await.0, DONE);
    let subjects: Vec<String> = outbox
        .sent
        .lock()
        .unwrap()
        .iter()
        .map(|(_, s)| s.clone())
        .collect();
    assert!(subjects[0].contains("database is down"), "{subjects:?}");
    assert!(subjects[1].contains("OPENED"), "{subjects:?}");
    assert!(subjects[2].contains("RESOLVED"), "{subjects:?}");
}

#[tokio::test]
async fn what_somebody_else_is_sending_is_waited_for() {
    let outbox = Outbox::default();
    let notifier = email(&outbox);
    let lease = SignedDuration::from_secs(45);
    let id = opened().incident.id;
    notifier
        .log
        .peer()
        .claim(&id, Channel::Email, 1, now(), lease)
        .await
        .unwrap();
    // Waiting for somebody else is no failure, so nothing is given up, however old it is.
    let old = aged(record(&opened(), 5), SignedDuration::from_hours(3));
    let (response, _) = handle(&notifier, &[old]).await;
    assert!(response.contains(opened().id.as_str()), "{response}");
    assert_eq!(notifier.queues.waits(), [45]);
    assert!(outbox.recipients().is_empty() && notifier.queues.letters().is_empty());
}

#[tokio::test]
async fn without_the_table_people_are_told_after_two_minutes() {
    let outbox = Outbox::default();
    let notifier = email(&outbox);
    let down = || {
        notifier
            .log
            .inject(Fault::Unavailable, Some(Operation::Claim), 1);
    };
    for seconds in [0, 119] {
        down();
        let young = aged(record(&opened(), 9), SignedDuration::from_secs(seconds));
        assert_ne!(handle(&notifier, &[young]).await.0, DONE);
    }
    assert!(outbox.recipients().is_empty());
    down();
    let old = aged(record(&opened(), 2), SignedDuration::from_secs(120));
    assert_eq!(handle(&notifier, &[old]).await.0, DONE);
    assert_eq!(outbox.recipients().len(), 1);
}

#[tokio::test]
async fn what_was_sent_is_not_sent_again_because_noting_it_failed() {
    let outbox = Outbox::default();
    let notifier = email(&outbox);
    notifier
        .log
        .inject(Fault::Unavailable, Some(Operation::Complete), 1);
    assert_eq!(handle(&notifier, &[record(&opened(), 1)]).await.0, DONE);
    assert_eq!(outbox.recipients().len(), 1);
}

#[tokio::test]
async fn what_there_is_no_time_for_goes_back_untried() {
    let outbox = Outbox::default();
    let notifier = email(&outbox);
    let records = [
        record(&other("one", Priority::P1), 5),
        record(&other("two", Priority::P2), 5),
    ]
    .map(|record| aged(record, SignedDuration::from_hours(3)));
    let soon = now() + SignedDuration::from_secs(10);
    let (response, _) = notifier.handle(&records, Some(soon)).await;
    assert_eq!(response.len(), 1, "the first is always tried");
    assert!(
        notifier.queues.letters().is_empty(),
        "and the other is not given up untried"
    );
    assert_eq!(outbox.recipients().len(), 1);
}

#[test_case(Some(refused()), 1; "refused by ses")]
#[test_case(Some(AwsFault::Nothing(TransportFault::TimedOut)), 0; "no answer")]
#[test_case(None, 0; "taken")]
#[tokio::test]
async fn mail_that_is_refused_is_given_up(fault: Option<AwsFault>, letters: usize) {
    let retried = matches!(fault, Some(AwsFault::Nothing(_)));
    let outbox = Outbox::failing([fault]);
    let notifier = email(&outbox);
    let (response, _) = handle(&notifier, &[record(&opened(), 1)]).await;
    assert_eq!(response != DONE, retried);
    assert_eq!(notifier.queues.letters().len(), letters);
}

#[tokio::test]
async fn every_number_gets_its_message() {
    let outbox = Outbox::default();
    assert_eq!(handle(&sms(&outbox), &[record(&opened(), 1)]).await.0, DONE);
    assert_eq!(outbox.recipients(), ["+4915100000001", "+4915100000002"]);
}

#[tokio::test]
async fn a_number_that_is_refused_keeps_nobody_else_from_being_told() {
    let outbox = Outbox::failing([Some(refused()), None]);
    let notifier = sms(&outbox);
    assert_eq!(handle(&notifier, &[record(&opened(), 1)]).await.0, DONE);
    assert_eq!(outbox.recipients(), ["+4915100000002"]);
    let reason = &notifier.queues.letters()[0].reason;
    assert!(
        reason.starts_with("rejected: 1 of 2 recipients: status 400"),
        "{reason}"
    );
}
