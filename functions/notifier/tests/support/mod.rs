//! Twins of the world around the notifier, and an HTTP server that does what it is told.

#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod bench;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use alert_classification::Labels;
use incident::{
    Delivery, IncidentId, IncidentStatus, IncidentSummary, NOTIFICATION_SCHEMA, Notification,
    NotificationEvent,
};
use jiff::{SignedDuration, Timestamp};
use lambda_support::batch::Record;
use notification::email::Email;
use notification::outcome::{Backoff, TransportFault};
use notifier::linker::Linker;
use notifier::ports::{Ambient, DeadLetter, Fault, Mailer, Queues, SecretSource, Texter};
use notifier::secret::{Endpoint, Hidden};
use settings::{Channel, Priority};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) fn now() -> Timestamp {
    "2026-05-04T09:02:13Z".parse().unwrap()
}

/// A clock that stands and the largest random number: waits are at their ceiling.
pub(crate) fn ambient() -> Ambient {
    Ambient {
        now,
        random: || u64::MAX,
        backoff: Backoff::default(),
    }
}

pub(crate) fn notification(event: NotificationEvent, version: u64) -> Notification {
    let id = IncidentId::of("payments/errors", now(), 1);
    Notification {
        schema: NOTIFICATION_SCHEMA.into(),
        id: format!("{id}.{version}").into(),
        event,
        at: now(),
        channels: Channel::ALL.to_vec(),
        reason: "1 alert began to fire".to_owned(),
        incident: IncidentSummary {
            id,
            key: "payments/errors".into(),
            title: "Payments error rate is over 5 %".to_owned(),
            service: "payments".into(),
            category: "errors".into(),
            priority: Priority::P1,
            status: IncidentStatus::Open,
            version,
            opened_at: now(),
            updated_at: now(),
            resolved_at: None,
            response_minutes: 5,
            firing: 1,
            resolved: 0,
            runbook: None,
        },
        incidents: Vec::new(),
        receiver: "everybody".into(),
        deliveries: Channel::ALL
            .into_iter()
            .map(|channel| to(channel, 0, &[]))
            .collect(),
        group_key: "{}:{}".into(),
        group_labels: Labels::new(),
        step: None,
        stream: STREAM.into(),
        sequence: version,
        alerts: Vec::new(),
        alerts_omitted: 0,
    }
}

pub(crate) const STREAM: &str = "INC-1:everybody:0123456789abcdef";

/// One way in which the receiver is told.
pub(crate) fn to(channel: Channel, integration: u32, to: &[&str]) -> Delivery {
    Delivery {
        channel,
        integration,
        to: to.iter().map(ToString::to_string).collect(),
    }
}

pub(crate) fn opened() -> Notification {
    notification(NotificationEvent::Opened, 1)
}

pub(crate) fn record(notification: &Notification, receive_count: u32) -> Record {
    body(
        &serde_json::to_string(notification).unwrap(),
        notification.id.as_str(),
        receive_count,
    )
}

pub(crate) fn body(body: &str, id: &str, receive_count: u32) -> Record {
    Record {
        message_id: id.to_owned(),
        body: body.to_owned(),
        receipt_handle: format!("receipt of {id}"),
        receive_count,
        sent_at: Some(now()),
        ..Record::default()
    }
}

/// A message that has been in the queue for so long.
pub(crate) fn aged(record: Record, age: SignedDuration) -> Record {
    Record {
        sent_at: Some(now() - age),
        ..record
    }
}

/// A letter in the dead-letter queue.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Letter {
    pub(crate) body: String,
    pub(crate) notification_id: Option<String>,
    pub(crate) reason: String,
    pub(crate) status: Option<u16>,
    pub(crate) attempts: u32,
}

/// The channel's queues in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemoryQueues {
    pub(crate) postponed: Arc<Mutex<Vec<(String, i32)>>>,
    pub(crate) letters: Arc<Mutex<Vec<Letter>>>,
    pub(crate) down: Arc<Mutex<bool>>,
}

impl MemoryQueues {
    /// The seconds of every postponement.
    pub(crate) fn waits(&self) -> Vec<i32> {
        self.postponed
            .lock()
            .unwrap()
            .iter()
            .map(|(_, seconds)| *seconds)
            .collect()
    }

    pub(crate) fn letters(&self) -> Vec<Letter> {
        self.letters.lock().unwrap().clone()
    }
}

impl Queues for MemoryQueues {
    async fn postpone(&self, receipt_handle: &str, seconds: i32) -> Result<(), Fault> {
        self.postponed
            .lock()
            .unwrap()
            .push((receipt_handle.to_owned(), seconds));
        Ok(())
    }

