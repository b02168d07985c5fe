//! Regular expressions of matchers: compiled late, or not at all. They mean what they mean to
//! Alertmanager, whose `\w`, `\d`, `\s` and `\b` know the letters, digits and spaces of ASCII only.

use std::borrow::Cow;
use std::sync::OnceLock;

use compact_str::CompactString;
use regex::Regex;
use regex::bytes::{Regex as AsciiRegex, RegexBuilder as AsciiRegexBuilder};

/// A regular expression, anchored at both ends, compiled when it is first needed:
/// a function that wakes up for one alert need not compile the whole rule book.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// Its number in the configuration, from 1; 0 outside of one.
    pub(super) number: u16,
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
    pub(super) fn new(source: &str) -> Self {
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

    pub(super) fn is_match(&self, text: &str) -> bool {
        if let Some(mut words) = self.words() {
            return words.any(|word| word == text);
        }
        // A dot matches no line break, so with one in the text the search for the middle differs.
        let plain = text.is_ascii() && (self.middle.is_none() || !text.contains('\n'));
        if plain && let Some(regex) = self.ascii.get_or_init(|| self.compile_ascii()) {
            return regex.is_match(text.as_bytes());
        }
        let unicode = self.unicode.get_or_init(|| compile(&self.source).ok());
        unicode.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// The texts that it matches, when it is words with `|` between them.
    pub(super) fn words(&self) -> Option<impl Iterator<Item = &str>> {
        self.words.then(|| self.source.split('|'))
    }

    /// As it was written.
    pub(super) const fn source(&self) -> &CompactString {
        &self.source
    }

    /// What is wrong with it; compiles it.
    pub(super) fn problem(&self) -> Option<String> {
        let problem = compile(&self.source).err()?.to_string();
        // The crate's text has the whole pattern and a caret; its last line says what is wrong.
        let problem = problem.lines().last().unwrap_or_default();
        Some(problem.trim_start_matches("error: ").to_owned())
    }

    /// `None` for an expression that speaks of Unicode itself, such as `\p{Greek}`.
    fn compile_ascii(&self) -> Option<AsciiRegex> {
        let expression = match &self.middle {
            Some(middle) => middle.to_string(),
            None => anchored(&self.source),
        };
        let mut builder = AsciiRegexBuilder::new(&ascii_classes(&expression));
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
    Regex::new(&ascii_classes(&anchored(source)))
}

/// The expression with Perl's classes written out, inside of brackets too, where a class may stand in
/// another.
fn ascii_classes(source: &str) -> Cow<'_, str> {
    if !source.contains('\\') {
        return Cow::Borrowed(source);
    }
    let mut output = String::with_capacity(source.len() + 16);
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            output.push(c);
            continue;
        }
        // `\b{start}` and the like are this crate's own, and no Alertmanager's.
        let own = chars
            .as_str()
            .get(1..)
            .is_some_and(|rest| rest.starts_with('{'));
        match chars.next() {
            Some('d') => output.push_str("[0-9]"),
            Some('D') => output.push_str("[^0-9]"),
            Some('w') => output.push_str("[0-9A-Za-z_]"),
            Some('W') => output.push_str("[^0-9A-Za-z_]"),
            Some('s') => output.push_str(r"[\t\n\f\r ]"),
            Some('S') => output.push_str(r"[^\t\n\f\r ]"),
            Some(end @ ('b' | 'B')) if !own => {
                output.push_str(if end == 'b' { r"(?-u:\b)" } else { r"(?-u:\B)" });
            }
            Some(other) => output.extend(['\\', other]),
            None => output.push('\\'),
        }
    }
    Cow::Owned(output)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

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

    // As `amtool config routes test` answers, of Alertmanager 0.25.
    #[test_case(r"caf\w", &["cafe"], &["café", "caf"]; "a letter")]
    #[test_case(r"caf[\w-]", &["cafe", "caf-"], &["café"]; "a letter in brackets")]
    #[test_case(r"caf\W", &["café", "caf "], &["cafe"]; "no letter")]
    #[test_case(r"caf[^\w]", &["café", "caf "], &["cafe"]; "none of the letters")]
    #[test_case(r"caf[\W_]", &["café", "caf_"], &["cafe"]; "no letter in brackets")]
    #[test_case(r"\d+", &["12"], &["１２", "٣", "x"]; "digits")]
    #[test_case(r"\D", &["x", "٣"], &["3"]; "no digit")]
    #[test_case(r"[^\D]", &["3"], &["x", "٣"]; "none of what is no digit")]
    #[test_case(r"a\sb", &["a b", "a\tb", "a\nb"], &["a\u{a0}b", "a\u{b}b", "a\u{2003}b"]; "a space")]
    #[test_case(r"a\Sb", &["axb", "a\u{a0}b", "a\u{b}b"], &["a b"]; "no space")]
    #[test_case(r"caf\b.*", &["café", "caf x"], &["cafe"]; "the end of a word")]
    #[test_case(r"caf\B.*", &["cafe"], &["café", "caf x"]; "within a word")]
    #[test_case(r"(?i)\w", &["k", "K", "\u{212a}"], &["é"]; "in any case")]
    #[test_case(r"\\w", &[r"\w"], &["a", r"\é"]; "a backslash and a letter")]
    #[test_case(r"\[\w\]", &["[a]"], &["[é]"]; "brackets that are text")]
    fn classes_are_those_of_ascii(source: &str, all: &[&str], none: &[&str]) {
        let pattern = super::Pattern::new(source);
        assert_eq!(pattern.problem(), None);
        for (texts, expected) in [(all, true), (none, false)] {
            for text in texts {
                assert_eq!(pattern.is_match(text), expected, "{text:?}");
            }
        }
    }

    #[test_case("a|b"; "words")]
    #[test_case("a"; "a word")]
    #[test_case("a||é-b c"; "nothing, and beyond ascii")]
    #[test_case("|"; "nothing twice")]
    #[test_case(""; "nothing")]
    fn words_need_no_expression(source: &str) {
        let (pattern, exact) = (super::Pattern::new(source), super::compile(source).unwrap());
        assert!(pattern.words().is_some());
        for text in ["", "a", "b", "a|b", "a\n", "é-b c", "é-b"] {
            assert_eq!(pattern.is_match(text), exact.is_match(text), "{text:?}");
        }
    }
}
