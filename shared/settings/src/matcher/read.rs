//! Reads matchers from text.

use super::pattern::Pattern;
use super::{Matcher, Operator, Test};

/// A text that is no matcher.
#[derive(Debug, thiserror::Error)]
pub enum InvalidMatcher {
    /// There is no operator in it.
    #[error(
        "`{0}` is no matcher: write name, operator and value, such as service=\"payments\", alertname=~\"api-.*\" or value > 5"
    )]
    NoOperator(String),
    /// The name is not one that a label can have.
    #[error("`{0}` is no label name: it has no spaces, commas, quotes, braces or signs")]
    Name(String),
    /// The regular expression is faulty.
    #[error("`{pattern}` is no regular expression: {problem}")]
    Pattern {
        /// What was written.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The comparison needs a number.
    #[error("`{0}` is no number, which `{1}` needs; to compare text write =, !=, =~ or !~")]
    Number(String, &'static str),
    /// A quoted text is not closed.
    #[error("the quotes of {0} are not closed or something follows them")]
    Quotes(String),
}

impl Matcher {
    /// Reads a matcher.
    ///
    /// # Errors
    /// When it has no operator, a faulty name, an unclosed quote, a faulty
    /// regular expression, or no number where one is compared.
    pub fn try_new(text: &str) -> Result<Self, InvalidMatcher> {
        Self::read(text)?.checked()
    }

    /// Reads one matcher or several, as Alertmanager does: `{service="payments", severity=~"a|b"}`; the
    /// braces may be missing.
    ///
    /// # Errors
    /// When one of them is none.
    pub fn try_list(text: &str) -> Result<Vec<Self>, InvalidMatcher> {
        let list = Self::read_list(text)?;
        list.into_iter().map(Self::checked).collect()
    }

    /// A label that must have a text.
    #[must_use]
    pub fn equal(name: &str, text: &str) -> Self {
        let (name, text) = (name.into(), text.into());
        let test = Test::Text { equal: true, text };
        Self { name, test }
    }

    /// A label whose whole text must match an expression, which is not compiled yet.
    pub(crate) fn expression(name: &str, source: &str) -> Self {
        let (name, pattern) = (name.into(), Pattern::new(source));
        let matches = true;
        let test = Test::Pattern { matches, pattern };
        Self { name, test }
    }

    /// Compiles its expression, if it has one.
    pub(crate) fn checked(self) -> Result<Self, InvalidMatcher> {
        if let Test::Pattern { pattern, .. } = &self.test
            && let Some(problem) = pattern.problem()
        {
            return Err(InvalidMatcher::Pattern {
                pattern: pattern.source().to_string(),
                problem,
            });
        }
        Ok(self)
    }

    /// Reads one matcher or several without compiling their expressions.
    pub(crate) fn read_list(text: &str) -> Result<Vec<Self>, InvalidMatcher> {
        let trimmed = text.trim();
        let inner = trimmed.strip_prefix('{').unwrap_or(trimmed);
        // A brace at the end closes one at the beginning; else it belongs to an expression.
        let inner = match inner.strip_suffix('}') {
            Some(body) if inner.len() < trimmed.len() => body,
            _ => inner,
        };
        let (mut quoted, mut escaped, mut begin) = (false, false, 0);
        let mut list = Vec::with_capacity(1);
        for (at, byte) in inner.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = !quoted,
                b',' if !quoted => {
                    list.push(Self::read(inner.get(begin..at).unwrap_or_default().trim())?);
                    begin = at + 1;
                }
                _ => {}
            }
        }
        let last = inner.get(begin..).unwrap_or_default().trim();
        // As with Alertmanager, a comma may stand behind the last.
        if !last.is_empty() || list.is_empty() {
            list.push(Self::read(last)?);
        }
        Ok(list)
    }

    /// Reads a matcher without compiling its expression, for a configuration that was checked
    /// before: compiling all of them would be most of a cold start.
    pub(crate) fn read(text: &str) -> Result<Self, InvalidMatcher> {
        let no_operator = || InvalidMatcher::NoOperator(text.to_owned());
        let at = text.find(['=', '!', '<', '>']).ok_or_else(no_operator)?;
        let (name, rest) = text.split_at_checked(at).ok_or_else(no_operator)?;
        let (operator, value) = Operator::SIGNS
            .into_iter()
            .find_map(|(sign, operator)| Some((operator, rest.strip_prefix(sign)?)))
            .ok_or_else(no_operator)?;
        let name = name.trim();
        if !is_label_name(name) {
            return Err(InvalidMatcher::Name(name.to_owned()));
        }
        let value = unquote(value.trim())?;
        let test = match operator {
            Operator::Equal | Operator::NotEqual => Test::Text {
                equal: operator == Operator::Equal,
                text: value.into(),
            },
            Operator::Matches | Operator::NotMatches => Test::Pattern {
                matches: operator == Operator::Matches,
                pattern: Pattern::new(&value),
            },
            Operator::Above
            | Operator::AtLeast
            | Operator::Below
            | Operator::AtMost
            | Operator::Equals => Test::Number {
                operator,
                number: value
                    .parse()
                    .ok()
                    .filter(|number: &f64| number.is_finite())
                    .ok_or_else(|| InvalidMatcher::Number(value, operator.sign()))?,
            },
        };
        Ok(Self {
            name: name.into(),
            test,
        })
    }
}

