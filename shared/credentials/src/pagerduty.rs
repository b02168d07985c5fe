//! Webhooks that PagerDuty signs, version 3.
//!
//! The rules are those of
//! [Verifying signatures](https://developer.pagerduty.com/docs/ZG9jOjExMDI5NTkz-verifying-signatures)
//! (`docs/webhooks/04-Signatures.md` in PagerDuty's developer-docs): the header is one or more
//! `v1=<hex>`, separated by commas, each the HMAC-SHA256 of the raw body under one of the
//! subscription's secrets; one that matches is enough; other versions are passed over.
//!
//! No time is signed. A recorded webhook verifies for ever, so the [`ReplayKey`] is what keeps it
//! from being obeyed again; the caller may also look at the event's own `occurred_at`, which is
//! inside the signed body. PagerDuty itself sends the same body again when it got no 2xx answer: a
//! known key is answered with success, not with an error.

use sha2::{Digest, Sha256};

use crate::Secret;
use crate::code::{CODE_BYTES, Code, decode_hex};
use crate::replay::ReplayKey;

/// The header with the signatures.
pub const SIGNATURE_HEADER: &str = "x-pagerduty-signature";

const PREFIX: &str = "v1=";

/// Why a request is not PagerDuty's.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PagerDutyError {
    /// The header is not there.
    #[error("the request has no x-pagerduty-signature header")]
    Missing,
    /// The header has no signature of version 1.
    #[error("the request's x-pagerduty-signature header holds no v1 signature")]
    Malformed,
    /// No secret makes any of the signatures.
    #[error("none of the request's signatures is PagerDuty's")]
    Forged,
}

/// Checks the header of a webhook against its raw body.
///
/// Any of the secrets will do: every subscription has its own.
///
/// # Errors
/// When the header is missing or holds no `v1=` signature, and when no secret makes any of them.
pub fn verify(
    secrets: &[Secret],
    header: Option<&str>,
    body: &[u8],
) -> Result<ReplayKey, PagerDutyError> {
    let header = header.ok_or(PagerDutyError::Missing)?;
    let given: Vec<[u8; CODE_BYTES]> = header
        .split(',')
        .filter_map(|one| decode_hex(one.trim().strip_prefix(PREFIX)?))
        .collect();
    if given.is_empty() {
        return Err(PagerDutyError::Malformed);
    }
    for secret in secrets {
        let code = Code::of(secret.bytes(), &[body]);
        if given.iter().any(|given| code.is(given)) {
            // Not of the signature that matched: during a rotation there are two, and leaving one
            // away would make a new key of the same webhook.
            return Ok(ReplayKey::of("pagerduty", &Sha256::digest(body), None));
        }
    }
    Err(PagerDutyError::Forged)
}

/// The header that PagerDuty sends with `body`: one signature for each secret. For tests and for a
/// twin of PagerDuty.
#[must_use]
pub fn sign(secrets: &[Secret], body: &[u8]) -> String {
    let signatures: Vec<String> = secrets
        .iter()
        .map(|secret| {
            let code = Code::of(secret.bytes(), &[body]);
            format!("{PREFIX}{}", hex::encode(code.bytes()))
        })
        .collect();
    signatures.join(",")
}
