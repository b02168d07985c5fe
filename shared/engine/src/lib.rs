//! The shell around the pure core: loads the records that a decision needs, lets [`incident::World`]
//! decide, writes what changed in one transaction, and decides again when somebody else was faster.
//!
//! It works on the store's ports alone and has its clock and its chance as arguments, so that the
//! same code runs in Lambda and in a simulation in virtual time. It publishes nothing by itself: an
//! [`Outcome`] says what is to be done, and [`outbox`] and [`timers`] do it through ports.

mod act;
mod arrive;
mod clock;
mod commit;
mod decide;
mod draft;
mod engine;
mod episode;
mod error;
mod home;
mod names;
mod outcome;
mod pace;
mod ports;
mod publish;
mod query;
mod receipt;
mod silences;
mod wake;

pub mod outbox;
pub mod reports;
pub mod timers;

#[cfg(test)]
mod tests;

pub use act::{ActOutcome, AuditEntry, AuditPage, Done};
pub use arrive::{Arrived, CONCURRENT, Chunk, Settled, Unit, units};
pub use clock::{Clock, Patience};
pub use engine::Engine;
pub use episode::IncidentLine;
pub use error::EngineError;
pub use home::{Lost, Strays};
pub use names::{key_of, name_of};
pub use outcome::{Books, Outcome};
pub use pace::{OutOfTime, Pace, Unhurried};
pub use ports::{Carried, Ports, Undone};
pub use publish::{Attribute, Outgoing, PublishError, Publisher, Refusal, escaped};
pub use query::{IncidentFilter, IncidentPage, IncidentView};
pub use receipt::Receipt;
pub use silences::SilenceEntry;
pub use wake::Woken;
