//! The classes of bytes.

/// White space and what else separates words without meaning anything.
pub(super) const SPACE: u16 = 1;
/// Signs, each of which is a token of its own.
pub(super) const SIGN: u16 = 1 << 1;
/// Decimal digits.
pub(super) const DIGIT: u16 = 1 << 2;
/// The letters `a` to `f`.
pub(super) const HEX: u16 = 1 << 3;
/// The other letters, and every byte beyond ASCII.
pub(super) const ALPHA: u16 = 1 << 4;
/// `/`.
pub(super) const SLASH: u16 = 1 << 5;
/// `\`.
pub(super) const BACKSLASH: u16 = 1 << 6;
/// `@`.
pub(super) const AT: u16 = 1 << 7;
/// `.`.
pub(super) const DOT: u16 = 1 << 8;
/// What else may stand in a word, such as `_` and `-`.
const OTHER: u16 = 1 << 9;

const CLASSES: [u16; 256] = classes();

const fn classes() -> [u16; 256] {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    loop {
        let class = match byte {
            0..=b' ' | 0x7f => SPACE,
            b',' | b';' | b'=' | b':' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'"' | b'\''
            | b'<' | b'>' | b'|' => SIGN,
            b'0'..=b'9' => DIGIT,
            b'a'..=b'f' | b'A'..=b'F' => HEX,
            b'g'..=b'z' | b'G'..=b'Z' | 0x80..=0xff => ALPHA,
            b'/' => SLASH,
            b'\\' => BACKSLASH,
            b'@' => AT,
            b'.' => DOT,
            _ => OTHER,
        };
        #[expect(clippy::indexing_slicing, reason = "a byte is an index of 256 entries")]
        {
            classes[byte as usize] = class;
        }
        if byte == u8::MAX {
            return classes;
        }
        byte += 1;
    }
}

/// The class of a byte.
#[inline]
pub(super) fn class(byte: u8) -> u16 {
    #[expect(clippy::indexing_slicing, reason = "a byte is an index of 256 entries")]
    CLASSES[usize::from(byte)]
}

/// Where a URL ends: at white space, a quote or a bracket.
pub(super) fn url_end(line: &[u8], start: usize) -> usize {
    let rest = line.get(start..).unwrap_or_default();
    let ends = |byte: &u8| {
        class(*byte) & SPACE != 0
            || matches!(
                byte,
                b'"' | b'\'' | b'<' | b'>' | b'(' | b')' | b'[' | b']' | b'{' | b'}'
            )
    };
    let length = rest.iter().position(ends).unwrap_or(rest.len());
    let url = rest.get(..length).unwrap_or_default();
    // Punctuation at its end belongs to the sentence.
    let trailing = url
        .iter()
        .rev()
        .take_while(|byte| matches!(byte, b',' | b';' | b':' | b'.'))
        .count();
    start + length - trailing
}
