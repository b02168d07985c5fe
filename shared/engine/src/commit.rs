//! Writes a decision: in one transaction, or in several when a person's act concerns too many groups.

use store::{
    Check, Listing, LoadedRecord, Note, OutboxWrite, RecordKey, RecordStore, StoreError,
    Transaction, Version, Write,
};

use crate::clock::Clock;
use crate::draft::{Draft, EntryDraft, Jotting, ListingDraft, RecordDraft};
use crate::engine::Engine;
use crate::episode::{self, EpisodeRecord};
use crate::error::EngineError;

/// What one transaction takes.
const ITEMS: usize = 100;

impl<S: RecordStore, C: Clock> Engine<S, C> {
    /// Adds the episodes that a decision concerned to what it writes.
    ///
    /// A new one is taken for unknown at the first attempt; the transaction finds out.
    pub(crate) async fn list_episodes(
        &self,
        draft: &mut Draft,
        doubtful: bool,
    ) -> Result<(), EngineError> {
        let known = draft
            .episodes
            .iter()
            .filter(|(_, (_, new))| doubtful || !new);
        let mut keys: Vec<RecordKey> = known.map(|(id, _)| key(id.as_str())).collect();
        keys.extend(draft.replaced.keys().map(|id| key(id.as_str())));
        let mut found = self.load_raw(&keys).await?;
        for (id, at) in std::mem::take(&mut draft.replaced) {
            let key = key(id.as_str());
            let raw = found.remove(&key).unwrap_or_default();
            let read = raw
                .body
                .as_deref()
                .map(serde_json::from_str::<EpisodeRecord>);
            if let Some(Ok(mut record)) = read {
                record.close(at);
                draft
                    .writes
                    .push(of_episode(key, &raw, &record, draft.now)?);
            }
        }
        for (id, (record, _)) in std::mem::take(&mut draft.episodes) {
            let key = key(id.as_str());
            let raw = found.remove(&key).unwrap_or_default();
            draft
                .writes
                .push(of_episode(key, &raw, &record, draft.now)?);
        }
        Ok(())
    }

    /// Writes a draft, all or nothing.
    pub(crate) async fn write(&self, draft: &Draft, whole: bool) -> Result<(), EngineError> {
        let count = draft.writes.len() + draft.outbox.len() + draft.notes.len();
        if count <= ITEMS {
            let room = ITEMS - count;
            let checks = draft.checks.get(..room).unwrap_or(&draft.checks);
            let written = self
                .transact(&draft.writes, checks, &draft.outbox, &draft.notes, draft)
                .await;
            return match written {
                Err(StoreError::TransactionTooLarge { .. } | StoreError::TooManyItems { .. })
                    if !whole =>
                {
                    Err(EngineError::TooMuch(count))
                }
                other => Ok(other?),
            };
        }
        if !whole {
            return Err(EngineError::TooMuch(count));
        }
        self.write_in_parts(draft).await
    }

    /// Writes the groups and what they tell first, and what was decided about them last: whoever is
    /// cut short in between does it all again, and the groups that have it find nothing new.
    async fn write_in_parts(&self, draft: &Draft) -> Result<(), EngineError> {
        let is_group = |write: &&RecordDraft| matches!(write.key, RecordKey::Group(_));
        let groups: Vec<&RecordDraft> = draft.writes.iter().filter(is_group).collect();
        let rest = draft.writes.len() - groups.len();
        tracing::info!(
            stage = "commit",
            groups = groups.len(),
            notifications = draft.outbox.len(),
            "a decision is written in parts"
        );
        let mut entries: Vec<&EntryDraft> = draft.outbox.iter().collect();
        let mut writes: Vec<&RecordDraft> = Vec::new();
        let mut outbox: Vec<&EntryDraft> = Vec::new();
        for group in groups {
            let (mut own, others): (Vec<_>, Vec<_>) = entries
                .into_iter()
                .partition(|entry| entry.record == group.key);
            entries = others;
            while own.len() >= ITEMS {
                let tail = own.split_off(own.len() - ITEMS / 2);
                self.transact_some(&[], &tail, &[], draft).await?;
            }
            if writes.len() + outbox.len() + own.len() >= ITEMS {
                self.transact_some(&writes, &outbox, &[], draft).await?;
                writes.clear();
                outbox.clear();
            }
            writes.push(group);
            outbox.append(&mut own);
        }
        self.transact_some(&writes, &outbox, &[], draft).await?;
        while rest + entries.len() + draft.notes.len() > ITEMS && !entries.is_empty() {
            let tail = entries.split_off(entries.len().saturating_sub(ITEMS));
            self.transact_some(&[], &tail, &[], draft).await?;
        }
        let last: Vec<&RecordDraft> = draft.writes.iter().filter(|w| !is_group(w)).collect();
        self.transact_some(&last, &entries, &draft.notes, draft)
            .await
    }

