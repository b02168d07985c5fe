//! The twin of the table in memory, with faults on demand: for tests and simulations.

mod deliveries;
mod faults;
mod inspect;
mod outbox;
mod records;
mod store;

pub use faults::{Fault, Operation};
pub use inspect::StoredRecord;
pub use store::MemoryStore;
