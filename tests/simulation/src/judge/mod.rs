//! What must be true at the end of every day.

mod books;
mod deliveries;
mod ladders;
mod order;
mod people;

use std::sync::Arc;

use incident::{GroupState, IncidentState, Policy};
use jiff::Timestamp;
use store::RecordKey;

pub use self::books::OVERWRITTEN;
pub(crate) use self::ladders::TAKEN_ON;
pub(crate) use self::order::{compare, is_comparable};
use crate::channel::Letter;
use crate::plan::Plan;
use crate::witness::Witness;

/// A promise that was broken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// Which promise.
    pub promise: &'static str,
    /// What is wrong.
    pub what: String,
}

/// How a day ended.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) now: Timestamp,
    pub(crate) witness: Witness,
    pub(crate) incidents: Vec<IncidentState>,
    pub(crate) groups: Vec<GroupState>,
    /// When records are due.
    pub(crate) due: Vec<(RecordKey, Timestamp)>,
    /// What was given up, for somebody to look at.
    pub(crate) dead: Vec<Letter>,
    /// What is left undone, in words.
    pub(crate) left: Vec<String>,
    /// The configuration that was deployed last.
    pub(crate) policy: Arc<Policy>,
}

const fn broken(promise: &'static str, what: String) -> Violation {
    Violation { promise, what }
}

/// Judges a day: first what people would notice, then what the operator would.
pub(crate) fn judge(plan: &Plan, end: &End) -> Vec<Violation> {
    let mut violations = Vec::new();
    people::critical(plan, end, &mut violations);
    people::ends(plan, end, &mut violations);
    ladders::acknowledged(end, &mut violations);
    ladders::steps(end, &mut violations);
    ladders::climbs(plan, end, &mut violations);
    deliveries::deliveries(end, &mut violations);
    deliveries::names(end, &mut violations);
    order::newest(plan, end, &mut violations);
    books::balance(end, &mut violations);
    books::counted(end, &mut violations);
    books::done(plan, end, &mut violations);
    violations
}
