//! The ways a person or a system can be told.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A way to tell somebody. Each has a queue, a dead-letter queue and a sender of its own.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Amazon SES: every alert, in detail.
    Email,
    /// Slack: with context and runbook.
    Slack,
    /// A text message through Amazon SNS: P1 only.
    Sms,
    /// PagerDuty Events API v2: what nobody has acknowledged.
    Pagerduty,
    /// A signed JSON document to an incident system.
    Webhook,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 5] = [
        Self::Email,
        Self::Slack,
        Self::Sms,
        Self::Pagerduty,
        Self::Webhook,
    ];

    /// The name in configuration, message attributes and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Slack => "slack",
            Self::Sms => "sms",
            Self::Pagerduty => "pagerduty",
            Self::Webhook => "webhook",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no channel.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no channel: write email, slack, sms, pagerduty or webhook")]
pub struct UnknownChannel(String);

impl FromStr for Channel {
    type Err = UnknownChannel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.as_str() == text)
            .ok_or_else(|| UnknownChannel(text.to_owned()))
    }
}
