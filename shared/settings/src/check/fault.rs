//! One fault of a configuration: where it is, what it is, what to do.

use std::fmt;

use serde::Serialize;

/// One fault, with its place and remedy.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The path of the value, such as `rules[3].priority`; empty for the file itself.
    pub path: String,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl Fault {
    pub(crate) fn at_start(problem: String) -> Self {
        Self {
            line: 1,
            column: 1,
            path: String::new(),
            problem,
            remedy: "compare the file with `tocsin schema`".to_owned(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{}; {}", self.problem, self.remedy)
    }
}
