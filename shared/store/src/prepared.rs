//! A commit made ready: encoded, named and checked against the table's limits.
//!
//! Both twins prepare alike, so that the one in memory refuses what the table would.

use incident::IncidentStatus;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::body::{Body, INFLATED};
use crate::error::StoreError;
use crate::port::{Commit, Loaded, OutboxEntry, OutboxRef, Version};
use crate::record::{
    AROUND_THE_BODY, ITEM, PARTITION_KEY, RecordKey, SORT_KEY, TRANSACTION, TRANSACTION_ITEMS,
    item_size, name as within,
};

/// The index's partition of what is to be published: its entries are few and short-lived.
pub(crate) const OUTBOX: &str = "OUTBOX";
/// The index's partition of what is open: no more than people can look at.
pub(crate) const OPEN: &str = "OPEN";
/// The index's partition of timers: a few thousand at most.
pub(crate) const DUE: &str = "DUE";
const DELIVERY: &str = "DELIVERY#";
const OUTBOX_PREFIX: &str = "OUTBOX#";

/// The partition of an incident.
pub(crate) fn partition(key: &str) -> Result<String, StoreError> {
    within(RecordKey::Incident(key.into()).partition(), PARTITION_KEY)
}

/// The incident of a partition.
pub(crate) fn incident_of(partition: &str) -> Option<String> {
    match RecordKey::from_partition(partition)? {
        RecordKey::Incident(key) => Some(key.into()),
        RecordKey::Group(_)
        | RecordKey::Inhibition(_)
        | RecordKey::Silences
        | RecordKey::Episode(_)
        | RecordKey::Once(_) => None,
    }
}

/// The partition of an outbox entry.
pub(crate) fn partition_of_entry(entry: &OutboxRef) -> Result<String, StoreError> {
    within(entry.record().partition(), PARTITION_KEY)
}

/// The name of the outbox entry at a place in the table.
pub(crate) fn reference_at(partition: &str, sort_key: &str) -> Option<OutboxRef> {
    let record = RecordKey::from_partition(partition)?;
    Some(OutboxRef::of(&record, id_of(sort_key)?))
}

/// The partition of a stream's deliveries.
pub(crate) fn delivery_partition(stream: &str) -> Result<String, StoreError> {
    within(format!("{DELIVERY}{stream}"), PARTITION_KEY)
}

/// The sort key of an outbox entry.
pub(crate) fn entry_key(id: &str) -> Result<String, StoreError> {
    within(format!("{OUTBOX_PREFIX}{id}"), SORT_KEY)
}

/// The id of an outbox entry's sort key.
fn id_of(sort_key: &str) -> Option<&str> {
    sort_key.strip_prefix(OUTBOX_PREFIX)
}

/// A time that sorts as text: always in UTC and always with milliseconds.
pub(crate) fn sortable(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// When a lease ends, in the milliseconds that the table keeps.
pub(crate) fn lease_end(now: Timestamp, lease: SignedDuration) -> Timestamp {
    let end = now.checked_add(lease).unwrap_or(Timestamp::MAX);
    Timestamp::from_millisecond(end.as_millisecond()).unwrap_or(end)
}

/// A commit, ready to be written.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) key: String,
    pub(crate) partition: String,
    pub(crate) expected: Version,
    pub(crate) version: Version,
    pub(crate) body: Body,
    pub(crate) status: &'static str,
    /// The index's sort key, when the state is open.
    pub(crate) open: Option<String>,
    /// Epoch seconds.
    pub(crate) expires_at: Option<i64>,
    pub(crate) entries: Vec<PreparedEntry>,
}

/// An outbox entry, ready to be written.
#[derive(Clone, Debug)]
pub(crate) struct PreparedEntry {
    pub(crate) sort_key: String,
    pub(crate) body: Body,
    pub(crate) written_at: String,
}

impl Prepared {
    pub(crate) fn new<S: Serialize>(commit: Commit<'_, S>) -> Result<Self, StoreError> {
        let key = commit.key;
        let text = serde_json::to_string(commit.state).map_err(|source| StoreError::Encode {
            key: key.to_owned(),
            source,
        })?;
        // What could not be read back must not be written.
        item_size(key, text.len(), INFLATED)?;
        let partition = partition(key)?;
        let body = Body::pack(text);
        let count = commit.outbox.len();
        if count >= TRANSACTION_ITEMS {
            return Err(StoreError::TooManyEntries {
                key: key.to_owned(),
                count,
                limit: TRANSACTION_ITEMS - 1,
            });
        }
        let open = match commit.status {
            IncidentStatus::Open => Some(within(key.to_owned(), SORT_KEY)?),
            IncidentStatus::Resolved | IncidentStatus::Info => None,
        };
        let index = open.as_ref().map_or(0, String::len);
        let around = partition.len() + index + AROUND_THE_BODY;
        let mut total = around + body.size();
        item_size(key, total, ITEM)?;
        let mut entries = Vec::with_capacity(count);
        for entry in commit.outbox {
            let prepared = PreparedEntry::new(entry)?;
            let name = partition.len() + prepared.sort_key.len() + AROUND_THE_BODY;
            let size = name + prepared.body.size();
            item_size(&entry.id, size, ITEM)?;
            total += size;
            entries.push(prepared);
        }
        item_size(key, total, TRANSACTION)?;
        Ok(Self {
            key: key.to_owned(),
            partition,
            expected: commit.expected,
            version: commit.expected.next(),
            body,
            status: commit.status.as_str(),
            open,
            expires_at: commit.keep_until.map(Timestamp::as_second),
            entries,
        })
    }

    /// The answer to whoever lost.
    pub(crate) fn conflict(&self) -> StoreError {
        StoreError::Conflict {
            key: self.key.clone(),
        }
    }
}

