//! `alert-fanout`: messages in, notifications out.
//!
//! It reads each message leniently, classifies it, folds the alerts of a batch by
//! incident, writes the decisions with what is to be published, and publishes it.
//! The decisions are `incident::decide`'s; how bad an alert is, is
//! `alert-classification`'s business; who is told what, the notifiers'.

mod answer;
mod books;
mod commit;
mod deadline;
mod event;
mod function;
mod group;
mod handler;
mod outbox;
mod publish;
mod rules;
mod sns;
mod stray;

#[cfg(test)]
mod tests;

pub use answer::{Answer, HandlerError};
pub use books::Books;
pub use deadline::Deadline;
pub use function::Function;
pub use handler::{Handler, Patience};
pub use publish::{Attribute, Outgoing, PublishError, Publisher, Refusal};
pub use rules::Rules;
pub use sns::SnsTopic;
