//! Durations as Prometheus writes them: `30s`, `5m`, `1h30m`, `2d`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time, in whole milliseconds, written as Prometheus does
/// (`ms`, `s`, `m`, `h`, `d`, `w`, `y`; units from large to small, each at most once).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Duration(u64);

/// A text that is no duration.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no duration: write a number and a unit such as 30s, 5m, 1h30m or 2d")]
pub struct InvalidDuration(String);

const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

impl Duration {
    /// A duration of so many milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// A duration of so many seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    /// A duration of so many minutes.
    #[must_use]
    pub const fn from_minutes(minutes: u32) -> Self {
        Self(minutes as u64 * 60_000)
    }

    /// Reads a duration.
    ///
    /// # Errors
    /// When the text is empty, has an unknown unit, or units in the wrong order.
    pub fn try_new(text: &str) -> Result<Self, InvalidDuration> {
        let invalid = || InvalidDuration(text.chars().take(40).collect());
        if text == "0" {
            return Ok(Self(0));
        }
        let (mut rest, mut total, mut next_unit) = (text, 0_u64, 0);
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, tail) = rest.split_at_checked(digits).ok_or_else(invalid)?;
            let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (unit, tail) = tail.split_at_checked(letters).ok_or_else(invalid)?;
            let at = UNITS
                .iter()
                .position(|(name, _)| *name == unit)
                .filter(|at| *at >= next_unit)
                .ok_or_else(invalid)?;
            let number: u64 = number.parse().map_err(|_| invalid())?;
            let factor = UNITS.get(at).map_or(1, |(_, factor)| *factor);
            total = number
                .checked_mul(factor)
                .and_then(|millis| total.checked_add(millis))
                .ok_or_else(invalid)?;
            next_unit = at + 1;
            rest = tail;
        }
        if text.is_empty() {
            return Err(invalid());
        }
        Ok(Self(total))
    }

    /// In milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Whether it is no time at all.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// In whole minutes, rounded up.
    #[must_use]
    pub fn as_minutes(self) -> u32 {
        u32::try_from(self.0.div_ceil(60_000)).unwrap_or(u32::MAX)
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        if rest == 0 {
            return f.write_str("0s");
        }
        // Years and weeks read worse than days.
        for (unit, factor) in UNITS.iter().skip(2) {
            let count = rest / factor;
            rest %= factor;
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::try_new(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Duration;
    use test_case::test_case;

    #[test_case("30s", 30_000)]
    #[test_case("5m", 300_000)]
    #[test_case("1h30m", 5_400_000)]
    #[test_case("2d", 172_800_000)]
    #[test_case("1y2w", 32_745_600_000)]
    #[test_case("0", 0)]
    #[test_case("150ms", 150)]
    fn reads_what_prometheus_reads(text: &str, millis: u64) {
        assert_eq!(Duration::try_new(text).unwrap().as_millis(), millis);
    }

    #[test_case(""; "empty")]
    #[test_case("5"; "no unit")]
    #[test_case("m"; "no number")]
    #[test_case("5x"; "unknown unit")]
    #[test_case("5m1h"; "wrong order")]
    #[test_case("-5m"; "negative")]
    #[test_case("99999999999999999999s"; "too large")]
    fn refuses_what_is_none(text: &str) {
        assert!(Duration::try_new(text).is_err());
    }

    #[test_case("1h30m"; "mixed")]
    #[test_case("0s"; "zero")]
    #[test_case("1d"; "a day")]
    fn prints_what_it_reads(text: &str) {
        assert_eq!(
            Duration::try_new(text).unwrap_or_default().to_string(),
            text
        );
    }
}
