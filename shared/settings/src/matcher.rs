//! Matchers: Alertmanager's four on text, and six comparisons on numbers.

use std::fmt;
use std::sync::OnceLock;

use compact_str::CompactString;
use regex::Regex;
use regex::bytes::{Regex as AsciiRegex, RegexBuilder as AsciiRegexBuilder};

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

/// A regular expression, anchored at both ends, compiled when it is first needed:
/// a function that wakes up for one alert need not compile the whole rule book.
#[derive(Clone, Debug)]
struct Pattern {
    /// Its number in the configuration, from 1; 0 outside of one.
    number: u16,
    source: CompactString,
    /// Whether it is words with `|` between them, for which no expression is needed.
    words: bool,
    /// For `.*(…).*`: what is in the middle. Searching for it lets the engine look for its
    /// literals, where the anchored form has to walk through every character.
    middle: Option<CompactString>,
    /// For texts of ASCII only, which most are: the same answer, without Unicode's tables, which
    /// take many times as long to compile.
    ascii: OnceLock<Option<AsciiRegex>>,
    unicode: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn new(source: &str) -> Self {
        Self {
            number: 0,
            source: source.into(),
            words: !source.contains([
                '\\', '.', '+', '*', '?', '(', ')', '[', ']', '{', '}', '^', '$',
            ]),
            middle: middle(source),
            ascii: OnceLock::new(),
            unicode: OnceLock::new(),
        }
    }

    fn is_match(&self, text: &str) -> bool {
        if self.words {
            return self.source.split('|').any(|word| word == text);
        }
        // A dot matches no line break, so with one in the text the search for the middle differs.
        let plain = text.is_ascii() && (self.middle.is_none() || !text.contains('\n'));
        if plain && let Some(regex) = self.ascii.get_or_init(|| self.compile_ascii()) {
            return regex.is_match(text.as_bytes());
        }
        let unicode = self.unicode.get_or_init(|| compile(&self.source).ok());
        unicode.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// `None` for an expression that speaks of Unicode itself, such as `\p{Greek}`.
    fn compile_ascii(&self) -> Option<AsciiRegex> {
        let expression = match &self.middle {
            Some(middle) => middle.to_string(),
            None => anchored(&self.source),
        };
        let mut builder = AsciiRegexBuilder::new(&expression);
        builder.unicode(false).build().ok()
    }
}

/// The group in the middle of `.*(…).*`, with the flags in front of it, if the expression
/// has just that form.
fn middle(source: &str) -> Option<CompactString> {
    let (flags, rest) = match source.strip_prefix("(?i)") {
        Some(rest) => ("(?i)", rest),
        None => ("", source),
    };
    let group = rest.strip_prefix(".*")?.strip_suffix(".*")?;
    if !group.starts_with('(') || group.contains(['^', '$', '[']) {
        return None;
    }
    // The first parenthesis must be closed by the last one, or an alternation would be cut.
    let (mut depth, mut escaped) = (0_u32, false);
    for (at, byte) in group.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 && at + 1 < group.len() {
            return None;
        }
    }
    (depth == 0 && !escaped).then(|| compact_str::format_compact!("{flags}{group}"))
}

fn anchored(source: &str) -> String {
    format!("^(?:{source})$")
}

fn compile(source: &str) -> Result<Regex, regex::Error> {
    Regex::new(&anchored(source))
}

/// One condition on a label or field: `service="payments"`, `alertname=~"api-.*"`, `value > 5`.
#[derive(Clone, Debug)]
pub struct Matcher {
    name: CompactString,
    test: Test,
}