/// Whether a label can have this name. Alertmanager's may have any characters, if they are put in quotes.
pub(crate) fn is_label_name(name: &str) -> bool {
    let fits = |c: char| !c.is_whitespace() && !c.is_control() && !"{}=!~<>,\"'`\\".contains(c);
    !name.is_empty() && name.chars().all(fits)
}

fn unquote(text: &str) -> Result<String, InvalidMatcher> {
    let Some(inner) = text.strip_prefix('"') else {
        return Ok(text.to_owned());
    };
    let mut value = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' if chars.as_str().is_empty() => return Ok(value),
            '"' => break,
            '\\' => match chars.next() {
                Some('n') => value.push('\n'),
                Some(quoted @ ('"' | '\\')) => value.push(quoted),
                // Alertmanager keeps what it does not know, so that `\d` may be written plainly.
                Some(other) => value.extend(['\\', other]),
                None => break,
            },
            _ => value.push(c),
        }
    }
    Err(InvalidMatcher::Quotes(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::Matcher;
    use test_case::test_case;

    #[test_case("service", "no matcher"; "no operator")]
    #[test_case("a b=\"c\"", "no label name"; "space in the name")]
    #[test_case("=\"c\"", "no label name"; "no name")]
    #[test_case("a=~\"(\"", "unclosed group"; "regular expression")]
    #[test_case("a > five", "no number"; "number")]
    #[test_case("a=\"x", "not closed"; "quotes")]
    #[test_case("a=\"x\" y", "not closed"; "something follows")]
    fn says_what_is_wrong(text: &str, expected: &str) {
        let error = Matcher::try_new(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test_case(r#"{a="b"}"#, &[r#"a="b""#]; "in braces")]
    #[test_case("{a=b,c!=d,}", &[r#"a="b""#, r#"c!="d""#]; "a comma behind the last")]
    #[test_case(r#"a="x,y" , c=~"z{1,2}""#, &[r#"a="x,y""#, r#"c=~"z{1,2}""#]; "commas in quotes")]
    #[test_case(r#"a="\",",b=c"#, &[r#"a="\",""#, r#"b="c""#]; "an escaped quote")]
    #[test_case("a=~x{2}", &[r#"a=~"x{2}""#]; "a brace of the expression")]
    fn reads_several(text: &str, expected: &[&str]) {
        let keys = Matcher::try_list(text)
            .unwrap()
            .into_iter()
            .map(|m| m.key());
        assert_eq!(keys.collect::<Vec<_>>(), expected);
    }
}
