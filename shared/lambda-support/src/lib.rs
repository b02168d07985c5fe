//! What every function needs and none should write twice: the environment, the
//! AWS configuration, other HTTP requests, an invocation's time, metrics, logging, the event loop and lenient batches.
//!
//! It decides nothing about alerts, and it does no work at start-up beyond the
//! logger: the time from the start of the process to its first request for an
//! event is what a person waits for after a cold start.

pub mod aws;
pub mod batch;
pub mod deadline;
pub mod env;
pub mod error;
pub mod http;
mod logging;
pub mod metrics;
mod runtime;

pub use lambda_runtime::{Context, LambdaEvent};
pub use runtime::{run, start};
