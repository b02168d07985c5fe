//! The shared stack, emptied, and what has arrived since.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::books::Books;
use harness::inbox::{self, Email, Queued, Sms};
use harness::sink::{PAGERDUTY, Received, SLACK_WEBHOOK, WEBHOOK};
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
    /// What the functions that decide have counted.
    decided: Books,
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
            decided: Books::default(),
            notifiers: Vec::new(),
            stack,
        };
        scene.settle().context("what an earlier test left")?;
        let stack = scene.stack;
        for queue in [
            // A report that is still to come would be told in another test.
            "postmortems",
            "postmortems-dlq",
            "ingest-dlq",
            "timers-dlq",
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
            decided: decided(&stack)?,
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

    pub(crate) fn pagerduty(&self) -> Result<Vec<Received>> {
        self.stack.sink().received(PAGERDUTY)
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

    /// What the functions that decide have counted since the test began. They count when an invocation ends, so settle first.
    pub(crate) fn counted(&self, name: &str) -> Result<f64> {
        Ok(decided(&self.stack)?.total(name) - self.decided.total(name))
    }

    /// The same by reason.
    pub(crate) fn counted_for(&self, name: &str, reason: &str) -> Result<f64> {
        let now = decided(&self.stack)?;
        let key = [("reason", reason)];
        Ok(now.sum(name, &key) - self.decided.sum(name, &key))
    }

    /// The sum over all reasons.
    pub(crate) fn counted_for_all(&self, name: &str) -> Result<f64> {
        let sum = |books: &Books| books.by(name, "reason").values().sum::<f64>();
        Ok(sum(&decided(&self.stack)?) - sum(&self.decided))
    }

    /// What a channel's notifier has counted since the test began.
    pub(crate) fn sent_by(&self, channel: &str, name: &str) -> Result<f64> {
        let key = [("channel", channel)];
        let now = Books::of(&self.stack, &format!("notifier-{channel}"))?;
        let then = self.notifiers.iter().find(|(known, _)| *known == channel);
        let (_, then) = then.context("no such channel")?;
        Ok(now.sum(name, &key) - then.sum(name, &key))
    }

    /// What was received was news, or not for a reason, or dead-lettered; what groups had was told, or not for a reason, once they
    /// have waited for others; nothing is left to be sent.
    pub(crate) fn assert_balanced(&self, received: f64) -> Result<()> {
        let count = |name: &str| self.counted(name);
        wait::until("the books to balance", SOON, || {
            let news = count("AlertsAccepted")?;
            let rest = count("AlertsReceived")? - news - count("AlertsDeadLettered")?;
            let told = count("AlertsNotified")? + count("AlertsSuppressed")?;
            Ok((rest + count("AlertsGrouped")? == told).then_some(()))
        })?;
        assert_eq!(count("AlertsReceived")?, received, "received");
        assert_eq!(
            self.counted_for_all("AlertsSuppressed")?,
            count("AlertsSuppressed")?,
            "each has a reason"
        );
        // Who tells last removes what it told last.
        self.settle()?;
        let items = self.stack.items()?;
        let outbox = items
            .iter()
            .filter(|item| item.pointer("/gsi1pk").is_some());
        assert_eq!(outbox.count(), 0, "the outbox is empty");
        Ok(())
    }
}

/// What the functions that decide have counted.
fn decided(stack: &Stack) -> Result<Books> {
    let mut books = Books::of(stack, "alert-fanout")?;
    books.add_all(&Books::of(stack, "escalation")?);
    Ok(books)
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
