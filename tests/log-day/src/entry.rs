//! What an application says: an event with its fields, in whatever form the line has.

/// One thing that an application says.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What happened, such as `payment.captured`.
    pub event: &'static str,
    /// Its fields, in order.
    pub fields: Vec<(&'static str, Field)>,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// A text without spaces.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number with two decimals.
    Number(f64),
}

impl Entry {
    pub(crate) const fn new(event: &'static str) -> Self {
        Self {
            event,
            fields: Vec::new(),
        }
    }

    pub(crate) fn text(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, Field::Text(value.into())));
        self
    }

    pub(crate) fn whole(mut self, name: &'static str, value: i64) -> Self {
        self.fields.push((name, Field::Whole(value)));
        self
    }

    pub(crate) fn number(mut self, name: &'static str, value: f64) -> Self {
        self.fields.push((name, Field::Number(value)));
        self
    }

    /// A field as text, as the log has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        let found = self.fields.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.to_string())
    }

    pub(crate) fn count(&self, name: &str) -> i64 {
        let found = self.fields.iter().find(|(known, _)| *known == name);
        match found {
            Some((_, Field::Whole(value))) => *value,
            Some((_, Field::Text(_) | Field::Number(_))) | None => 0,
        }
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Whole(number) => write!(f, "{number}"),
            Self::Number(number) => write!(f, "{number:.2}"),
        }
    }
}
