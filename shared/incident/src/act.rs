//! What people do about an incident: acknowledge, resolve, comment, raise and lower.

use compact_str::CompactString;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use settings::Priority;

use crate::id::IncidentId;

/// Who acts, by what way, and from where; all of it goes into the audit trail.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Actor {
    /// The person or machine, as the way vouches for them.
    pub who: CompactString,
    /// How the act came.
    pub via: Via,
    /// The caller's address, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<CompactString>,
}

/// How an act came.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// A signed link in a message.
    Link,
    /// A button in Slack.
    Slack,
    /// A webhook of PagerDuty.
    Pagerduty,
    /// A bearer token: the command line or a machine.
    Token,
    /// The suite itself.
    Tocsin,
    /// A step of a scenario.
    Replay,
}

impl Via {
    /// The name in texts and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Slack => "slack",
            Self::Pagerduty => "pagerduty",
            Self::Token => "token",
            Self::Tocsin => "tocsin",
            Self::Replay => "replay",
        }
    }
}

/// Somebody is on it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Who.
    pub by: Actor,
    /// Since when.
    pub at: Timestamp,
    /// Until when it counts; for good when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Acknowledgement {
    /// Whether it counts.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// What the trouble turned out to be.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether the alerts were right to fire.
    pub kind: VerdictKind,
    /// In the person's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Who says so.
    pub by: Actor,
}

/// Whether the alerts were right to fire.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// There was trouble.
    TruePositive,
    /// There was none: the rule or its threshold wants looking at.
    FalsePositive,
}

/// What somebody does about an incident.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// "I am on it": stops repeats and ladders.
    Acknowledge {
        /// Until when it counts; the escalation policy's `ack_timeout` when `None`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// "I am not": ladders go on.
    Unacknowledge,
    /// It is over, whatever still fires; what still fires counts again when it fires anew.
    Resolve {
        /// What it turned out to be.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        verdict: Option<VerdictKind>,
        /// In the person's words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
    /// A note for the others and for the post-mortem.
    Comment {
        /// The note.
        text: String,
    },
    /// It is more or less urgent than the alerts say.
    SetPriority {
        /// How urgent it is.
        priority: Priority,
    },
}

impl Act {
    /// The name in texts and logs.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Acknowledge { .. } => "acknowledge",
            Self::Unacknowledge => "unacknowledge",
            Self::Resolve { .. } => "resolve",
            Self::Comment { .. } => "comment",
            Self::SetPriority { .. } => "set_priority",
        }
    }
}

/// Why an act could not be carried out. None of these is worth a retry.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ActError {
    /// There is no such incident, or it is forgotten.
    #[error("there is no incident {0}")]
    Unknown(IncidentId),
    /// The episode is over.
    #[error("{0} is resolved since {1}: there is nothing to do about it any more")]
    Over(IncidentId, Timestamp),
    /// A text is too long or empty.
    #[error("{field} has {chars} characters; write 1 to {limit}")]
    Text {
        /// What was too long.
        field: &'static str,
        /// How long it is.
        chars: usize,
        /// How long it may be.
        limit: usize,
    },
    /// A time lies in the past.
    #[error("{field} is {at}, which has passed; give a time to come")]
    Past {
        /// Which time.
        field: &'static str,
        /// What was given.
        at: Timestamp,
    },
}
