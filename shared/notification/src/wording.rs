//! The words that all channels share: what happened, how urgent it is, what was measured against
//! what. Nothing here is escaped; each channel does that its own way.

use alert_classification::Measurement;
use incident::{Notification, NotificationEvent};
use jiff::{SignedDuration, Timestamp};
use settings::Priority;

use crate::text;

/// How long a title may be where it stands in a line with other things.
const TITLE: usize = 200;

/// `OPENED`, `UPDATED`, `RESOLVED` or `INFO`.
#[must_use]
pub const fn event_word(event: NotificationEvent) -> &'static str {
    match event {
        NotificationEvent::Opened => "OPENED",
        NotificationEvent::Updated => "UPDATED",
        NotificationEvent::Resolved => "RESOLVED",
        NotificationEvent::Info => "INFO",
    }
}

/// `[P1] OPENED payments: title`, on one line of at most `most` characters.
#[must_use]
pub fn headline(notification: &Notification, most: usize) -> String {
    let incident = &notification.incident;
    let word = event_word(notification.event);
    let line = format!(
        "[{}] {word} {}: {}",
        incident.priority,
        incident.service,
        title(notification)
    );
    text::clipped_line(&line, most)
}

/// The incident's title on one line, or words in its place.
#[must_use]
pub fn title(notification: &Notification) -> String {
    let title = text::clipped_line(&notification.incident.title, TITLE);
    if title.is_empty() {
        "no title".to_owned()
    } else {
        title
    }
}

/// `P1 critical`.
#[must_use]
pub fn priority(priority: Priority) -> String {
    format!("{priority} {}", priority.word())
}

/// What the priority asks of people: "answer within 5 minutes", as long as the incident is open.
#[must_use]
pub fn expectation(notification: &Notification) -> Option<String> {
    respond_by(notification)?;
    let within = minutes(notification.incident.response_minutes);
    Some(format!("answer within {within}"))
}

/// When somebody must have answered, counted from when people were told.
#[must_use]
pub fn respond_by(notification: &Notification) -> Option<Timestamp> {
    match notification.event {
        NotificationEvent::Opened | NotificationEvent::Updated => {
            let within = i64::from(notification.incident.response_minutes);
            notification
                .at
                .checked_add(SignedDuration::from_mins(within))
                .ok()
        }
        NotificationEvent::Resolved | NotificationEvent::Info => None,
    }
}

/// `5 minutes`, `1 hour`, `24 hours`, `90 minutes`.
#[must_use]
pub fn minutes(minutes: u32) -> String {
    if minutes >= 60 && minutes.is_multiple_of(60) {
        counted(u64::from(minutes / 60), "hour")
    } else {
        counted(u64::from(minutes), "minute")
    }
}

/// How long something took, in its two largest parts: `45 seconds`, `12 minutes`, `1 hour 5 minutes`.
#[must_use]
pub fn span(from: Timestamp, to: Timestamp) -> String {
    let seconds = u64::try_from(to.duration_since(from).as_secs()).unwrap_or_default();
    let parts = [
        (seconds / 86_400, "day"),
        (seconds % 86_400 / 3600, "hour"),
        (seconds % 3600 / 60, "minute"),
        (seconds % 60, "second"),
    ];
    let words: Vec<String> = parts
        .into_iter()
        .skip_while(|(n, _)| *n == 0)
        .take(2)
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| counted(n, word))
        .collect();
    if words.is_empty() {
        "0 seconds".to_owned()
    } else {
        words.join(" ")
    }
}

/// `1 alert`, `2 alerts`.
#[must_use]
pub fn counted(count: u64, word: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}

/// `2026-05-04 09:02:11 UTC`.
#[must_use]
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `09:02 UTC`.
#[must_use]
pub fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M UTC").to_string()
}

