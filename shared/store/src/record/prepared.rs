//! A transaction made ready: named, packed and checked against the table's limits.
//!
//! Both twins prepare alike, so that the one in memory refuses what the table would.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::key::{NOTE, RecordKey, STATE, TEXT, name};
use super::port::{Check, Listing, LoadedRecord, Note, OutboxWrite, Transaction, Write};
use super::sizes::{
    AROUND_THE_BODY, ITEM, LIST_SORT, PARTITION_KEY, SORT_KEY, SUMMARY, TRANSACTION,
    TRANSACTION_ITEMS, index_sort, item_size,
};
use crate::body::{Body, INFLATED};
use crate::error::StoreError;
use crate::port::Version;
use crate::prepared::{PreparedEntry, sortable};

/// A transaction, ready to be written.
#[derive(Debug)]
pub(crate) struct PreparedTransaction {
    pub(crate) writes: Vec<PreparedWrite>,
    pub(crate) checks: Vec<PreparedCheck>,
    /// With the partition of each.
    pub(crate) outbox: Vec<(String, PreparedEntry)>,
    pub(crate) notes: Vec<PreparedNote>,
}

/// A record, ready to be written.
#[derive(Debug)]
pub(crate) struct PreparedWrite {
    pub(crate) key: RecordKey,
    pub(crate) partition: String,
    pub(crate) expected: Version,
    pub(crate) body: Body,
    /// The timers' sort key.
    pub(crate) due: Option<String>,
    pub(crate) listing: Option<PreparedListing>,
    /// Epoch seconds.
    pub(crate) expires_at: Option<i64>,
}

/// A place in a list, ready to be written.
#[derive(Clone, Debug)]
pub(crate) struct PreparedListing {
    pub(crate) list: String,
    /// The lists' sort key.
    pub(crate) sort: String,
    pub(crate) summary: String,
}

/// A check, ready to be made.
#[derive(Debug)]
pub(crate) struct PreparedCheck {
    pub(crate) key: RecordKey,
    pub(crate) partition: String,
    pub(crate) expected: Version,
}

/// A note, ready to be written.
#[derive(Debug)]
pub(crate) struct PreparedNote {
    pub(crate) partition: String,
    pub(crate) sort: String,
    pub(crate) body: Body,
    /// Epoch seconds.
    pub(crate) expires_at: Option<i64>,
}

/// A text, ready to be written.
#[derive(Debug)]
pub(crate) struct PreparedText {
    pub(crate) partition: String,
    pub(crate) body: Body,
    /// Epoch seconds.
    pub(crate) expires_at: Option<i64>,
}

impl PreparedTransaction {
    pub(crate) fn new(transaction: Transaction<'_>) -> Result<Self, StoreError> {
        let Transaction {
            writes,
            checks,
            outbox,
            notes,
        } = transaction;
        let count = writes.len() + checks.len() + outbox.len() + notes.len();
        if count > TRANSACTION_ITEMS {
            return Err(StoreError::TooManyItems {
                count,
                limit: TRANSACTION_ITEMS,
                records: writes.len(),
                checks: checks.len(),
                notifications: outbox.len(),
                notes: notes.len(),
            });
        }
        let mut total = 0;
        let prepared = Self {
            writes: collect(writes, |write| PreparedWrite::new(write, &mut total))?,
            checks: collect(checks, PreparedCheck::new)?,
            outbox: collect(outbox, |entry| prepare_entry(entry, &mut total))?,
            notes: collect(notes, |note| PreparedNote::new(note, &mut total))?,
        };
        if total > TRANSACTION {
            return Err(StoreError::TransactionTooLarge {
                size: total,
                limit: TRANSACTION,
            });
        }
        prepared.name_nothing_twice()?;
        Ok(prepared)
    }

    /// The table refuses a transaction that names an item twice: which would hold?
    fn name_nothing_twice(&self) -> Result<(), StoreError> {
        let mut named = BTreeSet::new();
        let items = (self.writes.iter().map(|w| (w.partition.as_str(), STATE)))
            .chain(self.checks.iter().map(|c| (c.partition.as_str(), STATE)))
            .chain(
                self.outbox
                    .iter()
                    .map(|(p, e)| (p.as_str(), e.sort_key.as_str())),
            )
            .chain(
                self.notes
                    .iter()
                    .map(|n| (n.partition.as_str(), n.sort.as_str())),
            );
        for (partition, sort) in items {
            if !named.insert((partition, sort)) {
                return Err(StoreError::Duplicate {
                    key: format!("{partition} {sort}"),
                });
            }
        }
        Ok(())
    }
}

fn collect<'a, T, P>(
    items: &'a [T],
    prepare: impl FnMut(&'a T) -> Result<P, StoreError>,
) -> Result<Vec<P>, StoreError> {
    items.iter().map(prepare).collect()
}

