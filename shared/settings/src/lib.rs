//! `monitoring.yaml` as validated types, its faults with their places, and its JSON schema.
//!
//! This crate is pure: it reads no file, no clock and no environment.

mod channel;
mod priority;

pub use channel::{Channel, UnknownChannel};
pub use priority::{Priority, UnknownPriority};