/// How many alerts fire and how many are over: `2 firing, 1 resolved`.
#[must_use]
pub fn counts(notification: &Notification) -> Option<String> {
    let incident = &notification.incident;
    let words: Vec<String> = [(incident.firing, "firing"), (incident.resolved, "resolved")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// What was measured, in words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Measured {
    /// `7.25 %`.
    pub value: Option<String>,
    /// `> 5 %`: the alarm rings when the value is so.
    pub threshold: Option<String>,
    /// `10 minutes`: over what the alarm looks.
    pub window: Option<String>,
}

impl Measured {
    /// The words for a measurement; `None` when neither value nor threshold is known.
    #[must_use]
    pub fn of(measurement: &Measurement) -> Option<Self> {
        let unit = text::clipped_line(&measurement.unit, 40);
        let finite = |number: Option<f64>| number.filter(|n| n.is_finite());
        let value = finite(measurement.value).map(|value| quantity(value, &unit));
        let threshold = finite(measurement.threshold).map(|threshold| {
            let comparison = text::clipped_line(&measurement.comparison, 20);
            match comparison.as_str() {
                "" => quantity(threshold, &unit),
                "outside" => format!("outside the expected band, {}", quantity(threshold, &unit)),
                known => format!("{known} {}", quantity(threshold, &unit)),
            }
        });
        let window = measurement
            .window_seconds
            .filter(|seconds| *seconds > 0)
            .and_then(|seconds| Timestamp::from_second(i64::from(seconds)).ok())
            .map(|end| span(Timestamp::UNIX_EPOCH, end));
        (value.is_some() || threshold.is_some()).then_some(Self {
            value,
            threshold,
            window,
        })
    }

    /// All of it in one line: `7.25 %, alarm when > 5 % over 10 minutes`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut words = self.value.clone().unwrap_or_else(|| "no value".to_owned());
        if let Some(threshold) = &self.threshold {
            words.push_str(", alarm when ");
            words.push_str(threshold);
        }
        if let Some(window) = &self.window {
            words.push_str(" over ");
            words.push_str(window);
        }
        words
    }

    /// As short as can be: `7.25 % > 5 %`.
    #[must_use]
    pub fn short(&self) -> String {
        let parts = [self.value.as_deref(), self.threshold.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// A number with its unit, as a person would write it.
fn quantity(number: f64, unit: &str) -> String {
    match unit {
        "" | "None" | "Count" => plain(number),
        "Percent" => format!("{} %", plain(number)),
        "Seconds" => format!("{} s", plain(number)),
        "Milliseconds" => format!("{} ms", plain(number)),
        "Microseconds" => format!("{} µs", plain(number)),
        "Bytes" => bytes(number),
        "Bytes/Second" => format!("{}/s", bytes(number)),
        "Count/Second" => format!("{}/s", plain(number)),
        other => format!("{} {other}", plain(number)),
    }
}

fn bytes(number: f64) -> String {
    let mut scaled = number;
    let mut unit = "B";
    for larger in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
        if scaled.abs() < 1024.0 {
            break;
        }
        scaled /= 1024.0;
        unit = larger;
    }
    format!("{} {unit}", plain((scaled * 10.0).round() / 10.0))
}

/// At most four digits after the point, none of them a trailing zero.
fn plain(number: f64) -> String {
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-4..1e15).contains(&magnitude) {
        return format!("{number:e}");
    }
    let digits = format!("{number:.4}");
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    if digits == "-0" {
        "0".to_owned()
    } else {
        digits.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(7.250_000_000_000_001, "Percent", "7.25 %")]
    #[test_case(3400.0, "Milliseconds", "3400 ms")]
    #[test_case(0.0, "Count", "0")]
    #[test_case(-0.000_01, "Count", "-1e-5")]
    #[test_case(1_610_612_736.0, "Bytes", "1.5 GiB")]
    #[test_case(2048.0, "Bytes/Second", "2 KiB/s")]
    #[test_case(1e300, "None", "1e300")]
    #[test_case(12.0, "Frobs", "12 Frobs")]
    fn numbers_are_written_for_people(number: f64, unit: &str, expected: &str) {
        assert_eq!(quantity(number, unit), expected);
    }

    #[test_case(5, "5 minutes")]
    #[test_case(1, "1 minute")]
    #[test_case(60, "1 hour")]
    #[test_case(90, "90 minutes")]
    #[test_case(1440, "24 hours")]
    fn response_times_are_written_for_people(count: u32, expected: &str) {
        assert_eq!(minutes(count), expected);
    }

    #[test_case(0, "0 seconds")]
    #[test_case(45, "45 seconds")]
    #[test_case(720, "12 minutes")]
    #[test_case(3605, "1 hour")]
    #[test_case(3900, "1 hour 5 minutes")]
    #[test_case(90_000, "1 day 1 hour")]
    #[test_case(-5, "0 seconds"; "clocks that disagree")]
    fn spans_are_written_for_people(seconds: i64, expected: &str) {
        let end = Timestamp::from_second(seconds).unwrap();
        assert_eq!(span(Timestamp::UNIX_EPOCH, end), expected);
    }

    fn measurement(value: Option<f64>, comparison: &str) -> Measurement {
        Measurement {
            value,
            threshold: Some(5.0),
            comparison: comparison.into(),
            unit: "Percent".into(),
            period_seconds: Some(300),
            window_seconds: Some(600),
        }
    }

    #[test_case(Some(7.25), ">", "7.25 %, alarm when > 5 % over 10 minutes")]
    #[test_case(None, ">=", "no value, alarm when >= 5 % over 10 minutes"; "no value")]
    #[test_case(Some(f64::NAN), "", "no value, alarm when 5 % over 10 minutes"; "not a number")]
    #[test_case(
        Some(9.0),
        "outside",
        "9 %, alarm when outside the expected band, 5 % over 10 minutes"
    )]
    fn measurements_are_sentences(value: Option<f64>, comparison: &str, expected: &str) {
        let measured = Measured::of(&measurement(value, comparison)).unwrap();
        assert_eq!(measured.sentence(), expected);
    }

    #[test]
    fn nothing_measured_says_nothing() {
        assert_eq!(Measured::of(&Measurement::default()), None);
    }
}
