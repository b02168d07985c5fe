//! The table on a bad day: it stumbles, loses answers, and lets others take turns before and after
//! each operation, where a function can die.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use incident::{Notification, NotificationEvent};
use jiff::{SignedDuration, Timestamp};
use settings::Channel;
use store::{
    Check, Claim, Fault, ListPage, LoadedRecord, MemoryStore, NotePage, Outbox, OutboxRef,
    OutboxWrite, Page, Pending, RecordKey, RecordStore, StoreError, StreamLog, Transaction,
    Version, Write,
};

use crate::guard::Guard;
use crate::judge::{Told, Witness};
use crate::plan::Faults;
use crate::runtime::{Shared, step};

/// The table on a bad day.
#[derive(Clone, Debug)]
pub(crate) struct Chaos {
    inner: MemoryStore,
    shared: Shared,
    faults: Arc<Mutex<Faults>>,
    without: Option<Guard>,
    witness: Arc<Mutex<Witness>>,
}

impl Chaos {
    pub(crate) fn new(
        shared: &Shared,
        faults: &Arc<Mutex<Faults>>,
        without: Option<Guard>,
        witness: &Arc<Mutex<Witness>>,
    ) -> Self {
        Self {
            inner: MemoryStore::new(),
            shared: shared.clone(),
            faults: Arc::clone(faults),
            without,
            witness: Arc::clone(witness),
        }
    }

    /// The table as it is.
    pub(crate) const fn table(&self) -> &MemoryStore {
        &self.inner
    }

    fn witness(&self) -> MutexGuard<'_, Witness> {
        self.witness.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the others have a turn, and perhaps makes the next operation fail.
    async fn turn(&self) {
        step().await;
        let faults = *self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        self.inner.clear_faults();
        if self.shared.chance(faults.stumble) {
            let fault = if self.shared.chance(50) {
                Fault::Unavailable
            } else {
                Fault::Throttled
            };
            self.inner.inject(fault, None, 1);
        } else if self.shared.chance(faults.lost_answer) {
            self.inner.inject(Fault::AnswerLost, None, 1);
        }
    }

    /// What is current, for a write that looks at nothing.
    fn versions<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k RecordKey>,
    ) -> BTreeMap<RecordKey, Version> {
        let known: BTreeMap<RecordKey, Version> = self
            .inner
            .records()
            .map(|(key, record)| (key, record.version))
            .collect();
        let version = |key: &RecordKey| known.get(key).copied().unwrap_or(Version::NONE);
        keys.into_iter()
            .map(|key| (key.clone(), version(key)))
            .collect()
    }

    async fn write(&self, transaction: Transaction<'_>) -> Result<(), StoreError> {
        let checks: &[Check<'_>] = match self.without {
            Some(Guard::Checks) => &[],
            _other => transaction.checks,
        };
        if self.without == Some(Guard::CompareAndSet) {
            let now = self.versions(transaction.writes.iter().map(|write| write.key));
            let writes: Vec<Write<'_>> = transaction
                .writes
                .iter()
                .map(|write| Write {
                    expected: now.get(write.key).copied().unwrap_or(Version::NONE),
                    ..*write
                })
                .collect();
            let transaction = Transaction {
                writes: &writes,
                checks: &[],
                ..transaction
            };
            return self.inner.commit(transaction).await;
        }
        if self.without == Some(Guard::Checks) && transaction.outbox.iter().any(is_step) {
            let now = self.versions(transaction.writes.iter().map(|write| write.key));
            let writes: Vec<Write<'_>> = transaction
                .writes
                .iter()
                .map(|write| Write {
                    expected: now.get(write.key).copied().unwrap_or(Version::NONE),
                    ..*write
                })
                .collect();
            let transaction = Transaction {
                writes: &writes,
                checks,
                ..transaction
            };
            return self.inner.commit(transaction).await;
        }
        if self.without == Some(Guard::OutboxInTransaction) && !transaction.outbox.is_empty() {
            let state = Transaction {
                checks,
                outbox: &[],
                ..transaction
            };
            self.inner.commit(state).await?;
            step().await;
            let outbox = Transaction {
                outbox: transaction.outbox,
                ..Transaction::default()
            };
            return self.inner.commit(outbox).await;
        }
        let transaction = Transaction {
            checks,
            ..transaction
        };
        self.inner.commit(transaction).await
    }

    /// Writes down what was decided, as the table has it at this instant.
    fn note(&self, outbox: &[OutboxWrite<'_>]) {
        let at = self.shared.now();
        for entry in outbox {
            let Ok(notification) = serde_json::from_str::<Notification>(entry.body) else {
                continue;
            };
            let acknowledged = match notification.event {
                NotificationEvent::Escalated => self.acknowledged(&notification, at),
                NotificationEvent::Opened
                | NotificationEvent::Updated
                | NotificationEvent::Resolved
                | NotificationEvent::Info
                | NotificationEvent::Reminder
                | NotificationEvent::Flapping
                | NotificationEvent::Acknowledged => Vec::new(),
            };
            self.witness().told.push(Told {
                at,
                notification,
                acknowledged,
            });
        }
    }

    /// The incidents of a notification that somebody has taken on, so far as the table says.
    fn acknowledged(&self, notification: &Notification, at: Timestamp) -> Vec<String> {
        let named: Vec<&str> = std::iter::once(&notification.incident)
            .chain(&notification.incidents)
            .map(|incident| incident.id.as_str())
            .collect();
        self.inner
            .records()
            .filter(|(key, _)| matches!(key, RecordKey::Incident(_)))
            .filter_map(|(_, record)| {
                let state: incident::IncidentState =
                    serde_json::from_str(record.body.as_deref()?).ok()?;
                let episode = state.episode?;
                // An acknowledgement that runs out about now counts or not, by whose clock you like.
                let holds = episode.acknowledgement.as_ref().is_some_and(|ack| {
                    let soon = at.checked_add(SignedDuration::from_secs(5)).unwrap_or(at);
                    ack.holds(soon)
                });
                let named = named.contains(&episode.id.as_str());
                (named && holds && episode.is_open()).then(|| episode.id.to_string())
            })
            .collect()
    }
}

