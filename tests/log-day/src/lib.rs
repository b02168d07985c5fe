//! A made-up day of the platform's logs: 77 functions, mixed formats, traffic that has its hours, attacks that are
//! planted at known times, and the exact truth about all of it. The same options give the same bytes.

mod attack;
mod crowd;
mod day;
mod entry;
mod fleet;
mod line;
mod payload;
mod traffic;
mod truth;

pub use attack::Attack;
pub use day::{Day, LogLine, Options};
pub use entry::{Entry, Field};
pub use payload::Payloads;
pub use truth::Truth;
