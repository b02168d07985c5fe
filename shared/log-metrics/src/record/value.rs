//! The value of a field.

use compact_str::CompactString;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// As it stands in the line.
    Text(&'a str),
    /// With what was escaped in the line.
    Owned(CompactString),
    /// A number, and how it is written.
    Number(f64, CompactString),
}

impl Value<'_> {
    pub(crate) fn of_number(number: f64) -> Self {
        Self::Number(number, compact_str::format_compact!("{number}"))
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Owned(text) | Self::Number(_, text) => text,
        }
    }

    /// A text that is a number counts as one: `key=value` has no others.
    pub(crate) fn number(&self) -> Option<f64> {
        let number = match self {
            Self::Number(number, _) => *number,
            Self::Text(text) => text.trim().parse().ok()?,
            Self::Owned(text) => text.trim().parse().ok()?,
        };
        number.is_finite().then_some(number)
    }

    pub(crate) fn into_owned<'b>(self) -> Value<'b> {
        match self {
            Self::Text(text) => Value::Owned(text.into()),
            Self::Owned(text) => Value::Owned(text),
            Self::Number(number, text) => Value::Number(number, text),
        }
    }
}
