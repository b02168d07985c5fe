//! Whom a probe asks, perhaps with names that a deployment gives values for.

use std::collections::BTreeMap;

use compact_str::CompactString;

/// A text with `${name}` in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProbeTarget {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    Text(String),
    Name(CompactString),
}

/// A text whose names cannot be told from the rest.
#[derive(Debug, thiserror::Error)]
pub enum InvalidTarget {
    /// A `${` without its `}`.
    #[error("`${{` has no `}}`: close it")]
    Unclosed,
    /// A name that no deployment could give.
    #[error("`${{{0}}}` is no name: use letters, digits and `_`")]
    Name(String),
}

impl ProbeTarget {
    /// Reads a text.
    ///
    /// # Errors
    /// When a name in it is none.
    pub fn try_new(text: &str) -> Result<Self, InvalidTarget> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or(InvalidTarget::Unclosed)?;
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
                return Err(InvalidTarget::Name(name.chars().take(64).collect()));
            }
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Name(name.into()));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// The text with these values in it; `None` when one is missing or empty.
    #[must_use]
    pub fn resolve(&self, values: &BTreeMap<String, String>) -> Option<String> {
        let part = |part: &Part| match part {
            Part::Text(text) => Some(text.clone()),
            Part::Name(name) => values
                .get(name.as_str())
                .filter(|value| !value.is_empty())
                .cloned(),
        };
        self.parts.iter().map(part).collect()
    }

    /// The names in it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// What it begins with, if that is written out.
    #[must_use]
    pub fn beginning(&self) -> Option<&str> {
        match self.parts.first() {
            Some(Part::Text(text)) => Some(text),
            Some(Part::Name(_)) | None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("https://${host}/health", Some("https://api.example/health"))]
    #[test_case("${host}${host}", Some("api.exampleapi.example"))]
    #[test_case("plain", Some("plain"))]
    #[test_case("a$b{c}", Some("a$b{c}"); "nothing but signs")]
    #[test_case("${missing}/health", None)]
    #[test_case("${empty}/health", None)]
    fn names_get_their_values(text: &str, expected: Option<&str>) {
        let values = [("host", "api.example"), ("empty", "")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let target = ProbeTarget::try_new(text).unwrap();
        assert_eq!(target.resolve(&values.into()).as_deref(), expected);
    }

    #[test_case("${host"; "unclosed")]
    #[test_case("${}"; "empty")]
    #[test_case("${a b}"; "blank")]
    fn refuses_what_is_no_name(text: &str) {
        assert!(ProbeTarget::try_new(text).is_err());
    }
}