/// A text that is no matcher.
#[derive(Debug, thiserror::Error)]
pub enum InvalidMatcher {
    /// There is no operator in it.
    #[error(
        "`{0}` is no matcher: write name, operator and value, such as service=\"payments\", alertname=~\"api-.*\" or value > 5"
    )]
    NoOperator(String),
    /// The name is not one that a label can have.
    #[error("`{0}` is no label name: it has letters, digits, `_`, `-`, `.` and `:` only")]
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
            && let Err(error) = compile(&pattern.source)
        {
            // The crate's text has the whole pattern and a caret; its last line says what is wrong.
            let problem = error.to_string();
            let problem = problem.lines().last().unwrap_or_default();
            return Err(InvalidMatcher::Pattern {
                pattern: pattern.source.to_string(),
                problem: problem.trim_start_matches("error: ").to_owned(),
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
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b"_-.:".contains(&b);
        if name.is_empty() || !name.bytes().all(is_name) {
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
            Test::Pattern { pattern, .. } => pattern.source.clone(),
            Test::Number { number, .. } => compact_str::format_compact!("{number}"),
        }
    }

    /// The texts of which it asks for one, if it is such a matcher: `a="b"`, or `a=~"b|c"`.
    pub(crate) fn texts(&self) -> Option<Vec<&str>> {
        match &self.test {
            Test::Text { equal: true, text } => Some(vec![text]),
            Test::Pattern {
                matches: true,
                pattern,
            } if pattern.words => Some(pattern.source.split('|').collect()),
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
                write!(f, "{}{sign}\"{}\"", self.name, pattern.source)
            }
            Test::Number { operator, number } => {
                write!(f, "{} {} {number}", self.name, operator.sign())
            }
        }
    }
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

/// Conditions of which all of one list and at least one of another must hold.
#[derive(Clone, Debug, Default)]
pub struct Matchers {
    all: Vec<Matcher>,
    any: Vec<Matcher>,
}

impl Matchers {
    /// All of `all` and, when there is any, one of `any`.
    #[must_use]
    pub const fn new(all: Vec<Matcher>, any: Vec<Matcher>) -> Self {
        Self { all, any }
    }

    /// Numbers the expressions, going on from `last`.
    pub(crate) fn count(&mut self, last: &mut u16) {
        for matcher in self.all.iter_mut().chain(&mut self.any) {
            matcher.count(last);
        }
    }

    /// Whether they hold.
    pub fn is_match(&self, subject: &impl Lookup) -> bool {
        self.all.iter().all(|matcher| matcher.is_match(subject))
            && (self.any.is_empty() || self.any.iter().any(|matcher| matcher.is_match(subject)))
    }

    /// Those that compare numbers and hold: what made the difference.
    pub fn deciding<'a>(&'a self, subject: &'a impl Lookup) -> impl Iterator<Item = &'a Matcher> {
        self.all
            .iter()
            .chain(&self.any)
            .filter(|matcher| matcher.is_numeric() && matcher.is_match(subject))
    }

    /// Whether there is no condition at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.all.is_empty() && self.any.is_empty()
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

    #[test_case(".*(a|b).*", Some("(a|b)"))]
    #[test_case("(?i).*(a|b).*", Some("(?i)(a|b)"); "with flags")]
    #[test_case(r".*(a\)|\(b).*", Some(r"(a\)|\(b)"); "escaped parentheses")]
    #[test_case(".*(a)|(b).*", None; "an alternation of two")]
    #[test_case(".*(a).*(b).*", None; "two groups")]
    #[test_case(".*(^a).*", None; "an anchor inside")]
    #[test_case(".*([)]).*", None; "a class may hold a parenthesis")]
    #[test_case("a.*", None; "another form")]
    #[test_case(".*", None; "nothing in the middle")]
    fn searches_for_the_middle_only_where_it_is_the_same(source: &str, expected: Option<&str>) {
        assert_eq!(super::middle(source).as_deref(), expected);
        let pattern = super::Pattern::new(source);
        let anchored = super::compile(source).unwrap();
        for text in [
            "", "a", "xay", "b", "A", "x", "a\nb", "\na", "(b", "a)", ")",
        ] {
            assert_eq!(pattern.is_match(text), anchored.is_match(text), "{text:?}");
        }
    }

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

    #[test_case("k"; "kelvin")]
    #[test_case("(?i)k"; "kelvin in any case")]
    #[test_case(r"\w+"; "words")]
    #[test_case("."; "any character")]
    #[test_case("(?i).*(straße|k).*"; "a middle beyond ascii")]
    #[test_case("[α-ω]+"; "letters beyond ascii")]
    #[test_case(r"[^a]"; "a negated class")]
    fn ascii_or_not_makes_no_difference(source: &str) {
        let (pattern, exact) = (super::Pattern::new(source), super::compile(source).unwrap());
        for text in [
            "k", "K", "\u{212a}", "é", "e", "STRASSE", "Straße", "αβ", "a", "", "x\ny", "k\n",
        ] {
            assert_eq!(pattern.is_match(text), exact.is_match(text), "{text:?}");
        }
    }

    #[test_case(r#"service="payments""#)]
    #[test_case(r#"alertname=~"api-.*""#)]
    #[test_case("value >= 5")]
    fn prints_as_written(text: &str) {
        assert_eq!(Matcher::try_new(text).unwrap().to_string(), text);
    }
}
