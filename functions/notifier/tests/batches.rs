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
use notifier::ports::{Ambient, Fault as AwsFault, Sender, Texter};
use settings::{Channel, Priority};
use store::{Fault, MemoryStore, Operation, StreamLog};
use support::{
    MemoryQueues, MemorySecret, Outbox, STREAM, aged, ambient, body, notification, now, opened,
    record,
};
use test_case::test_case;

fn notifier<S: Sender>(
    channel: Channel,
    log: MemoryStore,
    sender: S,
) -> Notifier<MemoryStore, MemoryQueues, S, MemorySecret> {
    Notifier {
        channel,
        max_age: SignedDuration::from_hours(2),
        max_attempts: None,
        log,
        queues: MemoryQueues::default(),
        sender,
        linker: None,
        ambient: ambient(),
    }
}

type ByEmail = EmailSender<Outbox, MemoryStore>;
type BySms = SmsSender<Outbox, MemoryStore>;

fn email(outbox: &Outbox) -> Notifier<MemoryStore, MemoryQueues, ByEmail, MemorySecret> {
    email_to(outbox, &["oncall@example.com"])
}

fn email_to(
    outbox: &Outbox,
    to: &[&str],
) -> Notifier<MemoryStore, MemoryQueues, ByEmail, MemorySecret> {
    let log = MemoryStore::new();
    let sender = EmailSender {
        from: "tocsin@example.com".to_owned(),
        to: to.iter().map(ToString::to_string).collect(),
        mailer: outbox.clone(),
        log: log.clone(),
        ambient: ambient(),
    };
    notifier(Channel::Email, log, sender)
}

const ONE: &str = "+4915100000001";
const TWO: &str = "+4915100000002";
const THREE: &str = "+4915100000003";

fn sms(outbox: &Outbox, to: &[&str]) -> Notifier<MemoryStore, MemoryQueues, BySms, MemorySecret> {
    let log = MemoryStore::new();
    let sender = SmsSender {
        to: to.iter().map(ToString::to_string).collect(),
        segments: 2,
        texter: outbox.clone(),
        log: log.clone(),
        ambient: ambient(),
    };
    notifier(Channel::Sms, log, sender)
}

