//! A bad day, many times over: the real core and engine on the twin of the table, in virtual time.
//!
//! A seed decides everything: which alerts come and when, what people do, and what goes wrong.
//! Messages are repeated, delayed, reordered and lost to be delivered again; functions die between
//! any two steps; the table stumbles and loses answers; channels fail; clocks differ; the sweep
//! misses. Then all of that ends, what is left is done, and the books are looked at.

mod channel;
mod chaos;
mod configurations;
mod day;
mod event;
mod functions;
mod guard;
mod judge;
mod ladders;
mod people;
mod plan;
mod queue;
mod runtime;
mod shrink;
mod witness;

pub use configurations::CONFIGURATIONS;
pub use day::{Outcome, run};
pub use guard::Guard;
pub use judge::{OVERWRITTEN, Violation};
pub use plan::{Faults, Input, Plan, SimAct, SimAlert};
pub use shrink::shrink;
