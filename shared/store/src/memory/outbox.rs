//! What is still to be published.

use std::sync::Arc;

use jiff::Timestamp;

use super::faults::Operation;
use super::store::MemoryStore;
use crate::error::StoreError;
use crate::port::{Outbox, OutboxRef, Pending, PendingEntry};
use crate::prepared::{PreparedEntry, entry_key, partition_of_entry, reference_at, sortable};

impl Outbox for MemoryStore {
    async fn pending(&self, older_than: Timestamp, limit: usize) -> Result<Pending, StoreError> {
        let bound = sortable(older_than);
        self.perform(Operation::Pending, |data| {
            let old = data.outbox.iter().filter(|(_, e)| e.written_at < bound);
            let mut entries: Vec<_> = old.collect();
            entries.sort_by_key(|(_, entry)| &entry.written_at);
            let mut pending = Pending::default();
            for entry in entries {
                if pending.entries.len() == limit {
                    break;
                }
                match pending_entry(entry) {
                    Some(entry) => pending.entries.push(entry),
                    None => pending.unreadable += 1,
                }
            }
            Ok(pending)
        })
    }

    async fn remove(&self, entries: &[OutboxRef]) -> Result<(), StoreError> {
        self.perform(Operation::Remove, |data| {
            for entry in entries {
                let key = (partition_of_entry(entry)?, entry_key(&entry.id)?);
                data.outbox.remove(&key);
            }
            Ok(())
        })
    }
}

fn pending_entry(
    ((partition, sort_key), entry): (&(String, String), &Arc<PreparedEntry>),
) -> Option<PendingEntry> {
    Some(PendingEntry {
        reference: reference_at(partition, sort_key)?,
        body: entry.body.clone().unpack().ok()?,
        written_at: entry.written_at.parse().ok()?,
    })
}
