//! A secret that nothing prints.

use std::fmt;

/// A shared secret: whatever two sides compute an HMAC with.
///
/// It has at least [`Secret::MIN_BYTES`], since with an empty one, such as an environment variable
/// that nobody filled, everybody can sign. It is no `PartialEq`: what is compared are codes.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// A secret that is too short to be one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a secret has at least {} bytes", Secret::MIN_BYTES)]
pub struct WeakSecret;

impl Secret {
    /// The fewest bytes. Slack's signing secrets have 32 and PagerDuty's 64.
    pub const MIN_BYTES: usize = 16;

    /// Takes the bytes as they are.
    ///
    /// # Errors
    /// When there are fewer than [`Secret::MIN_BYTES`].
    pub fn try_new(bytes: impl Into<Vec<u8>>) -> Result<Self, WeakSecret> {
        let bytes = bytes.into();
        if bytes.len() < Self::MIN_BYTES {
            return Err(WeakSecret);
        }
        Ok(Self(bytes))
    }

    /// Takes a text that somebody pasted: without the white space around it, often a line's end,
    /// with which every signature would be wrong.
    ///
    /// # Errors
    /// When fewer than [`Secret::MIN_BYTES`] are left.
    pub fn from_text(text: &str) -> Result<Self, WeakSecret> {
        Self::try_new(text.trim())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_never_shown() {
        let secret = Secret::try_new("correct horse battery").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }

    #[test]
    fn refuses_what_everybody_could_guess() {
        assert_eq!(Secret::try_new("").unwrap_err(), WeakSecret);
        assert_eq!(Secret::try_new([7; 15]).unwrap_err(), WeakSecret);
        assert!(Secret::try_new([7; 16]).is_ok());
        assert_eq!(Secret::from_text(&" ".repeat(40)).unwrap_err(), WeakSecret);
    }

    #[test]
    fn a_pasted_line_end_is_no_part_of_it() {
        let pasted = Secret::from_text("8f742231b10e8888abcd99yyyzzz85a5\r\n").unwrap();
        assert_eq!(pasted.bytes(), b"8f742231b10e8888abcd99yyyzzz85a5");
    }
}
