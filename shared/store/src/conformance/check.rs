//! Checks that return what they found.

use std::fmt::{self, Debug, Display};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use lambda_support::error::chain;
use serde_json::json;
use tokio::task::JoinHandle;

use super::records::{incident, write};
use super::suite::Subject;
use crate::error::StoreError;
use crate::record::{OutboxWrite, Transaction};

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

/// Asks until the answer is the expected one: an index follows the table with a delay.
pub(super) async fn eventually<A, F, Fut>(
    what: &str,
    expected: &A,
    mut ask: F,
) -> Result<(), Failure>
where
    A: PartialEq + Debug,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<A, StoreError>>,
{
    let mut answer = ask().await?;
    for _ in 0..100 {
        if answer == *expected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer = ask().await?;
    }
    same(what, &answer, expected)
}

/// The answers of several at once.
pub(super) async fn joined<A>(tasks: Vec<JoinHandle<A>>) -> Result<Vec<A>, Failure> {
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        answers.push(
            task.await
                .map_err(|error| Failure::new(error.to_string()))?,
        );
    }
    Ok(answers)
}

/// A second of the suite's own time.
pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_800_000_000 + second)
}

/// Text that deflate cannot make much shorter.
pub(super) fn noise(len: usize) -> String {
    let mut seed = 7_u64;
    let letter = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'0' + u8::try_from((seed >> 33) % 75).unwrap_or_default())
    };
    let letters = std::iter::repeat_with(letter).filter(|c| *c != '\\');
    letters.take(len).collect()
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
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Probe {
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

    /// As it lies in the table.
    pub(super) fn json(&self) -> String {
        json!({ "version": self.version, "note": self.note }).to_string()
    }
}

/// A notification on its way to the topic.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) body: String,
    pub(super) written_at: Timestamp,
}

/// Writes a probe on the version before its own, and what is to be published with it.
pub(super) async fn commit<T: Subject>(
    store: &T,
    key: &str,
    state: &Probe,
    outbox: &[Entry],
) -> Result<(), StoreError> {
    let record = incident(key);
    let body = state.json();
    let outbox: Vec<OutboxWrite<'_>> = outbox
        .iter()
        .map(|entry| OutboxWrite {
            record: &record,
            id: &entry.id,
            body: &entry.body,
            written_at: entry.written_at,
        })
        .collect();
    let transaction = Transaction {
        writes: &[write(&record, state.version.saturating_sub(1), &body)],
        outbox: &outbox,
        ..Transaction::default()
    };
    store.commit(transaction).await
}
