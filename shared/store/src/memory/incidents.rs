//! The states of incidents, one at a time.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::faults::Operation;
use super::store::{Data, MemoryStore, Record};
use crate::error::StoreError;
use crate::port::{Commit, IncidentStore, Loaded, Version};
use crate::prepared::{Prepared, loaded, partition};
use crate::record::RecordKey;

impl<S: Serialize + DeserializeOwned + Send + Sync> IncidentStore<S> for MemoryStore {
    async fn load(&self, keys: &[&str]) -> Result<HashMap<String, Loaded<S>>, StoreError> {
        self.perform(Operation::Load, |data| {
            let of_key = |key: &&str| {
                partition(key)?;
                let state = data.records.get(&RecordKey::Incident((*key).into()));
                let found = state.map_or_else(Loaded::nothing, |state| {
                    loaded(state.version, Some(state.body.clone()))
                });
                Ok(((*key).to_owned(), found))
            };
            keys.iter().map(of_key).collect()
        })
    }

    async fn commit(&self, commit: Commit<'_, S>) -> Result<Version, StoreError> {
        let prepared = Prepared::new(commit)?;
        self.perform(Operation::Commit, |data| write(data, prepared))
    }

    async fn open_keys(&self, limit: usize) -> Result<Vec<String>, StoreError> {
        self.perform(Operation::OpenKeys, |data| {
            let open = data.records.values().filter_map(|state| state.open.clone());
            let mut keys: Vec<String> = open.collect();
            keys.sort_unstable();
            keys.truncate(limit);
            Ok(keys)
        })
    }
}

fn write(data: &mut Data, commit: Prepared) -> Result<Version, StoreError> {
    let key = RecordKey::Incident(commit.key.as_str().into());
    if data.version(&key) != commit.expected {
        return Err(commit.conflict());
    }
    let version = commit.version;
    for entry in commit.entries {
        let place = (commit.partition.clone(), entry.sort_key.clone());
        data.outbox.insert(place, Arc::new(entry));
    }
    let record = Record {
        version,
        body: commit.body,
        open: commit.open,
        due: None,
        listing: None,
        expires_at: commit.expires_at,
    };
    data.records.insert(key, Arc::new(record));
    Ok(version)
}
