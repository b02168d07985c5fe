//! The shared stack, emptied, and what has arrived since.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::books::Books;
use harness::inbox::{self, Email, Queued, Sms};
use harness::sink::{Received, SLACK_WEBHOOK, WEBHOOK};
use harness::stack::Stack;
use harness::wait;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

/// How long anything may take that should come at once; generous, because the machine does other things too.
pub(crate) const SOON: Duration = Duration::from_secs(40);
/// How long the queues have to be empty: long enough for a message that SNS is just delivering.
const SILENCE: Duration = Duration::from_millis(400);

const CHANNELS: [&str; 5] = ["email", "sms", "slack", "pagerduty", "webhook"];

/// The stack, and where its inboxes and its books stood when the test began.
pub(crate) struct Scene {
    pub(crate) stack: Stack,
    emails: usize,
    sms: usize,
    fanout: Books,
    notifiers: Vec<(&'static str, Books)>,
}

impl Scene {
    /// Empties the stack.
    pub(crate) fn new() -> Result<Self> {
        let stack = Stack::from_environment()?;
        // Before the queues are empty: a message that is refused for ever would keep them full.
        stack.sink().clear()?;
        let scene = Self {
            emails: 0,
            sms: 0,
            fanout: Books::default(),
            notifiers: Vec::new(),
            stack,
        };
        scene.settle().context("what an earlier test left")?;
        let stack = scene.stack;
        for queue in [
            "ingest-dlq",
            "email-dlq",
            "sms-dlq",
            "slack-dlq",
            "pagerduty-dlq",
            "webhook-dlq",
        ] {
            stack.purge(queue)?;
        }
        stack.forget_incidents()?;
        stack.sink().clear()?;
        let notifiers = CHANNELS
            .into_iter()
            .map(|channel| Ok((channel, Books::of(&stack, &format!("notifier-{channel}"))?)));
        Ok(Self {
            emails: inbox::emails(stack.aws())?.len(),
            sms: inbox::sms(stack.aws())?.len(),
            fanout: Books::of(&stack, "alert-fanout")?,
            notifiers: notifiers.collect::<Result<_>>()?,
            stack,
        })
    }

    /// An alert by the way that CloudWatch takes.
    pub(crate) fn alert(&self, message: &str) -> Result<()> {
        self.stack.publish("alerts", "ALARM", message)
    }

    pub(crate) fn emails(&self) -> Result<Vec<Email>> {
        Ok(inbox::emails(self.stack.aws())?.split_off(self.emails))
    }

    pub(crate) fn sms(&self) -> Result<Vec<Sms>> {
        Ok(inbox::sms(self.stack.aws())?.split_off(self.sms))
    }

    /// What was posted to Slack, with whatever answer.
    pub(crate) fn slack(&self) -> Result<Vec<Received>> {
        self.stack.sink().received(SLACK_WEBHOOK)
    }

    pub(crate) fn webhook(&self) -> Result<Vec<Received>> {
        self.stack.sink().received(WEBHOOK)
    }

    /// The notification in each document that the webhook's receiver took.
    pub(crate) fn notifications(&self) -> Result<Vec<Value>> {
        let documents = self
            .webhook()?
            .into_iter()
            .filter(|request| request.answered == 200);
        let documents = documents.map(|request| {
            let body: Value = serde_json::from_str(&request.body)?;
            body.get("notification")
                .cloned()
                .context("a document without a notification")
        });
        documents.collect()
    }

    pub(crate) fn queued(&self, queue: &str) -> Result<Vec<Queued>> {
        inbox::queued(&self.stack, queue)
    }

    /// Waits until there are so many, and gives them.
    pub(crate) fn wait_for<T>(
        &self,
        what: &str,
        count: usize,
        look: impl Fn(&Self) -> Result<Vec<T>>,
    ) -> Result<Vec<T>> {
        wait::until(&format!("{count} × {what}"), SOON, || {
            let found = look(self)?;
            Ok((found.len() >= count).then_some(found))
        })
    }

