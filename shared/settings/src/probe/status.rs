//! HTTP statuses as a probe expects them.

use std::str::FromStr;

/// A range of statuses, both ends included.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StatusRange {
    first: u16,
    last: u16,
}

/// A text that names no statuses.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no status: write 200, 2xx or 200-299")]
pub struct InvalidStatus(String);

impl StatusRange {
    /// 200 to 299.
    pub const SUCCESS: Self = Self {
        first: 200,
        last: 299,
    };

    /// Whether a status is in it.
    #[must_use]
    pub const fn contains(self, status: u16) -> bool {
        self.first <= status && status <= self.last
    }
}

impl FromStr for StatusRange {
    type Err = InvalidStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidStatus(text.chars().take(40).collect());
        let status = |text: &str| {
            let number = text.trim().parse::<u16>().ok();
            number.filter(|number| (100..=599).contains(number))
        };
        let range = match text.strip_suffix("xx") {
            Some(class) => status(&format!("{class}00")).map(|first| (first, first + 99)),
            None => match text.split_once('-') {
                Some((first, last)) => status(first).zip(status(last)),
                None => status(text).map(|one| (one, one)),
            },
        };
        match range {
            Some((first, last)) if first <= last => Ok(Self { first, last }),
            Some(_) | None => Err(invalid()),
        }
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("200", 200, 200)]
    #[test_case("2xx", 200, 299)]
    #[test_case("5xx", 500, 599)]
    #[test_case("200-204", 200, 204)]
    fn reads_statuses(text: &str, first: u16, last: u16) {
        assert_eq!(
            text.parse::<StatusRange>().unwrap(),
            StatusRange { first, last }
        );
    }

    #[test_case(""; "empty")]
    #[test_case("xx"; "no class")]
    #[test_case("6xx"; "no class of HTTP's")]
    #[test_case("20x"; "half a class")]
    #[test_case("99"; "too small")]
    #[test_case("299-200"; "backwards")]
    fn refuses_what_is_none(text: &str) {
        assert!(text.parse::<StatusRange>().is_err());
    }
}
