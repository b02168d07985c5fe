//! Alertmanager's matchers, in the form of this configuration.

use std::borrow::Cow;

use serde_json::{Map, Value};
use settings::Matcher;

use super::expression;
use super::notes::{Notes, join};

/// The matchers of a map; `None` when one of them has no counterpart, which then was said.
pub(super) fn read(
    map: &Map<String, Value>,
    path: &str,
    fields: [&str; 3],
    notes: &mut Notes,
    instead: &str,
) -> Option<Vec<String>> {
    let [list, equal, expressions] = fields;
    let mut found = Vec::new();
    for (path, text) in notes.texts(map, path, list) {
        for token in tokens(&text) {
            match split(&token) {
                Ok((name, sign, value)) => found.push((path.clone(), name, sign, value)),
                Err(problem) => notes.fault(&path, problem),
            }
        }
    }
    for (key, sign) in [(equal, "="), (expressions, "=~")] {
        for (name, value) in notes.table(map, path, key) {
            found.push((join(&join(path, key), &name), name, sign, value));
        }
    }
    let mut all = true;
    let mut matchers = Vec::with_capacity(found.len());
    for (path, name, sign, value) in found {
        match counterpart(&label(&name), sign, &value) {
            Ok(matcher) => matchers.push(matcher),
            Err(what) => {
                notes.note(&path, what, instead);
                all = false;
            }
        }
    }
    all.then_some(matchers)
}

/// The label of this name where it is matched, grouped by or compared: what the classification says
/// under three names is not it, and `label.` before a name is taken off again.
pub(super) fn label(name: &str) -> Cow<'_, str> {
    if ["priority", "service", "category"].contains(&name) || name.starts_with("label.") {
        format!("label.{name}").into()
    } else {
        name.into()
    }
}

fn counterpart(name: &str, sign: &str, value: &str) -> Result<String, String> {
    let value = if sign.ends_with('~') {
        expression::translate(value).ok_or("an expression that only Go reads")?
    } else {
        value.to_owned()
    };
    let mut text = format!("{name}{sign}\"");
    for c in value.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            other => text.push(other),
        }
    }
    text.push('"');
    let read = Matcher::try_new(&text).map_err(|error| error.to_string())?;
    // A name with a sign in it would be read as another matcher.
    if read.name() == name && read.operator().sign() == sign && read.value() == value {
        Ok(text)
    } else {
        Err(format!("the label `{name}`, which has signs in its name"))
    }
}

/// The matchers in a text such as `{a="b", c=~"d"}`, each by itself.
fn tokens(text: &str) -> Vec<String> {
    let text = text.trim();
    let text = text.strip_prefix('{').unwrap_or(text);
    let text = text.strip_suffix('}').unwrap_or(text);
    let (mut tokens, mut token) = (Vec::new(), String::new());
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            ',' if !quoted => {
                tokens.push(std::mem::take(&mut token));
                continue;
            }
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        token.push(c);
    }
    if !token.trim().is_empty() {
        tokens.push(token);
    }
    tokens
}

/// Name, sign and value.
fn split(token: &str) -> Result<(String, &'static str, String), String> {
    let none = || format!("`{token}` is no matcher");
    let token = token.trim();
    let (name, rest) = match token.strip_prefix('"') {
        Some(quoted) => {
            let end = closing(quoted).ok_or_else(none)?;
            let (name, rest) = quoted.split_at_checked(end).ok_or_else(none)?;
            (unescape(name), rest.strip_prefix('"').ok_or_else(none)?)
        }
        None => {
            let end = token.find(['=', '!']).ok_or_else(none)?;
            let (name, rest) = token.split_at_checked(end).ok_or_else(none)?;
            (name.trim_end().to_owned(), rest)
        }
    };
    let (sign, value) = ["=~", "!~", "!=", "="]
        .into_iter()
        .find_map(|sign| Some((sign, rest.trim_start().strip_prefix(sign)?)))
        .ok_or_else(none)?;
    if name.is_empty() {
        return Err(none());
    }
    let value = value.trim();
    let value = match value.strip_prefix('"') {
        Some(quoted) if closing(quoted).is_some_and(|end| end + 1 == quoted.len()) => {
            quoted.strip_suffix('"').unwrap_or(quoted)
        }
        Some(_) => return Err(none()),
        None if closing(value).is_some() => return Err(none()),
        None => value,
    };
    Ok((name, sign, unescape(value)))
}

/// Where the first quote stands that is not escaped.
fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let found = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        found
    })
}

/// `\n`, `\"` and `\\`; a backslash before anything else is one.
fn unescape(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => value.push('\n'),
                Some(quoted @ ('"' | '\\')) => value.push(quoted),
                Some(other) => value.extend(['\\', other]),
                None => value.push('\\'),
            },
            other => value.push(other),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::{split, tokens};
    use test_case::test_case;

    #[test_case(r#"{a="b",c=~"d,e"}"#, &[r#"a="b""#, r#"c=~"d,e""#]; "in braces")]
    #[test_case("a=b, ", &["a=b"]; "a comma behind the last")]
    #[test_case("", &[]; "none")]
    fn takes_a_list_apart(text: &str, expected: &[&str]) {
        assert_eq!(tokens(text), expected);
    }

    #[test_case("a=b", Some(("a", "=", "b")))]
    #[test_case("a == b", Some(("a", "=", "= b")); "the value begins with a sign")]
    #[test_case(r#" a =~ "\d\n\"" "#, Some(("a", "=~", "\\d\n\"")); "escapes")]
    #[test_case(r#""a b"!="c""#, Some(("a b", "!=", "c")); "a quoted name")]
    #[test_case(r"a!~b\", Some(("a", "!~", "b\\")); "a backslash at the end")]
    #[test_case("größe=x", Some(("größe", "=", "x")); "beyond ascii")]
    #[test_case("a", None; "no sign")]
    #[test_case("=b", None; "no name")]
    #[test_case(r#"a="b"#, None; "not closed")]
    #[test_case(r#"a=b"c"#, None; "a quote in between")]
    fn takes_a_matcher_apart(text: &str, expected: Option<(&str, &str, &str)>) {
        let found = split(text).ok();
        let found = found.as_ref().map(|(n, s, v)| (n.as_str(), *s, v.as_str()));
        assert_eq!(found, expected);
    }
}