    async fn transact_some(
        &self,
        writes: &[&RecordDraft],
        outbox: &[&EntryDraft],
        notes: &[Jotting],
        draft: &Draft,
    ) -> Result<(), EngineError> {
        let checks: &[(RecordKey, Version)] = &[];
        Ok(self
            .transact(
                writes.iter().copied(),
                checks,
                outbox.iter().copied(),
                notes,
                draft,
            )
            .await?)
    }

    async fn transact<'d>(
        &self,
        writes: impl IntoIterator<Item = &'d RecordDraft> + Send,
        checks: &[(RecordKey, Version)],
        outbox: impl IntoIterator<Item = &'d EntryDraft> + Send,
        notes: &[Jotting],
        draft: &Draft,
    ) -> Result<(), StoreError> {
        let writes: Vec<Write<'_>> = writes.into_iter().map(RecordDraft::as_write).collect();
        let checks: Vec<Check<'_>> = checks
            .iter()
            .map(|(key, expected)| Check {
                key,
                expected: *expected,
            })
            .collect();
        let outbox: Vec<OutboxWrite<'_>> = outbox
            .into_iter()
            .map(|entry| OutboxWrite {
                record: &entry.record,
                id: &entry.id,
                body: &entry.body,
                written_at: draft.now,
            })
            .collect();
        let notes: Vec<Note<'_>> = notes.iter().map(Jotting::as_note).collect();
        self.store
            .commit(Transaction {
                writes: &writes,
                checks: &checks,
                outbox: &outbox,
                notes: &notes,
            })
            .await
    }

    /// Whether a draft is written already.
    ///
    /// A receipt says so whatever was decided since. Without one, what is in the table must be exactly
    /// what the draft would write: whoever comes when others have decided since does not know its own
    /// work; it finds nothing new, and its entries are in the outbox for a sweep.
    ///
    /// # Errors
    /// [`EngineError::Repeated`] when another one's receipt is there.
    pub(crate) async fn is_written(&self, draft: &Draft) -> Result<bool, EngineError> {
        let is_receipt = |write: &&RecordDraft| matches!(write.key, RecordKey::Once(_));
        let receipt = draft.writes.iter().find(is_receipt);
        let telling = receipt.map_or(draft.writes.as_slice(), std::slice::from_ref);
        let keys: Vec<RecordKey> = telling.iter().map(|write| write.key.clone()).collect();
        if keys.is_empty() {
            return Ok(false);
        }
        let found = self.load_raw(&keys).await?;
        let version = |write: &RecordDraft| found.get(&write.key).map(|found| found.version);
        let is_written = telling.iter().all(|write| {
            version(write) == Some(write.expected.next())
                && found
                    .get(&write.key)
                    .and_then(|found| found.body.as_deref())
                    == Some(write.body.as_str())
        });
        match receipt {
            Some(receipt) if !is_written && version(receipt) != Some(receipt.expected) => {
                Err(EngineError::Repeated)
            }
            Some(_) | None => Ok(is_written),
        }
    }
}

fn key(id: &str) -> RecordKey {
    RecordKey::Episode(id.into())
}

fn of_episode(
    key: RecordKey,
    raw: &LoadedRecord,
    record: &EpisodeRecord,
    now: jiff::Timestamp,
) -> Result<RecordDraft, EngineError> {
    Ok(RecordDraft {
        key,
        expected: raw.version,
        body: serde_json::to_string(record)?,
        due_at: None,
        listed: Some(ListingDraft {
            list: episode::ALL,
            sort: record.summary.id.to_string(),
            summary: record.line().to_json()?,
        }),
        keep_until: record.keep_until(now),
    })
}

impl RecordDraft {
    fn as_write(&self) -> Write<'_> {
        Write {
            key: &self.key,
            expected: self.expected,
            body: &self.body,
            due_at: self.due_at,
            listed: self.listed.as_ref().map(|listed| Listing {
                list: listed.list,
                sort: &listed.sort,
                summary: &listed.summary,
            }),
            keep_until: self.keep_until,
        }
    }
}

impl Jotting {
    fn as_note(&self) -> Note<'_> {
        Note {
            partition: &self.partition,
            sort: &self.sort,
            body: &self.body,
            keep_until: self.keep_until,
        }
    }
}
