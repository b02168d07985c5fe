//! `escalation`: what is due, and what was left behind.
//!
//! A timer is a delayed message that names a record of the table; a tick comes each minute. Both wake
//! records, and the core decides what that means: a group tells what it has gathered, a ladder goes on
//! to its next step, an alert of which nothing was heard lapses. The tick also publishes what another
//! function left in the outbox, and tells of silences that end.

mod books;
mod function;
mod handler;
mod message;

#[cfg(test)]
mod tests;

pub use books::Books;
pub use function::{Function, HandlerError};
pub use handler::Handler;
