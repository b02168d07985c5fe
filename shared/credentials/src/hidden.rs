//! A text that nothing prints.

use std::fmt;

use serde::Deserialize;
use subtle::ConstantTimeEq;

/// A text that is never shown: neither by `{}` nor by `{:?}`. What it says is not checked.
///
/// Two are equal as texts are; comparing them says nothing about where they differ.
#[derive(Clone, Deserialize, Eq)]
#[serde(transparent)]
pub struct Hidden(String);

impl Hidden {
    /// Hides a text.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Hidden {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl fmt::Display for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_never_shown_and_can_be_compared() {
        let hidden = |text: &str| Hidden::new(text.to_owned());
        let secret = hidden("correct horse");
        assert_eq!(format!("{secret} {secret:?}"), "[hidden] [hidden]");
        assert_eq!(secret, hidden("correct horse"));
        assert_ne!(secret, hidden("correct mouse"));
        assert_ne!(secret, hidden("correct"));
    }
}
