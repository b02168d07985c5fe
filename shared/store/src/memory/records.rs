//! Records of any kind.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use jiff::Timestamp;

use super::faults::Operation;
use super::store::{Data, Kept, MemoryStore, Record};
use crate::body::Body;
use crate::error::StoreError;
use crate::port::Version;
use crate::record::{
    ListPage, Listed, LoadedRecord, NotePage, PARTITION_KEY, Page, PreparedNote, PreparedText,
    PreparedTransaction, PreparedWrite, RecordKey, RecordStore, StoredNote, Transaction, due_bound,
    due_time, list_cursor, list_position, loaded_record, name, note_cursor, note_position,
    read_text, seconds_rounded_up,
};

impl RecordStore for MemoryStore {
    async fn load(
        &self,
        keys: &[RecordKey],
    ) -> Result<BTreeMap<RecordKey, LoadedRecord>, StoreError> {
        self.perform(Operation::Load, |data| {
            let of_key = |key: &RecordKey| {
                name(key.partition(), PARTITION_KEY)?;
                let found = data
                    .records
                    .get(key)
                    .map_or_else(LoadedRecord::nothing, |record| {
                        loaded_record(record.version, Some(record.body.clone()))
                    });
                Ok((key.clone(), found))
            };
            keys.iter().map(of_key).collect()
        })
    }

    async fn commit(&self, transaction: Transaction<'_>) -> Result<(), StoreError> {
        let prepared = PreparedTransaction::new(transaction)?;
        self.perform(Operation::Commit, |data| apply(data, prepared))
    }

    async fn due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(RecordKey, Timestamp)>, StoreError> {
        let bound = due_bound(now);
        self.perform(Operation::Due, |data| {
            let timers = data.records.iter().filter_map(|(key, record)| {
                let due = record.due.as_ref().filter(|due| **due < bound)?;
                Some((due, key))
            });
            let mut timers: Vec<_> = timers.collect();
            timers.sort_unstable();
            let read = |(due, key): (&String, &RecordKey)| Some((key.clone(), due_time(due)?));
            Ok(timers.into_iter().take(limit).filter_map(read).collect())
        })
    }

    async fn list(&self, list: &str, page: Page<'_>) -> Result<ListPage, StoreError> {
        let after = page.after.map(list_position).transpose()?;
        self.perform(Operation::List, |data| {
            let listed = data.records.iter().filter_map(|(key, record)| {
                let listing = record.listing.as_ref().filter(|l| l.list == list)?;
                let place = (listing.sort.as_str(), key);
                let behind = after.as_ref().is_none_or(|(sort, key)| place < (sort, key));
                behind.then_some((place, &listing.summary))
            });
            let mut listed: Vec<_> = listed.collect();
            listed.sort_unstable_by(|one, other| other.cmp(one));
            let more = listed.len() > page.size();
            listed.truncate(page.size());
            let last = listed.last().filter(|_| more);
            let next = last.map(|((sort, key), _)| list_cursor(sort, key));
            let entry = |((_, key), summary): ((&str, &RecordKey), &String)| Listed {
                key: key.clone(),
                summary: summary.clone(),
            };
            let entries = listed.into_iter().map(entry).collect();
            Ok(ListPage { entries, next })
        })
    }

    async fn notes(&self, partition: &str, page: Page<'_>) -> Result<NotePage, StoreError> {
        let partition = PreparedNote::partition_of(partition)?;
        let after = page.after.map(note_position).transpose()?;
        self.perform(Operation::Notes, |data| {
            let start = (partition.clone(), after.unwrap_or_default());
            let notes = data.notes.range((Bound::Excluded(start), Bound::Unbounded));
            let notes = notes.take_while(|((of, _), _)| *of == partition);
            let mut notes: Vec<_> = notes.take(page.one_more()).collect();
            let more = notes.len() > page.size();
            notes.truncate(page.size());
            let last = notes.last().filter(|_| more);
            let mut read = NotePage {
                next: last.map(|((_, sort), _)| note_cursor(sort)),
                ..NotePage::default()
            };
            for ((_, sort), note) in notes {
                match note.body.clone().unpack() {
                    Ok(body) => read.notes.push(StoredNote {
                        sort: sort.clone(),
                        body,
                    }),
                    Err(_) => read.unreadable += 1,
                }
            }
            Ok(read)
        })
    }

    async fn remember_once(
        &self,
        key: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = RecordKey::Once(key.into());
        name(key.partition(), PARTITION_KEY)?;
        self.perform(Operation::RememberOnce, |data| {
            let over = |at: i64| at <= now.as_second();
            if let Some(record) = data.records.get(&key)
                && !record.expires_at.is_some_and(over)
            {
                return Ok(false);
            }
            let record = Record {
                version: Version::NONE.next(),
                body: Body::Text("null".to_owned()),
                due: None,
                listing: None,
                expires_at: Some(seconds_rounded_up(until)),
            };
            data.records.insert(key, Arc::new(record));
            Ok(true)
        })
    }

    async fn get_text(&self, key: &str) -> Result<Option<String>, StoreError> {
        let partition = PreparedText::partition_of(key)?;
        self.perform(Operation::GetText, |data| {
            let text = data.texts.get(&partition);
            text.map(|text| read_text(&partition, Some(text.body.clone())))
                .transpose()
        })
    }

    async fn put_text(
        &self,
        key: &str,
        text: &str,
        keep_until: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let text = PreparedText::new(key, text, keep_until)?;
        self.perform(Operation::PutText, |data| {
            let kept = Kept {
                body: text.body,
                expires_at: text.expires_at,
            };
            data.texts.insert(text.partition, Arc::new(kept));
            Ok(())
        })
    }
}

fn apply(data: &mut Data, transaction: PreparedTransaction) -> Result<(), StoreError> {
    let expected = (transaction.writes.iter().map(|w| (&w.key, w.expected)))
        .chain(transaction.checks.iter().map(|c| (&c.key, c.expected)));
    for (key, expected) in expected {
        if data.version(key) != expected {
            return Err(StoreError::Conflict {
                key: key.to_string(),
            });
        }
    }
    for (partition, entry) in transaction.outbox {
        let place = (partition, entry.sort_key.clone());
        data.outbox.insert(place, Arc::new(entry));
    }
    for note in transaction.notes {
        let kept = Kept {
            body: note.body,
            expires_at: note.expires_at,
        };
        data.notes
            .insert((note.partition, note.sort), Arc::new(kept));
    }
    for write in transaction.writes {
        let PreparedWrite {
            key,
            expected,
            body,
            due,
            listing,
            expires_at,
            ..
        } = write;
        let record = Record {
            version: expected.next(),
            body,
            due,
            listing,
            expires_at,
        };
        data.records.insert(key, Arc::new(record));
    }
    Ok(())
}
