//! The names of what is published and delivered, and entries of the outbox made ready.
//!
//! Both twins prepare alike, so that the one in memory refuses what the table would.

use jiff::{SignedDuration, Timestamp};

use crate::body::Body;
use crate::error::StoreError;
use crate::port::OutboxRef;
use crate::record::{PARTITION_KEY, RecordKey, SORT_KEY, name as within};

/// The index's partition of what is to be published: its entries are few and short-lived.
pub(crate) const OUTBOX: &str = "OUTBOX";
/// The index's partition of timers: a few thousand at most.
pub(crate) const DUE: &str = "DUE";
const DELIVERY: &str = "DELIVERY#";
const OUTBOX_PREFIX: &str = "OUTBOX#";

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

/// An outbox entry, ready to be written.
#[derive(Clone, Debug)]
pub(crate) struct PreparedEntry {
    pub(crate) sort_key: String,
    pub(crate) body: Body,
    pub(crate) written_at: String,
}

impl PreparedEntry {
    pub(crate) fn of(id: &str, body: Body, written_at: Timestamp) -> Result<Self, StoreError> {
        Ok(Self {
            sort_key: entry_key(id)?,
            body,
            written_at: sortable(written_at),
        })
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("2026-03-04T05:06:07Z", "2026-03-04T05:06:07.000Z")]
    #[test_case("2026-03-04T05:06:07.0899Z", "2026-03-04T05:06:07.089Z")]
    fn times_sort_as_text(at: &str, expected: &str) {
        assert_eq!(sortable(at.parse().unwrap()), expected);
    }
}
