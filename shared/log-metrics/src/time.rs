//! When a line says that it was written, for logs that come without CloudWatch's own time.

use jiff::Timestamp;

/// So far into a line its time stands.
const NEAR: usize = 400;

/// The first time in the beginning of a line: RFC 3339, or milliseconds since 1970 behind `"time":` or `"timestamp":`.
#[must_use]
pub fn written_at(line: &str) -> Option<i64> {
    let head = crate::finding::cut(line, NEAR);
    let bytes = head.as_bytes();
    for at in 0..bytes.len().saturating_sub(19) {
        let is = |offset: usize, byte: u8| bytes.get(at + offset) == Some(&byte);
        if is(4, b'-') && is(7, b'-') && is(13, b':') && (is(10, b'T') || is(10, b' ')) {
            let rest = head.get(at..)?;
            let length = rest
                .find(|c: char| !(c.is_ascii_digit() || "-:.TZ+ ".contains(c)))
                .unwrap_or(rest.len());
            let text = rest.get(..length)?.trim_end();
            if let Some(time) = parse(text) {
                return Some(time);
            }
        }
    }
    ["\"time\":", "\"timestamp\":", "\"ts\":"]
        .iter()
        .find_map(|name| {
            let rest = head.get(head.find(name)? + name.len()..)?.trim_start();
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number: i64 = rest.get(..digits)?.parse().ok()?;
            match digits {
                13 => Some(number),
                10 => number.checked_mul(1_000),
                _ => None,
            }
        })
}

fn parse(text: &str) -> Option<i64> {
    let second = text.get(..19)?.replace(' ', "T");
    let rest = text.get(19..)?;
    let fraction = rest.strip_prefix('.').map_or(0, |rest| {
        rest.bytes().take_while(u8::is_ascii_digit).count() + 1
    });
    let zone = rest.get(fraction..)?;
    let zone = match zone.as_bytes() {
        [b'+' | b'-', _, _, b':', _, _, ..] => zone.get(..6)?,
        _ => "Z",
    };
    let whole = format!("{second}{}{zone}", rest.get(..fraction)?);
    whole
        .parse::<Timestamp>()
        .ok()
        .map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::written_at;
    use test_case::test_case;

    #[test_case("2026-11-24T00:00:01.250Z\tid\tINFO\tx", Some(1_795_478_401_250); "node")]
    #[test_case(r#"{"level":"info","time":"2026-11-24T05:30:01.25+05:30"}"#, Some(1_795_478_401_250); "json")]
    #[test_case("2026-11-24 00:00:01 INFO x", Some(1_795_478_401_000); "with a space")]
    #[test_case(r#"{"time":1795478401250}"#, Some(1_795_478_401_250); "milliseconds")]
    #[test_case("order 1795478401250 is paid", None; "a number")]
    #[test_case("2026-99-24T00:00:01Z", None; "no such month")]
    fn finds(line: &str, expected: Option<i64>) {
        assert_eq!(written_at(line), expected);
    }
}
