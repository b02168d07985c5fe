//! Times, lengths of time and foreign texts, as a person reads and writes them.

use jiff::{SignedDuration, Timestamp};

use super::Failure;

/// How long ago, in its largest unit: `45s`, `12m`, `3h`, `2d`.
pub(crate) fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A point in time: `2026-07-31 12:04:05Z`.
pub(crate) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// A point in time to come, and how far away it is: `2026-07-31 12:04:05Z (in 2h)`.
pub(crate) fn until(at: Timestamp, now: Timestamp) -> String {
    if at > now {
        format!("{} (in {})", moment(at), age(now, at))
    } else {
        format!("{} ({} ago)", moment(at), age(at, now))
    }
}

/// A foreign text on one line.
pub(crate) fn one_line(text: &str) -> String {
    let clean: String = text.chars().map(harmless).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A foreign text that keeps its lines.
pub(crate) fn printable(text: &str) -> String {
    let keep = |c| if c == '\n' { c } else { harmless(c) };
    text.chars().map(keep).collect()
}

/// A blank in place of what a terminal would obey or what turns a line's direction.
fn harmless(c: char) -> char {
    let is_harmful = c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if is_harmful { ' ' } else { c }
}

/// A length of time as it is written everywhere in Tocsin: `30m`, `2h`, `1h30m`, `2d`.
///
/// # Errors
/// When it is none, nothing, or longer than a year.
pub(crate) fn duration(text: &str) -> Result<SignedDuration, String> {
    let millis = settings::Duration::try_new(text)
        .map_err(|error| error.to_string())?
        .as_millis();
    let millis = i64::try_from(millis).map_err(|error| error.to_string())?;
    if millis == 0 || millis > 366 * 86_400_000 {
        return Err(format!(
            "`{text}` is not more than nothing and at most a year"
        ));
    }
    Ok(SignedDuration::from_millis(millis))
}

/// [`duration`], for what is sent as it was written and counted by the server's clock.
///
/// # Errors
/// When it is none.
pub(crate) fn length(text: &str) -> Result<String, String> {
    duration(text).map(|_length| text.to_owned())
}

/// A point in time as somebody wrote it: RFC 3339, or `+2h` from now.
///
/// # Errors
/// When it is neither.
pub(crate) fn time(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    let usage = |why: String| {
        Failure::Usage(format!(
            "`{}` is no time: {why}; write 2026-07-31T22:00Z, 2026-07-31T22:00+02:00, or +2h for two hours from now",
            one_line(text)
        ))
    };
    match text.strip_prefix('+') {
        Some(length) => {
            let length = duration(length).map_err(usage)?;
            now.checked_add(length)
                .map_err(|error| usage(error.to_string()))
        }
        None => text
            .parse()
            .map_err(|error: jiff::Error| usage(error.to_string())),
    }
}

/// A point in time that has passed, as somebody wrote it: RFC 3339, or `2h` for two hours ago.
///
/// # Errors
/// When it is neither.
pub(crate) fn ago(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    let length = duration(text).map_err(Failure::Usage);
    let before = length.and_then(|length| {
        let at = now.checked_sub(length);
        at.map_err(|error| Failure::Usage(error.to_string()))
    });
    before.or_else(|_no_duration| {
        text.parse().map_err(|error: jiff::Error| {
            Failure::Usage(format!(
                "`{}` is no time: {error}; write 2026-07-31T22:00Z, 2026-07-31T22:00+02:00, or 2h for two hours ago",
                one_line(text)
            ))
        })
    })
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    const NOW: &str = "2026-07-31T12:00:00Z";

    #[test_case("2026-07-31T11:59:15Z", "45s")]
    #[test_case("2026-07-31T11:48:00Z", "12m")]
    #[test_case("2026-07-31T09:00:00Z", "3h")]
    #[test_case("2026-07-29T12:00:01Z", "47h"; "two days less a second")]
    #[test_case("2026-07-29T12:00:00Z", "2d")]
    #[test_case("2026-07-31T12:00:09Z", "0s"; "a clock that is behind")]
    fn ages_have_one_unit(at: &str, shown: &str) {
        assert_eq!(age(at.parse().unwrap(), NOW.parse().unwrap()), shown);
    }

    #[test_case("2026-07-31T22:00Z", Some("2026-07-31T22:00:00Z"))]
    #[test_case("2026-07-31T22:00+02:00", Some("2026-07-31T20:00:00Z"))]
    #[test_case("+1h30m", Some("2026-07-31T13:30:00Z"))]
    #[test_case("+0s", None)]
    #[test_case("2026-07-31 22:00", None; "whose time that is has to be said")]
    #[test_case("tomorrow", None)]
    fn times_are_absolute_or_from_now(text: &str, at: Option<&str>) {
        let read = time(text, NOW.parse().unwrap()).ok();
        assert_eq!(read, at.map(|at| at.parse().unwrap()));
    }

    #[test_case("2026-07-31T22:00+02:00", Some("2026-07-31T20:00:00Z"))]
    #[test_case("1h30m", Some("2026-07-31T10:30:00Z"))]
    #[test_case("+1h", None; "what is to come")]
    #[test_case("yesterday", None)]
    fn what_was_is_absolute_or_ago(text: &str, at: Option<&str>) {
        let read = ago(text, NOW.parse().unwrap()).ok();
        assert_eq!(read, at.map(|at| at.parse().unwrap()));
    }

    #[test]
    fn foreign_texts_cannot_drive_the_terminal() {
        let text = "a\u{1b}]0;x\u{7}\n\tb\u{202e}c";
        assert_eq!(one_line(text), "a ]0;x b c");
        assert_eq!(printable(text), "a ]0;x \n b c");
    }
}
