//! Sends the notifications of one channel's queue.
//!
//! The decision what to tell is taken elsewhere and so is the wording; here a delivery is claimed,
//! sent, and completed, postponed or given up with its reason. [`delivery`] holds that logic and
//! knows no AWS; [`aws`] and [`http`] are its hands.

pub mod aws;
pub mod channel;
pub mod delivery;
pub mod environment;
pub mod http;
mod ledger;
pub mod linker;
pub mod message;
mod parting;
pub mod plan;
pub mod ports;
pub mod secret;
mod tally;
pub mod vault;

pub use delivery::Notifier;
pub use environment::Settings;
