//! Times as people read and write them.

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use replay::Night;

/// How times are shown.
pub(super) enum Clock<'a> {
    /// By the calendar of a time zone.
    Zone(&'a Night),
    /// Since the beginning of a scenario.
    Since(Timestamp),
}

impl Clock<'_> {
    pub(super) fn show(&self, at: Timestamp) -> String {
        match self {
            Self::Zone(zone) => {
                let time = zone.zone().to_datetime(at);
                time.strftime("%Y-%m-%d %H:%M:%S").to_string()
            }
            Self::Since(start) => format!("+{}", span(at.duration_since(*start).as_secs_f64())),
        }
    }
}

/// "1d 2h", "5m 30s", "2.5s": the two largest units.
pub(super) fn span(seconds: f64) -> String {
    const UNITS: [(&str, f64); 3] = [("d", 86_400.0), ("h", 3_600.0), ("m", 60.0)];
    let mut parts = Vec::new();
    let mut rest = (seconds * 1e3).round() / 1e3;
    for (name, unit) in UNITS {
        let count = (rest / unit).floor();
        rest -= count * unit;
        if count > 0.0 {
            parts.push(format!("{count}{name}"));
        } else if !parts.is_empty() {
            break;
        }
        if parts.len() == 2 {
            return parts.join(" ");
        }
    }
    let rest = (rest * 1e3).round() / 1e3;
    if rest > 0.0 || parts.is_empty() {
        parts.push(format!("{rest}s"));
    }
    parts.truncate(2);
    parts.join(" ")
}

/// A time as an option gives it.
pub(super) fn instant(text: &str, zone: &Night) -> anyhow::Result<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let civil = text
        .parse::<DateTime>()
        .or_else(|_| text.parse::<Date>().map(DateTime::from))
        .ok()
        .with_context(|| {
            format!(
                "`{text}` is no time; write 2026-11-23, 2026-11-23T10:00 or 2026-11-23T10:00:00Z"
            )
        })?;
    Ok(zone.zone().to_ambiguous_timestamp(civil).compatible()?)
}

/// The night of a time zone.
pub(super) fn night(name: &str) -> anyhow::Result<Night> {
    Night::of(name).with_context(|| {
        format!("`{name}` is no time zone; write a name of the IANA database, such as Asia/Kolkata, or UTC")
    })
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    #[test_case(0.0, "0s")]
    #[test_case(2.5, "2.5s")]
    #[test_case(60.0, "1m")]
    #[test_case(330.0, "5m 30s")]
    #[test_case(3_601.0, "1h 1s"; "an hour and a second")]
    #[test_case(93_600.0, "1d 2h")]
    fn spans_are_short(seconds: f64, text: &str) {
        assert_eq!(super::span(seconds), text);
    }

    #[test]
    fn times_are_of_the_zone() {
        let zone = super::night("Asia/Kolkata").unwrap();
        let at = |text| super::instant(text, &zone).unwrap().to_string();
        assert_eq!(at("2026-11-23"), "2026-11-22T18:30:00Z");
        assert_eq!(at("2026-11-23T10:00"), "2026-11-23T04:30:00Z");
        assert_eq!(at("2026-11-23T10:00:00Z"), "2026-11-23T10:00:00Z");
        assert!(super::instant("noon", &zone).is_err());
    }
}
