//! How a probe asks, and how bad it is when there is no good answer.

use serde::{Deserialize, Serialize};

/// How a probe asks.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ProbeKind {
    /// A GET request.
    Http,
    /// A connection and nothing else.
    Tcp,
    /// A WebSocket's handshake, and an echo if one is asked for.
    WebSocket,
    /// PostgreSQL: a connection, `SELECT 1` and how it is doing.
    Postgres,
    /// Redis: `PING` and how it is doing.
    Redis,
    /// An AWS Lambda function: whether it can be invoked.
    Lambda,
    /// An Amazon SQS queue: what waits in it and in its dead-letter queue.
    Sqs,
}

impl ProbeKind {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Tcp => "tcp",
            Self::WebSocket => "websocket",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::Lambda => "lambda",
            Self::Sqs => "sqs",
        }
    }

    /// The schemes that its target begins with; none when it is no address.
    #[must_use]
    pub const fn schemes(self) -> &'static [&'static str] {
        match self {
            Self::Http => &["https", "http"],
            Self::WebSocket => &["wss", "ws"],
            Self::Postgres => &["postgres", "postgresql"],
            Self::Redis => &["rediss", "redis"],
            Self::Tcp | Self::Lambda | Self::Sqs => &[],
        }
    }
}

/// How bad it is when a probe is down.
#[derive(
    Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize,
)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// People cannot use the platform.
    Critical,
    /// A part of it does not work.
    #[default]
    High,
    /// It can wait for an hour.
    Medium,
    /// It can wait for a day.
    Low,
}

impl Severity {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}
