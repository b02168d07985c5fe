//! The engine itself, and how it reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use incident::{Policy, Record, RecordName, World};
use lambda_support::error::{Retryable, chain};
use store::{LoadedRecord, RecordKey, RecordStore, StoreError, Version};

use crate::clock::{Clock, Jitter, Patience};
use crate::names;

/// Decides what the world decides, on records of a store.
///
/// It keeps nothing in memory: any number of them may work on one table.
pub struct Engine<S, C> {
    pub(crate) store: S,
    pub(crate) policy: Arc<Policy>,
    pub(crate) clock: C,
    pub(crate) patience: Patience,
    pub(crate) jitter: Jitter,
}

/// A record as it was loaded.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub(crate) version: Version,
    pub(crate) record: Option<Record>,
    pub(crate) broken: Option<Broken>,
}

/// A record that is there and cannot be read.
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    pub(crate) fault: String,
    pub(crate) body: Option<String>,
}

/// What a decision is taken on.
pub(crate) type Copies = BTreeMap<RecordName, Loaded>;

impl<S, C> fmt::Debug for Engine<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

impl<S, C> Engine<S, C> {
    /// An engine on a store. Pauses after collisions are drawn from `seed`.
    #[must_use]
    pub fn new(
        store: S,
        policy: impl Into<Arc<Policy>>,
        clock: C,
        patience: Patience,
        seed: u64,
    ) -> Self {
        Self {
            store,
            policy: policy.into(),
            clock,
            patience,
            jitter: Jitter::new(seed),
        }
    }

    /// The store.
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// The clock.
    pub const fn clock(&self) -> &C {
        &self.clock
    }

    /// What decisions go by.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }
}

impl<S: RecordStore, C: Clock> Engine<S, C> {
    /// Asks the store until it answers or trying again cannot help.
    pub(crate) async fn insist<T, F>(
        &self,
        mut ask: impl FnMut() -> F + Send,
    ) -> Result<T, StoreError>
    where
        T: Send,
        F: Future<Output = Result<T, StoreError>> + Send,
    {
        let mut attempt = 1;
        loop {
            match ask().await {
                Err(error) if error.is_retryable() && attempt < self.patience.attempts => {
                    tracing::debug!(
                        attempt, stage = "load", error = %chain(&error), "reading again"
                    );
                }
                answer => return answer,
            }
            self.pause(attempt).await;
            attempt += 1;
        }
    }

    pub(crate) async fn pause(&self, attempt: u32) {
        let pause = self.jitter.pause(self.patience, attempt);
        self.clock.sleep(pause).await;
    }

    /// Reads records as they lie in the table.
    pub(crate) async fn load_raw(
        &self,
        keys: &[RecordKey],
    ) -> Result<BTreeMap<RecordKey, LoadedRecord>, StoreError> {
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.insist(|| self.store.load(keys)).await
    }

    /// Reads records of the world into `copies`.
    pub(crate) async fn load<'n>(
        &self,
        names: impl IntoIterator<Item = &'n RecordName> + Send,
        copies: &mut Copies,
    ) -> Result<(), StoreError> {
        let names: Vec<&RecordName> = names.into_iter().collect();
        let keys: Vec<RecordKey> = names.iter().map(|name| names::key_of(name)).collect();
        let mut found = self.load_raw(&keys).await?;
        for (name, key) in names.into_iter().zip(keys) {
            let raw = found.remove(&key).unwrap_or_default();
            copies.insert(name.clone(), Loaded::of(name, raw));
        }
        Ok(())
    }

    /// The world of what was loaded.
    pub(crate) fn world(&self, copies: &Copies) -> World {
        let records = copies
            .iter()
            .map(|(name, copy)| (name.clone(), copy.record.clone()));
        let mut world = World::part(Arc::clone(&self.policy), records);
        for (name, copy) in copies {
            if copy.broken.is_some() {
                world.begin_anew(name, copy.version.0);
            }
        }
        world
    }

    /// What is known about one record of the world.
    pub(crate) async fn record(&self, name: &RecordName) -> Result<Loaded, StoreError> {
        let mut copies = Copies::new();
        self.load(&BTreeSet::from([name.clone()]), &mut copies)
            .await?;
        Ok(copies.remove(name).unwrap_or_else(Loaded::nothing))
    }
}

impl Loaded {
    const fn nothing() -> Self {
        Self {
            version: Version::NONE,
            record: None,
            broken: None,
        }
    }

    pub(crate) fn of(name: &RecordName, raw: LoadedRecord) -> Self {
        let LoadedRecord {
            version,
            body,
            fault,
        } = raw;
        let broken = |fault: String, body: Option<String>| {
            tracing::error!(
                record = %names::key_of(name), version = version.0, stage = "load", error = fault,
                "a record cannot be read: it is kept as a note and begun anew when it changes"
            );
            Self {
                version,
                record: None,
                broken: Some(Broken { fault, body }),
            }
        };
        match (body, fault) {
            (body, Some(fault)) => broken(fault, body),
            (None, None) => Self {
                version,
                record: None,
                broken: None,
            },
            (Some(body), None) => match names::read(name, &body, version.0) {
                Ok(record) => Self {
                    version,
                    record: Some(record),
                    broken: None,
                },
                Err(error) => broken(error.to_string(), Some(body)),
            },
        }
    }
}
