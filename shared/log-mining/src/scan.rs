//! One pass over the bytes of a line: tokens, with what surely is a value masked.
//!
//! This is the part that every line pays for, so it compares bytes with a table, keeps its
//! buffer, and leaves to [`crate::shape`] what only new forms of lines need.

mod bytes;
mod lexicon;

use bytes::{ALPHA, AT, BACKSLASH, DIGIT, DOT, HEX, SIGN, SLASH, SPACE, class};
pub(crate) use lexicon::{is_argument_noun, is_boolean, is_function_word, is_nothing};

/// A line is read up to this many bytes; what follows does not count for its pattern.
pub(crate) const MAX_LINE_BYTES: usize = 8 * 1024;

/// A line is read up to this many tokens.
pub(crate) const MAX_TOKENS: usize = 128;

/// What a token is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Certainly a value: it has a digit, or is a path, an address, a date, a long hexadecimal number.
    Value,
    /// A run of bytes without white space and signs.
    Word,
    /// A single sign such as `:`, or a run of dots.
    Sign,
}

/// A piece of the line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// No white space before it.
    pub(crate) attached: bool,
    /// A value that was followed by a unit, such as `5 ms`.
    has_unit: bool,
    /// How long the prefix of an identifier is that says what kind of thing it names: 4 of `blk_17`. 0 without one.
    prefix: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
    hash: u64,
}

impl Token {
    /// What an identifier begins with, if it says what kind of thing it names.
    pub(crate) fn prefix<'a>(&self, line: &'a [u8]) -> Option<&'a [u8]> {
        line.get(self.start..self.start + self.prefix)
            .filter(|prefix| !prefix.is_empty())
    }

    pub(crate) fn bytes<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        line.get(self.start..self.end).unwrap_or_default()
    }
}

/// Reads lines; its buffer serves one line after the other.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    tokens: Vec<Token>,
}

const VALUE_HASH: u64 = 0x9e37_79b9_7f4a_7c15;

impl Scanner {
    /// The tokens of the line that was read last.
    pub(crate) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Whether the line that was read last has a word of its own, which makes a pattern.
    pub(crate) fn has_word(&self, line: &[u8]) -> bool {
        self.tokens.iter().any(|token| {
            token.kind == Kind::Word
                && token
                    .bytes(line)
                    .first()
                    .is_some_and(|byte| class(*byte) & (ALPHA | HEX) != 0)
        })
    }

    /// Reads a line; the number tells forms of lines apart: equal for lines that differ in masked values only.
    pub(crate) fn read(&mut self, line: &[u8]) -> u64 {
        self.tokens.clear();
        let line = line.get(..MAX_LINE_BYTES).unwrap_or(line);
        let mut at = 0;
        let mut attached = false;
        while let Some(&byte) = line.get(at) {
            let class = class(byte);
            if class & SPACE != 0 {
                // A colour between two words is no white space.
                attached &= byte == 0x1b;
                at += if byte == 0x1b { escape(line, at) } else { 1 };
                continue;
            }
            if self.tokens.len() >= MAX_TOKENS {
                break;
            }
            at = if class & SIGN != 0 && !starts_address(line, at) {
                self.sign(line, at, attached)
            } else {
                self.word(line, at, attached)
            };
            attached = true;
        }
        self.tokens.iter().fold(0, |hash: u64, token| {
            let token = token.hash.wrapping_add(u64::from(token.attached));
            (hash.rotate_left(23) ^ token).wrapping_mul(0xd6e8_feb8_6659_fd93)
        })
    }

    fn sign(&mut self, line: &[u8], at: usize, attached: bool) -> usize {
        let sign = line.get(at).copied().unwrap_or_default();
        let opens = match sign {
            b')' => Some(b'('),
            b']' => Some(b'['),
            _ => None,
        };
        // An empty pair of brackets is a list or an argument that happens to be empty.
        if opens.is_some() && self.last_sign(line) == opens {
            self.push(Kind::Value, true, at, at, VALUE_HASH);
        }
        self.push(Kind::Sign, attached, at, at + 1, hash(&[sign]));
        if sign == b')' {
            self.drop_restatement(line);
        }
        at + 1
    }

    /// `1327 bytes (1.29 KB)`: the brackets only say again, in other units, what stands before them.
    fn drop_restatement(&mut self, line: &[u8]) {
        if let [.., quantity, opening, again, _closing] = self.tokens.as_slice()
            && quantity.kind == Kind::Value
            && quantity.has_unit
            && opening.bytes(line) == b"("
            && again.kind == Kind::Value
            && again.has_unit
        {
            self.tokens.truncate(self.tokens.len() - 3);
        }
    }

