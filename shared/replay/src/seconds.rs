//! Times of a scenario: seconds from its beginning.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A time in seconds from the beginning: a number, or a text with units such as `30m`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Seconds(f64);

impl Seconds {
    /// The number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// The instant.
    #[must_use]
    pub fn after(self, start: Timestamp) -> Timestamp {
        #[expect(clippy::cast_possible_truncation, reason = "out of range it saturates")]
        let micros = (self.0 * 1e6).round() as i64;
        start
            .checked_add(SignedDuration::from_micros(micros))
            .unwrap_or(start)
    }

    fn read(text: &str) -> Option<Self> {
        const UNITS: [(&str, f64); 6] = [
            ("ms", 0.001),
            ("s", 1.0),
            ("m", 60.0),
            ("h", 3_600.0),
            ("d", 86_400.0),
            ("w", 604_800.0),
        ];
        if let Ok(number) = text.parse() {
            return Some(Self(number));
        }
        let (mut rest, mut total) = (text, 0.0);
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (number, tail) = rest.split_at_checked(digits)?;
            let letters = tail
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(tail.len());
            let (unit, tail) = tail.split_at_checked(letters)?;
            let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
            total += number.parse::<f64>().ok()? * factor;
            rest = tail;
        }
        (!text.is_empty()).then_some(Self(total))
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let read = match &value {
            Value::Number(number) => number.as_f64().map(Self),
            Value::String(text) => Self::read(text),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        read.filter(|seconds| seconds.0.is_finite()).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "{value} is no time: write seconds, or a number with a unit such as 30m"
            ))
        })
    }
}
