//! Matchers: Alertmanager's four on text, and six comparisons on numbers.

mod lists;
mod pattern;
mod read;

use std::fmt;

use compact_str::CompactString;

use pattern::Pattern;

pub use lists::Matchers;
pub use read::InvalidMatcher;
pub(crate) use read::is_label_name;

/// What a matcher looks at: text and numbers by name.
pub trait Lookup {
    /// The text of a label or field; `None` and `""` mean the same: it is missing.
    fn text(&self, name: &str) -> Option<&str>;
    /// The number of a field or label; `None` when it is missing or no number.
    fn number(&self, name: &str) -> Option<f64>;
    /// What `remember` was told about this expression, if the subject keeps such notes.
    fn remembered(&self, _pattern: u16) -> Option<bool> {
        None
    }
    /// The answer of one of the configuration's expressions, by its number: the same expression is
    /// asked again when the subject is looked at from another side.
    fn remember(&self, _pattern: u16, _matched: bool) {}
}

/// How a matcher compares.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Operator {
    /// `=`: the text is the same.
    Equal,
    /// `!=`: the text differs.
    NotEqual,
    /// `=~`: the whole text matches the regular expression.
    Matches,
    /// `!~`: it does not.
    NotMatches,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `==`: the number is the same.
    Equals,
}

impl Operator {
    // Longer signs first, so that `>=` is not read as `>`.
    const SIGNS: [(&str, Self); 9] = [
        ("=~", Self::Matches),
        ("!~", Self::NotMatches),
        ("!=", Self::NotEqual),
        ("==", Self::Equals),
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        ("=", Self::Equal),
        (">", Self::Above),
        ("<", Self::Below),
    ];

    /// The place in Alertmanager's order.
    pub(crate) const fn rank(self) -> u8 {
        match self {
            Self::Equal => 0,
            Self::NotEqual => 1,
            Self::Matches => 2,
            Self::NotMatches => 3,
            Self::Above => 4,
            Self::AtLeast => 5,
            Self::Below => 6,
            Self::AtMost => 7,
            Self::Equals => 8,
        }
    }

    /// The sign as written.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Matches => "=~",
            Self::NotMatches => "!~",
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Equals => "==",
        }
    }
}

#[derive(Clone, Debug)]
enum Test {
    Text { equal: bool, text: CompactString },
    Pattern { matches: bool, pattern: Pattern },
    Number { operator: Operator, number: f64 },
}

/// One condition on a label or field: `service="payments"`, `alertname=~"api-.*"`, `value > 5`.
#[derive(Clone, Debug)]
pub struct Matcher {
    name: CompactString,
    test: Test,
}

impl Matcher {
    /// Whether it holds. A missing label is an empty text; a missing number compares as false.
    pub fn is_match(&self, subject: &impl Lookup) -> bool {
        match &self.test {
            Test::Text { equal, text } => {
                (subject.text(&self.name).unwrap_or_default() == text) == *equal
            }
            Test::Pattern { matches, pattern } => {
                let matched = subject.remembered(pattern.number).unwrap_or_else(|| {
                    let text = subject.text(&self.name).unwrap_or_default();
                    let matched = pattern.is_match(text);
                    subject.remember(pattern.number, matched);
                    matched
                });
                matched == *matches
            }
            Test::Number { operator, number } => {
                subject
                    .number(&self.name)
                    .is_some_and(|value| match operator {
                        Operator::Above => value > *number,
                        Operator::AtLeast => value >= *number,
                        Operator::Below => value < *number,
                        Operator::AtMost => value <= *number,
                        Operator::Equals => (value - *number).abs() < f64::EPSILON,
                        Operator::Equal
                        | Operator::NotEqual
                        | Operator::Matches
                        | Operator::NotMatches => false,
                    })
            }
        }
    }

    /// Gives the next number to its expression, if it has one.
    fn count(&mut self, last: &mut u16) {
        if let Test::Pattern { pattern, .. } = &mut self.test {
            *last = last.saturating_add(1);
            // Past the last number none is remembered, which is slower and no less right.
            pattern.number = if *last == u16::MAX { 0 } else { *last };
        }
    }

    /// The label or field that it looks at.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it compares.
    #[must_use]
    pub const fn operator(&self) -> Operator {
        match &self.test {
            Test::Text { equal: true, .. } => Operator::Equal,
            Test::Text { equal: false, .. } => Operator::NotEqual,
            Test::Pattern { matches: true, .. } => Operator::Matches,
            Test::Pattern { matches: false, .. } => Operator::NotMatches,
            Test::Number { operator, .. } => *operator,
        }
    }

