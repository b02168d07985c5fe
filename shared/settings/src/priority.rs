//! Priorities P1 to P4: how urgent an alert is, and how fast somebody must answer.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How urgent an alert is. `P1` orders first: "more urgent" is "smaller".
///
/// The four levels and their response times are those of the HASIVU monitoring
/// strategy, section 3 ("Alert Classification System").
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
pub enum Priority {
    /// Critical: immediate response, five minutes.
    P1,
    /// High: urgent, fifteen minutes.
    P2,
    /// Medium: important, one hour.
    P3,
    /// Low: monitor, twenty-four hours.
    P4,
}

impl Priority {
    /// Every priority, most urgent first.
    pub const ALL: [Self; 4] = [Self::P1, Self::P2, Self::P3, Self::P4];

    /// `"P1"` to `"P4"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
            Self::P4 => "P4",
        }
    }

    /// The word people use for it: critical, high, medium, low.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::P1 => "critical",
            Self::P2 => "high",
            Self::P3 => "medium",
            Self::P4 => "low",
        }
    }

    /// The response time in minutes unless the configuration says otherwise.
    #[must_use]
    pub const fn default_response_minutes(self) -> u32 {
        match self {
            Self::P1 => 5,
            Self::P2 => 15,
            Self::P3 => 60,
            Self::P4 => 24 * 60,
        }
    }

    /// The more urgent of two.
    #[must_use]
    pub fn most_urgent(self, other: Self) -> Self {
        self.min(other)
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no priority.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no priority: write P1, P2, P3 or P4")]
pub struct UnknownPriority(String);

impl FromStr for Priority {
    type Err = UnknownPriority;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|priority| priority.as_str() == text)
            .ok_or_else(|| UnknownPriority(text.to_owned()))
    }
}
