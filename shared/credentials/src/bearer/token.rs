//! The token itself, its id and the hash that is stored of it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::code::{decode_code, decode_hex, encode};

const PREFIX: &str = "tocsin_";
/// RFC 4648's base 32, in lower case.
const BASE_32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A machine's token: `tocsin_<id>_<secret>`, the id of 12 base 32 digits and the secret of 43
/// base 64 ones, which are 32 bytes.
///
/// The fixed prefix lets a scanner of repositories find one that leaked. It is shown once, when it is
/// made, by [`Token::expose`]; there is no `Display` and `Debug` shows the id only.
#[derive(Clone)]
pub struct Token {
    id: TokenId,
    secret: [u8; 32],
}

/// A text that is no token. It is not repeated, as it may be one with a slip of the pen.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a token is tocsin_, 12 base 32 digits, _ and 43 base 64 digits")]
pub struct InvalidToken;

impl Token {
    /// Makes a token of 40 random bytes, eight for the id and 32 for the secret.
    ///
    /// They must come from the operating system's random source: the secret is all that a caller shows.
    #[must_use]
    pub fn from_entropy(entropy: [u8; 40]) -> Self {
        let mut id = [0; 8];
        let mut secret = [0; 32];
        for (to, from) in id.iter_mut().chain(&mut secret).zip(entropy) {
            *to = from;
        }
        Self {
            id: TokenId::of(u64::from_be_bytes(id)),
            secret,
        }
    }

    /// Reads a token's text.
    ///
    /// # Errors
    /// When it has another form.
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        let (id, secret) = text
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split_once('_'))
            .ok_or(InvalidToken)?;
        Ok(Self {
            id: TokenId::try_new(id)?,
            secret: decode_code(secret).ok_or(InvalidToken)?,
        })
    }

    /// By which the record is found. It is no secret.
    #[must_use]
    pub fn id(&self) -> &TokenId {
        &self.id
    }

    /// What is stored of the token.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        let mut digest = Sha256::new();
        digest.update(b"tocsin token\0");
        digest.update(self.id.as_str());
        digest.update(self.secret);
        TokenHash(digest.finalize().into())
    }

    /// The token's text, secret and all: for whoever shall have it, once.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}_{}", self.id, encode(&self.secret))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}, ..)", self.id)
    }
}

/// The part of a token that may be shown: 12 base 32 digits.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenId(String);

impl TokenId {
    const DIGITS: usize = 12;

    /// Reads an id.
    ///
    /// # Errors
    /// When it has another form.
    pub fn try_new(text: &str) -> Result<Self, InvalidToken> {
        if text.len() == Self::DIGITS && text.bytes().all(|b| BASE_32.contains(&b)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidToken)
        }
    }

    /// The twelve digits of the sixty upper bits.
    fn of(bits: u64) -> Self {
        let digits = (0..Self::DIGITS).filter_map(|place| {
            let digit = usize::try_from(bits >> (59 - 5 * place) & 31).ok()?;
            BASE_32.get(digit).copied().map(char::from)
        });
        Self(digits.collect())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TokenId {
    type Error = InvalidToken;

    fn try_from(text: String) -> Result<Self, InvalidToken> {
        Self::try_new(&text)
    }
}

impl From<TokenId> for String {
    fn from(id: TokenId) -> Self {
        id.0
    }
}

/// The SHA-256 of a token's id and secret; 64 hexadecimal digits in JSON.
///
/// A fast hash is right here and would be wrong for passwords. A slow, salted one makes each guess
/// dear, which helps a secret that people choose from a small set. This one is 256 random bits: there
/// is nothing to guess from, at whatever price, and no table to prepare; a slow hash would only let
/// anybody burn the API's time with wrong tokens. [NIST SP 800-63B, revision 3, section 5.1.2.2]
/// draws the line of the secrets that need salt and a slow hash at 112 bits. The id is hashed too, so
/// that a hash copied into another token's record fits nothing.
///
/// [NIST SP 800-63B, revision 3, section 5.1.2.2]: https://pages.nist.gov/800-63-3/sp800-63b.html
///
/// Equality takes the same time wherever the difference is.
#[derive(Clone, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// What an unknown id's secret is compared with: a hash that no token is known to have.
    pub(super) fn of_nothing() -> Self {
        Self([0; 32])
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenHash {}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

impl TryFrom<String> for TokenHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        decode_hex(&text)
            .map(Self)
            .ok_or("a token's hash has 64 hexadecimal digits")
    }
}

impl From<TokenHash> for String {
    fn from(hash: TokenHash) -> Self {
        hex::encode(hash.0)
    }
}
