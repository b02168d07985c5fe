//! The `Retry-After` header: seconds, or the date of RFC 9110.

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};

/// The longest wait that is honoured. Who asks for more would have an alert forgotten; after this
/// long it is tried again, and after the last attempt it is in the dead-letter queue, which alarms.
pub const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// How long the header asks to wait, bounded by [`LONGEST_WAIT`]; `None` when it makes no sense.
///
/// Fractions are rounded up: some services send them although the standard knows none.
#[must_use]
pub fn wait(header: &str, now: Timestamp) -> Option<SignedDuration> {
    let header = header.trim();
    let asked = seconds(header).or_else(|| until(header, now))?;
    Some(asked.clamp(SignedDuration::ZERO, LONGEST_WAIT))
}

fn seconds(text: &str) -> Option<SignedDuration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let more = i64::from(fraction.bytes().any(|b| b != b'0'));
    // More digits than fit are as good as the longest wait.
    let whole = whole.parse::<i64>().unwrap_or(i64::MAX);
    Some(SignedDuration::from_secs(whole.saturating_add(more)))
}

fn until(text: &str, now: Timestamp) -> Option<SignedDuration> {
    let at = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(at.duration_since(now))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("30", Some(30))]
    #[test_case(" 7 ", Some(7))]
    #[test_case("0", Some(0))]
    #[test_case("1.2", Some(2); "fractions round up")]
    #[test_case("86400", Some(3600); "a day is too long")]
    #[test_case("99999999999999999999999", Some(3600); "more than fits")]
    #[test_case("Mon, 04 May 2026 09:00:45 GMT", Some(45); "a date")]
    #[test_case("Mon, 04 May 2026 08:00:00 GMT", Some(0); "a date that is past")]
    #[test_case("Mon, 04 May 2037 08:00:00 GMT", Some(3600); "a date far away")]
    #[test_case("-5", None)]
    #[test_case("soon", None)]
    #[test_case("", None)]
    #[test_case("1e3", None)]
    fn the_header_is_seconds_or_a_date(header: &str, expected: Option<i64>) {
        let now = "2026-05-04T09:00:00Z".parse().unwrap();
        assert_eq!(wait(header, now), expected.map(SignedDuration::from_secs));
    }
}
