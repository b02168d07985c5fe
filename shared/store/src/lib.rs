//! What is remembered between two invocations: the states of incidents, groups and whatever else is
//! decided about, the notifications that are still to be published, and what has been delivered.
//!
//! The ports are narrow traits; [`DynamoStore`] is the table of `ARCHITECTURE.md`
//! and [`MemoryStore`] its twin. One suite (`conformance`) runs on both. This crate
//! decides nothing: it says who was first and lets the others know.

mod body;
#[cfg(feature = "conformance")]
pub mod conformance;
mod dynamo;
mod error;
mod memory;
mod port;
mod prepared;
mod record;

pub use dynamo::DynamoStore;
pub use error::StoreError;
pub use memory::{Fault, MemoryStore, Operation, StoredRecord};
pub use port::{Claim, DeliveryLog, Outbox, OutboxRef, Pending, PendingEntry, StreamLog, Version};
pub use record::{
    Check, ListPage, Listed, Listing, LoadedRecord, Note, NotePage, OutboxWrite, Page, RecordKey,
    RecordStore, Saved, SensorStates, StoredNote, Transaction, Write,
};
