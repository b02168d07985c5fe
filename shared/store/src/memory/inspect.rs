//! What a test may see and do that a caller may not.

use std::sync::Arc;

use jiff::Timestamp;

use super::store::{MemoryStore, Record};
use crate::body::Body;
use crate::port::Version;
use crate::record::{RecordKey, due_time};

/// A record as it lies in the table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredRecord {
    /// Its version.
    pub version: Version,
    /// The JSON text; `None` if it cannot be read.
    pub body: Option<String>,
    /// When it is due.
    pub due_at: Option<Timestamp>,
    /// The list that it is in.
    pub list: Option<String>,
    /// When it may be forgotten, in epoch seconds.
    pub expires_at: Option<i64>,
}

impl MemoryStore {
    /// All records as they are now, in the order of their keys.
    pub fn records(&self) -> impl Iterator<Item = (RecordKey, StoredRecord)> + use<> {
        let records = self.now().records.clone();
        records
            .into_iter()
            .map(|(key, record)| (key, stored(&record)))
    }

    /// How many entries are in the outbox.
    #[must_use]
    pub fn outbox_len(&self) -> usize {
        self.now().outbox.len()
    }

    /// How many notes there are.
    #[must_use]
    pub fn notes_len(&self) -> usize {
        self.now().notes.len()
    }

    /// Deletes what may be forgotten at a time, as the table does some time after it: a delivery,
    /// a notification in the outbox and what has no such time stay.
    pub fn expire(&self, now: Timestamp) {
        let second = now.as_second();
        let stays = |expires_at: Option<i64>| expires_at.is_none_or(|at| at > second);
        self.with(|data| {
            data.records.retain(|_, record| stays(record.expires_at));
            data.notes.retain(|_, note| stays(note.expires_at));
            data.texts.retain(|_, text| stays(text.expires_at));
        });
    }

    /// Breaks every entry of the outbox, as nobody but a person at the console could.
    pub fn break_outbox(&self) {
        self.with(|data| {
            for entry in data.outbox.values_mut() {
                Arc::make_mut(entry).body = broken();
            }
        });
    }

    /// Breaks the body of a record that is there; its version stays.
    pub fn break_record(&self, key: &RecordKey) {
        self.with(|data| {
            if let Some(record) = data.records.get_mut(key) {
                Arc::make_mut(record).body = broken();
            }
        });
    }
}

fn stored(record: &Record) -> StoredRecord {
    StoredRecord {
        version: record.version,
        body: record.body.clone().unpack().ok(),
        due_at: record.due.as_deref().and_then(due_time),
        list: record.listing.as_ref().map(|listing| listing.list.clone()),
        expires_at: record.expires_at,
    }
}

/// What nobody can inflate.
fn broken() -> Body {
    Body::Deflated(vec![0xff])
}