impl PreparedEntry {
    fn new(entry: &OutboxEntry) -> Result<Self, StoreError> {
        let body = Body::pack(entry.body.clone());
        Self::of(&entry.id, body, entry.written_at)
    }

    pub(crate) fn of(id: &str, body: Body, written_at: Timestamp) -> Result<Self, StoreError> {
        Ok(Self {
            sort_key: entry_key(id)?,
            body,
            written_at: sortable(written_at),
        })
    }
}

/// Reads a state; what cannot be read becomes a fault of this key and of no other.
pub(crate) fn loaded<S: serde::de::DeserializeOwned>(
    version: Version,
    body: Option<Body>,
) -> Loaded<S> {
    let read = match body {
        None => Err("the item has no body".to_owned()),
        Some(body) => body
            .unpack()
            .map_err(|error| format!("the body cannot be inflated: {error}"))
            .and_then(|text| {
                serde_json::from_str(&text)
                    .map_err(|error| format!("the body is no state: {error}"))
            }),
    };
    match read {
        Ok(state) => Loaded {
            version,
            state: Some(state),
            fault: None,
        },
        Err(fault) => Loaded {
            version,
            state: None,
            fault: Some(fault),
        },
    }
}

#[cfg(test)]
mod tests {
    use lambda_support::error::Retryable;
    use test_case::test_case;

    use super::*;

    fn commit<'a>(key: &'a str, state: &'a str, outbox: &'a [OutboxEntry]) -> Commit<'a, &'a str> {
        Commit {
            key,
            expected: Version(4),
            state: Box::leak(Box::new(state)),
            status: IncidentStatus::Open,
            outbox,
            keep_until: None,
        }
    }

    /// Text that deflate cannot make much shorter.
    fn noise(len: usize) -> String {
        let mut seed = 7_u64;
        let digit = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'!' + u8::try_from((seed >> 33) % 90).unwrap())
        };
        std::iter::repeat_with(digit)
            .filter(|c| !matches!(c, '"' | '\\'))
            .take(len)
            .collect()
    }

    fn entry(id: &str, body: String) -> OutboxEntry {
        OutboxEntry {
            id: id.to_owned(),
            body,
            written_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_state_that_is_too_large_is_refused_by_name_and_size() {
        let state = noise(600_000);
        let error = Prepared::new(commit("gradebook/errors", &state, &[])).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("`gradebook/errors` needs "), "{text}");
        assert!(text.contains("an item may have 409600"), "{text}");
        assert!(!error.is_retryable());
    }

    #[test]
    fn a_large_state_that_deflates_is_taken() {
        let state = "an alert and another, ".repeat(60_000);
        let prepared = Prepared::new(commit("k", &state, &[])).unwrap();
        assert!(prepared.body.size() < 20_000);
        assert_eq!(prepared.version, Version(5));
    }

    #[test]
    fn a_notification_that_is_too_large_is_refused_by_its_id() {
        let outbox = [entry("INC-1.5", noise(600_000))];
        let error = Prepared::new(commit("k", "s", &outbox)).unwrap_err();
        assert!(error.to_string().starts_with("`INC-1.5` needs "), "{error}");
    }

    #[test]
    fn more_than_a_transaction_holds_is_refused() {
        let outbox: Vec<_> = (0..100)
            .map(|i| entry(&i.to_string(), String::new()))
            .collect();
        let error = Prepared::new(commit("k", "s", &outbox)).unwrap_err();
        assert!(matches!(
            error,
            StoreError::TooManyEntries {
                count: 100,
                limit: 99,
                ..
            }
        ));
        assert!(Prepared::new(commit("k", "s", &outbox[1..])).is_ok());
        let outbox: Vec<_> = (0..20)
            .map(|i| entry(&i.to_string(), noise(300_000)))
            .collect();
        let error = Prepared::new(commit("k", "s", &outbox)).unwrap_err();
        assert!(
            matches!(
                error,
                StoreError::TooLarge {
                    limit: TRANSACTION,
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn a_key_that_is_too_long_is_refused() {
        let key = "k".repeat(2040);
        let error = Prepared::new(commit(&key, "s", &[])).unwrap_err();
        assert!(matches!(
            error,
            StoreError::KeyTooLong {
                size: 2049,
                limit: 2048,
                ..
            }
        ));
        let key = "k".repeat(1025);
        let open = commit(&key, "s", &[]);
        let error = Prepared::new(open).unwrap_err();
        assert!(matches!(error, StoreError::KeyTooLong { limit: 1024, .. }));
        let status = IncidentStatus::Resolved;
        assert!(Prepared::new(Commit { status, ..open }).is_ok());
    }

    #[test_case("2026-03-04T05:06:07Z", "2026-03-04T05:06:07.000Z")]
    #[test_case("2026-03-04T05:06:07.0899Z", "2026-03-04T05:06:07.089Z")]
    fn times_sort_as_text(at: &str, expected: &str) {
        assert_eq!(sortable(at.parse().unwrap()), expected);
    }

    #[test]
    fn an_unreadable_state_is_a_fault_of_its_key() {
        let state: Loaded<u32> = loaded(Version(3), Some(Body::Text("{".to_owned())));
        assert_eq!((state.version, state.state), (Version(3), None));
        assert!(state.fault.unwrap().starts_with("the body is no state: "));
        let state: Loaded<u32> = loaded(Version(3), Some(Body::Deflated(vec![0xff])));
        assert!(
            state
                .fault
                .unwrap()
                .starts_with("the body cannot be inflated: ")
        );
        let state: Loaded<u32> = loaded(Version(3), None);
        assert_eq!(state.fault.unwrap(), "the item has no body");
    }
}
