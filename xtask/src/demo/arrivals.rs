//! What arrived since the last look, on every channel.

use std::time::Duration;

use anyhow::Result;
use harness::inbox;
use harness::sink::{PAGERDUTY, SLACK_WEBHOOK, WEBHOOK};
use harness::stack::Stack;
use serde_json::Value;

use super::show::Clock;
use super::slack;

/// A message as it arrived.
#[derive(Debug)]
pub(super) struct Arrival {
    /// The channel's name.
    pub(super) channel: &'static str,
    /// How long after the metric was put.
    pub(super) after: Duration,
    /// To whom, or where.
    pub(super) to: String,
    /// What a person reads, line by line.
    pub(super) lines: Vec<String>,
    /// The document itself, if the channel carries it.
    document: Option<Value>,
    /// Whether it was printed.
    pub(super) shown: bool,
}

impl Arrival {
    pub(super) const fn document(&self) -> Option<&Value> {
        self.document.as_ref()
    }
}

/// The inboxes, and how much of each was seen.
#[derive(Debug)]
pub(super) struct Inboxes {
    stack: Stack,
    emails: usize,
    sms: usize,
    requests: usize,
}

impl Inboxes {
    /// What is in there already belongs to somebody else.
    pub(super) fn new(stack: &Stack) -> Result<Self> {
        Ok(Self {
            stack: stack.clone(),
            emails: inbox::emails(stack.aws())?.len(),
            sms: inbox::sms(stack.aws())?.len(),
            requests: stack.sink().received("/")?.len(),
        })
    }

    /// What is new.
    pub(super) fn look(&mut self, clock: &Clock) -> Result<Vec<Arrival>> {
        let mut new = Vec::new();
        let emails = inbox::emails(self.stack.aws())?;
        for email in emails.iter().skip(self.emails) {
            let mut lines = vec![format!("Subject: {}", email.subject), String::new()];
            lines.extend(email.body_text.lines().map(str::to_owned));
            new.push(arrival(
                "email",
                clock.elapsed(),
                email.to.join(", "),
                lines,
            ));
        }
        self.emails = emails.len();

        let messages = inbox::sms(self.stack.aws())?;
        for sms in messages.iter().skip(self.sms) {
            let lines = sms.text.lines().map(str::to_owned).collect();
            new.push(arrival("sms", clock.elapsed(), sms.to.clone(), lines));
        }
        self.sms = messages.len();

        let requests = self.stack.sink().received("/")?;
        for request in requests.iter().skip(self.requests) {
            let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
            let after = clock.until(request.at_ms);
            if request.path.starts_with(SLACK_WEBHOOK) {
                new.push(arrival(
                    "slack",
                    after,
                    "the channel of the webhook".to_owned(),
                    slack::lines(&body),
                ));
            } else if request.path.starts_with(WEBHOOK) {
                let mut lines = Vec::new();
                for (name, value) in &request.headers {
                    if name.contains("tocsin") || name.contains("signature") {
                        lines.push(format!("{name}: {value}"));
                    }
                }
                let text = serde_json::to_string_pretty(&body)?;
                lines.extend(text.lines().map(str::to_owned));
                let mut arrival = arrival("webhook", after, request.path.clone(), lines);
                arrival.document = body.get("notification").cloned();
                new.push(arrival);
            } else if request.path.starts_with(PAGERDUTY) {
                let text = serde_json::to_string_pretty(&body)?;
                let lines = text.lines().map(str::to_owned).collect();
                new.push(arrival("pagerduty", after, request.path.clone(), lines));
            }
        }
        self.requests = requests.len();
        Ok(new)
    }
}

const fn arrival(
    channel: &'static str,
    after: Duration,
    to: String,
    lines: Vec<String>,
) -> Arrival {
    Arrival {
        channel,
        after,
        to,
        lines,
        document: None,
        shown: false,
    }
}
