//! Finds the patterns (templates) of log lines, notices new ones and those that come suddenly often.
//!
//! The method is Drain's: mask what is certainly a value, look the form up, and let a word be a value
//! once it has been seen to vary. `docs/log-mining.md` says how, with figures.
//!
//! Deliberately absent: no clock, no randomness, no input or output, no regular expressions, and no
//! decision which lines matter. What is remembered is bounded, whatever comes in.

mod activity;
mod family;
mod finding;
mod merge;
mod miner;
mod patterns;
mod scan;
mod shape;
mod state;
mod template;

pub use activity::Frequency;
pub use family::Thresholds;
pub use finding::Origin;
pub use merge::{Evidence, Notice};
pub use miner::{Configuration, Miner, Observation, Pattern};
pub use patterns::{Change, PatternKey};
pub use state::{State, StateError};
pub use template::TemplateId;
