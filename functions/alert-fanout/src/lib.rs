//! `alert-fanout`: messages in, notifications out.
//!
//! It reads each message leniently, classifies it, lets the engine decide about the alerts of a batch,
//! and publishes what is to be told. Who is told what and when is `incident`'s business; how a decision
//! is written, the engine's; what is due later, the function `escalation`'s.

mod again;
mod answer;
mod books;
mod event;
mod function;
mod handler;
mod queue;
mod read;
mod rules;

#[cfg(test)]
mod tests;

pub use again::{Again, Backlog, NotPostponed};
pub use answer::{Answer, HandlerError};
pub use books::Books;
pub use function::Function;
pub use handler::{Handler, RECEIVES};
pub use queue::SqsBacklog;
pub use rules::Rules;
