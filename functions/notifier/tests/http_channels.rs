//! Slack, PagerDuty and webhooks over real connections: what is asked, and what becomes of the message.

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

use incident::{Notification, NotificationEvent};
use jiff::SignedDuration;
use lambda_support::batch::Record;
use notification::outcome::TransportFault;
use notification::webhook;
use notifier::Notifier;
use notifier::channel::{ChannelSender, PagerDutySender, SlackSender, WebhookSender};
use notifier::http::HttpClient;
use notifier::ports::Fault;
use notifier::secret::Endpoint;
use notifier::vault::Vault;
use settings::Channel;
use store::MemoryStore;
use support::{
    MemoryQueues, MemorySecret, Outbox, Server, Step, aged, ambient, answer, now, opened, record,
};
use test_case::test_case;

type Sender = ChannelSender<Outbox, Outbox, MemorySecret, MemoryStore>;

/// A notifier of one channel with all that is around it.
struct Bench {
    notifier: Notifier<MemoryStore, MemoryQueues, Sender, MemorySecret>,
    queues: MemoryQueues,
}

impl Bench {
    fn new(channel: Channel, secrets: impl IntoIterator<Item = Result<String, Fault>>) -> Self {
        let vault = Vault::new(MemorySecret::of(secrets));
        let http = HttpClient::with_total(Duration::from_millis(1500));
        let nowhere = Endpoint::try_new("test", "https://nowhere.invalid").unwrap();
        let ambient = ambient();
        let sender = match channel {
            Channel::Slack => ChannelSender::Slack(SlackSender {
                vault,
                api: nowhere,
                http,
                ambient,
            }),
            Channel::Pagerduty => ChannelSender::PagerDuty(PagerDutySender {
                vault,
                events: nowhere,
                http,
                ambient,
            }),
            Channel::Webhook | Channel::Email | Channel::Sms => {
                ChannelSender::Webhook(WebhookSender {
                    vault,
                    http,
                    ambient,
                })
            }
        };
        let queues = MemoryQueues::default();
        let notifier = Notifier {
            channel,
            max_age: SignedDuration::from_hours(2),
            max_attempts: None,
            log: MemoryStore::new(),
            queues: queues.clone(),
            sender,
            linker: None,
            ambient,
        };
        Self { notifier, queues }
    }

    fn slack(server: &Server) -> Self {
        Self::new(
            Channel::Slack,
            [Ok(format!(
                r#"{{"webhook_url": "{}/services/SECRET"}}"#,
                server.url
            ))],
        )
    }