/// Whether an entry tells of a step of a ladder.
fn is_step(entry: &OutboxWrite<'_>) -> bool {
    serde_json::from_str::<Notification>(entry.body)
        .is_ok_and(|notification| notification.event == NotificationEvent::Escalated)
}

impl RecordStore for Chaos {
    async fn load(
        &self,
        keys: &[RecordKey],
    ) -> Result<BTreeMap<RecordKey, LoadedRecord>, StoreError> {
        self.turn().await;
        let loaded = self.inner.load(keys).await;
        step().await;
        loaded
    }

    async fn commit(&self, transaction: Transaction<'_>) -> Result<(), StoreError> {
        self.turn().await;
        let keys = || transaction.writes.iter().map(|write| write.key);
        let may_lose = self
            .faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .lost_answer
            > 0;
        let had = may_lose.then(|| self.versions(keys()));
        let written = self.write(transaction).await;
        // The answer may be lost; what the table says counts.
        let happened = written.is_ok() || had.is_some_and(|had| had != self.versions(keys()));
        if happened {
            self.note(transaction.outbox);
        }
        step().await;
        written
    }

    async fn due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(RecordKey, Timestamp)>, StoreError> {
        self.turn().await;
        if self.without == Some(Guard::TimerSweep) {
            return Ok(Vec::new());
        }
        self.inner.due(now, limit).await
    }

    async fn list(&self, list: &str, page: Page<'_>) -> Result<ListPage, StoreError> {
        self.turn().await;
        self.inner.list(list, page).await
    }

    async fn notes(&self, partition: &str, page: Page<'_>) -> Result<NotePage, StoreError> {
        self.turn().await;
        self.inner.notes(partition, page).await
    }

    async fn remember_once(
        &self,
        key: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        self.turn().await;
        self.inner.remember_once(key, now, until).await
    }

    async fn get_text(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.turn().await;
        self.inner.get_text(key).await
    }

    async fn put_text(
        &self,
        key: &str,
        text: &str,
        keep_until: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.turn().await;
        self.inner.put_text(key, text, keep_until).await
    }
}

impl Outbox for Chaos {
    async fn pending(&self, older_than: Timestamp, limit: usize) -> Result<Pending, StoreError> {
        self.turn().await;
        if self.without == Some(Guard::OutboxSweep) {
            return Ok(Pending::default());
        }
        self.inner.pending(older_than, limit).await
    }

    async fn remove(&self, entries: &[OutboxRef]) -> Result<(), StoreError> {
        self.turn().await;
        self.inner.remove(entries).await
    }
}

impl StreamLog for Chaos {
    async fn claim_stream(
        &self,
        stream: &str,
        channel: Channel,
        version: u64,
        now: Timestamp,
        lease: SignedDuration,
    ) -> Result<Claim, StoreError> {
        self.turn().await;
        if self.without == Some(Guard::Claims) {
            return Ok(Claim::Granted { reference: None });
        }
        self.inner
            .claim_stream(stream, channel, version, now, lease)
            .await
    }

    async fn complete_stream(
        &self,
        stream: &str,
        channel: Channel,
        version: u64,
        reference: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.turn().await;
        self.inner
            .complete_stream(stream, channel, version, reference, now)
            .await
    }

    async fn release_stream(
        &self,
        stream: &str,
        channel: Channel,
        version: u64,
    ) -> Result<(), StoreError> {
        self.turn().await;
        self.inner.release_stream(stream, channel, version).await
    }
}