    /// What it compares with: a text, an expression or a number.
    #[must_use]
    pub fn value(&self) -> CompactString {
        match &self.test {
            Test::Text { text, .. } => text.clone(),
            Test::Pattern { pattern, .. } => pattern.source().clone(),
            Test::Number { number, .. } => compact_str::format_compact!("{number}"),
        }
    }

    /// The texts of which it asks for one, if it is such a matcher: `a="b"`, or `a=~"b|c"`.
    #[must_use]
    pub fn texts(&self) -> Option<Vec<&str>> {
        match &self.test {
            Test::Text { equal: true, text } => Some(vec![text]),
            Test::Pattern {
                matches: true,
                pattern,
            } => Some(pattern.words()?.collect()),
            Test::Text { .. } | Test::Pattern { .. } | Test::Number { .. } => None,
        }
    }

    /// It as Alertmanager writes it in keys: `a=~"b"`, with quotes, backslashes and line breaks escaped.
    /// Two matchers that write the same are the same.
    #[must_use]
    pub fn key(&self) -> CompactString {
        let (name, sign, value) = (&self.name, self.operator().sign(), self.value());
        if self.is_numeric() {
            return compact_str::format_compact!("{name}{sign}{value}");
        }
        let mut key = compact_str::format_compact!("{name}{sign}\"");
        for c in value.chars() {
            match c {
                '\\' => key.push_str("\\\\"),
                '"' => key.push_str("\\\""),
                '\n' => key.push_str("\\n"),
                other => key.push(other),
            }
        }
        key.push('"');
        key
    }

    /// The label and the text that it asks for, if it asks for one text (`=`).
    #[must_use]
    pub fn equals(&self) -> Option<(&str, &str)> {
        match &self.test {
            Test::Text { equal: true, text } => Some((&self.name, text)),
            Test::Text { .. } | Test::Pattern { .. } | Test::Number { .. } => None,
        }
    }

    /// Whether it compares numbers: what it looked at is then worth telling.
    #[must_use]
    pub const fn is_numeric(&self) -> bool {
        matches!(self.test, Test::Number { .. })
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.test {
            Test::Text { equal, text } => {
                let sign = if *equal { "=" } else { "!=" };
                write!(f, "{}{sign}\"{text}\"", self.name)
            }
            Test::Pattern { matches, pattern } => {
                let sign = if *matches { "=~" } else { "!~" };
                write!(f, "{}{sign}\"{}\"", self.name, pattern.source())
            }
            Test::Number { operator, number } => {
                write!(f, "{} {} {number}", self.name, operator.sign())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lookup, Matcher};
    use test_case::test_case;

    struct Subject;
    impl Lookup for Subject {
        fn text(&self, name: &str) -> Option<&str> {
            match name {
                "service" => Some("payments"),
                "alertname" => Some("api-errors"),
                "number" => Some("5.0"),
                _ => None,
            }
        }
        fn number(&self, name: &str) -> Option<f64> {
            (name == "value").then_some(5.0)
        }
    }

    #[test_case(r#"service="payments""#, true)]
    #[test_case("service = payments", true; "bare and spaced")]
    #[test_case(r#"service!="payments""#, false)]
    #[test_case(r#"missing="""#, true; "missing is empty")]
    #[test_case(r#"missing!="x""#, true)]
    #[test_case(r#"alertname=~"api-.*""#, true)]
    #[test_case(r#"alertname=~"api""#, false; "anchored")]
    #[test_case(r#"alertname=~"x|api-errors""#, true; "the anchors hold the alternation")]
    #[test_case(r#"alertname!~"db-.*""#, true)]
    #[test_case(r#"alertname=~"\w+-\w+""#, true; "escapes of the expression survive")]
    #[test_case("value > 5", false)]
    #[test_case("value >= 5", true)]
    #[test_case("value<6", true)]
    #[test_case("value <= 4.9", false)]
    #[test_case("value == 5", true)]
    #[test_case("missing > 0", false; "a missing number is never compared")]
    #[test_case("missing < 0", false; "not even below")]
    fn compares(text: &str, expected: bool) {
        assert_eq!(Matcher::try_new(text).unwrap().is_match(&Subject), expected);
    }

    #[test_case(r#"service="payments""#)]
    #[test_case(r#"alertname=~"api-.*""#)]
    #[test_case("value >= 5")]
    fn prints_as_written(text: &str) {
        assert_eq!(Matcher::try_new(text).unwrap().to_string(), text);
    }
}