impl PreparedWrite {
    fn new(write: &Write<'_>, total: &mut usize) -> Result<Self, StoreError> {
        let key = write.key;
        let partition = name(key.partition(), PARTITION_KEY)?;
        let body = pack(&partition, write.body)?;
        let due = write
            .due_at
            .map(|at| index_sort(&sortable(rounded_up(at)), key));
        let listing = write
            .listed
            .map(|l| PreparedListing::new(l, key))
            .transpose()?;
        let size = partition.len()
            + AROUND_THE_BODY
            + body.size()
            + due.as_ref().map_or(0, String::len)
            + listing.as_ref().map_or(0, PreparedListing::size);
        item_size(&partition, size, ITEM)?;
        *total += size;
        Ok(Self {
            key: key.clone(),
            partition,
            expected: write.expected,
            body,
            due,
            listing,
            expires_at: expiry_of(write.keep_until),
        })
    }
}

impl PreparedListing {
    fn new(listing: Listing<'_>, record: &RecordKey) -> Result<Self, StoreError> {
        let Listing {
            list,
            sort,
            summary,
        } = listing;
        if list.is_empty() {
            return Err(StoreError::Unnamed {
                what: "the list",
                key: record.to_string(),
            });
        }
        name(sort.to_owned(), LIST_SORT)?;
        if summary.len() > SUMMARY {
            return Err(StoreError::SummaryTooLong {
                key: record.to_string(),
                size: summary.len(),
                limit: SUMMARY,
            });
        }
        Ok(Self {
            list: name(list.to_owned(), PARTITION_KEY)?,
            sort: index_sort(sort, record),
            summary: summary.to_owned(),
        })
    }

    fn size(&self) -> usize {
        self.list.len() + self.sort.len() + self.summary.len()
    }
}

impl PreparedCheck {
    fn new(check: &Check<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            key: check.key.clone(),
            partition: name(check.key.partition(), PARTITION_KEY)?,
            expected: check.expected,
        })
    }
}

fn prepare_entry(
    entry: &OutboxWrite<'_>,
    total: &mut usize,
) -> Result<(String, PreparedEntry), StoreError> {
    let partition = name(entry.record.partition(), PARTITION_KEY)?;
    let body = pack(entry.id, entry.body)?;
    let prepared = PreparedEntry::of(entry.id, body, entry.written_at)?;
    let size = partition.len() + prepared.sort_key.len() + AROUND_THE_BODY + prepared.body.size();
    item_size(entry.id, size, ITEM)?;
    *total += size;
    Ok((partition, prepared))
}

impl PreparedNote {
    /// The partition of a subject's notes.
    pub(crate) fn partition_of(subject: &str) -> Result<String, StoreError> {
        name(format!("{NOTE}{subject}"), PARTITION_KEY)
    }

    fn new(note: &Note<'_>, total: &mut usize) -> Result<Self, StoreError> {
        let partition = Self::partition_of(note.partition)?;
        if note.sort.is_empty() {
            return Err(StoreError::Unnamed {
                what: "the sort key of a note",
                key: partition,
            });
        }
        let sort = name(note.sort.to_owned(), SORT_KEY)?;
        let body = pack(&partition, note.body)?;
        let size = partition.len() + sort.len() + AROUND_THE_BODY + body.size();
        item_size(&partition, size, ITEM)?;
        *total += size;
        Ok(Self {
            partition,
            sort,
            body,
            expires_at: expiry_of(note.keep_until),
        })
    }
}

impl PreparedText {
    /// The partition of a text.
    pub(crate) fn partition_of(key: &str) -> Result<String, StoreError> {
        name(format!("{TEXT}{key}"), PARTITION_KEY)
    }

    pub(crate) fn new(
        key: &str,
        text: &str,
        keep_until: Option<Timestamp>,
    ) -> Result<Self, StoreError> {
        let partition = Self::partition_of(key)?;
        let body = pack(&partition, text)?;
        let size = partition.len() + AROUND_THE_BODY + body.size();
        item_size(&partition, size, ITEM)?;
        Ok(Self {
            partition,
            body,
            expires_at: expiry_of(keep_until),
        })
    }
}

fn pack(key: &str, text: &str) -> Result<Body, StoreError> {
    // What could not be read back must not be written.
    item_size(key, text.len(), INFLATED)?;
    Ok(Body::pack(text.to_owned()))
}

/// When the table may forget an item, in the seconds that it wants.
fn expiry_of(keep_until: Option<Timestamp>) -> Option<i64> {
    keep_until.map(seconds_rounded_up)
}

/// Nothing is forgotten before its time.
pub(crate) fn seconds_rounded_up(at: Timestamp) -> i64 {
    let seconds = at.as_second();
    seconds + i64::from(at.subsec_nanosecond() > 0)
}

/// The first millisecond at which a time has come: a timer that rang too early would find
/// nothing to do, and ring again at once.
fn rounded_up(at: Timestamp) -> Timestamp {
    let millis = at.as_millisecond();
    let down = Timestamp::from_millisecond(millis).unwrap_or(at);
    if down < at {
        Timestamp::from_millisecond(millis + 1).unwrap_or(at)
    } else {
        down
    }
}

