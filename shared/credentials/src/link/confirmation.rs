//! The second step: a button's proof that the page was opened, for one action.

use jiff::Timestamp;

use super::{Claims, LinkError, LinkKeys, Purpose};
use crate::code::{Code, decode_code, encode};

/// How long a page's button works.
pub const CONFIRMATION_SECONDS: i64 = 15 * 60;

/// The version of a confirmation's form.
const VERSION: &str = "c1";
/// Sets these codes apart from those of links.
const LABEL: &[u8] = b"tocsin confirmation\0";
/// More than the longest confirmation.
const MAX_BYTES: usize = 96;

/// Why an action is not confirmed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConfirmationError {
    /// The link itself is refused.
    #[error("the confirmed link is refused")]
    Link(#[from] LinkError),
    /// The link is right and is not for acting.
    #[error("the confirmed link is for looking only")]
    ViewOnly,
    /// It is no confirmation.
    #[error("the confirmation is malformed")]
    Malformed,
    /// It is signed with a key that is not, or no longer, here.
    #[error("the confirmation is signed with an unknown key")]
    UnknownKey,
    /// It is not signed, or is for another link or another action.
    #[error("the confirmation is not for this link and action")]
    Forged,
    /// It was right until then: the page must be opened anew.
    #[error("the confirmation expired at {at}")]
    Expired {
        /// The first moment at which it was refused.
        at: Timestamp,
    },
}

impl LinkKeys {
    /// The token that the page of a verified link puts into the form of one action's button.
    ///
    /// It is `c1.<key id>.<expiry>.<code>` and is good for [`CONFIRMATION_SECONDS`], with this
    /// link and this action only. It holds no state: pressed twice it confirms twice, so either the
    /// action is one that may be repeated or its [`ReplayKey`](crate::replay::ReplayKey) is kept.
    #[must_use]
    pub fn confirm(&self, link_token: &str, action: &str, now: Timestamp) -> String {
        let key = self.signing();
        let expires_at = now.as_second().saturating_add(CONFIRMATION_SECONDS);
        let signed = format!("{VERSION}.{}.{expires_at}", key.id());
        let code = code(key.bytes(), &signed, link_token, action);
        format!("{signed}.{}", encode(code.bytes()))
    }

    /// Checks what a button posted: the confirmation, and the link again, since it may have expired
    /// or its key may have been withdrawn in between.
    ///
    /// # Errors
    /// See [`ConfirmationError`].
    pub fn check_confirmation(
        &self,
        confirmation: &str,
        link_token: &str,
        action: &str,
        now: Timestamp,
    ) -> Result<Claims, ConfirmationError> {
        let claims = self.verify(link_token, now)?;
        if !claims.purpose.permits(Purpose::Act) {
            return Err(ConfirmationError::ViewOnly);
        }
        if confirmation.len() > MAX_BYTES {
            return Err(ConfirmationError::Malformed);
        }
        let (signed, given) = confirmation
            .rsplit_once('.')
            .ok_or(ConfirmationError::Malformed)?;
        let given = decode_code(given).ok_or(ConfirmationError::Malformed)?;
        let mut parts = signed.split('.');
        let (Some(VERSION), Some(key_id), Some(expires_at), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(ConfirmationError::Malformed);
        };
        let at = moment(expires_at).ok_or(ConfirmationError::Malformed)?;
        let key = self.find(key_id).ok_or(ConfirmationError::UnknownKey)?;
        if !code(key.bytes(), signed, link_token, action).is(&given) {
            return Err(ConfirmationError::Forged);
        }
        if now >= at {
            return Err(ConfirmationError::Expired { at });
        }
        Ok(claims)
    }
}

/// A second; one after the end of time, which a confirmation of the last minutes may name, is its end.
fn moment(text: &str) -> Option<Timestamp> {
    let second: i64 = text.parse().ok()?;
    Timestamp::from_second(second.min(Timestamp::MAX.as_second())).ok()
}

fn code(secret: &[u8], signed: &str, link_token: &str, action: &str) -> Code {
    // Each part's length goes in front of it, so that no two triples have the same bytes.
    let [a, b, c] = [signed, link_token, action].map(|part| part.len().to_string() + ":");
    Code::of(
        secret,
        &[
            LABEL,
            a.as_bytes(),
            signed.as_bytes(),
            b.as_bytes(),
            link_token.as_bytes(),
            c.as_bytes(),
            action.as_bytes(),
        ],
    )
}
