//! The signed JSON document for an incident system of the user's own.
//!
//! The body is the same for every attempt; only the signature's time moves. The receiver checks the
//! signature over `<t>.<body>`, refuses old times, and drops keys that it has already seen.

use hmac::{Hmac, KeyInit, Mac};
use incident::{Notification, NotificationEvent};
use jiff::Timestamp;
use serde::Serialize;
use sha2::Sha256;

use crate::links::{self, Links};
use crate::wording;

/// The name and version of the document.
pub const WEBHOOK_SCHEMA: &str = "tocsin.webhook/1";
/// The header with time and signature: `t=<unix seconds>,v1=<hex>`.
pub const SIGNATURE_HEADER: &str = "tocsin-signature";
/// The header with the key that is the same for every attempt of one notification.
pub const IDEMPOTENCY_HEADER: &str = "tocsin-idempotency-key";
/// The header with the event: `opened`, `updated`, `resolved`, `escalated` and so on.
pub const EVENT_HEADER: &str = "tocsin-event";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    idempotency_key: &'a str,
    event: NotificationEvent,
    summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    notification: &'a Notification,
}

/// The body to be posted.
///
/// # Errors
/// Only if the document could not be written as JSON, which none of its parts can cause.
pub fn body(
    notification: &Notification,
    links: Option<&Links>,
) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Document {
        schema: WEBHOOK_SCHEMA,
        idempotency_key: &notification.id,
        event: notification.event,
        summary: wording::headline(notification, 300),
        url: links::page(notification, links).map(|link| link.url),
        notification,
    })
}

/// The value of [`SIGNATURE_HEADER`]: HMAC-SHA256 of `<t>.<body>` with the signing key.
#[must_use]
pub fn signature(key: &[u8], body: &str, at: Timestamp) -> String {
    let time = at.as_second();
    let code = code(key, time, body).map(|mac| hex::encode(mac.finalize().into_bytes()));
    format!("t={time},v1={}", code.unwrap_or_default())
}

/// Whether a signature is right and not older (or newer) than the tolerance: what a receiver does.
#[must_use]
pub fn verify(
    key: &[u8],
    body: &str,
    header: &str,
    now: Timestamp,
    tolerance_seconds: u64,
) -> bool {
    let field = |name: &str| {
        header
            .split(',')
            .find_map(|part| part.trim().strip_prefix(name))
    };
    let (Some(time), Some(given)) = (field("t=").and_then(|t| t.parse().ok()), field("v1=")) else {
        return false;
    };
    let (Ok(given), Some(mac)) = (hex::decode(given), code(key, time, body)) else {
        return false;
    };
    now.as_second().abs_diff(time) <= tolerance_seconds && mac.verify_slice(&given).is_ok()
}

fn code(key: &[u8], time: i64, body: &str) -> Option<Hmac<Sha256>> {
    // HMAC takes keys of every length, so there always is a code.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(time.to_string().as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    const KEY: &[u8] = b"a key of the test";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_signature_is_what_any_hmac_tool_computes() {
        // printf '1777885200.{}' | openssl dgst -sha256 -hmac 'a key of the test'
        insta::assert_snapshot!(signature(KEY, "{}", at(1_777_885_200)));
    }

    #[test_case(KEY, "{}", 0, true; "as sent")]
    #[test_case(KEY, "{}", 300, true; "just in time")]
    #[test_case(KEY, "{}", 301, false; "replayed later")]
    #[test_case(KEY, "{}", -301, false; "from the future")]
    #[test_case(KEY, "{} ", 0, false; "another body")]
    #[test_case(b"another key", "{}", 0, false; "another key")]
    fn only_what_was_signed_verifies(key: &[u8], body: &str, later: i64, right: bool) {
        let header = signature(KEY, "{}", at(1_777_885_200));
        assert_eq!(
            verify(key, body, &header, at(1_777_885_200 + later), 300),
            right
        );
    }

    #[test_case("")]
    #[test_case("v1=00")]
    #[test_case("t=x,v1=00")]
    #[test_case("t=1777885200,v1=zz")]
    #[test_case("t=1777885200,v1=")]
    fn a_broken_header_verifies_nothing(header: &str) {
        assert!(!verify(KEY, "{}", header, at(1_777_885_200), 300));
    }
}
