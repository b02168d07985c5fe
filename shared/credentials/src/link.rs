//! Signed links in messages: whoever holds one may look at an incident, or act on it, until it expires.
//!
//! A link is a bearer credential in a message that may be forwarded. So it names one incident and
//! one purpose, it expires, and acting takes a second step: opening it only shows a page, since
//! mail scanners and previews open every link, and the page's button posts a [confirmation]
//! (`LinkKeys::confirm`) that is bound to the link and to one action.
//!
//! A token is `l1.<key id>.<claims>.<code>`: the claims and the HMAC-SHA256 of everything before
//! it, in base 64 for URLs. There is no field for an algorithm, so nobody can choose one; `l1` is
//! the version of the whole. All characters are unreserved in a URL
//! ([RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-2.3)), and the last one is always a
//! letter or a digit, so that a mail program that leaves punctuation at the end out of a link does no
//! harm. The claims are not encrypted: whoever has the link may read them.
//!
//! [confirmation]: LinkKeys::confirm

mod claims;
mod confirmation;
mod kept;
mod keys;

use jiff::Timestamp;

pub use claims::{Claims, Purpose};
pub use confirmation::{CONFIRMATION_SECONDS, ConfirmationError};
pub use kept::LinkSecretError;
pub use keys::{InvalidLinkKeys, LinkKeys};

use crate::code::{Code, decode, decode_code, encode};

/// The version of a link's form.
const VERSION: &str = "l1";
/// More than the longest token that [`LinkKeys::sign`] makes: nothing longer is even hashed.
const MAX_TOKEN_BYTES: usize = 1536;

/// Why a link opens nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LinkError {
    /// It is no link's token.
    #[error("the link is malformed")]
    Malformed,
    /// It is signed with a key that is not, or no longer, here.
    #[error("the link is signed with an unknown key")]
    UnknownKey,
    /// It is not signed with the key that it names.
    #[error("the link's signature is wrong")]
    Forged,
    /// It was right until then.
    #[error("the link expired at {at}")]
    Expired {
        /// The first moment at which it was refused.
        at: Timestamp,
    },
}

impl LinkKeys {
    /// The token of a link.
    ///
    /// It expires at a whole second, never later than `claims.expires_at`.
    #[must_use]
    pub fn sign(&self, claims: &Claims) -> String {
        let key = self.signing();
        let signed = format!("{VERSION}.{}.{}", key.id(), encode(&claims.to_bytes()));
        let code = Code::of(key.bytes(), &[LABEL, signed.as_bytes()]);
        format!("{signed}.{}", encode(code.bytes()))
    }

    /// Reads a token that somebody brings.
    ///
    /// Whether the [`Purpose`] is enough is the caller's question: [`Purpose::permits`].
    ///
    /// # Errors
    /// See [`LinkError`]. Only a token whose signature is right is said to have expired.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, LinkError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(LinkError::Malformed);
        }
        let (signed, code) = token.rsplit_once('.').ok_or(LinkError::Malformed)?;
        let code = decode_code(code).ok_or(LinkError::Malformed)?;
        let mut parts = signed.split('.');
        let (Some(VERSION), Some(key_id), Some(claims), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(LinkError::Malformed);
        };
        let claims = decode(claims).ok_or(LinkError::Malformed)?;
        let key = self.find(key_id).ok_or(LinkError::UnknownKey)?;
        if !Code::of(key.bytes(), &[LABEL, signed.as_bytes()]).is(&code) {
            return Err(LinkError::Forged);
        }
        let claims = Claims::from_bytes(&claims).ok_or(LinkError::Malformed)?;
        if now >= claims.expires_at {
            return Err(LinkError::Expired {
                at: claims.expires_at,
            });
        }
        Ok(claims)
    }
}

/// Sets these codes apart from whatever else may be signed with the same secret.
const LABEL: &[u8] = b"tocsin link\0";
