//! The twin of the table in memory, with faults on demand: for tests and simulations.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use incident::IncidentId;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use settings::Channel;

use crate::body::Body;
use crate::error::StoreError;
use crate::port::{
    Claim, Commit, DeliveryLog, IncidentStore, Loaded, Outbox, OutboxRef, Pending, PendingEntry,
    Version,
};
use crate::prepared::{
    Prepared, PreparedEntry, entry_key, id_of, key_of, lease_end, loaded, partition, sortable,
};

/// What can be made to fail.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Operation {
    /// [`IncidentStore::load`].
    Load,
    /// [`IncidentStore::commit`].
    Commit,
    /// [`IncidentStore::open_keys`].
    OpenKeys,
    /// [`Outbox::pending`].
    Pending,
    /// [`Outbox::remove`].
    Remove,
    /// [`DeliveryLog::claim`].
    Claim,
    /// [`DeliveryLog::complete`].
    Complete,
    /// [`DeliveryLog::release`].
    Release,
}

impl Operation {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Commit => "commit",
            Self::OpenKeys => "open_keys",
            Self::Pending => "pending",
            Self::Remove => "remove",
            Self::Claim => "claim",
            Self::Complete => "complete",
            Self::Release => "release",
        }
    }
}

/// How an operation fails.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Fault {
    /// Nothing happens, and the caller hears that there was no answer.
    Unavailable,
    /// Nothing happens, and the caller is asked to come back later.
    Throttled,
    /// It happens, and the caller hears that there was no answer.
    AnswerLost,
}

/// A table in memory. Clones share it, as the calls of one process share a client.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    data: Arc<Mutex<Data>>,
    owner: u64,
}

#[derive(Debug, Default)]
struct Data {
    states: HashMap<String, State>,
    outbox: BTreeMap<(String, String), PreparedEntry>,
    deliveries: BTreeMap<(IncidentId, Channel), Delivery>,
    faults: VecDeque<(Option<Operation>, Fault)>,
    owners: u64,
}

#[derive(Debug)]
struct State {
    version: Version,
    body: Body,
    open: Option<String>,
}

#[derive(Debug, Default)]
struct Delivery {
    delivered: Option<u64>,
    lease: Option<Lease>,
    reference: Option<String>,
}

#[derive(Debug)]
struct Lease {
    version: u64,
    owner: u64,
    until: Timestamp,
}

impl MemoryStore {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same table as another process sees it: its leases are not ours.
    #[must_use]
    pub fn peer(&self) -> Self {
        let owner = self.with(|data| {
            data.owners += 1;
            data.owners
        });
        Self {
            data: Arc::clone(&self.data),
            owner,
        }
    }

    /// Lets the next `times` operations fail; with an operation, only that kind counts.
    /// Faults are used up in the order in which they were asked for.
    pub fn inject(&self, fault: Fault, operation: Option<Operation>, times: usize) {
        self.with(|data| data.faults.extend(vec![(operation, fault); times]));
    }

    /// Breaks every entry of the outbox, as nobody but a person at the console could.
    pub fn break_outbox(&self) {
        self.with(|data| {
            for entry in data.outbox.values_mut() {
                entry.body = Body::Deflated(vec![0xff]);
            }
        });
    }

    /// Lets the next `times` operations, whichever they are, go unanswered and undone.
    pub fn fail_next(&self, times: usize) {
        self.inject(Fault::Unavailable, None, times);
    }

