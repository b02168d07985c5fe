//! The handle of a table.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::Client;

/// The sparse index of what is to be published.
pub(super) const INDEX: &str = "gsi1";
/// The sparse index of what is due: keys alone, never a state.
pub(super) const DUE_INDEX: &str = "gsi2";
/// The sparse index of lists: keys and summaries.
pub(super) const LIST_INDEX: &str = "gsi3";

/// A DynamoDB table. Clones share the client and count as one process.
#[derive(Clone, Debug)]
pub struct DynamoStore {
    pub(crate) client: Client,
    pub(crate) table: String,
    pub(super) claimant: Arc<Claimant>,
}

/// Tells our leases from those of another process that claims the same version,
/// and each of our claims from the others.
#[derive(Debug)]
pub(super) struct Claimant {
    process: String,
    claims: AtomicU64,
}

impl Claimant {
    fn new() -> Self {
        // The seed of a hash map is the one source of randomness in the standard
        // library; it has only to differ between processes.
        let process = RandomState::new().build_hasher().finish();
        Self {
            process: format!("{process:016x}."),
            claims: AtomicU64::new(0),
        }
    }

    /// What all our claims begin with.
    pub(super) fn process(&self) -> &str {
        &self.process
    }

    /// A name that no other claim has.
    pub(super) fn next_claim(&self) -> String {
        let claim = self.claims.fetch_add(1, Ordering::Relaxed);
        format!("{}{claim}", self.process)
    }
}

impl DynamoStore {
    /// The table of that name. Nothing is asked of it yet.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
            claimant: Arc::new(Claimant::new()),
        }
    }

    /// The same table as another process sees it: its leases are not ours.
    #[must_use]
    pub fn peer(&self) -> Self {
        Self::new(self.client.clone(), self.table.clone())
    }
}