/// The timers' sort keys of what is due at a time or before are less than this.
pub(crate) fn due_bound(now: Timestamp) -> String {
    // `!` follows the blank that every sort key has behind its time.
    format!("{}!", sortable(now))
}

/// When a timer rings, by its sort key.
pub(crate) fn due_time(sort: &str) -> Option<Timestamp> {
    sort.split_once(' ')?.0.parse().ok()
}

/// Reads a record; what cannot be read becomes a fault of this record and of no other.
pub(crate) fn loaded_record(version: Version, body: Option<Body>) -> LoadedRecord {
    let read = match body {
        None => Err("the item has no body".to_owned()),
        Some(body) => body
            .unpack()
            .map_err(|error| format!("the body cannot be inflated: {error}")),
    };
    let (body, fault) = match read {
        Ok(body) => (Some(body), None),
        Err(fault) => (None, Some(fault)),
    };
    LoadedRecord {
        version,
        body,
        fault,
    }
}

/// Reads a text, or says that it is there and cannot be read.
pub(crate) fn read_text(partition: &str, body: Option<Body>) -> Result<String, StoreError> {
    loaded_record(Version::NONE, body)
        .body
        .ok_or_else(|| StoreError::Unreadable {
            key: partition.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use lambda_support::error::Retryable;

    use super::*;

    /// Text that deflate cannot make much shorter.
    fn noise(len: usize) -> String {
        let mut seed = 7_u64;
        let digit = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'!' + u8::try_from((seed >> 33) % 90).unwrap())
        };
        std::iter::repeat_with(digit).take(len).collect()
    }

    fn prepare(
        key: &str,
        body: &str,
        ids: &[(&str, &str)],
    ) -> Result<PreparedTransaction, StoreError> {
        let record = RecordKey::Incident(key.into());
        let outbox: Vec<OutboxWrite<'_>> = ids
            .iter()
            .map(|(id, body)| OutboxWrite {
                record: &record,
                id,
                body,
                written_at: Timestamp::UNIX_EPOCH,
            })
            .collect();
        let write = Write {
            key: &record,
            expected: Version(4),
            body,
            due_at: None,
            listed: None,
            keep_until: None,
        };
        PreparedTransaction::new(Transaction {
            writes: &[write],
            outbox: &outbox,
            ..Transaction::default()
        })
    }

    #[test]
    fn a_state_that_is_too_large_is_refused_by_name_and_size() {
        let error = prepare("gradebook/errors", &noise(600_000), &[]).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("`INCIDENT#gradebook/errors` needs "),
            "{text}"
        );
        assert!(text.contains("an item may have 409600"), "{text}");
        assert!(!error.is_retryable());
    }

    #[test]
    fn a_large_state_that_deflates_is_taken() {
        let state = "an alert and another, ".repeat(60_000);
        let prepared = prepare("k", &state, &[]).unwrap();
        let [write] = prepared.writes.as_slice() else {
            panic!("{} writes", prepared.writes.len());
        };
        assert!(write.body.size() < 20_000);
        assert_eq!(write.expected, Version(4));
    }

    #[test]
    fn a_notification_that_is_too_large_is_refused_by_its_id() {
        let error = prepare("k", "s", &[("INC-1.5", &noise(600_000))]).unwrap_err();
        assert!(error.to_string().starts_with("`INC-1.5` needs "), "{error}");
    }

    #[test]
    fn more_than_a_transaction_holds_is_refused() {
        let ids: Vec<String> = (0..100).map(|i| i.to_string()).collect();
        let many: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "")).collect();
        let error = prepare("k", "s", &many).unwrap_err();
        assert!(
            matches!(
                error,
                StoreError::TooManyItems {
                    count: 101,
                    limit: 100,
                    ..
                }
            ),
            "{error}"
        );
        assert!(prepare("k", "s", &many[1..]).is_ok());
        let long = noise(300_000);
        let large: Vec<(&str, &str)> = ids
            .iter()
            .take(20)
            .map(|id| (id.as_str(), long.as_str()))
            .collect();
        let error = prepare("k", "s", &large).unwrap_err();
        assert!(
            matches!(
                error,
                StoreError::TransactionTooLarge {
                    limit: TRANSACTION,
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn a_key_that_is_too_long_is_refused() {
        let error = prepare(&"k".repeat(2040), "s", &[]).unwrap_err();
        assert!(
            matches!(
                error,
                StoreError::KeyTooLong {
                    size: 2049,
                    limit: 2048,
                    ..
                }
            ),
            "{error}"
        );
        assert!(prepare(&"k".repeat(1025), "s", &[]).is_ok());
    }

    #[test]
    fn an_unreadable_record_is_a_fault_of_its_key() {
        let broken = loaded_record(Version(3), Some(Body::Deflated(vec![0xff])));
        assert_eq!((broken.version, broken.body), (Version(3), None));
        let fault = broken.fault.unwrap();
        assert!(
            fault.starts_with("the body cannot be inflated: "),
            "{fault}"
        );
        let empty = loaded_record(Version(3), None);
        assert_eq!(empty.fault.unwrap(), "the item has no body");
    }
}
