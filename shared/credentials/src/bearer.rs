//! Machine tokens: `Authorization: Bearer tocsin_…`
//! ([RFC 6750, section 2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)).
//!
//! A token is an id, by which its record is found, and a secret, of which the record holds only a
//! hash: who reads the table cannot use it. [`authenticate`] says who calls; [`Caller::require`]
//! says whether that one may. Revoking is deleting the record.
//!
//! With a store that must be awaited: [`presented`], then the look-up of [`Token::id`], then [`check`].

mod record;
mod scopes;
mod token;

use jiff::Timestamp;

pub use record::TokenRecord;
pub use scopes::{Scope, Scopes, UnknownScope};
pub use token::{InvalidToken, Token, TokenHash, TokenId};

use crate::TokenName;

/// Why a caller is not known.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AuthError {
    /// There is no `Authorization` header.
    #[error("the request has no authorization header")]
    Missing,
    /// It is not `Bearer` and a token's text.
    #[error("the authorization header is not `Bearer` and a token")]
    Malformed,
    /// There is no such token. An unknown id and a wrong secret are one answer, so that nobody
    /// learns which ids there are.
    #[error("the token is not valid")]
    Refused,
    /// It was right until then. Said only to who has the right secret.
    #[error("the token expired at {at}")]
    Expired {
        /// The first moment at which it was refused.
        at: Timestamp,
    },
}

/// A caller that is known but may not.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the token lacks the scope `{0}`")]
pub struct Forbidden(pub Scope);

/// Who calls, and what they may do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    /// The token's id, for the record of what was done.
    pub id: TokenId,
    /// What people call the token.
    pub name: TokenName,
    /// What it may do.
    pub scopes: Scopes,
}

impl Caller {
    /// Asks whether the caller may do what needs `scope`.
    ///
    /// # Errors
    /// When neither that scope nor [`Scope::Admin`] is the token's.
    pub fn require(&self, scope: Scope) -> Result<(), Forbidden> {
        if self.scopes.permit(scope) {
            Ok(())
        } else {
            Err(Forbidden(scope))
        }
    }
}

/// Says who calls, by the value of the `Authorization` header and the record that `find` has for an id.
///
/// # Errors
/// See [`AuthError`].
pub fn authenticate(
    header: Option<&str>,
    find: impl FnOnce(&str) -> Option<TokenRecord>,
    now: Timestamp,
) -> Result<Caller, AuthError> {
    let token = presented(header)?;
    let record = find(token.id().as_str());
    check(&token, record, now)
}

/// The token that a request presents, not yet checked.
///
/// # Errors
/// [`AuthError::Missing`] or [`AuthError::Malformed`].
pub fn presented(header: Option<&str>) -> Result<Token, AuthError> {
    let header = header.ok_or(AuthError::Missing)?;
    let (scheme, token) = header.split_once(' ').ok_or(AuthError::Malformed)?;
    // RFC 9110, section 11.1: the scheme's letter case does not matter.
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AuthError::Malformed);
    }
    Token::parse(token.trim_matches(' ')).map_err(|_invalid| AuthError::Malformed)
}

/// Checks a presented token against the record with its id.
///
/// Without a record the same work is done, against a hash that nothing has.
///
/// # Errors
/// [`AuthError::Refused`] or [`AuthError::Expired`].
pub fn check(
    token: &Token,
    record: Option<TokenRecord>,
    now: Timestamp,
) -> Result<Caller, AuthError> {
    let nobody = TokenHash::of_nothing();
    let expected = record.as_ref().map_or(&nobody, |record| &record.hash);
    // The hash is of the id as well, so the record of another id does not match either.
    let right = token.hash() == *expected;
    let Some(record) = record.filter(|_record| right) else {
        return Err(AuthError::Refused);
    };
    if let Some(at) = record.expires_at
        && now >= at
    {
        return Err(AuthError::Expired { at });
    }
    Ok(Caller {
        id: record.id,
        name: record.name,
        scopes: record.scopes,
    })
}
