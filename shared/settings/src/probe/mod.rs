//! Probes: what is asked to know whether things are well, and how the answers are judged.

mod build;
mod kind;
mod measure;
mod status;
mod target;
mod types;

pub use build::InvalidProbe;
pub use kind::{ProbeKind, Severity};
pub use measure::Measured;
pub use status::{InvalidStatus, StatusRange};
pub use target::{InvalidTarget, ProbeTarget};
pub use types::{Expectation, FailAfter, InvalidFailAfter, Probe};

pub(crate) use build::build;
