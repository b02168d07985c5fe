//! What is wrong with `security`, where, and what to write instead.

use std::fmt;

/// One thing that is wrong with `security`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct SecurityFault {
    /// Where, below `security`: `detectors.rate_limit.window`.
    pub field: String,
    /// What is wrong; it quotes the value.
    pub problem: String,
    /// What to write instead.
    pub remedy: String,
}

impl fmt::Display for SecurityFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "security.{}: {}; {}",
            self.field, self.problem, self.remedy
        )
    }
}
