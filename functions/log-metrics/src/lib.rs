//! `log-metrics`: what CloudWatch Logs delivers becomes metrics, findings and what is remembered.
//!
//! The crate `log-metrics` says what lines mean and `log-mining` which patterns they have; here are only the ways in and out.
//! Findings are published first, then what is remembered is saved, then the metrics are printed: so a delivery whose findings
//! cannot be published is delivered again by Lambda, and counts once. Nothing here is a reason to deliver again that would be
//! the same the next time.

mod attacks;
mod function;
mod handler;
mod key;
mod memory;
mod patterns;

#[cfg(test)]
mod tests;

pub use function::{Function, Invocation};
pub use handler::{Handler, HandlerError};
pub use key::{KeySource, SecretKey};
