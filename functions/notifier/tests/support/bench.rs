//! A notifier of one channel with all that is around it, and messages by their names.

use std::time::Duration;

use incident::{IncidentStatus, Notification, NotificationEvent, StepRef};
use jiff::SignedDuration;
use notifier::Notifier;
use notifier::channel::{EmailSender, SlackSender};
use notifier::http::HttpClient;
use notifier::ports::Sender;
use notifier::secret::Endpoint;
use notifier::vault::Vault;
use serde_json::Value;
use settings::Channel;
use store::MemoryStore;

use super::{
    MemoryQueues, MemorySecret, Outbox, Request, Server, ambient, answer, notification, now, record,
};

pub(crate) type By<S> = Notifier<MemoryStore, MemoryQueues, S, MemorySecret>;

pub(crate) fn notifier<S: Sender>(channel: Channel, log: MemoryStore, sender: S) -> By<S> {
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
pub(crate) async fn bot(messages: usize) -> (By<SlackSender<MemorySecret>>, Server) {
    let taken = |n: usize| answer(200, &format!(r#"{{"ok":true,"ts":"{n}.{n}"}}"#));
    let server = Server::start((1..=messages).map(taken)).await;
    let url = &server.url;
    let secret = format!(r#"{{"bot_token": "xoxb-1", "channel": "C1", "api_url": "{url}/api"}}"#);
    (slack(secret), server)
}

pub(crate) fn slack(secret: String) -> By<SlackSender<MemorySecret>> {
    let sender = SlackSender {
        vault: Vault::new(MemorySecret::of([Ok(secret)])),
        api: Endpoint::try_new("test", "https://nowhere.invalid").unwrap(),
        http: HttpClient::with_total(Duration::from_millis(1500)),
        ambient: ambient(),
    };
    notifier(Channel::Slack, MemoryStore::new(), sender)
}

pub(crate) fn email(outbox: &Outbox) -> By<EmailSender<Outbox, MemoryStore>> {
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
pub(crate) async fn done<S: Sender>(notifier: &By<S>, notification: &Notification) -> String {
    let (response, metrics) = notifier.handle(&[record(notification, 1)], None).await;
    assert!(response.is_empty(), "kept: {response:?}");
    metrics.lines(now()).join("\n")
}

pub(crate) async fn is_sent<S: Sender>(notifier: &By<S>, notification: &Notification) -> bool {
    done(notifier, notification)
        .await
        .contains(r#""NotificationsSent":1"#)
}

pub(crate) fn bodies(server: &Server) -> Vec<Value> {
    server.requests().iter().map(Request::json).collect()
}

/// A message by its name in the tables below.
pub(crate) fn message(name: &str, sequence: u64) -> Notification {
    let event = match name {
        "opened" => NotificationEvent::Opened,
        "updated" | "updated by a step" => NotificationEvent::Updated,
        "reminder" => NotificationEvent::Reminder,
        "let go" | "let go when over" => NotificationEvent::Unacknowledged,
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
