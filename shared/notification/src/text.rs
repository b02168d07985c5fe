//! Making text that somebody else wrote safe to show: no control characters, no direction tricks,
//! never longer than the channel allows. Escaping belongs to each channel, for each has its own.

use std::borrow::Cow;

/// What stands where something was cut off.
const ELLIPSIS: char = '…';

/// The text on one line: line breaks, tabs and other control characters become single spaces.
///
/// This is what makes a subject line or a header safe against injected headers.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars().filter(|c| !is_deceptive(*c)) {
        if character.is_whitespace() || character.is_control() {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
        } else {
            line.push(character);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// The text with its line breaks, but without other control characters and direction tricks.
#[must_use]
pub fn lines(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars().filter(|c| !is_deceptive(*c)) {
        match character {
            '\n' | '\u{2028}' | '\u{2029}' => clean.push('\n'),
            '\t' => clean.push(' '),
            other if other.is_control() => {}
            other => clean.push(other),
        }
    }
    clean.truncate(clean.trim_end().len());
    clean
}

/// At most `most` characters; what was longer ends in "…".
#[must_use]
pub fn clip(text: &str, most: usize) -> Cow<'_, str> {
    // No character is shorter than a byte, so most texts need not be walked.
    if text.len() <= most || text.chars().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    if most > 0 {
        short.push(ELLIPSIS);
    }
    Cow::Owned(short)
}

/// One line of at most `most` characters.
#[must_use]
pub fn clipped_line(text: &str, most: usize) -> String {
    clip(&one_line(text), most).into_owned()
}

/// Characters that change how their neighbours are shown without being seen: direction overrides
/// (the "Trojan source" trick), byte-order marks and tags. Right-to-left letters themselves stay.
const fn is_deceptive(character: char) -> bool {
    matches!(
        character,
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0001}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("a\r\nBcc: x@example.com", "a Bcc: x@example.com"; "an injected header stays on the line")]
    #[test_case("  a \t b\u{0} ", "a b"; "white space collapses")]
    #[test_case("pay\u{202e}lld\u{202c}", "paylld"; "direction overrides go")]
    #[test_case("مدفوعات", "مدفوعات"; "right to left letters stay")]
    #[test_case("👩‍🚒 on call", "👩‍🚒 on call"; "a composed emoji stays whole")]
    fn one_line_is_one_line(text: &str, expected: &str) {
        assert_eq!(one_line(text), expected);
    }

    #[test_case("abc", 3, "abc"; "what fits is untouched")]
    #[test_case("abcd", 3, "ab…"; "what is longer ends in an ellipsis")]
    #[test_case("ab cd", 4, "ab…"; "no space before the ellipsis")]
    #[test_case("äöüß", 4, "äöüß"; "characters are counted and not bytes")]
    #[test_case("abc", 0, ""; "no room")]
    fn clipping_counts_characters(text: &str, most: usize, expected: &str) {
        assert_eq!(clip(text, most), expected);
    }

    #[test]
    fn lines_keep_line_breaks_only() {
        assert_eq!(lines("a\r\nb\u{7}\tc\u{2028}d\n\n"), "a\nb c\nd");
    }
}
