//! Times as AWS writes them, in all the ways it does.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Reads a time: RFC 3339 with or without a colon in the offset, with spaces where
/// documentation has them, `YYYY-MM-DD HH:MM:SS.fff` (meant as UTC), RFC 2822, or
/// milliseconds or seconds of the epoch. `None` for anything else.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    if let Some(time) = fixed(text.as_bytes()) {
        return Some(time);
    }
    let text = text.trim();
    if text.len() > 64 || text.is_empty() {
        return None;
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return epoch(text.parse().ok()?);
    }
    if text.contains(',') {
        // AWS Health: `Sun, 05 Jun 2016 05:01:10 GMT`.
        return jiff::fmt::rfc2822::parse(text)
            .ok()
            .map(|zoned| zoned.timestamp());
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    // AWS's own samples have `12: 36: 15`, and `2019-02-12 15:45:24.091` means UTC.
    let squeezed = text.replace(": ", ":");
    fixed(squeezed.as_bytes()).or_else(|| {
        let civil: DateTime = squeezed.trim_end_matches(" UTC").parse().ok()?;
        Offset::UTC.to_timestamp(civil).ok()
    })
}

/// Milliseconds or seconds of the epoch: what is too large for seconds is milliseconds.
pub(crate) fn epoch(number: i64) -> Option<Timestamp> {
    if number.abs() >= 100_000_000_000 {
        Timestamp::from_millisecond(number).ok()
    } else {
        Timestamp::from_second(number).ok()
    }
}

/// The form that CloudWatch, EventBridge and SNS write, read without a general parser:
/// `2022-09-25T18:50:37.811+0000`, `…37Z`, `…37.868Z`.
fn fixed(bytes: &[u8]) -> Option<Timestamp> {
    let (head, tail) = bytes.split_at_checked(19)?;
    let digit = |at: usize| {
        let byte = head.get(at)?;
        byte.is_ascii_digit().then(|| i64::from(byte - b'0'))
    };
    let two = |at: usize| Some(digit(at)? * 10 + digit(at + 1)?);
    let is = |at: usize, byte: u8| head.get(at) == Some(&byte);
    if !(is(4, b'-') && is(7, b'-') && is(10, b'T') && is(13, b':') && is(16, b':')) {
        return None;
    }
    let (year, month, day) = (two(0)? * 100 + two(2)?, two(5)?, two(8)?);
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=last).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (fraction, zone) = match tail {
        [b'.', a, b, c, rest @ ..] if [a, b, c].iter().all(|d| d.is_ascii_digit()) => {
            let value = |d: &u8| i64::from(d - b'0');
            (value(a) * 100 + value(b) * 10 + value(c), rest)
        }
        rest => (0, rest),
    };
    if !matches!(zone, b"Z" | b"+0000" | b"+00:00") {
        return None;
    }
    // Days since 1970-01-01 of the proleptic Gregorian calendar, the year beginning in March.
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second;
    Timestamp::from_millisecond(seconds * 1_000 + fraction).ok()
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    #[test_case("2022-09-25T18:50:37.811+0000", "2022-09-25T18:50:37.811Z")]
    #[test_case("2022-09-25T18:50:37Z", "2022-09-25T18:50:37Z"; "seconds")]
    #[test_case("2024-02-29T00:00:00.000Z", "2024-02-29T00:00:00Z"; "leap day")]
    #[test_case("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"; "epoch")]
    #[test_case("2023-08-04T12: 36: 15.490+0000", "2023-08-04T12:36:15.49Z"; "spaces of the documentation")]
    #[test_case("Sun, 05 Jun 2016 05:01:10 GMT", "2016-06-05T05:01:10Z"; "rfc 2822")]
    #[test_case("Thu, 1 Nov 2018 22:00:00 GMT", "2018-11-01T22:00:00Z"; "rfc 2822 with one digit")]
    #[test_case("2019-02-12 15:45:24.091", "2019-02-12T15:45:24.091Z"; "civil")]
    #[test_case("1551225146847", "2019-02-26T23:52:26.847Z"; "milliseconds")]
    #[test_case("1551225146", "2019-02-26T23:52:26Z"; "epoch seconds")]
    #[test_case("2022-07-22T15:57:45+02:00", "2022-07-22T13:57:45Z"; "offset")]
    fn reads(text: &str, expected: &str) {
        assert_eq!(super::read(text).unwrap().to_string(), expected);
    }

    #[test_case(""; "empty")]
    #[test_case("soon"; "word")]
    #[test_case("2023-02-30T00:00:00Z"; "no such day")]
    #[test_case("2023-13-01T00:00:00Z"; "no such month")]
    #[test_case("99999999999999999999"; "too large")]
    fn reads_nothing_into(text: &str) {
        assert_eq!(super::read(text), None);
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_the_general_parser(millis in -62_135_596_800_000_i64..253_402_300_799_000) {
            let time = jiff::Timestamp::from_millisecond(millis).unwrap();
            let text = format!("{time:.3}");
            proptest::prop_assert_eq!(super::fixed(text.as_bytes()), Some(time));
        }
    }
}
