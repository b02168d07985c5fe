//! What was measured against what, in words.

use alert_classification::Measurement;
use jiff::Timestamp;

use crate::text;
use crate::wording::span;

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
