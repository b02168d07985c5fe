//! One walk through a text.

use std::borrow::Cow;

use crate::{Kind, address, digits, name, token};

pub(crate) fn mask(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out = Output {
        text,
        written: String::new(),
        done: 0,
    };
    let (mut at, mut word) = (0, None);
    while let Some(&byte) = bytes.get(at) {
        let class = CLASS.get(usize::from(byte)).copied().unwrap_or(OTHER);
        if class == LETTER {
            if word.is_none() {
                word = Some(at);
                if token::may_begin(byte)
                    && let Some(end) = token::at(text, at)
                {
                    out.replace(at, end, token_kind(text, at));
                    (at, word) = (end, None);
                    continue;
                }
            }
            at += 1;
            continue;
        }
        if class == DIGIT {
            // Within a word, such as an id, a number means something else.
            let inside = word.is_some() || is_part(bytes, at);
            let end = at
                + bytes
                    .get(at..)
                    .map_or(1, |rest| {
                        rest.iter().take_while(|b| b.is_ascii_digit()).count()
                    })
                    .max(1);
            if !inside && let Some((kind, end)) = digits::at(bytes, at) {
                out.replace(at, end, kind);
                (at, word) = (end, None);
                continue;
            }
            word = word.or(Some(at));
            at = end;
            continue;
        }
        match byte {
            b'@' => {
                if let Some((kind, begin, end)) = address::around(text, at, 1, out.done) {
                    out.replace(begin, end, kind);
                    (at, word) = (end, None);
                    continue;
                }
            }
            b'%' if text.get(at..at + 3) == Some("%40") => {
                if let Some((kind, begin, end)) = address::around(text, at, 3, out.done) {
                    out.replace(begin, end, kind);
                    (at, word) = (end, None);
                    continue;
                }
            }
            b'+' if word.is_none() => {
                if let Some((kind, end)) = digits::at(bytes, at) {
                    out.replace(at, end, kind);
                    at = end;
                    continue;
                }
            }
            b'=' | b':' => {
                if let Some((kind, begin, end)) = named(text, at) {
                    out.replace(begin, end, kind);
                    (at, word) = (end, None);
                    continue;
                }
            }
            // The block of a key goes on over several lines.
            b'-' if text
                .get(at..)
                .is_some_and(|rest| rest.starts_with("-----BEGIN ")) =>
            {
                if let Some(end) = key_block(text, at) {
                    out.replace(at, end, Kind::Secret);
                    (at, word) = (end, None);
                    continue;
                }
            }
            _ => {}
        }
        // A hyphen and a full stop may stand within an id or a number.
        word = None;
        at += 1;
    }
    out.finish()
}

struct Output<'a> {
    text: &'a str,
    written: String,
    /// So much of the text is written.
    done: usize,
}

impl<'a> Output<'a> {
    fn replace(&mut self, begin: usize, end: usize, kind: Kind) {
        let begin = begin.max(self.done);
        self.written
            .push_str(self.text.get(self.done..begin).unwrap_or_default());
        self.written.push_str(kind.mask());
        self.done = end;
    }

    fn finish(mut self) -> Cow<'a, str> {
        if self.done == 0 {
            return Cow::Borrowed(self.text);
        }
        self.written
            .push_str(self.text.get(self.done..).unwrap_or_default());
        Cow::Owned(self.written)
    }
}

const OTHER: u8 = 0;
const LETTER: u8 = 1;
const DIGIT: u8 = 2;

/// Letters and `_` make words; so does what is not of ASCII.
const CLASS: [u8; 256] = {
    let mut class = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(
            clippy::indexing_slicing,
            clippy::cast_possible_truncation,
            reason = "a constant is computed by the compiler, which would see an index out of bounds"
        )]
        {
            class[byte] = if (byte as u8).is_ascii_digit() {
                DIGIT
            } else if (byte as u8).is_ascii_alphabetic() || byte == b'_' as usize || byte >= 128 {
                LETTER
            } else {
                OTHER
            };
        }
        byte += 1;
    }
    class
};

fn token_kind(text: &str, at: usize) -> Kind {
    if text
        .get(at..at + 1)
        .is_some_and(|first| first.eq_ignore_ascii_case("b"))
    {
        Kind::Secret
    } else {
        Kind::Token
    }
}

/// Whether what begins here goes on from a number or an id: behind a decimal point, or the hyphen of a UUID.
fn is_part(bytes: &[u8], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).and_then(|at| bytes.get(at)).copied();
    match before(1) {
        Some(b'.' | b'-') => before(2).is_some_and(|byte| byte.is_ascii_alphanumeric()),
        Some(b'+') => true,
        _ => false,
    }
}

/// The value behind the `=` or `:` at `at`, if its name says that it is to be masked.
fn named(text: &str, at: usize) -> Option<(Kind, usize, usize)> {
    let bytes = text.as_bytes();
    let mut end = at;
    // JSON's names stand in quotes, and in JSON within JSON in escaped ones.
    let quotes = |end: usize| end.checked_sub(1).and_then(|at| bytes.get(at)).copied();
    while let Some(b'"' | b'\'' | b'\\' | b' ') = quotes(end) {
        end -= 1;
    }
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let length = bytes
        .get(..end)?
        .iter()
        .rev()
        .take(40)
        .take_while(|byte| is_name(byte))
        .count();
    let kind = name::kind(text.get(end - length..end)?)?;
    let mut begin = at + 1;
    while let Some(b' ' | b'>' | b'=') = bytes.get(begin) {
        begin += 1;
    }
    let escaped = bytes.get(begin) == Some(&b'\\');
    let quote = *bytes.get(begin + usize::from(escaped))?;
    let rest = match quote {
        b'"' | b'\'' => {
            begin += 1 + usize::from(escaped);
            let rest = text.get(begin..)?;
            quoted(rest, quote, escaped)
        }
        b'[' | b'{' => return None,
        _ => plain(text.get(begin..)?),
    };
    let value = text.get(begin..begin + rest)?;
    let harmless =
        value.is_empty() || matches!(value, "null" | "true" | "false" | "undefined" | "None");
    (!harmless).then_some((kind, begin, begin + rest))
}

/// To the closing quote, which is not behind a backslash, unless all quotes here are.
fn quoted(rest: &str, quote: u8, escaped: bool) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if escaped && bytes.get(at + 1) == Some(&quote) => return at,
            b'\\' => at += 1,
            byte if byte == quote => return at,
            _ => {}
        }
        at += 1;
    }
    rest.len()
}

/// To what ends a bare value. `Authorization: Bearer x` has a space within.
fn plain(rest: &str) -> usize {
    let scheme = ["Bearer ", "Basic ", "bearer ", "basic "]
        .iter()
        .find(|scheme| rest.starts_with(**scheme));
    let skip = scheme.map_or(0, |scheme| scheme.len());
    let ends =
        |c: char| c.is_whitespace() || matches!(c, '&' | ',' | ';' | '"' | '\'' | '}' | ')' | '\\');
    rest.get(skip..)
        .and_then(|rest| rest.find(ends))
        .map_or(rest.len(), |length| skip + length)
}

fn key_block(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let name: String = rest
        .chars()
        .take(64)
        .take_while(|c| !matches!(c, '\n' | '\\'))
        .collect();
    if !name.contains("PRIVATE KEY") {
        return None;
    }
    let close = rest.find("-----END ").map(|close| {
        let tail = rest.get(close + 9..).unwrap_or_default();
        close + 9 + tail.find("-----").map_or(tail.len(), |end| end + 5)
    });
    Some(at + close.unwrap_or(rest.len()))
}
