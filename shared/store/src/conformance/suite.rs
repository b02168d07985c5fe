//! The list of cases and how they are run.

use std::fmt;

use super::check::{Failure, Probe};
use super::{deliveries, incidents, outbox};
use crate::dynamo::DynamoStore;
use crate::memory::MemoryStore;
use crate::port::{DeliveryLog, IncidentStore, Outbox};

/// What the suite runs on.
pub trait Subject:
    IncidentStore<Probe> + Outbox + DeliveryLog + Clone + Send + Sync + 'static
{
    /// The same table as another process sees it.
    fn peer(&self) -> Self;
}

impl Subject for MemoryStore {
    fn peer(&self) -> Self {
        Self::peer(self)
    }
}

impl Subject for DynamoStore {
    fn peer(&self) -> Self {
        Self::peer(self)
    }
}

/// What held and what did not.
#[derive(Debug, Default)]
pub struct Report(Vec<(&'static str, Result<(), Failure>)>);

impl Report {
    /// How many cases were run.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every case holds.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.0.iter().all(|(_, result)| result.is_ok())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, result) in &self.0 {
            match result {
                Ok(()) => writeln!(f, "ok      {name}")?,
                Err(failure) => writeln!(f, "FAILED  {name}: {failure}")?,
            }
        }
        Ok(())
    }
}

/// Runs every case, each on an empty store of its own.
pub async fn run_all<T, F, Fut>(store: F) -> Report
where
    T: Subject,
    F: Fn() -> Fut,
    Fut: Future<Output = Result<T, Failure>>,
{
    let mut report = Report::default();
    macro_rules! run {
        ($($module:ident::$case:ident),* $(,)?) => {$(
            let result = match store().await {
                Ok(store) => $module::$case(store).await,
                Err(failure) => Err(failure),
            };
            report.0.push((stringify!($case), result));
        )*};
    }
    run!(
        incidents::a_missing_key_is_loaded_as_nothing,
        incidents::a_created_state_is_loaded_again,
        incidents::a_stale_version_conflicts,
        incidents::a_key_is_created_once,
        incidents::of_racing_commits_exactly_one_wins,
        incidents::of_racing_transactions_exactly_one_wins,
        incidents::a_large_state_comes_back_the_same,
        incidents::many_keys_are_loaded_at_once,
        incidents::a_repeated_commit_finds_its_own_work,
        incidents::open_keys_are_those_whose_last_commit_was_open,
        outbox::entries_are_written_with_the_state,
        outbox::a_failed_condition_writes_no_entry,
        outbox::pending_is_bounded_by_age_and_number,
        outbox::removed_entries_are_gone,
        deliveries::a_delivery_is_granted_and_then_done,
        deliveries::a_second_claim_waits_for_the_first,
        deliveries::a_lease_that_ended_is_taken_over,
        deliveries::an_older_version_is_superseded,
        deliveries::a_reference_is_kept,
        deliveries::a_released_lease_is_free,
        deliveries::a_lease_that_was_taken_over_is_not_ours,
        deliveries::a_late_delivery_is_noted,
        deliveries::channels_and_incidents_do_not_mix,
        deliveries::of_racing_claims_exactly_one_is_granted,
    );
    report
}
