//! From when to when an alert fires, and how two reports of it come together.
//!
//! The rule is Alertmanager's (`types.Alert.Merge` and the memory provider's `Put`): overlapping
//! reports merge, the earliest start wins, an end that was only a time-out gives way; what does not
//! overlap starts anew.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// From when to when an alert fires.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// When it began.
    pub starts_at: Timestamp,
    /// When it ended or will end; `None` while nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// The end is only assumed, because a source that keeps silent counts as well again
    /// (Alertmanager's `resolve_timeout`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub timeout: bool,
}

impl Span {
    /// Fires from `starts_at` until somebody says that it is over.
    #[must_use]
    pub const fn from(starts_at: Timestamp) -> Self {
        Self {
            starts_at,
            ends_at: None,
            timeout: false,
        }
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ends_at.is_some_and(|end| end <= now)
    }

    /// The end as far as comparisons go: what has none ends last.
    fn end(&self) -> Timestamp {
        self.ends_at.unwrap_or(Timestamp::MAX)
    }

    /// Whether two reports are about one and the same time of firing.
    #[must_use]
    pub fn overlaps(&self, newer: &Self) -> bool {
        let within = |at: Timestamp| at > self.starts_at && at < self.end();
        within(newer.end()) || within(newer.starts_at)
    }

    /// What is known after a newer report.
    #[must_use]
    pub fn put(&self, newer: Self, now: Timestamp) -> Self {
        if !self.overlaps(&newer) {
            return newer;
        }
        let later = self.end() > newer.end();
        let keeps_its_end = if newer.is_over(now) {
            // The latest end that somebody stated wins.
            self.is_over(now) && later
        } else {
            later && !self.timeout
        };
        Self {
            starts_at: self.starts_at.min(newer.starts_at),
            ends_at: if keeps_its_end {
                self.ends_at
            } else {
                newer.ends_at
            },
            timeout: newer.timeout,
        }
    }
}
