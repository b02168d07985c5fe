//! The suite that every twin of the store has to pass.
//!
//! It panics nowhere and prints nothing: a [`Report`] says what held, so that a
//! test, a simulation and a smoke test of a deployed table can use it alike.

mod check;
mod deliveries;
mod incidents;
mod limits;
mod lists;
mod notes;
mod once;
mod outbox;
mod records;
mod sensors;
mod suite;
mod table;
mod timers;
mod transactions;

pub use check::Failure;
pub use suite::{Report, Subject, run_all};
pub use table::create_table;
