//! `postmortem`: what became of an incident, written down and told.
//!
//! A message of the queue names an incident that is over for good. Its story is put together from what the
//! table remembers, laid into the bucket as Markdown, HTML and JSON, and those who were told of the incident
//! are told where it is. All of it can be done twice: the same keys are written again, and the notifiers
//! send no message of a stream twice. Nothing is decided about the incident here, and nothing of it changed.

mod books;
mod bucket;
mod evidence;
mod function;
mod handler;
mod letter;
mod past;
mod shelf;

#[cfg(test)]
mod tests;

pub use books::Books;
pub use bucket::Bucket;
pub use function::{Function, HandlerError};
pub use handler::Handler;
pub use shelf::{Object, Place, Shelf, ShelfError};