    async fn dead_letter(&self, letter: DeadLetter<'_>) -> Result<(), Fault> {
        if *self.down.lock().unwrap() {
            return Err(Fault::Nothing(TransportFault::TimedOut));
        }
        self.letters.lock().unwrap().push(Letter {
            body: letter.body.to_owned(),
            notification_id: letter.notification_id.map(str::to_owned),
            reason: letter.failure.to_string(),
            status: letter.failure.status,
            attempts: letter.attempts,
        });
        Ok(())
    }
}

/// A secret that changes each time it is fetched, until the last value stays.
#[derive(Debug)]
pub(crate) struct MemorySecret(Mutex<VecDeque<Result<String, Fault>>>);

impl MemorySecret {
    pub(crate) fn of(values: impl IntoIterator<Item = Result<String, Fault>>) -> Self {
        Self(Mutex::new(values.into_iter().collect()))
    }
}

/// The keys of links.
pub(crate) const KEYS: &str =
    r#"{"keys": [{"id": "k1", "secret": "0123456789abcdef0123456789abcdef"}]}"#;

/// Links to a page of the test.
pub(crate) fn linker(
    secrets: impl IntoIterator<Item = Result<String, Fault>>,
) -> Linker<MemorySecret> {
    let api = Endpoint::try_new("api", "https://tocsin.example.com").unwrap();
    Linker::new(
        MemorySecret::of(secrets),
        api,
        SignedDuration::from_hours(168),
    )
}

impl SecretSource for MemorySecret {
    async fn fetch(&self) -> Result<Hidden, Fault> {
        let mut values = self.0.lock().unwrap();
        let next = if values.len() > 1 {
            values.pop_front()
        } else {
            values.front().cloned()
        };
        next.expect("the test gives a secret").map(Hidden::new)
    }
}

/// Takes mail and text messages, or fails as it is told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox {
    pub(crate) sent: Arc<Mutex<Vec<(String, String)>>>,
    /// The texts of letters.
    pub(crate) bodies: Arc<Mutex<Vec<String>>>,
    pub(crate) faults: Arc<Mutex<VecDeque<Option<Fault>>>>,
}

impl Outbox {
    pub(crate) fn failing(faults: impl IntoIterator<Item = Option<Fault>>) -> Self {
        let outbox = Self::default();
        outbox.faults.lock().unwrap().extend(faults);
        outbox
    }

    fn take(&self, to: &str, what: &str) -> Result<(), Fault> {
        if let Some(Some(fault)) = self.faults.lock().unwrap().pop_front() {
            return Err(fault);
        }
        self.sent
            .lock()
            .unwrap()
            .push((to.to_owned(), what.to_owned()));
        Ok(())
    }

    /// What was sent, without to whom.
    pub(crate) fn texts(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        sent.iter().map(|(_, text)| text.clone()).collect()
    }

    pub(crate) fn recipients(&self) -> Vec<String> {
        self.sent
            .lock()
            .unwrap()
            .iter()
            .map(|(to, _)| to.clone())
            .collect()
    }
}

impl Mailer for Outbox {
    async fn mail(&self, _: &str, to: &str, email: &Email) -> Result<(), Fault> {
        self.bodies.lock().unwrap().push(email.text.clone());
        self.take(to, &email.subject)
    }
}

impl Texter for Outbox {
    async fn text(&self, number: &str, text: &str) -> Result<(), Fault> {
        self.take(number, text)
    }
}

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Answers with a status, header lines and a body.
    Answer(u16, &'static str, String),
    /// Never answers.
    Silence,
    /// Closes the connection.
    Close,
}

pub(crate) fn answer(status: u16, body: &str) -> Step {
    Step::Answer(status, "", body.to_owned())
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A server on this machine that takes one step a request; without steps left it answers 599.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) async fn start(steps: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let mut steps: VecDeque<Step> = steps.into_iter().collect();
        tokio::spawn(async move {
            // Connections that are to stay silent are kept here, so that they stay open.
            let mut silent = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(request) = read(&mut stream).await else {
                    continue;
                };
                seen.lock().unwrap().push(request);
                match steps
                    .pop_front()
                    .unwrap_or_else(|| answer(599, "no step is left"))
                {
                    Step::Answer(status, headers, body) => {
                        let length = body.len();
                        let text = format!(
                            "HTTP/1.1 {status} Status\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
                        );
                        stream.write_all(text.as_bytes()).await.unwrap();
                    }
                    Step::Silence => silent.push(stream),
                    Step::Close => drop(stream),
                }
            }
        });
        Self { url, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = stream
            .read(&mut chunk)
            .await
            .ok()
            .filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let request = Request {
            head: head.to_owned(),
            body: body.to_owned(),
        };
        let length: usize = request.header("content-length")?.parse().ok()?;
        if body.len() >= length {
            return Some(request);
        }
    }
}
