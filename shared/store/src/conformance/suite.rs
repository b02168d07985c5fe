//! The list of cases and how they are run.

use std::fmt;

use super::check::Failure;
use super::{
    deliveries, incidents, limits, lists, notes, once, outbox, records, sensors, timers,
    transactions,
};
use crate::dynamo::DynamoStore;
use crate::memory::MemoryStore;
use crate::port::{Outbox, StreamLog};
use crate::record::{RecordKey, RecordStore};

/// What the suite runs on.
pub trait Subject: RecordStore + Outbox + StreamLog + Clone + 'static {
    /// The same table as another process sees it.
    fn peer(&self) -> Self;

    /// Makes the body of a record that is there unreadable and leaves its version.
    fn break_record(&self, key: &RecordKey) -> impl Future<Output = Result<(), Failure>> + Send;
}

impl Subject for MemoryStore {
    fn peer(&self) -> Self {
        Self::peer(self)
    }

    async fn break_record(&self, key: &RecordKey) -> Result<(), Failure> {
        Self::break_record(self, key);
        Ok(())
    }
}

impl Subject for DynamoStore {
    fn peer(&self) -> Self {
        Self::peer(self)
    }

    async fn break_record(&self, key: &RecordKey) -> Result<(), Failure> {
        Self::break_record(self, key).await
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
                // Boxed, or this future would have room for all the cases at once.
                Ok(store) => Box::pin($module::$case(store)).await,
                Err(failure) => Err(failure),
            };
            report.0.push((stringify!($case), result));
        )*};
    }
    run!(
        incidents::a_created_state_is_loaded_again,
        incidents::a_stale_version_conflicts,
        incidents::a_key_is_created_once,
        incidents::of_racing_commits_exactly_one_wins,
        incidents::of_racing_transactions_exactly_one_wins,
        incidents::a_large_state_comes_back_the_same,
        incidents::a_repeated_commit_finds_its_own_work,
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
        deliveries::a_stream_of_an_incident_is_the_incidents,
        records::what_is_not_there_is_loaded_as_nothing,
        records::records_of_each_kind_are_told_apart,
        records::many_records_are_loaded_at_once,
        records::large_bodies_come_back_the_same,
        records::an_unreadable_record_does_not_fail_its_neighbours,
        transactions::all_is_written_or_nothing,
        transactions::a_transaction_fails_for_any_of_its_records,
        transactions::nothing_is_written_unless_the_checks_hold,
        transactions::of_racing_creations_exactly_one_wins,
        transactions::no_increment_of_two_records_is_lost,
        transactions::a_repeated_transaction_finds_its_own_work,
        transactions::an_entry_belongs_to_its_record,
        limits::nothing_to_write_is_no_error,
        limits::a_transaction_holds_a_hundred_items,
        limits::a_transaction_that_is_too_large_is_refused,
        limits::an_item_that_is_too_large_is_refused,
        limits::an_item_is_named_once,
        limits::names_have_limits,
        timers::what_is_due_comes_earliest_first,
        timers::a_timer_rings_no_earlier_than_it_should,
        timers::a_write_moves_or_ends_the_timer,
        timers::records_with_long_names_are_due_too,
        lists::a_list_is_read_greatest_first,
        lists::a_list_is_read_page_by_page,
        lists::a_write_moves_the_record_to_another_list,
        lists::a_cursor_of_nowhere_is_refused,
        notes::notes_are_read_in_their_order,
        notes::a_note_is_written_once,
        notes::notes_are_read_page_by_page,
        once::a_request_is_new_once,
        once::of_racing_requests_exactly_one_is_new,
        once::a_request_is_remembered_with_its_work,
        once::a_text_is_kept_until_another_is_put,
        sensors::a_sensor_remembers_in_parts,
        sensors::a_stale_sensor_is_told_so,
        sensors::of_racing_sensors_exactly_one_saves,
    );
    report
}
