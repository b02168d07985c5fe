//! The table on a bad day: it stumbles, loses answers, and lets others take turns before and after
//! each operation, where a function can die.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use incident::Notification;
use jiff::{SignedDuration, Timestamp};
use store::{
    Fault, ListPage, LoadedRecord, MemoryStore, NotePage, Outbox, OutboxRef, OutboxWrite, Page,
    Pending, RecordKey, RecordStore, StoreError, Transaction, Version, Write,
};

use crate::guard::Guard;
use crate::plan::Faults;
use crate::runtime::{Shared, step};
use crate::witness::Witness;

/// A function whose processor is taken away waits at most so many milliseconds for it.
const STALL: u64 = 3_000;

/// The table on a bad day.
#[derive(Clone, Debug)]
pub(crate) struct Chaos {
    inner: MemoryStore,
    shared: Shared,
    faults: Arc<Mutex<Faults>>,
    without: Option<Guard>,
    witness: Arc<Mutex<Witness>>,
    /// Which function asks.
    by: u64,
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
            by: 0,
        }
    }

    /// The same table as another function sees it.
    pub(crate) fn seen_by(&self, function: u64) -> Self {
        Self {
            by: function,
            ..self.clone()
        }
    }

    /// The table as it is.
    pub(crate) const fn table(&self) -> &MemoryStore {
        &self.inner
    }

    /// The table after the others have had a turn: it may fail now. For what is not asked of a [`RecordStore`].
    pub(crate) async fn later(&self) -> &MemoryStore {
        self.turn().await;
        &self.inner
    }

    fn faults(&self) -> Faults {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn witness(&self) -> MutexGuard<'_, Witness> {
        self.witness.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The table takes its time, and perhaps makes the next operation fail.
    async fn turn(&self) {
        step().await;
        let faults = self.faults();
        let most = if self.shared.chance(faults.stall) {
            STALL
        } else {
            u64::from(faults.latency)
        };
        self.shared.wait(self.shared.below(most)).await;
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

    /// The current versions of what is written.
    fn versions(&self, writes: &[Write<'_>]) -> Vec<Version> {
        let known: BTreeMap<RecordKey, Version> = self
            .inner
            .records()
            .filter(|(key, _)| writes.iter().any(|write| write.key == key))
            .map(|(key, record)| (key, record.version))
            .collect();
        let version = |write: &Write<'_>| known.get(write.key).copied();
        let versions = writes.iter().map(version);
        versions.map(|v| v.unwrap_or(Version::NONE)).collect()
    }

    async fn write(&self, transaction: Transaction<'_>) -> Result<(), StoreError> {
        let is_step = || transaction.outbox.iter().any(is_step);
        let (compares, checks) = match self.without {
            Some(Guard::CompareAndSet) => (false, false),
            Some(Guard::GroupOfStep) => (!is_step(), true),
            Some(Guard::GroupAndIncidentOfStep) => (!is_step(), !is_step()),
            Some(Guard::Checks) => (true, false),
            Some(
                Guard::OutboxInTransaction
                | Guard::OutboxSweep
                | Guard::TimerSweep
                | Guard::DeleteAfterWork
                | Guard::DeadLetters
                | Guard::Claims
                | Guard::Duplicates,
            )
            | None => (true, true),
        };
        let mut writes = transaction.writes.to_vec();
        if !compares {
            let now = self.versions(&writes);
            for (write, version) in writes.iter_mut().zip(now) {
                write.expected = version;
            }
        }
        let transaction = Transaction {
            writes: &writes,
            checks: if checks { transaction.checks } else { &[] },
            ..transaction
        };
        if self.without == Some(Guard::OutboxInTransaction) && !transaction.outbox.is_empty() {
            let state = Transaction {
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
        self.inner.commit(transaction).await
    }

    /// Whether a write took place, whatever its answer is.
    fn took_place(&self, had: &[Version], writes: &[Write<'_>]) -> bool {
        had != self.versions(writes)
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
        .is_ok_and(|notification| notification.step.is_some())
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
        let may_lose =
            self.faults().lost_answer > 0 || self.without == Some(Guard::OutboxInTransaction);
        let had = may_lose.then(|| self.versions(transaction.writes));
        let written = self.write(transaction).await;
        if written.is_ok() || had.is_some_and(|had| self.took_place(&had, transaction.writes)) {
            let at = self.shared.now();
            let acknowledged = |step: &Notification| self.acknowledged(step, at);
            self.witness()
                .write(&transaction, self.by, at, acknowledged);
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
