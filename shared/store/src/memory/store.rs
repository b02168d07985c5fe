//! The table itself, and how an operation on it is carried out or fails.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use settings::Channel;

use super::deliveries::Delivery;
use super::faults::{Fault, Faults, Operation};
use crate::body::Body;
use crate::error::StoreError;
use crate::port::Version;
use crate::prepared::PreparedEntry;
use crate::record::{PreparedListing, RecordKey};

/// A table in memory. Clones share it, as the calls of one process share a client;
/// [`MemoryStore::snapshot`] makes one of its own.
///
/// It waits for nothing, has no clock and no order of its own making: the same calls give
/// the same answers.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    /// The inner count makes a snapshot cheap: who writes next makes the copy.
    data: Arc<Mutex<Arc<Data>>>,
    pub(super) owner: u64,
}

/// What the table holds. Items are shared with snapshots.
#[derive(Clone, Debug, Default)]
pub(super) struct Data {
    pub(super) records: BTreeMap<RecordKey, Arc<Record>>,
    /// By partition and sort key.
    pub(super) outbox: BTreeMap<(String, String), Arc<PreparedEntry>>,
    /// By partition and sort key.
    pub(super) notes: BTreeMap<(String, String), Arc<Kept>>,
    /// By partition.
    pub(super) texts: BTreeMap<String, Arc<Kept>>,
    /// By stream.
    pub(super) deliveries: BTreeMap<(String, Channel), Delivery>,
    pub(super) faults: Faults,
    owners: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) version: Version,
    pub(super) body: Body,
    pub(super) due: Option<String>,
    pub(super) listing: Option<PreparedListing>,
    pub(super) expires_at: Option<i64>,
}

/// A document without a version.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) body: Body,
    pub(super) expires_at: Option<i64>,
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

    /// Another table with the same content, faults included. What is written to one is not in the other.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        Self {
            data: Arc::new(Mutex::new(self.now())),
            owner: self.owner,
        }
    }

    /// Lets the next `times` operations fail; with an operation, only that kind counts.
    /// Faults are used up in the order in which they were asked for.
    pub fn inject(&self, fault: Fault, operation: Option<Operation>, times: usize) {
        self.with(|data| data.faults.add(operation, fault, times));
    }

    /// Lets one operation fail, whichever it is, after so many others. With
    /// [`MemoryStore::operations`], a simulation can break off at each step of its work in turn.
    pub fn inject_after(&self, operations: u64, fault: Fault) {
        self.with(|data| data.faults.add_after(operations, fault));
    }

    /// Lets the next `times` operations, whichever they are, go unanswered and undone.
    pub fn fail_next(&self, times: usize) {
        self.inject(Fault::Unavailable, None, times);
    }

    /// Forgets the faults that have not happened.
    pub fn clear_faults(&self) {
        self.with(|data| data.faults.clear());
    }

    /// How many operations were asked for so far, those that failed included.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.now().faults.count
    }

    /// What the table holds now.
    pub(super) fn now(&self) -> Arc<Data> {
        Arc::clone(&self.data.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Data) -> T) -> T {
        // A test that panicked elsewhere leaves whole items behind: each is written at once.
        let mut data = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        work(Arc::make_mut(&mut data))
    }

    /// Does the work unless a fault prevents it; the lock is held all the time, as one request is atomic.
    pub(super) fn perform<T>(
        &self,
        operation: Operation,
        work: impl FnOnce(&mut Data) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let name = operation.as_str();
        let lost = || StoreError::Unavailable {
            operation: name,
            source: "a fault was injected".into(),
        };
        self.with(|data| match data.faults.of(operation) {
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
    pub(super) fn version(&self, key: &RecordKey) -> Version {
        self.records
            .get(key)
            .map_or(Version::NONE, |record| record.version)
    }
}
