//! One request on its way through the function, and what is counted of it.

use std::sync::{Mutex, PoisonError};

use incident::{Actor, Via};
use jiff::Timestamp;

use crate::problem::{Place, Problem};
use crate::request::{BadBody, Request};

/// One request on its way through the function.
#[derive(Debug)]
pub struct Visit<'r> {
    /// What is asked for.
    pub request: &'r Request,
    /// When.
    pub now: Timestamp,
    tally: Mutex<Tally>,
}

/// What is counted of a request.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// What kind of credentials was refused, and why.
    pub auth_failure: Option<(&'static str, &'static str)>,
    /// What was done, and by what way.
    pub acts: Vec<(&'static str, Via)>,
}

impl<'r> Visit<'r> {
    /// A request that has just come.
    #[must_use]
    pub const fn new(request: &'r Request, now: Timestamp) -> Self {
        Self {
            request,
            now,
            tally: Mutex::new(Tally {
                auth_failure: None,
                acts: Vec::new(),
            }),
        }
    }

    /// The body as it was on the wire.
    ///
    /// # Errors
    /// When it is too large, or not what it is said to be.
    pub fn body(&self) -> Result<&'r [u8], Problem> {
        self.request.body.as_deref().map_err(|fault| match fault {
            BadBody::TooLarge => Problem::new(
                413,
                "too-large",
                "The body is too large",
                fault.to_string(),
                "send less",
            ),
            BadBody::Encoding => {
                Problem::invalid(Place::Body, "", fault.to_string(), "send the body as it is")
            }
        })
    }

    /// Whoever acts, with the address that they act from.
    #[must_use]
    pub fn actor(&self, who: &str, via: Via) -> Actor {
        let from = self.request.from.as_str();
        Actor {
            who: plain(who, 160).into(),
            via,
            from: (!from.is_empty()).then(|| from.into()),
        }
    }

    /// Notes that credentials were refused.
    pub fn refused(&self, what: &'static str, why: &'static str) {
        self.with(|tally| tally.auth_failure = Some((what, why)));
    }

    /// Notes an act that was carried out.
    pub fn acted(&self, act: &'static str, via: Via) {
        self.with(|tally| tally.acts.push((act, via)));
    }

    /// What was counted.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut counted = Tally::default();
        self.with(|tally| counted = tally.clone());
        counted
    }

    fn with(&self, work: impl FnOnce(&mut Tally)) {
        work(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// One line of at most so many characters.
#[must_use]
pub fn plain(text: &str, most: usize) -> String {
    notification::text::clipped_line(text, most)
}
