//! Checks that return what they found.

use std::fmt::{self, Debug, Display};

use incident::IncidentStatus;
use lambda_support::error::chain;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::port::{Commit, OutboxEntry, Version};

/// Why a case does not hold.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(chain(&error).to_string())
    }
}

/// Checks that two values are the same.
pub(super) fn same<T: PartialEq + Debug>(
    what: &str,
    actual: &T,
    expected: &T,
) -> Result<(), Failure> {
    if actual == expected {
        return Ok(());
    }
    let (actual, expected) = (format!("{actual:?}"), format!("{expected:?}"));
    let short = |text: String| -> String { text.chars().take(500).collect() };
    Err(Failure(format!(
        "{what}: {} instead of {}",
        short(actual),
        short(expected)
    )))
}

/// Checks that somebody else was first.
pub(super) fn conflict<T: Debug>(what: &str, result: Result<T, StoreError>) -> Result<(), Failure> {
    match result {
        Err(StoreError::Conflict { .. }) => Ok(()),
        Err(error) => Err(Failure(format!("{what}: {}", chain(&error)))),
        Ok(value) => Err(Failure(format!(
            "{what}: there is no conflict but {value:?}"
        ))),
    }
}

/// The state that the suite stores.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Probe {
    pub(super) version: u64,
    pub(super) note: String,
}

impl Probe {
    pub(super) fn new(version: u64, note: impl Into<String>) -> Self {
        Self {
            version,
            note: note.into(),
        }
    }
}

/// A commit of a probe on the version before its own.
pub(super) fn commit<'a>(
    key: &'a str,
    state: &'a Probe,
    outbox: &'a [OutboxEntry],
) -> Commit<'a, Probe> {
    Commit {
        key,
        expected: Version(state.version.saturating_sub(1)),
        state,
        status: IncidentStatus::Open,
        outbox,
        keep_until: None,
    }
}
