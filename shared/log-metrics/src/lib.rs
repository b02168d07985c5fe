//! Logs become metrics, findings and security events, by the rules of `logs:` in the configuration.
//!
//! A delivery of CloudWatch Logs goes in, and out come points ([`emf`] writes them as lines that CloudWatch turns into
//! metrics), findings, security events and a [`State`] to be merged into what is remembered. No line can stop it: what
//! is of no known form is plain text, what is broken is counted, and its neighbours are read.
//!
//! This crate is pure: it reads no clock, no environment and no network, and decides nothing about where state is kept.

pub mod advice;
mod batch;
pub mod emf;
mod envelope;
mod explain;
mod fields;
mod finding;
mod payload;
mod program;
mod record;
mod series;
mod sketch;
mod state;
mod time;

pub use batch::{Batch, Counts, Delivery, Line, Observer, Outcome};
pub use explain::{Explanation, Verdict, explain};
pub use finding::{Finding, KIND, Measurement, SOURCE};
pub use payload::Fault;
pub use program::{InvalidProgram, Program};
pub use series::{Data, OTHER, Point};
pub use sketch::Sketch;
pub use state::{Memory, Seen, State, memory_part};
pub use time::written_at;
