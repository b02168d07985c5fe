//! What is wrong with a time interval, where, and what to write instead.

use std::fmt;

/// One thing that is wrong with a time interval.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// Where, below the interval: `weekdays[0]`, `times[1].end_time`, `location`.
    pub field: String,
    /// What is wrong; it quotes the value.
    pub problem: String,
    /// What to write instead.
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.field, self.problem, self.remedy)
    }
}

/// A time interval that may not be written so; tells all its faults together.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", self.texts())]
pub struct InvalidTimeInterval {
    faults: Vec<Fault>,
}

impl InvalidTimeInterval {
    pub(crate) const fn new(faults: Vec<Fault>) -> Self {
        Self { faults }
    }

    /// Every fault, in the order of the fields; there is at least one.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    fn texts(&self) -> String {
        let texts: Vec<String> = self.faults.iter().map(ToString::to_string).collect();
        texts.join("; ")
    }
}
