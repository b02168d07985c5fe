//! The table of `ARCHITECTURE.md`: one module for each kind of item.

mod deliveries;
mod failure;
mod item;
mod outbox;
mod patience;
mod read;
mod records;
mod table;
mod transaction;

pub use table::DynamoStore;
