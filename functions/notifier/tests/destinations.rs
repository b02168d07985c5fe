//! Several destinations of one message, the links of each, and calls that hang.

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
use jiff::SignedDuration;
use notification::outcome::TransportFault;
use notification::slack::{ACKNOWLEDGE, RESOLVE, read_action_value};
use notifier::channel::{EmailSender, SmsSender};
use notifier::ports::{Fault, Mailer};
use serde_json::Value;
use settings::Channel;
use store::{MemoryStore, StreamLog};
use support::bench::{bodies, bot, done, email, is_sent, message, notifier, slack};
use support::{
    KEYS, Outbox, STREAM, Server, Step, ambient, answer, linker, now, opened, record, to,
};
use test_case::test_case;

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
