//! Attacks, found in what the logs tell: security events go in, findings come out.
//!
//! This crate is pure: it reads no clock, no environment and no log. Rules about logs say which
//! line is which event; who keeps the state and who publishes the findings is decided elsewhere.

mod event;

pub use event::SecurityEvent;
pub use settings::{SecurityEventKind as EventKind, SecurityField as EventField};