    /// Waits until nothing is on its way any more. A message leaves its queue when the function that had it has ended, and what it
    /// caused is in the next queue before that; so when all queues are empty, all is done.
    pub(crate) fn settle(&self) -> Result<()> {
        self.settle_within(SOON)
    }

    pub(crate) fn settle_within(&self, within: Duration) -> Result<()> {
        let queues = ["ingest"].into_iter().chain(CHANNELS);
        let queues: Vec<&str> = queues.collect();
        wait::quiet("all queues to be empty", SILENCE, within, || {
            Ok(inbox::waiting(&self.stack, &queues)? == 0)
        })
    }

    /// What `alert-fanout` has counted since the test began. It counts when an invocation ends, so settle first.
    pub(crate) fn counted(&self, name: &str) -> Result<f64> {
        Ok(Books::of(&self.stack, "alert-fanout")?.total(name) - self.fanout.total(name))
    }

    /// The same by reason.
    pub(crate) fn counted_for(&self, name: &str, reason: &str) -> Result<f64> {
        let now = Books::of(&self.stack, "alert-fanout")?;
        let key = [("reason", reason)];
        Ok(now.sum(name, &key) - self.fanout.sum(name, &key))
    }

    /// The sum over all reasons.
    pub(crate) fn counted_for_all(&self, name: &str) -> Result<f64> {
        let sum = |books: &Books| books.by(name, "reason").values().sum::<f64>();
        Ok(sum(&Books::of(&self.stack, "alert-fanout")?) - sum(&self.fanout))
    }

    /// What a channel's notifier has counted since the test began.
    pub(crate) fn sent_by(&self, channel: &str, name: &str) -> Result<f64> {
        let key = [("channel", channel)];
        let now = Books::of(&self.stack, &format!("notifier-{channel}"))?;
        let then = self.notifiers.iter().find(|(known, _)| *known == channel);
        let (_, then) = then.context("no such channel")?;
        Ok(now.sum(name, &key) - then.sum(name, &key))
    }

    /// Received is notified and suppressed and dead-lettered; each suppression has its reason; nothing is left to be sent.
    pub(crate) fn assert_balanced(&self, received: f64) -> Result<()> {
        let count = |name: &str| self.counted(name);
        let (notified, suppressed) = (count("AlertsNotified")?, count("AlertsSuppressed")?);
        let dead = count("AlertsDeadLettered")?;
        assert_eq!(count("AlertsReceived")?, received, "received");
        assert_eq!(
            notified + suppressed + dead,
            received,
            "{notified} + {suppressed} + {dead}"
        );
        assert_eq!(
            self.counted_for_all("AlertsSuppressed")?,
            suppressed,
            "each has a reason"
        );
        let items = self.stack.items()?;
        let outbox = items
            .iter()
            .filter(|item| item.pointer("/gsi1pk").is_some());
        assert_eq!(outbox.count(), 0, "the outbox is empty");
        Ok(())
    }
}

/// Whether a request of the webhook carries the signature of this key: `t=<seconds>,v1=<hex>` over `<t>.<body>`.
pub(crate) fn check_signature(request: &Received, key: &str) -> Result<()> {
    let header = request.header("tocsin-signature").context("no signature")?;
    let (time, code) = header.split_once(',').context("a signature in two parts")?;
    let time = time.strip_prefix("t=").context("its time")?;
    let code = code.strip_prefix("v1=").context("its code")?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes())?;
    mac.update(format!("{time}.{}", request.body).as_bytes());
    ensure!(
        hex::encode(mac.finalize().into_bytes()) == code,
        "the signature is wrong"
    );
    let skew = request.at_ms / 1000 - time.parse::<i64>()?;
    ensure!(skew.abs() < 60, "signed {skew} s before it arrived");
    Ok(())
}
