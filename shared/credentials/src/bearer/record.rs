//! What is stored of a token.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Scopes, Token, TokenHash, TokenId};
use crate::TokenName;

/// What is stored of a token: all but its secret.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TokenRecord {
    /// By which the record is found.
    pub id: TokenId,
    /// Of the id and the secret.
    pub hash: TokenHash,
    /// What people call the token.
    pub name: TokenName,
    /// What it may do.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl TokenRecord {
    /// The record of a new token.
    #[must_use]
    pub fn of(
        token: &Token,
        name: TokenName,
        scopes: Scopes,
        created_at: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Self {
        Self {
            id: token.id().clone(),
            hash: token.hash(),
            name,
            scopes,
            created_at,
            expires_at,
        }
    }
}
