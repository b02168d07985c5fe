//! Times, spans and lists in words. All times are UTC.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// `2026-01-05 14:05:30`.
pub(crate) fn full(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `14:05:30`.
pub(crate) fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

/// `14:05:30` on the day of `now`, else with the date.
pub(crate) fn time(at: Timestamp, now: Timestamp) -> String {
    let day = |at: Timestamp| TimeZone::UTC.to_datetime(at).date();
    if day(at) == day(now) {
        clock(at)
    } else {
        full(at)
    }
}

/// `32 s`, `4 min 10 s`, `2 h 5 min`, `3 d 4 h`: the two largest units.
pub(crate) fn span(span: SignedDuration) -> String {
    let total = span.as_secs().unsigned_abs();
    let sign = if span.as_secs() < 0 { "-" } else { "" };
    let units = [
        (total / 86_400, "d"),
        (total / 3_600 % 24, "h"),
        (total / 60 % 60, "min"),
        (total % 60, "s"),
    ];
    let first = units.iter().position(|(count, _)| *count > 0);
    let Some(first) = first else {
        return "0 s".to_owned();
    };
    let parts: Vec<String> = units
        .iter()
        .skip(first)
        .take(2)
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    format!("{sign}{}", parts.join(" "))
}

/// From one time to another, in words.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> String {
    span(to.duration_since(from))
}

/// `1 alert`, `2 alerts`.
pub(crate) fn count(number: usize, word: &str) -> String {
    if number == 1 {
        format!("1 {word}")
    } else {
        format!("{number} {word}s")
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [head @ .., last] => {
            let head: Vec<&str> = head.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", head.join(", "), last.as_ref())
        }
    }
}

/// One line: control characters and line breaks become spaces.
pub(crate) fn line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Later by so long, as far as times go.
pub(crate) fn later(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.checked_add(span).unwrap_or(Timestamp::MAX)
}

/// A configured duration for calculating with times.
pub(crate) fn signed(duration: settings::Duration) -> SignedDuration {
    SignedDuration::from_millis(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_their_two_largest_units() {
        let of = |seconds| span(SignedDuration::from_secs(seconds));
        assert_eq!(of(0), "0 s");
        assert_eq!(of(32), "32 s");
        assert_eq!(of(250), "4 min 10 s");
        assert_eq!(of(3_600), "1 h");
        assert_eq!(of(3_605), "1 h");
        assert_eq!(of(273_600), "3 d 4 h");
        assert_eq!(of(-60), "-1 min");
    }

    #[test]
    fn lists_read_well() {
        assert_eq!(list::<&str>(&[]), "");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
    }
}
