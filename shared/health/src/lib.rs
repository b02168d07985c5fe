//! What probes answered → how things are, and what people have to hear of it.
//!
//! [`decide`] judges answers, remembers them, and says what to tell: failures must repeat, recoveries too; what
//! a dependency explains is told once; what could not be asked is unknown, and never well. Pure: no AWS, no
//! clock, no randomness. Probes are asked, states stored and findings published elsewhere.

mod catalogue;
mod decide;
mod document;
mod due;
mod explain;
mod fault;
mod finding;
mod judge;
mod memory;
mod result;
mod state;

#[cfg(test)]
mod tests;

pub use catalogue::{Catalogue, LeftOut, Watched};
pub use decide::{Decision, Metric, Suppressed, decide};
pub use document::{Check, Document, Overall};
pub use due::due;
pub use fault::{Fault, FaultKind};
pub use finding::SOURCE;
pub use judge::{Grade, Judgement, judge};
pub use result::ProbeResult;
pub use state::{InvalidState, State};
