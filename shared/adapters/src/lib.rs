//! The engine and its ports as they are in Lambda: the table, the notify topic, the queue of timers, the
//! clock, and the time that an invocation has. The functions that decide share them; nothing is decided here.

mod books;
mod channels;
mod clock;
mod deadline;
mod deployment;
mod findings;
#[cfg(test)]
mod findings_tests;
mod sns;
mod sqs;
mod tick;
#[cfg(test)]
mod topic_tests;
#[cfg(test)]
mod topic_twin;

pub use books::count;
pub use channels::{deployed, policy};
pub use clock::{SystemClock, seed};
pub use deadline::Deadline;
pub use deployment::{Decider, Deployment};
pub use findings::{AlertsTopic, FindingSink, Unpublished};
pub use sns::SnsTopic;
pub use sqs::SqsTimers;
pub use tick::is_tick;