    fn word(&mut self, line: &[u8], start: usize, attached: bool) -> usize {
        if let Some(end) = address(line, start) {
            return self.value(line, start, end, attached);
        }
        let (end, flags) = word_end(line, start);
        let word = line.get(start..end).unwrap_or_default();
        let next = line.get(end).copied().unwrap_or(b' ');
        if next == b':' && flags & !(ALPHA | HEX) == 0 && line.get(end + 1..end + 3) == Some(b"//")
        {
            let end = bytes::url_end(line, end + 3);
            return self.value(line, start, end, attached);
        }
        if word.len() == 1 && line.get(end..end + 2) == Some(b":\\") {
            // The letter of a drive belongs to its path.
            let (end, _) = word_end(line, end + 1);
            return self.value(line, start, end, attached);
        }
        if is_value(word, flags) {
            return self.value(line, start, end, attached);
        }
        let after_value = self
            .tokens
            .last()
            .is_some_and(|token| token.kind == Kind::Value);
        if after_value && lexicon::is_zone(word) {
            return end;
        }
        if after_value && lexicon::is_unit(word) {
            if let Some(token) = self.tokens.last_mut() {
                token.has_unit = true;
            }
            return end;
        }
        if lexicon::is_date_word(word) && (after_value || date_follows(line, end)) {
            return self.value(line, start, end, attached);
        }
        let kind = if flags & (ALPHA | HEX | AT | BACKSLASH | SLASH) == 0 && word.len() == 1 {
            Kind::Sign
        } else {
            Kind::Word
        };
        self.push(kind, attached, start, end, hash(word));
        end
    }

    /// Adds a value; a list of values, whatever its length, is one.
    fn value(&mut self, line: &[u8], start: usize, end: usize, mut attached: bool) -> usize {
        // `<1 sec`: the sign belongs to the quantity, unless it is the first of `<1>`.
        if attached && self.last_sign(line) == Some(b'<') && line.get(end) != Some(&b'>') {
            attached = self.tokens.pop().is_some_and(|sign| sign.attached);
        }
        match self.tokens.as_mut_slice() {
            [.., last] if last.kind == Kind::Value => {}
            [.., before, sign]
                if before.kind == Kind::Value && lexicon::joins_values(sign.bytes(line)) =>
            {
                self.tokens.pop();
            }
            _ => {
                let prefix = identifier_prefix(line.get(start..end).unwrap_or_default());
                let hash = if prefix.is_empty() {
                    VALUE_HASH
                } else {
                    VALUE_HASH ^ hash(prefix)
                };
                self.push(Kind::Value, attached, start, end, hash);
                if let Some(token) = self.tokens.last_mut() {
                    token.prefix = prefix.len();
                }
            }
        }
        end
    }

    fn last_sign(&self, line: &[u8]) -> Option<u8> {
        let last = self.tokens.last()?;
        match (last.kind, last.bytes(line)) {
            (Kind::Sign, [sign]) => Some(*sign),
            (Kind::Sign | Kind::Word | Kind::Value, _) => None,
        }
    }

    fn push(&mut self, kind: Kind, attached: bool, start: usize, end: usize, hash: u64) {
        self.tokens.push(Token {
            kind,
            attached,
            has_unit: false,
            prefix: 0,
            start,
            end,
            hash,
        });
    }
}

/// Where a word ends, and the classes of its bytes. A run of three dots or more, as leaders in tables, is a word of its own.
fn word_end(line: &[u8], start: usize) -> (usize, u16) {
    let rest = line.get(start..).unwrap_or_default();
    let leaders = rest.iter().take_while(|byte| **byte == b'.').count();
    if leaders >= 3 {
        return (start + leaders, DOT);
    }
    let mut flags = 0;
    for (at, byte) in rest.iter().enumerate() {
        let class = class(*byte);
        if class & (SPACE | SIGN) != 0 {
            return (start + at, flags);
        }
        if *byte == b'.' && at > 0 && rest.get(at + 1..at + 3) == Some(b"..") {
            return (start + at, flags);
        }
        flags |= class;
    }
    (line.len(), flags)
}

