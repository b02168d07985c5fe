//! How errors are written in a log line, and whether trying again can help.
//!
//! It retries nothing itself: the queues do that, and each caller knows its own patience.

use std::error::Error;
use std::fmt;

/// Whether the same request can succeed later.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Retry {
    /// The cause passes: throttling, a time-out, a server that stumbled.
    Retryable,
    /// Trying again gives the same answer: a refusal, a malformed request.
    Permanent,
}

impl Retry {
    /// `"retryable"` or `"permanent"`, as the `error_type` fields of the logs have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retryable => "retryable",
            Self::Permanent => "permanent",
        }
    }
}

impl fmt::Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error that knows whether trying again can help.
pub trait Retryable {
    /// Whether the same request can succeed later.
    fn retry(&self) -> Retry;

    /// Short for `self.retry() == Retry::Retryable`.
    fn is_retryable(&self) -> bool {
        self.retry() == Retry::Retryable
    }
}

/// An error and everything that caused it, on one line: `what: why: root cause`.
///
/// Line breaks become spaces, so that one error stays one log record. A source
/// whose text its parent already ends with is not repeated, because many
/// libraries write their source into their own text.
#[derive(Clone, Copy)]
pub struct Chain<'a>(&'a (dyn Error + 'a));

/// Formats an error with all its sources.
#[must_use]
pub fn chain<'a>(error: &'a (dyn Error + 'a)) -> Chain<'a> {
    Chain(error)
}

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = one_line(self.0);
        f.write_str(&last)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            let text = one_line(error);
            if !text.is_empty() && !last.ends_with(&text) {
                write!(f, ": {text}")?;
                last = text;
            }
            source = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn one_line(error: &(dyn Error + '_)) -> String {
    let text = error.to_string();
    if text.contains(['\n', '\r']) {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Layer {
        text: &'static str,
        source: Option<Box<Layer>>,
    }

    fn layers(texts: &[&'static str]) -> Layer {
        let (text, rest) = texts.split_first().unwrap();
        Layer {
            text,
            source: (!rest.is_empty()).then(|| Box::new(layers(rest))),
        }
    }

    #[test]
    fn a_chain_names_every_cause_once_and_in_order() {
        let error = layers(&["cannot load", "service error", "access denied"]);
        assert_eq!(
            chain(&error).to_string(),
            "cannot load: service error: access denied"
        );
    }

    #[test]
    fn a_source_that_its_parent_quotes_is_not_repeated() {
        let error = layers(&["cannot load: access denied", "access denied", "no policy"]);
        assert_eq!(
            chain(&error).to_string(),
            "cannot load: access denied: no policy"
        );
    }

    #[test]
    fn line_breaks_become_spaces() {
        let error = layers(&["first\n  second\r\nthird"]);
        assert_eq!(chain(&error).to_string(), "first second third");
    }
}