    fn bot(server: &Server) -> Self {
        let url = &server.url;
        let secret =
            format!(r#"{{"bot_token": "xoxb-SECRET", "channel": "C1", "api_url": "{url}/api"}}"#);
        Self::new(Channel::Slack, [Ok(secret)])
    }

    fn webhook(server: &Server) -> Self {
        let secret = format!(
            r#"{{"url": "{}/hook?token=SECRET", "signing_key": "SECRET"}}"#,
            server.url
        );
        Self::new(Channel::Webhook, [Ok(secret)])
    }

    /// The ids of the messages that SQS has to keep.
    async fn handle(&self, records: &[Record]) -> Vec<String> {
        let (response, _) = self.notifier.handle(records, None).await;
        let response = serde_json::to_value(&response).unwrap();
        let failures = response["batchItemFailures"].as_array().unwrap();
        failures
            .iter()
            .map(|f| f["itemIdentifier"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Whether one message was dealt with.
    async fn deals_with(&self, notification: &Notification, receive_count: u32) -> bool {
        self.handle(&[record(notification, receive_count)])
            .await
            .is_empty()
    }
}

#[tokio::test]
async fn slack_that_fails_twice_gets_it_the_third_time_and_not_a_fourth() {
    let server = Server::start([answer(500, "ok"), answer(500, ""), answer(200, "ok")]).await;
    let bench = Bench::slack(&server);
    assert!(!bench.deals_with(&opened(), 1).await);
    assert!(!bench.deals_with(&opened(), 2).await);
    assert!(bench.deals_with(&opened(), 3).await);
    assert!(
        bench.deals_with(&opened(), 4).await,
        "a repetition is done without being sent"
    );
    assert_eq!(server.requests().len(), 3);
    assert_eq!(bench.queues.waits(), [2, 4], "the waits grow");
    assert!(bench.queues.letters().is_empty());
}

#[test_case("retry-after: 30\r\n", 32; "seconds, and the spread")]
#[test_case("retry-after: Mon, 04 May 2026 09:03:13 GMT\r\n", 62; "a date")]
#[tokio::test]
async fn a_retry_after_is_honoured(header: &'static str, seconds: i32) {
    let server = Server::start([Step::Answer(429, header, String::new())]).await;
    let bench = Bench::webhook(&server);
    assert!(!bench.deals_with(&opened(), 1).await);
    assert_eq!(bench.queues.waits(), [seconds]);
}

#[test_case(Step::Silence, "timed_out"; "no answer")]
#[test_case(Step::Close, "unreachable"; "a closed connection")]
#[test_case(answer(503, ""), "server_error"; "a failing server")]
#[tokio::test]
async fn what_may_pass_is_waited_for_until_the_message_is_old(step: Step, cause: &str) {
    let server = Server::start([step.clone(), step]).await;
    let bench = Bench::webhook(&server);
    let aged = |minutes| aged(record(&opened(), 40), SignedDuration::from_mins(minutes));
    assert_eq!(
        bench.handle(&[aged(119)]).await.len(),
        1,
        "however often it was received"
    );
    assert_eq!(bench.queues.waits(), [300], "the waits have an end");
    assert!(
        bench.handle(&[aged(120)]).await.is_empty(),
        "given up, so SQS need not keep it"
    );
    let letters = bench.queues.letters();
    assert_eq!(letters.len(), 1);
    assert!(
        letters[0].reason.starts_with(cause),
        "{}",
        letters[0].reason
    );
    assert_eq!(letters[0].attempts, 40);
}

#[tokio::test]
async fn a_number_of_attempts_can_be_set_too() {
    let server = Server::start([answer(503, ""), answer(503, "")]).await;
    let mut bench = Bench::webhook(&server);
    bench.notifier.max_attempts = Some(3);
    assert!(!bench.deals_with(&opened(), 2).await);
    assert!(bench.deals_with(&opened(), 3).await);
    assert_eq!(bench.queues.letters().len(), 1);
}

#[tokio::test]
async fn a_channel_that_asks_for_a_pause_gets_it_from_the_whole_batch() {
    let limited = Step::Answer(429, "retry-after: 30\r\n", String::new());
    let server = Server::start([limited, answer(200, "")]).await;
    let bench = Bench::webhook(&server);
    let records = [
        record(&opened(), 1),
        record(&support::notification(NotificationEvent::Updated, 2), 900),
        record(&support::notification(NotificationEvent::Resolved, 3), 1),
    ];
    assert_eq!(bench.handle(&records).await.len(), 3);
    assert_eq!(server.requests().len(), 1, "nothing is posted on");
    assert_eq!(bench.queues.waits(), [32, 32, 32]);
    assert!(bench.queues.letters().is_empty());
}

#[tokio::test]
async fn a_refusal_is_given_up_at_once_and_a_redrive_is_no_repetition() {
    let server = Server::start([answer(400, "SECRET"), answer(200, "")]).await;
    let bench = Bench::webhook(&server);
    assert!(bench.deals_with(&opened(), 1).await);
    let letter = bench.queues.letters().remove(0);
    assert_eq!(letter.status, Some(400));
    assert_eq!(letter.reason, "rejected: status 400: refused");
    assert_eq!(
        letter.notification_id.as_deref(),
        Some(opened().id.as_str())
    );
    assert_eq!(
        letter.body,
        record(&opened(), 1).body,
        "the body is as it came"
    );
    assert!(bench.deals_with(&opened(), 1).await, "redriven");
    assert_eq!(server.requests().len(), 2);
    assert_eq!(bench.queues.letters().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = Server::start([answer(200, "")]).await;
    let location: &'static str =
        Box::leak(format!("location: {}\r\n", target.url).into_boxed_str());
    let server = Server::start([Step::Answer(302, location, String::new())]).await;
    let bench = Bench::webhook(&server);
    assert!(bench.deals_with(&opened(), 1).await);
    assert!(
        target.requests().is_empty(),
        "the signed document went nowhere else"
    );
    assert_eq!(bench.queues.letters()[0].status, Some(302));
}

#[tokio::test]
async fn a_message_that_cannot_be_given_up_stays_in_the_queue() {
    let server = Server::start([answer(400, "")]).await;
    let bench = Bench::webhook(&server);
    *bench.queues.down.lock().unwrap() = true;
    assert!(!bench.deals_with(&opened(), 1).await);
}

#[tokio::test]
async fn the_webhook_is_signed_and_has_its_key() {
    let server = Server::start([answer(204, "")]).await;
    let bench = Bench::webhook(&server);
    assert!(bench.deals_with(&opened(), 1).await);
    let request = server.requests().remove(0);
    let signature = request.header("tocsin-signature").unwrap();
    assert!(webhook::verify(
        b"SECRET",
        &request.body,
        signature,
        now(),
        300
    ));
    assert_eq!(
        request.header("tocsin-idempotency-key"),
        Some(opened().id.as_str())
    );
    assert_eq!(request.header("tocsin-event"), Some("opened"));
    assert!(
        request
            .header("content-type")
            .unwrap()
            .starts_with("application/json")
    );
    assert!(request.head.starts_with("POST /hook?token=SECRET HTTP/1.1"));
    assert_eq!(request.json()["schema"], "tocsin.webhook/1");
}

#[tokio::test]
async fn one_incident_is_one_thread_in_slack() {
    let taken = |ts: &str| answer(200, &format!(r#"{{"ok":true,"ts":"{ts}"}}"#));
    let server = Server::start([taken("1.1"), taken("2.2"), taken("3.3")]).await;
    let bench = Bench::bot(&server);
    for (event, version) in [
        (NotificationEvent::Opened, 1),
        (NotificationEvent::Updated, 2),
        (NotificationEvent::Resolved, 3),
    ] {
        assert!(
            bench
                .deals_with(&support::notification(event, version), 1)
                .await
        );
    }
    let requests = server.requests();
    assert!(
        requests[0]
            .head
            .starts_with("POST /api/chat.postMessage HTTP/1.1")
    );
    assert_eq!(
        requests[0].header("authorization"),
        Some("Bearer xoxb-SECRET")
    );
    let bodies: Vec<_> = requests.iter().map(support::Request::json).collect();
    assert_eq!(bodies[0]["channel"], "C1");
    assert_eq!(bodies[0].get("thread_ts"), None);
    assert_eq!(bodies[1]["thread_ts"], "1.1");
    assert_eq!(
        bodies[2]["thread_ts"], "1.1",
        "the thread is the first message, not the last"
    );
    assert_eq!(bodies[2]["reply_broadcast"], true);
}

#[tokio::test]
async fn a_deleted_thread_is_begun_anew() {
    let server = Server::start([
        answer(200, r#"{"ok":true,"ts":"1.1"}"#),
        answer(200, r#"{"ok":false,"error":"thread_not_found"}"#),
        answer(200, r#"{"ok":true,"ts":"2.2"}"#),
        answer(200, r#"{"ok":true,"ts":"3.3"}"#),
    ])
    .await;
    let bench = Bench::bot(&server);
    for version in 1..=3 {
        assert!(
            bench
                .deals_with(
                    &support::notification(NotificationEvent::Updated, version),
                    1
                )
                .await
        );
    }
    let bodies: Vec<_> = server
        .requests()
        .iter()
        .map(support::Request::json)
        .collect();
    assert_eq!(bodies[2].get("thread_ts"), None);
    assert_eq!(bodies[3]["thread_ts"], "2.2");
}

#[test_case(r#"{"ok":false,"error":"ratelimited"}"#, false; "too fast")]
#[test_case(r#"{"ok":false,"error":"channel_not_found"}"#, true; "no such channel")]
#[test_case("<html>", false; "not slack")]
#[tokio::test]
async fn slacks_200_is_not_believed(body: &str, given_up: bool) {
    let server = Server::start([answer(200, body)]).await;
    let bench = Bench::bot(&server);
    assert_eq!(bench.deals_with(&opened(), 1).await, given_up);
    assert_eq!(bench.queues.letters().len(), usize::from(given_up));
}

#[tokio::test]
async fn a_rotated_secret_is_fetched_when_the_old_one_is_refused() {
    let server = Server::start([answer(403, "invalid_token"), answer(200, "ok")]).await;
    let secret = |name: &str| Ok(format!(r#"{{"webhook_url": "{}/{name}"}}"#, server.url));
    let bench = Bench::new(Channel::Slack, [secret("old"), secret("new")]);
    assert!(bench.deals_with(&opened(), 1).await);
    let paths: Vec<_> = server
        .requests()
        .iter()
        .map(|r| r.head.lines().next().unwrap().to_owned())
        .collect();
    assert_eq!(paths, ["POST /old HTTP/1.1", "POST /new HTTP/1.1"]);
    assert!(bench.queues.letters().is_empty());
}

#[tokio::test]
async fn a_refused_secret_that_is_the_current_one_is_not_tried_twice() {
    let server = Server::start([answer(403, "invalid_token")]).await;
    let bench = Bench::slack(&server);
    assert!(bench.deals_with(&opened(), 1).await);
    assert_eq!(server.requests().len(), 1);
    assert_eq!(
        bench.queues.letters()[0].reason,
        "unauthorized: status 403: Slack says invalid_token"
    );
}

#[test_case(Channel::Slack, "{}", "the secret has no `webhook_url`: write"; "empty")]
#[test_case(Channel::Slack, r#"{"webhook_url": "http://slack.example/SECRET"}"#, "`webhook_url` must be an https address"; "slack not encrypted")]
#[test_case(Channel::Pagerduty, r#"{"routing_key": "SECRET", "events_url": "http://events.example/SECRET"}"#, "`events_url` must be an https address"; "pagerduty not encrypted")]
#[test_case(Channel::Webhook, r#"{"signing_key": "SECRET", "url": "http://hook.example/SECRET"}"#, "`url` must be an https address"; "webhook not encrypted")]
#[tokio::test]
async fn a_faulty_secret_is_given_up_with_its_remedy(channel: Channel, secret: &str, reason: &str) {
    let bench = Bench::new(channel, [Ok(secret.to_owned())]);
    assert!(bench.deals_with(&opened(), 1).await);
    let letter = bench.queues.letters().remove(0);
    if reason.contains("https") {
        let remedy = "write one like https://host/path into the secret, then redrive";
        assert!(letter.reason.ends_with(remedy), "{}", letter.reason);
    }
    assert!(letter.reason.contains(reason), "{}", letter.reason);
    assert!(!letter.reason.contains("SECRET"));
}

#[tokio::test]
async fn a_secret_that_cannot_be_fetched_is_waited_for() {
    let bench = Bench::new(
        Channel::Slack,
        [Err(Fault::Nothing(TransportFault::TimedOut))],
    );
    assert!(!bench.deals_with(&opened(), 1).await);
    assert_eq!(bench.queues.waits(), [2]);
}

#[tokio::test]
async fn pagerduty_opens_and_ends_one_incident() {
    let server = Server::start([answer(202, "{}"), answer(202, "{}")]).await;
    let secret = format!(
        r#"{{"routing_key": "R0UT1NG", "events_url": "{}/v2/enqueue"}}"#,
        server.url
    );
    let bench = Bench::new(Channel::Pagerduty, [Ok(secret)]);
    assert!(bench.deals_with(&opened(), 1).await);
    assert!(
        bench
            .deals_with(&support::notification(NotificationEvent::Resolved, 2), 1)
            .await
    );
    let bodies: Vec<_> = server
        .requests()
        .iter()
        .map(support::Request::json)
        .collect();
    assert_eq!(bodies[0]["routing_key"], "R0UT1NG");
    assert_eq!(bodies[0]["event_action"], "trigger");
    assert_eq!(bodies[1]["event_action"], "resolve");
    assert_eq!(bodies[0]["dedup_key"], bodies[1]["dedup_key"]);
}

#[tokio::test]
async fn pagerduty_is_not_told_of_reports() {
    let bench = Bench::new(Channel::Pagerduty, [Ok("{}".to_owned())]);
    let info = support::notification(NotificationEvent::Info, 1);
    assert!(bench.deals_with(&info, 1).await);
    assert!(bench.queues.letters().is_empty());
}