/// The small letters and the `_` before the number of an identifier such as `blk_17`.
fn identifier_prefix(word: &[u8]) -> &[u8] {
    if !word.first().is_some_and(u8::is_ascii_lowercase) {
        return &[];
    }
    let letters = word
        .iter()
        .take_while(|byte| byte.is_ascii_lowercase())
        .count();
    let is_identifier = letters >= 2
        && match word.get(letters..) {
            Some([b'_', b'-', digit, ..] | [b'_', digit, ..]) => digit.is_ascii_digit(),
            Some(_) | None => false,
        };
    match word.get(..=letters) {
        Some(prefix) if is_identifier => prefix,
        Some(_) | None => &[],
    }
}

/// Whether a word is a value by its bytes alone.
fn is_value(word: &[u8], flags: u16) -> bool {
    if flags & (DIGIT | BACKSLASH) != 0 {
        return true;
    }
    if flags & SLASH != 0 {
        let slashes = word.iter().filter(|byte| **byte == b'/').count();
        let rooted = word.first() == Some(&b'/') && flags & (ALPHA | HEX) != 0;
        return rooted || slashes >= 2;
    }
    if flags & AT != 0 && flags & DOT != 0 {
        return flags & (ALPHA | HEX) != 0;
    }
    // Without a digit, so many letters of which all are hexadecimal digits are rarely a word.
    flags == HEX && word.len() >= 8
}

/// Whether a `:` begins an address such as `::1`.
fn starts_address(line: &[u8], at: usize) -> bool {
    line.get(at..at + 2) == Some(b"::") && address(line, at).is_some()
}

/// The end of what looks like an IPv6 address, a MAC address or a time: hexadecimal groups with two colons or more.
fn address(line: &[u8], start: usize) -> Option<usize> {
    let rest = line.get(start..)?;
    if class(*rest.first()?) & (HEX | DIGIT) == 0 && !rest.starts_with(b"::") {
        return None;
    }
    let (mut colons, mut flags, mut pairs, mut group, mut end) = (0, 0, true, 0, 0_usize);
    for byte in rest {
        let class = class(*byte);
        if *byte == b':' {
            colons += 1;
            pairs &= group == 2;
            group = 0;
        } else if class & (HEX | DIGIT) != 0 || (*byte == b'.' && flags & DIGIT != 0) {
            flags |= class;
            group += 1;
        } else if class & (SPACE | SIGN) != 0 {
            break;
        } else {
            return None;
        }
        end += 1;
    }
    // A colon at the end belongs to the sentence.
    if rest.get(end.checked_sub(1)?) == Some(&b':') {
        end -= 1;
        colons -= 1;
    }
    let is_address = colons >= 2 && (flags & DIGIT != 0 || (pairs && colons >= 4));
    is_address.then_some(start + end)
}

/// Whether a number or another word of a date comes next.
fn date_follows(line: &[u8], at: usize) -> bool {
    let rest = line.get(at..).unwrap_or_default();
    let start = rest
        .iter()
        .position(|byte| !matches!(byte, b' ' | b','))
        .unwrap_or(rest.len());
    let next = rest.get(start..).unwrap_or_default();
    let word = next
        .iter()
        .position(|byte| class(*byte) & (SPACE | SIGN) != 0)
        .map_or(next, |end| next.get(..end).unwrap_or_default());
    next.first().is_some_and(u8::is_ascii_digit) || lexicon::is_date_word(word)
}

/// How long a terminal's escape sequence is, such as the colours that loggers write.
fn escape(line: &[u8], at: usize) -> usize {
    if line.get(at + 1) != Some(&b'[') {
        return 1;
    }
    let rest = line.get(at + 2..).unwrap_or_default();
    rest.iter()
        .take(16)
        .position(|byte| (0x40..=0x7e).contains(byte))
        .map_or(1, |length| length + 3)
}

/// A fast hash of a word: eight bytes at a time, each multiplied and folded.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    const SEED: u64 = 0xa076_1d64_78bd_642f;
    let mut state = SEED ^ bytes.len() as u64;
    let mut rest = bytes;
    while let Some((chunk, tail)) = rest.split_first_chunk::<8>() {
        state = fold(state ^ u64::from_le_bytes(*chunk));
        rest = tail;
    }
    let tail = rest
        .iter()
        .fold(0_u64, |tail, byte| (tail << 8) | u64::from(*byte));
    fold(state ^ tail)
}

/// Spreads every bit of a number over all of its bits.
pub(crate) const fn fold(number: u64) -> u64 {
    let wide = (number ^ 0xe703_7ed1_a0b4_28db) as u128 * 0x9fb2_1c65_1e98_df25_u128;
    (wide as u64) ^ ((wide >> 64) as u64)
}
