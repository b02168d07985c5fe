//! Matchers of which all, and of others one, must hold.

use super::{Lookup, Matcher};

/// Conditions of which all of one list and at least one of another must hold.
#[derive(Clone, Debug, Default)]
pub struct Matchers {
    all: Vec<Matcher>,
    any: Vec<Matcher>,
}

impl Matchers {
    /// All of `all` and, when there is any, one of `any`.
    #[must_use]
    pub const fn new(all: Vec<Matcher>, any: Vec<Matcher>) -> Self {
        Self { all, any }
    }

    /// Numbers the expressions, going on from `last`.
    pub(crate) fn count(&mut self, last: &mut u16) {
        for matcher in self.all.iter_mut().chain(&mut self.any) {
            matcher.count(last);
        }
    }

    /// Whether they hold.
    pub fn is_match(&self, subject: &impl Lookup) -> bool {
        self.all.iter().all(|matcher| matcher.is_match(subject))
            && (self.any.is_empty() || self.any.iter().any(|matcher| matcher.is_match(subject)))
    }

    /// Those that compare numbers and hold: what made the difference.
    pub fn deciding<'a>(&'a self, subject: &'a impl Lookup) -> impl Iterator<Item = &'a Matcher> {
        self.all
            .iter()
            .chain(&self.any)
            .filter(|matcher| matcher.is_numeric() && matcher.is_match(subject))
    }

    /// Those of which all must hold.
    #[must_use]
    pub fn all(&self) -> &[Matcher] {
        &self.all
    }

    /// Those of which one must hold, if there is any.
    #[must_use]
    pub fn any(&self) -> &[Matcher] {
        &self.any
    }

    /// Whether there is no condition at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.all.is_empty() && self.any.is_empty()
    }
}
