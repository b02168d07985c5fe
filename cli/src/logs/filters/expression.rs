//! Regular expressions as CloudWatch's filter patterns know them: ASCII, no groups, few signs.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, ClassBytes, Hir, HirKind, Look, Repetition};

/// What stands for itself in such an expression.
const PLAIN: &[u8] = b"_#=@/;,-:";
/// What means something and stands for itself behind a backslash.
const SIGNS: &[u8] = b"^$?[]{}|\\*+.";

/// A text that is searched for, or an expression.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Needle {
    /// The text is anywhere.
    Contains(String),
    /// An expression, to stand between `%`.
    Expression(String),
}

/// What a matcher's expression, which must match the whole of a text, is in CloudWatch's syntax.
pub(super) fn translate(source: &str) -> Result<Needle, String> {
    let hir = ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(source)
        .map_err(|_| format!("`{source}` uses letters that are not ASCII"))?;
    if let HirKind::Alternation(ways) = hir.kind() {
        let ways: Result<Vec<_>, _> = ways.iter().map(whole).collect();
        return Ok(Needle::Expression(ways?.join("|")));
    }
    if let HirKind::Concat(parts) = hir.kind()
        && let [first, middle, last] = parts.as_slice()
        && is_anything(first)
        && is_anything(last)
        && let HirKind::Literal(literal) = middle.kind()
        && let Ok(text) = str::from_utf8(&literal.0)
    {
        return Ok(Needle::Contains(text.to_owned()));
    }
    whole(&hir).map(Needle::Expression)
}

/// One way to match the whole text. What may be anything at an end needs no anchor there.
fn whole(hir: &Hir) -> Result<String, String> {
    let parts = match hir.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        HirKind::Empty
        | HirKind::Literal(_)
        | HirKind::Class(_)
        | HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Capture(_)
        | HirKind::Alternation(_) => std::slice::from_ref(hir),
    };
    let (start, parts) = match parts.split_first() {
        Some((first, rest)) if is_anything(first) => ("", rest),
        _ => ("^", parts),
    };
    let (end, parts) = match parts.split_last() {
        Some((last, rest)) if is_anything(last) => ("", rest),
        _ => ("$", parts),
    };
    let parts: Result<Vec<_>, _> = parts.iter().map(emit).collect();
    Ok(format!("{start}{}{end}", parts?.concat()))
}

/// `.*`
fn is_anything(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Repetition(Repetition {
            min: 0,
            max: None,
            sub,
            ..
        }) => matches!(sub.kind(), HirKind::Class(Class::Bytes(class)) if is_dot(class)),
        HirKind::Repetition(_)
        | HirKind::Empty
        | HirKind::Literal(_)
        | HirKind::Class(_)
        | HirKind::Look(_)
        | HirKind::Capture(_)
        | HirKind::Concat(_)
        | HirKind::Alternation(_) => false,
    }
}

/// Everything but a line break.
fn is_dot(class: &ClassBytes) -> bool {
    let ranges: Vec<(u8, u8)> = class.iter().map(|r| (r.start(), r.end())).collect();
    ranges == [(0, b'\n' - 1), (b'\n' + 1, u8::MAX)] || ranges == [(0, u8::MAX)]
}

