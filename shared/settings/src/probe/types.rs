//! A probe, checked and ready to be asked.

use std::str::FromStr;

use compact_str::CompactString;

use super::{ProbeKind, ProbeTarget, Severity, StatusRange};
use crate::{Duration, Matcher};

/// One thing that is asked, again and again, whether it is well.
#[derive(Debug)]
pub struct Probe {
    /// Its name.
    pub name: CompactString,
    /// What it looks after.
    pub about: String,
    /// The service that is in trouble when it fails.
    pub service: CompactString,
    /// How it asks.
    pub kind: ProbeKind,
    /// Whom it asks.
    pub target: ProbeTarget,
    /// How often it asks.
    pub every: Duration,
    /// How long it waits for all of an answer.
    pub timeout: Duration,
    /// How bad it is when it is down.
    pub severity: Severity,
    /// How many of how many answers must fail.
    pub fail_after: FailAfter,
    /// How many good answers in a row end the trouble.
    pub recover_after: u8,
    /// After what time without any verdict that is trouble of its own.
    pub unknown_after: Duration,
    /// The names of the probes of what it needs.
    pub depends_on: Vec<CompactString>,
    /// A secret's ARN or name.
    pub credentials: Option<ProbeTarget>,
    /// What the answer to an HTTP request must be.
    pub expect: Expectation,
    /// Any of these makes it degraded.
    pub degraded_when: Vec<Matcher>,
    /// Any of these makes it down.
    pub down_when: Vec<Matcher>,
    /// So many days before its certificate expires somebody is told.
    pub certificate_days: u32,
    /// How many redirects it follows.
    pub redirects: u32,
    /// A text that a WebSocket must send back.
    pub echo: Option<String>,
    /// Whether it may ask link-local addresses.
    pub allow_link_local: bool,
}

/// What the answer to an HTTP request must be; all of it.
#[derive(Debug)]
pub struct Expectation {
    /// One of these.
    pub status: Vec<StatusRange>,
    /// Headers, by the names that the matchers have.
    pub headers: Vec<Matcher>,
    /// Texts that the body must contain.
    pub body: Vec<String>,
    /// Expressions that the whole body must match; the matchers' name means nothing.
    pub body_matches: Vec<Matcher>,
    /// Matchers on the body as JSON.
    pub json: Vec<Matcher>,
}

impl Expectation {
    /// Whether the body is looked at.
    #[must_use]
    pub const fn wants_body(&self) -> bool {
        !(self.body.is_empty() && self.body_matches.is_empty() && self.json.is_empty())
    }
}

/// How many of how many answers must fail: `2 of 3`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FailAfter {
    failures: u8,
    of: u8,
}

/// A text that is no such number.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` says nothing of when it fails: write such as `2 of 3`, with 1 to 10 failures of at most 20 answers"
)]
pub struct InvalidFailAfter(String);

impl FailAfter {
    /// So many failures.
    #[must_use]
    pub const fn failures(self) -> u8 {
        self.failures
    }

    /// Of so many answers.
    #[must_use]
    pub const fn of(self) -> u8 {
        self.of
    }
}

impl Default for FailAfter {
    fn default() -> Self {
        Self { failures: 2, of: 3 }
    }
}

impl FromStr for FailAfter {
    type Err = InvalidFailAfter;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| text.trim().parse::<u8>().ok();
        let read = text.split_once(" of ");
        let read = read.and_then(|(n, m)| number(n).zip(number(m)));
        match read {
            Some((failures, of)) if (1..=10).contains(&failures) && failures <= of && of <= 20 => {
                Ok(Self { failures, of })
            }
            Some(_) | None => Err(InvalidFailAfter(text.chars().take(40).collect())),
        }
    }
}
