//! What makes a message old news, several destinations of one message, and links: over Slack's API, which
//! shows threads and buttons.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

mod support;

use std::time::Duration;

use credentials::link::{LinkKeys, Purpose};
use incident::{IncidentStatus, Notification, NotificationEvent, StepRef};
use jiff::SignedDuration;
use notification::outcome::TransportFault;
use notification::slack::{ACKNOWLEDGE, RESOLVE, read_action_value};
use notifier::Notifier;
use notifier::channel::{EmailSender, SlackSender, SmsSender};
use notifier::http::HttpClient;
use notifier::ports::{Fault, Mailer, Sender};
use notifier::secret::Endpoint;
use notifier::vault::Vault;
use serde_json::Value;
use settings::Channel;
use store::{MemoryStore, StreamLog};
use support::{
    KEYS, MemoryQueues, MemorySecret, Outbox, STREAM, Server, Step, ambient, answer, linker,
    notification, now, opened, record, to,
};
use test_case::test_case;

type By<S> = Notifier<MemoryStore, MemoryQueues, S, MemorySecret>;

fn notifier<S: Sender>(channel: Channel, log: MemoryStore, sender: S) -> By<S> {
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

/// A bot of Slack whose messages get the `ts` 1.1, 2.2 and so on.
async fn bot(messages: usize) -> (By<SlackSender<MemorySecret>>, Server) {
    let taken = |n: usize| answer(200, &format!(r#"{{"ok":true,"ts":"{n}.{n}"}}"#));
    let server = Server::start((1..=messages).map(taken)).await;
    let url = &server.url;
    let secret = format!(r#"{{"bot_token": "xoxb-1", "channel": "C1", "api_url": "{url}/api"}}"#);
    (slack(secret), server)
}

fn slack(secret: String) -> By<SlackSender<MemorySecret>> {
    let sender = SlackSender {
        vault: Vault::new(MemorySecret::of([Ok(secret)])),
        api: Endpoint::try_new("test", "https://nowhere.invalid").unwrap(),
        http: HttpClient::with_total(Duration::from_millis(1500)),
        ambient: ambient(),
    };
    notifier(Channel::Slack, MemoryStore::new(), sender)
}

fn email(outbox: &Outbox) -> By<EmailSender<Outbox, MemoryStore>> {
    let log = MemoryStore::new();
    let sender = EmailSender {
        from: "tocsin@example.com".to_owned(),
        to: vec!["oncall@example.com".to_owned()],
        mailer: outbox.clone(),
        log: log.clone(),
        ambient: ambient(),
    };
    notifier(Channel::Email, log, sender)
}

/// The metrics of one message's batch, which must be done with.
async fn done<S: Sender>(notifier: &By<S>, notification: &Notification) -> String {
    let (response, metrics) = notifier.handle(&[record(notification, 1)], None).await;
    assert!(response.is_empty(), "kept: {response:?}");
    metrics.lines(now()).join("\n")
}

async fn is_sent<S: Sender>(notifier: &By<S>, notification: &Notification) -> bool {
    done(notifier, notification)
        .await
        .contains(r#""NotificationsSent":1"#)
}

/// A message by its name in the tables below.
fn message(name: &str, sequence: u64) -> Notification {
    let event = match name {
        "opened" => NotificationEvent::Opened,
        "updated" | "updated by a step" => NotificationEvent::Updated,
        "reminder" | "let go" | "let go when over" => NotificationEvent::Reminder,
        "escalated" => NotificationEvent::Escalated,
        "flapping" | "flapping, over" => NotificationEvent::Flapping,
        "acknowledged" => NotificationEvent::Acknowledged,
        _ => NotificationEvent::Resolved,
    };
    let mut message = notification(event, sequence);
    message.id = format!("0123456789abcdef.{sequence}.0").into();
    if matches!(name, "resolved" | "flapping, over" | "let go when over") {
        message.incident.status = IncidentStatus::Resolved;
        message.incident.resolved_at = Some(now());
    }
    if name.starts_with("let go") || name == "acknowledged" {
        message.id.push_str(".act");
    }
    let step = match name {
        "escalated" | "updated by a step" => 1,
        _ => return message,
    };
    message.step = Some(StepRef {
        escalation: "P1".into(),
        step,
        rotation: None,
    });
    message
}

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

fn bodies(server: &Server) -> Vec<Value> {
    server
        .requests()
        .iter()
        .map(support::Request::json)
        .collect()
}

#[tokio::test]
async fn each_integration_and_each_channel_of_slack_is_told_once_and_has_its_thread() {
    let (notifier, server) = bot(6).await;
    for (sequence, name) in (1..).zip(["opened", "resolved"]) {
        let mut message = message(name, sequence);
        message.deliveries = vec![
            to(Channel::Email, 0, &["a@example.com"]),
            to(Channel::Slack, 1, &["#payments", "#on-call"]),
            to(Channel::Slack, 2, &[]),
        ];
        assert!(is_sent(&notifier, &message).await);
        assert!(!is_sent(&notifier, &message).await);
    }
    let told: Vec<(String, Option<String>)> = bodies(&server)
        .iter()
        .map(|body| {
            let text = |name: &str| body[name].as_str().map(str::to_owned);
            (text("channel").unwrap(), text("thread_ts"))
        })
        .collect();
    let expected = [
        ("#payments", None),
        ("#on-call", None),
        ("C1", None),
        ("#payments", Some("1.1")),
        ("#on-call", Some("2.2")),
        ("C1", Some("3.3")),
    ]
    .map(|(channel, thread)| (channel.to_owned(), thread.map(str::to_owned)));
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_part_that_fails_is_tried_again_and_the_others_are_not() {
    let ok = || answer(200, r#"{"ok":true,"ts":"1.1"}"#);
    let server = Server::start([ok(), answer(503, ""), ok(), ok()]).await;
    let url = &server.url;
    let secret = format!(r#"{{"bot_token": "xoxb-1", "channel": "C1", "api_url": "{url}/api"}}"#);
    let notifier = slack(secret);
    let mut message = opened();
    message.deliveries = ["#a", "#b", "#c"]
        .map(|channel| to(Channel::Slack, 3, &[channel]))
        .to_vec();
    message.deliveries[1].integration = 4;
    message.deliveries[2].integration = 5;
    let (response, _) = notifier.handle(&[record(&message, 1)], None).await;
    assert!(!response.is_empty());
    assert!(is_sent(&notifier, &message).await);
    let channels: Vec<Value> = bodies(&server)
        .iter()
        .map(|body| body["channel"].clone())
        .collect();
    assert_eq!(channels, ["#a", "#b", "#c", "#b"]);
}

#[tokio::test]
async fn an_incoming_webhook_has_one_channel() {
    let server = Server::start([answer(200, "ok")]).await;
    let notifier = slack(format!(r#"{{"webhook_url": "{}/services/x"}}"#, server.url));
    let mut message = opened();
    message.deliveries = vec![to(Channel::Slack, 0, &["#a", "#b"])];
    assert!(is_sent(&notifier, &message).await);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn the_configuration_names_recipients_other_than_the_stacks() {
    let outbox = Outbox::default();
    let notifier = email(&outbox);
    let mut message = opened();
    let named = ["a@example.com", "b@example.com", "a@example.com"];
    message.deliveries = vec![to(Channel::Email, 0, &named), to(Channel::Email, 1, &[])];
    assert!(is_sent(&notifier, &message).await);
    let told = ["a@example.com", "b@example.com", "oncall@example.com"];
    assert_eq!(outbox.recipients(), told, "who is named twice is told once");
}

#[tokio::test]
async fn a_message_for_other_channels_is_recorded_as_such() {
    let outbox = Outbox::default();
    let mut message = opened();
    message.deliveries = vec![to(Channel::Slack, 0, &[])];
    let metrics = done(&email(&outbox), &message).await;
    assert!(metrics.contains(r#""reason":"not_addressed""#), "{metrics}");
    assert!(outbox.recipients().is_empty());
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

fn verified(token: &str) -> credentials::link::Claims {
    let keys = LinkKeys::try_new(&[("k1", b"0123456789abcdef0123456789abcdef")]).unwrap();
    keys.verify(token, now()).unwrap()
}

#[tokio::test]
async fn slacks_buttons_carry_what_lets_their_reader_act() {
    let (mut notifier, server) = bot(1).await;
    notifier.linker = Some(linker([Ok(KEYS.to_owned())]));
    let mut message = opened();
    message.deliveries = vec![to(Channel::Slack, 0, &["#payments"])];
    assert!(is_sent(&notifier, &message).await);
    let body = bodies(&server).remove(0);
    let blocks = body["attachments"][0]["blocks"].as_array().unwrap().clone();
    let actions = blocks
        .iter()
        .find(|block| block["type"] == "actions")
        .unwrap();
    let button = |id: &str| {
        let buttons = actions["elements"].as_array().unwrap();
        buttons
            .iter()
            .find(|button| button["action_id"] == id)
            .unwrap()
            .clone()
    };
    for id in [ACKNOWLEDGE, RESOLVE] {
        let button = button(id);
        let (incident, token) = read_action_value(button["value"].as_str().unwrap()).unwrap();
        assert_eq!(incident, message.incident.id);
        let claims = verified(token);
        assert_eq!(claims.incident.as_str(), incident.as_str());
        assert_eq!(claims.key.as_str(), "payments/errors");
        assert_eq!(claims.who.as_str(), "slack:#payments");
        assert_eq!(claims.purpose, Purpose::Act);
        assert_eq!(claims.expires_at, now() + SignedDuration::from_hours(168));
    }
    let page = button("open_page")["url"].as_str().unwrap().to_owned();
    verified(page.strip_prefix("https://tocsin.example.com/i/").unwrap());
}

#[tokio::test]
async fn each_recipient_has_a_link_of_their_own() {
    let outbox = Outbox::default();
    let mut notifier = email(&outbox);
    notifier.linker = Some(linker([Ok(KEYS.to_owned())]));
    let mut message = opened();
    message.deliveries = vec![to(Channel::Email, 0, &["a@example.com", "b@example.com"])];
    assert!(is_sent(&notifier, &message).await);
    let bodies = outbox.bodies.lock().unwrap().clone();
    let who: Vec<String> = bodies
        .iter()
        .map(|body| {
            let (_, rest) = body.split_once("https://tocsin.example.com/i/").unwrap();
            verified(rest.lines().next().unwrap())
                .who
                .as_str()
                .to_owned()
        })
        .collect();
    assert_eq!(who, ["email:a@example.com", "email:b@example.com"]);
}

#[tokio::test]
async fn a_text_message_takes_a_second_segment_for_a_link() {
    for (segments, linked) in [(1, false), (2, true)] {
        let (outbox, log) = (Outbox::default(), MemoryStore::new());
        let sender = SmsSender {
            to: vec!["+4915100000001".to_owned()],
            segments,
            texter: outbox.clone(),
            log: log.clone(),
            ambient: ambient(),
        };
        let mut notifier = notifier(Channel::Sms, log, sender);
        notifier.linker = Some(linker([Ok(KEYS.to_owned())]));
        assert!(is_sent(&notifier, &opened()).await);
        let text = outbox.texts().remove(0);
        assert_eq!(
            text.contains("\nhttps://tocsin.example.com/i/l1.k1."),
            linked,
            "{text}"
        );
    }
}

#[test_case(Err(Fault::Nothing(TransportFault::TimedOut)); "keys that do not come")]
#[test_case(Ok("{}".to_owned()); "no keys")]
#[tokio::test]
async fn without_keys_a_message_has_no_links_and_is_told(keys: Result<String, Fault>) {
    let outbox = Outbox::default();
    let mut notifier = email(&outbox);
    // For a minute they are not asked for again, so that not every message waits for them.
    notifier.linker = Some(linker([keys, Ok(KEYS.to_owned())]));
    for (sequence, name) in (1..).zip(["opened", "updated"]) {
        assert!(is_sent(&notifier, &message(name, sequence)).await);
    }
    let bodies = outbox.bodies.lock().unwrap().clone();
    assert!(
        bodies
            .iter()
            .all(|body| !body.contains("tocsin.example.com"))
    );
}

#[tokio::test]
async fn a_link_ends_a_week_after_the_decision_however_often_it_is_tried() {
    let (outbox, week) = (Outbox::default(), SignedDuration::from_hours(168));
    let mut notifier = email(&outbox);
    notifier.linker = Some(linker([Ok(KEYS.to_owned())]));
    for (sequence, (age, left)) in (1..).zip([
        (
            SignedDuration::from_hours(2),
            SignedDuration::from_hours(166),
        ),
        // Redriven after days: a link that has ended already would be of no use.
        (SignedDuration::from_hours(200), week),
    ]) {
        let mut message = message("updated", sequence);
        message.at = now() - age;
        assert!(is_sent(&notifier, &message).await);
        let body = outbox.bodies.lock().unwrap().pop().unwrap();
        let (_, rest) = body.split_once("https://tocsin.example.com/i/").unwrap();
        let claims = verified(rest.lines().next().unwrap());
        assert_eq!(claims.expires_at, now() + left);
    }
}

/// Never answers.
struct Hanging;

impl Mailer for Hanging {
    async fn mail(&self, _: &str, _: &str, _: &notification::email::Email) -> Result<(), Fault> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_call_that_hangs_does_not_outlast_the_invocation() {
    let log = MemoryStore::new();
    let sender = EmailSender {
        from: "tocsin@example.com".to_owned(),
        to: vec!["oncall@example.com".to_owned()],
        mailer: Hanging,
        log: log.clone(),
        ambient: ambient(),
    };
    let notifier = notifier(Channel::Email, log, sender);
    let end = now() + SignedDuration::from_millis(400);
    let (response, _) = notifier.handle(&[record(&opened(), 1)], Some(end)).await;
    assert!(!response.is_empty());
    assert_eq!(notifier.queues.waits(), [2], "and is put back in time");
    // The claim was given back as well.
    let stream = format!("{STREAM}#0");
    let lease = SignedDuration::from_secs(45);
    let claim = notifier
        .log
        .peer()
        .claim_stream(&stream, Channel::Email, 1, now(), lease)
        .await;
    assert!(
        matches!(claim, Ok(store::Claim::Granted { .. })),
        "{claim:?}"
    );
}

#[tokio::test]
async fn a_channel_that_hangs_does_not_outlast_the_invocation() {
    let server = Server::start([Step::Silence]).await;
    let notifier = slack(format!(r#"{{"webhook_url": "{}/services/x"}}"#, server.url));
    let end = now() + SignedDuration::from_millis(1200);
    let begun = std::time::Instant::now();
    let (response, _) = notifier.handle(&[record(&opened(), 1)], Some(end)).await;
    assert!(!response.is_empty());
    assert!(begun.elapsed() < Duration::from_millis(1200));
    assert_eq!(notifier.queues.waits(), [2]);
}
