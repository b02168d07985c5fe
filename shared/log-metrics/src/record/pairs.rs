//! `key=value`, with values bare or in double quotes. What stands in quotes is no pair of its own: a value cannot
//! bring others in.

use compact_str::CompactString;

use super::Value;
use crate::fields::{Fields, Slot};

/// Whether there is a pair in the line.
pub(crate) fn read<'a>(
    text: &'a str,
    fields: &Fields,
    values: &mut Vec<(Slot, Value<'a>)>,
) -> bool {
    let bytes = text.as_bytes();
    let (mut at, mut word, mut any) = (0, 0, false);
    // Once a quote is not closed none is looked for: else hostile text takes the square of its length.
    let mut open = false;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'=' if at > word => {
                let name = text.get(word..at).unwrap_or_default();
                let (value, end) = value(text, at + 1, &mut open);
                any = true;
                if let Some(slot) = fields.slot(name)
                    // The first has it: what comes later may be what somebody else wrote.
                    && !values.iter().any(|(known, _)| *known == slot)
                {
                    values.push((slot, value));
                }
                at = end;
                word = end;
                continue;
            }
            b'"' if !open => {
                let end = quoted(bytes, at + 1);
                open = end.is_none();
                at = end.map_or(at + 1, |(end, _)| end + 1);
                word = at;
                continue;
            }
            byte if byte.is_ascii_alphanumeric() || b"_.-".contains(&byte) => {}
            _ => word = at + 1,
        }
        at += 1;
    }
    any
}

fn value<'a>(text: &'a str, at: usize, open: &mut bool) -> (Value<'a>, usize) {
    let bytes = text.as_bytes();
    let begins = bytes.get(at) == Some(&b'"') && !*open;
    let quote = begins.then(|| quoted(bytes, at + 1)).flatten();
    *open |= begins && quote.is_none();
    if let Some((end, escaped)) = quote {
        let inner = text.get(at + 1..end).unwrap_or_default();
        let value = if escaped {
            Value::Owned(unescaped(inner))
        } else {
            Value::Text(inner)
        };
        return (value, end + 1);
    }
    let rest = text.get(at..).unwrap_or_default();
    let length = rest
        .find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ')' | ']' | '}'))
        .unwrap_or(rest.len());
    let value = rest.get(..length).unwrap_or_default();
    (Value::Text(value), at + length)
}

/// Where the quote ends that begins before `at`, and whether something in it is escaped.
fn quoted(bytes: &[u8], mut at: usize) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        match bytes.get(at)? {
            b'"' => return Some((at, escaped)),
            b'\\' => {
                escaped = true;
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
}

fn unescaped(text: &str) -> CompactString {
    let mut out = CompactString::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}
