//! The name of a signed request, so that the same one is not obeyed twice.
//!
//! A signature proves who wrote a request and not that it is the first time that it arrives. The
//! caller writes the [`ReplayKey`] with a time to live and obeys a request only if it wrote it; a
//! repetition gets the answer of the first time. Storing is not done here.

use std::fmt;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// A digest of a verified signature and of the time it was made at.
///
/// It is made of what was *verified* and not of the header's text: letter case, spaces and further
/// signatures next to the right one would make a new text of the same request. It is a digest, so
/// that a table of replay keys holds nothing that could be sent again.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ReplayKey([u8; 32]);

impl ReplayKey {
    /// The key of a request. `scheme` keeps the senders apart; `signed_at` is `None` where the
    /// scheme signs no time.
    ///
    /// The verifiers of [`slack`](crate::slack) and [`pagerduty`](crate::pagerduty) return it. For
    /// a confirmation, which has one text, it is `ReplayKey::of("confirmation", token.as_bytes(), None)`.
    #[must_use]
    pub fn of(scheme: &str, signature: &[u8], signed_at: Option<Timestamp>) -> Self {
        let mut digest = Sha256::new();
        digest.update(b"tocsin replay\0");
        digest.update(scheme.as_bytes());
        digest.update(b"\0");
        if let Some(at) = signed_at {
            digest.update(at.as_nanosecond().to_be_bytes());
        }
        digest.update(b"\0");
        digest.update(signature);
        Self(digest.finalize().into())
    }
}

impl fmt::Display for ReplayKey {
    /// 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_request_has_the_same_key_and_another_has_another() {
        let at = Some(Timestamp::from_second(1_777_885_200).unwrap());
        let key = ReplayKey::of("slack", b"code", at);
        assert_eq!(key, ReplayKey::of("slack", b"code", at));
        assert_eq!(key.to_string().len(), 64);
        for other in [
            ReplayKey::of("pagerduty", b"code", at),
            ReplayKey::of("slack", b"other", at),
            ReplayKey::of("slack", b"code", None),
            ReplayKey::of("slack", b"code", Some(Timestamp::UNIX_EPOCH)),
        ] {
            assert_ne!(key, other);
        }
    }
}
