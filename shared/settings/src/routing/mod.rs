//! The routing tree, and what it refers to.

mod access;
mod build;
mod default;
mod index;
mod key;
mod people;
mod types;

pub use build::InvalidRouting;
pub(crate) use build::build;
#[cfg(feature = "yaml")]
pub(crate) use build::{ALL_LABELS, NO_ESCALATION};
pub use default::{DefaultTree, default_tree};
#[cfg(feature = "yaml")]
pub(crate) use people::{instant, start, turns};
pub use types::{
    Escalation, Flapping, GroupBy, InhibitRule, Integration, NamedRotation, NamedTimeInterval,
    Receiver, Route, Routing, Step, Target,
};
