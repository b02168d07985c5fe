//! Tables that behave as a table in memory does not: others come in between, one key is down.

use std::collections::HashMap;

use incident::IncidentState;
use jiff::Timestamp;
use store::{
    Commit, Fault, IncidentStore, Loaded, MemoryStore, Operation, Outbox, OutboxRef, PendingEntry,
    StoreError, Version,
};

use super::{Bench, Topic};
use crate::Handler;

/// A table that lets others in between reading and writing, as a network does.
#[derive(Clone, Debug)]
pub(super) struct Racing(pub(super) MemoryStore);

pub(super) fn racing(bench: &Bench) -> Handler<Racing, Topic> {
    Handler {
        store: Racing(bench.store.clone()),
        publisher: bench.publisher.clone(),
        rules: bench.rules.clone(),
        clock: bench.clock,
        patience: bench.patience,
    }
}

impl IncidentStore<IncidentState> for Racing {
    async fn load(
        &self,
        keys: &[&str],
    ) -> Result<HashMap<String, Loaded<IncidentState>>, StoreError> {
        let loaded = self.0.load(keys).await;
        tokio::task::yield_now().await;
        loaded
    }

    async fn commit(&self, commit: Commit<'_, IncidentState>) -> Result<Version, StoreError> {
        self.0.commit(commit).await
    }
}

impl Outbox for Racing {
    async fn pending(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<PendingEntry>, StoreError> {
        self.0.pending(before, limit).await
    }

    async fn remove(&self, entries: &[OutboxRef]) -> Result<(), StoreError> {
        self.0.remove(entries).await
    }
}

/// A table in which one key cannot be written.
#[derive(Clone, Debug)]
pub(super) struct OneKeyDown(pub(super) &'static str, pub(super) MemoryStore);

impl IncidentStore<IncidentState> for OneKeyDown {
    async fn load(
        &self,
        keys: &[&str],
    ) -> Result<HashMap<String, Loaded<IncidentState>>, StoreError> {
        self.1.load(keys).await
    }

    async fn commit(&self, commit: Commit<'_, IncidentState>) -> Result<Version, StoreError> {
        if commit.key == self.0 {
            self.1
                .inject(Fault::Unavailable, Some(Operation::Commit), 1);
        }
        self.1.commit(commit).await
    }
}

impl Outbox for OneKeyDown {
    async fn pending(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<PendingEntry>, StoreError> {
        self.1.pending(before, limit).await
    }

    async fn remove(&self, entries: &[OutboxRef]) -> Result<(), StoreError> {
        self.1.remove(entries).await
    }
}
