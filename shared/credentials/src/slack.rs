//! Requests that Slack signs: commands, buttons and events.
//!
//! The rules are those of
//! [Verifying requests from Slack](https://api.slack.com/authentication/verifying-requests-from-slack):
//! the signature is `v0=` and the HMAC-SHA256 in hexadecimal, under the app's signing secret, of
//! `v0:<timestamp>:<raw body>`, and a request whose time is more than five minutes away is not
//! obeyed. The body is the one on the wire: behind an API Gateway that says `isBase64Encoded` it
//! must be decoded first.

use jiff::Timestamp;

use crate::Secret;
use crate::code::{Code, decode_hex};
use crate::replay::ReplayKey;

/// The header with the signature.
pub const SIGNATURE_HEADER: &str = "x-slack-signature";
/// The header with the time, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "x-slack-request-timestamp";
/// How far the request's time may be away, either way.
pub const TOLERANCE_SECONDS: u64 = 300;
/// How long a [`ReplayKey`] must be kept: from the earliest moment that a request is taken to the last.
pub const REPLAY_SECONDS: u64 = 2 * TOLERANCE_SECONDS;

const PREFIX: &str = "v0=";

/// Why a request is not Slack's.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SlackError {
    /// A header is not there.
    #[error("the request has no {0} header")]
    Missing(&'static str),
    /// A header has another form than Slack's.
    #[error("the request's {0} header is malformed")]
    Malformed(&'static str),
    /// The request's time is too far away.
    #[error("the request's time, {at}, is more than five minutes away")]
    Stale {
        /// The time that the request gives.
        at: Timestamp,
    },
    /// No secret makes this signature.
    #[error("the request's signature is not Slack's")]
    Forged,
}

/// Checks the two headers of a request against its body.
///
/// Any of the secrets will do, so that a new one can be rolled out before the old one is gone.
///
/// # Errors
/// When a header is missing or malformed, when the time is too far from `now`, and when no secret
/// makes the signature.
pub fn verify(
    secrets: &[Secret],
    signature: Option<&str>,
    timestamp: Option<&str>,
    body: &[u8],
    now: Timestamp,
) -> Result<ReplayKey, SlackError> {
    let signature = signature.ok_or(SlackError::Missing(SIGNATURE_HEADER))?;
    let timestamp = timestamp.ok_or(SlackError::Missing(TIMESTAMP_HEADER))?;
    let given = signature
        .strip_prefix(PREFIX)
        .and_then(decode_hex)
        .ok_or(SlackError::Malformed(SIGNATURE_HEADER))?;
    let at = seconds(timestamp).ok_or(SlackError::Malformed(TIMESTAMP_HEADER))?;
    if now.as_second().abs_diff(at.as_second()) > TOLERANCE_SECONDS {
        return Err(SlackError::Stale { at });
    }
    for secret in secrets {
        // What Slack signed is the header's text.
        if code(secret, timestamp, body).is(&given) {
            return Ok(ReplayKey::of("slack", &given, Some(at)));
        }
    }
    Err(SlackError::Forged)
}

/// The signature that Slack sends with `body` at `now`. For tests and for a twin of Slack.
#[must_use]
pub fn sign(secret: &Secret, body: &[u8], now: Timestamp) -> SlackHeaders {
    let timestamp = now.as_second().to_string();
    let code = code(secret, &timestamp, body);
    SlackHeaders {
        signature: format!("{PREFIX}{}", hex::encode(code.bytes())),
        timestamp,
    }
}

/// The values of the two headers of a signed request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SlackHeaders {
    /// The value of [`SIGNATURE_HEADER`].
    pub signature: String,
    /// The value of [`TIMESTAMP_HEADER`].
    pub timestamp: String,
}

/// Digits only: no sign, no space, so that a time has few texts.
fn seconds(text: &str) -> Option<Timestamp> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Timestamp::from_second(text.parse().ok()?).ok()
}

fn code(secret: &Secret, timestamp: &str, body: &[u8]) -> Code {
    Code::of(secret.bytes(), &[b"v0:", timestamp.as_bytes(), b":", body])
}
