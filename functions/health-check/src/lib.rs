//! `health-check`: asks what the configuration names whether it is well, and tells what people have to hear.
//!
//! Each minute it asks what is due, decides what that means, keeps what it has to remember, and only then publishes
//! its findings; a run that dies in between leaves them to the next. On demand it answers what somebody asks and
//! changes nothing.

mod books;
mod demand;
mod environment;
mod event;
mod function;
mod handler;

#[cfg(test)]
mod tests;

pub use books::Books;
pub use demand::{Answer, Answered};
pub use environment::{Environment, InvalidPair, Pairs};
pub use event::{Event, NoEvent};
pub use function::{Function, FunctionError};
pub use handler::{Handler, HandlerError, PART, SENSOR, STATUS};
