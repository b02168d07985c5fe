//! The routing tree, and what it refers to.

mod access;
mod build;
mod default;
mod index;
mod key;
mod people;
mod types;

pub(crate) use build::build;
pub use build::InvalidRouting;
pub use default::{DefaultTree, default_tree};
pub use types::{
    Escalation, Flapping, GroupBy, InhibitRule, Integration, NamedRotation, NamedTimeInterval,
    Receiver, Route, Routing, Step, Target,
};
