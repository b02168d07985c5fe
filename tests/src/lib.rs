//! What the demo and the end-to-end tests share: a local AWS that is started and stopped, signed calls to it, its
//! inboxes, a sink that plays Slack, PagerDuty and a webhook's receiver, and waiting with a deadline.
//!
//! Everything is synchronous. It knows the names that `template.yaml` gives to things, and nothing of Tocsin's code: what
//! it sees is what an operator would see.

pub mod alarm;
pub mod aws;
pub mod books;
pub mod emulator;
pub mod inbox;
pub mod process;
mod sign;
pub mod sink;
pub mod stack;
pub mod visitor;
pub mod wait;
