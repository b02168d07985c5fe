//! Attacks, found in what the logs tell: security events go in, findings come out.
//!
//! ```text
//! log lines ─► rules ─► SecurityEvent ─► shards_of ─► observe(State, events, now, Config) ─► Finding
//! ```
//! This crate is pure: it reads no clock, no environment and no log. Rules about logs say which
//! line is which event; who keeps the state and who publishes the findings is decided elsewhere.
//!
//! The state is divided by subject (account, address, network, device, card), so that a batch of events
//! rewrites a few small records and not one large one, and two functions at once seldom meet at the same. Each
//! shard is bounded: docs/security.md has the figures and what is forgotten first.

mod calm;
mod config;
mod event;
mod finding;
mod judge;
mod observe;
mod profile;
mod share;
mod state;
mod subject;
mod track;

pub use config::{Config, SubjectKey};
pub use event::SecurityEvent;
pub use finding::{SOURCE, kind};
pub use observe::{observe, shards_of};
pub use settings::{Detector, SecurityEventKind as EventKind, SecurityField as EventField};
pub use state::{Counters, InvalidState, State};
pub use subject::Dimension;
