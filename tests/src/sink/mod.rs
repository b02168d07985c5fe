//! A server that plays Slack, PagerDuty and a webhook's receiver: it records what it gets and answers as told.
//!
//! It is a process of its own, because each end-to-end test is one too and because a demo that is kept running still
//! needs somebody who takes its messages. Those who look at it or script it do so over HTTP, by [`Sink`].

mod client;
mod http;
mod server;

pub use client::Sink;
pub use server::serve;

use serde::{Deserialize, Serialize};

/// Where Slack's incoming webhook is.
pub const SLACK_WEBHOOK: &str = "/slack/webhook";
/// Where Slack's Web API begins; `chat.postMessage` is under it.
pub const SLACK_API: &str = "/slack/api";
/// Where PagerDuty's Events API is.
pub const PAGERDUTY: &str = "/pagerduty/v2/enqueue";
/// Where the webhook's receiver is.
pub const WEBHOOK: &str = "/webhook";

/// A request that was received.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Received {
    /// Counts the requests since the sink was started or cleared, from 0.
    pub number: usize,
    /// When it had arrived, in milliseconds since 1970.
    pub at_ms: i64,
    /// The method.
    pub method: String,
    /// The path, with its query string.
    pub path: String,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// The status with which it was answered; 0 when the sink hung up.
    pub answered: u16,
}

impl Received {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find_map(|(found, value)| found.eq_ignore_ascii_case(name).then_some(value.as_str()))
    }
}

/// One answer of a script.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// The status; 0 hangs up without a word.
    pub status: u16,
    /// The header `Retry-After`, in seconds.
    #[serde(default)]
    pub retry_after: Option<u32>,
    /// How long the caller waits for it.
    #[serde(default)]
    pub delay_ms: u64,
    /// The body, instead of the usual one.
    #[serde(default)]
    pub body: Option<String>,
}

impl Answer {
    /// An answer with this status and nothing else.
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self {
            status,
            retry_after: None,
            delay_ms: 0,
            body: None,
        }
    }

    /// No answer: the connection is closed.
    #[must_use]
    pub const fn hang_up() -> Self {
        Self::status(0)
    }

    /// With the header `Retry-After`.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

/// How a path answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Script {
    /// The beginning of the path that it is about.
    pub path: String,
    /// These first, one a request.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// Then this one for ever; without it, the path answers as usual.
    #[serde(default)]
    pub then: Option<Answer>,
}
