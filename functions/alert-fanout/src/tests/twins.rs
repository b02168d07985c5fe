//! Tables that behave as a table in memory does not: others come in between, one key is down.

use std::collections::HashMap;

use incident::{IncidentKey, IncidentState};
use jiff::Timestamp;
use store::{
    Commit, Fault, IncidentStore, Loaded, MemoryStore, Operation, Outbox, OutboxRef, Pending,
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

async fn open_keys(store: &MemoryStore, limit: usize) -> Result<Vec<String>, StoreError> {
    IncidentStore::<IncidentState>::open_keys(store, limit).await
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

    async fn open_keys(&self, limit: usize) -> Result<Vec<String>, StoreError> {
        open_keys(&self.0, limit).await
    }
}

impl Outbox for Racing {
    async fn pending(&self, before: Timestamp, limit: usize) -> Result<Pending, StoreError> {
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

    async fn open_keys(&self, limit: usize) -> Result<Vec<String>, StoreError> {
        open_keys(&self.1, limit).await
    }
}

impl Outbox for OneKeyDown {
    async fn pending(&self, before: Timestamp, limit: usize) -> Result<Pending, StoreError> {
        self.1.pending(before, limit).await
    }

    async fn remove(&self, entries: &[OutboxRef]) -> Result<(), StoreError> {
        self.1.remove(entries).await
    }
}

/// A table that answers nothing when it is asked to read.
#[derive(Clone, Debug)]
pub(super) struct Silent(pub(super) MemoryStore);

impl IncidentStore<IncidentState> for Silent {
    async fn load(&self, _: &[&str]) -> Result<HashMap<String, Loaded<IncidentState>>, StoreError> {
        std::future::pending().await
    }

    async fn commit(&self, commit: Commit<'_, IncidentState>) -> Result<Version, StoreError> {
        self.0.commit(commit).await
    }

    async fn open_keys(&self, limit: usize) -> Result<Vec<String>, StoreError> {
        open_keys(&self.0, limit).await
    }
}

impl Outbox for Silent {
    async fn pending(&self, _: Timestamp, _: usize) -> Result<Pending, StoreError> {
        std::future::pending().await
    }

    async fn remove(&self, entries: &[OutboxRef]) -> Result<(), StoreError> {
        self.0.remove(entries).await
    }
}

/// A table that conflicts once, and then cannot be read three times.
#[derive(Clone, Debug)]
pub(super) struct Stumbling(pub(super) MemoryStore);

impl IncidentStore<IncidentState> for Stumbling {
    async fn load(
        &self,
        keys: &[&str],
    ) -> Result<HashMap<String, Loaded<IncidentState>>, StoreError> {
        self.0.load(keys).await
    }

    async fn commit(&self, commit: Commit<'_, IncidentState>) -> Result<Version, StoreError> {
        let key = commit.key.to_owned();
        // Written by somebody else, who decided nothing.
        if commit.expected == Version::NONE {
            let quiet = IncidentState::new(IncidentKey::try_new(&key).unwrap());
            let theirs = Commit {
                state: &quiet,
                outbox: &[],
                ..commit
            };
            self.0.commit(theirs).await?;
            self.0.inject(Fault::Unavailable, Some(Operation::Load), 3);
            return Err(StoreError::Conflict { key });
        }
        self.0.commit(commit).await
    }

    async fn open_keys(&self, limit: usize) -> Result<Vec<String>, StoreError> {
        open_keys(&self.0, limit).await
    }
}

impl Outbox for Stumbling {
    async fn pending(&self, before: Timestamp, limit: usize) -> Result<Pending, StoreError> {
        self.0.pending(before, limit).await
    }

    async fn remove(&self, entries: &[OutboxRef]) -> Result<(), StoreError> {
        self.0.remove(entries).await
    }
}