/// The answer as SQS gets it, and the metrics as one text.
async fn handle<S: Sender>(
    notifier: &Notifier<MemoryStore, MemoryQueues, S, MemorySecret>,
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
    other.stream = key.into();
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
    notifier
        .log
        .peer()
        .claim_stream(&format!("{STREAM}#0"), Channel::Email, 1, now(), lease)
        .await
        .unwrap();
    // Waiting for somebody else is no failure, so nothing is given up, however old it is.
    for attempt in [1, 3, 30] {
        let old = aged(record(&opened(), attempt), SignedDuration::from_hours(3));
        let (response, _) = handle(&notifier, &[old]).await;
        assert!(response.contains(opened().id.as_str()), "{response}");
    }
    // Most claims are done with long before their end, which is as long as it is waited at most.
    assert_eq!(notifier.queues.waits(), [2, 8, 45]);
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

fn service(code: &str, status: u16, message: &str) -> AwsFault {
    AwsFault::Service {
        code: code.to_owned(),
        status,
        message: message.to_owned(),
    }
}

const NO_ANSWER: AwsFault = AwsFault::Nothing(TransportFault::TimedOut);

#[tokio::test]
async fn every_number_gets_its_message_once() {
    let outbox = Outbox::default();
    let notifier = sms(&outbox, &[ONE, TWO]);
    assert_eq!(handle(&notifier, &[record(&opened(), 1)]).await.0, DONE);
    assert_eq!(handle(&notifier, &[record(&opened(), 2)]).await.0, DONE);
    assert_eq!(outbox.recipients(), [ONE, TWO]);
}

#[tokio::test]
async fn a_retry_texts_only_those_who_were_not_told() {
    let outbox = Outbox::failing([None, Some(NO_ANSWER), None, Some(NO_ANSWER)]);
    let notifier = sms(&outbox, &[ONE, TWO, THREE]);
    assert_ne!(handle(&notifier, &[record(&opened(), 1)]).await.0, DONE);
    assert_eq!(outbox.recipients(), [ONE, THREE]);
    assert_ne!(handle(&notifier, &[record(&opened(), 2)]).await.0, DONE);
    assert_eq!(handle(&notifier, &[record(&opened(), 3)]).await.0, DONE);
    assert_eq!(outbox.recipients(), [ONE, THREE, TWO]);
    assert!(notifier.queues.letters().is_empty());
}

#[tokio::test]
async fn who_was_told_of_one_version_is_told_of_the_next() {
    let outbox = Outbox::default();
    let notifier = sms(&outbox, &[ONE, TWO]);
    for (event, version) in [
        (NotificationEvent::Opened, 1),
        (NotificationEvent::Resolved, 2),
    ] {
        let record = record(&notification(event, version), 1);
        assert_eq!(handle(&notifier, &[record]).await.0, DONE);
    }
    assert_eq!(outbox.recipients(), [ONE, TWO, ONE, TWO]);
}

#[test_case("InvalidParameter", "Invalid parameter: PhoneNumber"; "no number")]
#[test_case("OptedOut", "the number has opted out"; "opted out")]
#[test_case("UserError", "the number is not verified in the SMS sandbox"; "the sandbox")]
#[tokio::test]
async fn a_number_that_is_refused_keeps_nobody_else_from_being_told(code: &str, message: &str) {
    let outbox = Outbox::failing([Some(service(code, 400, message)), None]);
    let notifier = sms(&outbox, &[ONE, TWO]);
    assert_eq!(handle(&notifier, &[record(&opened(), 1)]).await.0, DONE);
    assert_eq!(outbox.recipients(), [TWO]);
    let reason = &notifier.queues.letters()[0].reason;
    let expected = format!("rejected: 1 of 2 recipients (place 1): status 400: {code}: {message}");
    assert_eq!(*reason, expected);
    // Redriven, once the number was repaired.
    assert_eq!(handle(&notifier, &[record(&opened(), 1)]).await.0, DONE);
    assert_eq!(outbox.recipients(), [TWO, ONE]);
}

#[tokio::test]
async fn a_refused_number_does_not_end_the_waiting_for_another() {
    let refused = || Some(service("OptedOut", 400, "opted out"));
    let outbox = Outbox::failing([refused(), Some(NO_ANSWER), None, refused()]);
    let notifier = sms(&outbox, &[ONE, TWO]);
    assert_ne!(handle(&notifier, &[record(&opened(), 1)]).await.0, DONE);
    assert_eq!(handle(&notifier, &[record(&opened(), 2)]).await.0, DONE);
    assert_eq!(outbox.recipients(), [TWO]);
    let reason = &notifier.queues.letters()[0].reason;
    assert!(
        reason.starts_with("rejected: 1 of 2 recipients (place 1)"),
        "{reason}"
    );
}

#[tokio::test]
async fn an_unverified_address_silences_nobody_else() {
    let unverified = service(
        "MessageRejected",
        400,
        "Email address is not verified. The following identities failed the check",
    );
    let outbox = Outbox::failing([None, Some(unverified), None]);
    let notifier = email_to(
        &outbox,
        &["a@example.com", "b@example.com", "c@example.com"],
    );
    assert_eq!(handle(&notifier, &[record(&opened(), 1)]).await.0, DONE);
    assert_eq!(outbox.recipients(), ["a@example.com", "c@example.com"]);
    let reason = &notifier.queues.letters()[0].reason;
    assert!(
        reason.starts_with("rejected: 1 of 3 recipients (place 2)"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_throttled_service_is_left_alone_and_the_next_attempt_begins_with_somebody_else() {
    let throttled = || Some(service("TooManyRequestsException", 429, "slow down"));
    let outbox = Outbox::failing([throttled(), None, throttled()]);
    let notifier = email_to(
        &outbox,
        &["a@example.com", "b@example.com", "c@example.com"],
    );
    assert_ne!(handle(&notifier, &[record(&opened(), 1)]).await.0, DONE);
    assert!(outbox.recipients().is_empty(), "nobody else was tried");
    assert_ne!(handle(&notifier, &[record(&opened(), 2)]).await.0, DONE);
    assert_eq!(outbox.recipients(), ["b@example.com"]);
    assert_eq!(handle(&notifier, &[record(&opened(), 3)]).await.0, DONE);
    assert_eq!(
        outbox.recipients(),
        ["b@example.com", "c@example.com", "a@example.com"]
    );
}

#[tokio::test]
async fn recipients_are_told_although_the_table_does_not_answer() {
    let outbox = Outbox::default();
    let notifier = sms(&outbox, &[ONE, TWO]);
    let down = Some(Operation::Claim);
    notifier.log.inject(Fault::Unavailable, down, 2);
    let old = aged(record(&opened(), 1), SignedDuration::from_mins(3));
    assert_eq!(handle(&notifier, &[old]).await.0, DONE);
    assert_eq!(outbox.recipients(), [ONE, TWO]);
    // Asked for the whole only: each question may take as long as the function has.
    let lease = SignedDuration::from_secs(45);
    let next = notifier
        .log
        .claim_stream(STREAM, Channel::Sms, 2, now(), lease)
        .await;
    assert!(next.is_err(), "the second fault is still there: {next:?}");
}

thread_local! {
    static SECONDS: std::cell::Cell<i64> = const { std::cell::Cell::new(0) };
}

/// Takes six seconds for each message.
struct Slow(Outbox);

impl Texter for Slow {
    async fn text(&self, number: &str, text: &str) -> Result<(), AwsFault> {
        SECONDS.set(SECONDS.get() + 6);
        self.0.text(number, text).await
    }
}

#[tokio::test]
async fn who_there_was_no_time_for_comes_next() {
    let outbox = Outbox::default();
    let log = MemoryStore::new();
    let sender = SmsSender {
        to: [ONE, TWO, THREE].map(str::to_owned).to_vec(),
        segments: 2,
        texter: Slow(outbox.clone()),
        log: log.clone(),
        ambient: Ambient {
            now: || now() + SignedDuration::from_secs(SECONDS.get()),
            ..ambient()
        },
    };
    let notifier = notifier(Channel::Sms, log, sender);
    for (attempt, told) in [(1, 1), (2, 2)] {
        assert_ne!(
            handle(&notifier, &[record(&opened(), attempt)]).await.0,
            DONE
        );
        assert_eq!(outbox.recipients().len(), told);
    }
    assert_eq!(handle(&notifier, &[record(&opened(), 3)]).await.0, DONE);
    assert_eq!(outbox.recipients(), [ONE, TWO, THREE]);
}
