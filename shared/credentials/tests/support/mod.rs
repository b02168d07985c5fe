//! What the tests share.

#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use credentials::Secret;
use jiff::Timestamp;

/// So many seconds after the tests' own beginning of time.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_777_885_200 + second).unwrap()
}

pub(crate) fn secret(text: &str) -> Secret {
    Secret::try_new(text).unwrap()
}

/// Every text that differs from `text` in one bit. Where that is no text at all, nothing is left to
/// refuse.
pub(crate) fn flips(text: &str) -> impl Iterator<Item = String> {
    (0..text.len() * 8).filter_map(|bit| {
        let mut bytes = text.as_bytes().to_vec();
        *bytes.get_mut(bit / 8)? ^= 1 << (bit % 8);
        String::from_utf8(bytes).ok()
    })
}