    fn with<T>(&self, work: impl FnOnce(&mut Data) -> T) -> T {
        // A test that panicked elsewhere leaves whole items behind: each is written at once.
        work(&mut self.data.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does the work unless a fault prevents it; the lock is held all the time, as one request is atomic.
    fn perform<T>(
        &self,
        operation: Operation,
        work: impl FnOnce(&mut Data) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let name = operation.as_str();
        let lost = || StoreError::Unavailable {
            operation: name,
            source: "a fault was injected".into(),
        };
        self.with(|data| match data.fault_of(operation) {
            None => work(data),
            Some(Fault::Unavailable) => Err(lost()),
            Some(Fault::Throttled) => Err(StoreError::Throttled {
                operation: name,
                source: None,
            }),
            Some(Fault::AnswerLost) => work(data).and_then(|_| Err(lost())),
        })
    }
}

impl Data {
    fn fault_of(&mut self, operation: Operation) -> Option<Fault> {
        let hits = |(only, _): &(Option<Operation>, Fault)| only.is_none_or(|o| o == operation);
        let at = self.faults.iter().position(hits)?;
        self.faults.remove(at).map(|(_, fault)| fault)
    }

    fn write(&mut self, commit: Prepared) -> Result<Version, StoreError> {
        let current = self.states.get(&commit.partition);
        if current.map_or(Version::NONE, |state| state.version) != commit.expected {
            return Err(commit.conflict());
        }
        let Prepared {
            partition,
            version,
            body,
            open,
            entries,
            ..
        } = commit;
        for entry in entries {
            let key = (partition.clone(), entry.sort_key.clone());
            self.outbox.insert(key, entry);
        }
        let state = State {
            version,
            body,
            open,
        };
        self.states.insert(partition, state);
        Ok(version)
    }
}

impl<S: Serialize + DeserializeOwned + Send + Sync> IncidentStore<S> for MemoryStore {
    async fn load(&self, keys: &[&str]) -> Result<HashMap<String, Loaded<S>>, StoreError> {
        self.perform(Operation::Load, |data| {
            let of_key = |key: &&str| {
                let state = data.states.get(&partition(key)?);
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
        self.perform(Operation::Commit, |data| data.write(prepared))
    }

    async fn open_keys(&self, limit: usize) -> Result<Vec<String>, StoreError> {
        self.perform(Operation::OpenKeys, |data| {
            let open = data.states.values().filter_map(|state| state.open.clone());
            let mut keys: Vec<String> = open.collect();
            keys.sort_unstable();
            keys.truncate(limit);
            Ok(keys)
        })
    }
}

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
                let key = (partition(&entry.key)?, entry_key(&entry.id)?);
                data.outbox.remove(&key);
            }
            Ok(())
        })
    }
}

fn pending_entry(
    ((partition, sort_key), entry): (&(String, String), &PreparedEntry),
) -> Option<PendingEntry> {
    Some(PendingEntry {
        reference: OutboxRef {
            key: key_of(partition)?.to_owned(),
            id: id_of(sort_key)?.to_owned(),
        },
        body: entry.body.clone().unpack().ok()?,
        written_at: entry.written_at.parse().ok()?,
    })
}

impl DeliveryLog for MemoryStore {
    async fn claim(
        &self,
        incident: &IncidentId,
        channel: Channel,
        version: u64,
        now: Timestamp,
        lease: SignedDuration,
    ) -> Result<Claim, StoreError> {
        self.perform(Operation::Claim, |data| {
            let delivery = data
                .deliveries
                .entry((incident.clone(), channel))
                .or_default();
            if let Some(delivered) = delivery.delivered.filter(|d| *d >= version) {
                return Ok(if delivered == version {
                    Claim::AlreadyDelivered
                } else {
                    Claim::Superseded { by: delivered }
                });
            }
            if let Some(other) = delivery.lease.as_ref().filter(|other| other.until > now) {
                return Ok(Claim::InProgress { until: other.until });
            }
            delivery.lease = Some(Lease {
                version,
                owner: self.owner,
                until: lease_end(now, lease),
            });
            Ok(Claim::Granted {
                reference: delivery.reference.clone(),
            })
        })
    }

    async fn complete(
        &self,
        incident: &IncidentId,
        channel: Channel,
        version: u64,
        reference: Option<&str>,
        _now: Timestamp,
    ) -> Result<(), StoreError> {
        self.perform(Operation::Complete, |data| {
            let delivery = data
                .deliveries
                .entry((incident.clone(), channel))
                .or_default();
            if delivery
                .delivered
                .is_none_or(|delivered| delivered < version)
            {
                delivery.delivered = Some(version);
                if let Some(reference) = reference {
                    delivery.reference = Some(reference.to_owned());
                }
            }
            delivery.give_back(version, self.owner);
            Ok(())
        })
    }

    async fn release(
        &self,
        incident: &IncidentId,
        channel: Channel,
        version: u64,
    ) -> Result<(), StoreError> {
        self.perform(Operation::Release, |data| {
            if let Some(delivery) = data.deliveries.get_mut(&(incident.clone(), channel)) {
                delivery.give_back(version, self.owner);
            }
            Ok(())
        })
    }
}

impl Delivery {
    fn give_back(&mut self, version: u64, owner: u64) {
        let ours = |lease: &mut Lease| lease.version == version && lease.owner == owner;
        self.lease.take_if(ours);
    }
}