fn emit(hir: &Hir) -> Result<String, String> {
    match hir.kind() {
        HirKind::Empty => Ok(String::new()),
        HirKind::Literal(literal) => literal.0.iter().map(|byte| letter(*byte)).collect(),
        HirKind::Class(Class::Bytes(class)) => set(class),
        HirKind::Class(Class::Unicode(_)) => Err("it has letters that are not ASCII".to_owned()),
        HirKind::Look(Look::Start) => Ok("^".to_owned()),
        HirKind::Look(Look::End) => Ok("$".to_owned()),
        HirKind::Look(_) => Err("CloudWatch knows no edges of words and lines".to_owned()),
        HirKind::Repetition(repetition) => {
            let sub = &*repetition.sub;
            let one = match sub.kind() {
                HirKind::Literal(literal) => literal.0.len() == 1,
                HirKind::Class(_) => true,
                HirKind::Empty
                | HirKind::Look(_)
                | HirKind::Repetition(_)
                | HirKind::Capture(_)
                | HirKind::Concat(_)
                | HirKind::Alternation(_) => false,
            };
            if !one {
                return Err(GROUP.to_owned());
            }
            let times = match (repetition.min, repetition.max) {
                (0, None) => "*".to_owned(),
                (1, None) => "+".to_owned(),
                (0, Some(1)) => "?".to_owned(),
                (min, None) => format!("{{{min},}}"),
                (min, Some(max)) if min == max => format!("{{{min}}}"),
                (min, Some(max)) => format!("{{{min},{max}}}"),
            };
            Ok(emit(sub)? + &times)
        }
        HirKind::Capture(capture) => emit(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(emit).collect(),
        HirKind::Alternation(_) => Err(GROUP.to_owned()),
    }
}

const GROUP: &str = "its expression has a group, and CloudWatch's expressions have none";

fn letter(byte: u8) -> Result<String, String> {
    let c = char::from(byte);
    match byte {
        b' ' => Ok("\\s".to_owned()),
        _ if c.is_ascii_alphanumeric() || PLAIN.contains(&byte) => Ok(c.to_string()),
        _ if SIGNS.contains(&byte) => Ok(format!("\\{c}")),
        _ => Err(format!(
            "its expression has {c:?}, which CloudWatch's cannot have"
        )),
    }
}

/// A set of letters, of which only letters and digits have ranges.
fn set(class: &ClassBytes) -> Result<String, String> {
    if is_dot(class) {
        return Ok(".".to_owned());
    }
    let ranges: Vec<(u8, u8)> = class.iter().map(|r| (r.start(), r.end())).collect();
    if ranges == [(b'\t', b'\r'), (b' ', b' ')] {
        return Ok("\\s".to_owned());
    }
    let mut text = String::new();
    for (start, end) in ranges {
        if !start.is_ascii_alphanumeric() && start != end || !end.is_ascii() {
            return Err("its expression has a set that CloudWatch's cannot have".to_owned());
        }
        text += &letter(start)?;
        if start != end {
            text.push('-');
            text += &letter(end)?;
        }
    }
    Ok(format!("[{text}]"))
}

#[cfg(test)]
mod tests {
    use super::{Needle, translate};
    use test_case::test_case;

    #[test_case("menu\\..+", r"^menu\..+$")]
    #[test_case("P[12]\\d{3}", r"^P[1-2][0-9]{3}$")]
    #[test_case(".*refused", "refused$"; "anything before")]
    #[test_case("E.*", "^E"; "anything behind")]
    #[test_case("(?i)oom", "^[Oo][Oo][Mm]$"; "in either case")]
    #[test_case("a.*b|cd", "^a.*b$|^cd$"; "alternatives")]
    #[test_case("a b\\s?", r"^a\sb\s?$"; "blanks")]
    fn becomes(source: &str, expected: &str) {
        assert_eq!(
            translate(source),
            Ok(Needle::Expression(expected.to_owned()))
        );
    }

    #[test]
    fn a_text_anywhere_is_no_expression() {
        let needle = Needle::Contains("connection refused".to_owned());
        assert_eq!(translate(".*connection refused.*"), Ok(needle));
    }

    #[test_case("x(a|bc)y", "a group"; "a group of alternatives")]
    #[test_case("(ab)+", "a group"; "a group repeated")]
    #[test_case("\\bend\\b", "edges"; "an edge of a word")]
    #[test_case("50%!", "cannot have"; "a sign")]
    #[test_case("[^a]", "a set"; "a set of what is not")]
    #[test_case("naïve", "cannot have"; "a letter")]
    fn cannot_be_said(source: &str, expected: &str) {
        let error = translate(source).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}
