//! Slack's mrkdwn. Only `&`, `<` and `>` can be escaped, and that takes away what does harm
//! (`<!channel>`, links, mentions). The marks for bold, italics, strike and code cannot be escaped, so
//! where they would act, at the edge of a word, a look-alike stands in; `snake_case` stays as it is.

use crate::text;

/// The text, on one line, for mrkdwn or plain text, in at most `most` characters after escaping.
#[must_use]
pub fn line(text: &str, most: usize) -> String {
    escape(&text::one_line(text), most)
}

/// The text with its line breaks.
#[must_use]
pub fn paragraph(text: &str, most: usize) -> String {
    escape(&text::lines(text), most)
}

/// A code span on one line. Back-ticks would end it, so they become apostrophes.
#[must_use]
pub fn code(text: &str, most: usize) -> String {
    let inner = escape_with(
        &text::one_line(text),
        most.saturating_sub(2),
        |_, character, _| (character == '`').then_some("'"),
    );
    if inner.is_empty() {
        inner
    } else {
        format!("`{inner}`")
    }
}

/// For `plain_text`, where marks mean nothing.
#[must_use]
pub fn plain(text: &str, most: usize) -> String {
    escape_with(&text::one_line(text), most, |_, _, _| None)
}

fn escape(text: &str, most: usize) -> String {
    escape_with(text, most, |before, character, after| {
        let inside = |side: Option<char>| side.is_some_and(char::is_alphanumeric);
        let outside = |side: Option<char>| side.is_none_or(char::is_whitespace);
        let acts = !(inside(before) && inside(after) || outside(before) && outside(after));
        match character {
            '*' if acts => Some("\u{2217}"),
            '_' if acts => Some("\u{2cd}"),
            '~' if acts => Some("\u{223c}"),
            '`' => Some("'"),
            _ => None,
        }
    })
}

/// Escapes and clips in one go, so that no entity is ever cut in the middle.
fn escape_with(
    text: &str,
    most: usize,
    mark: impl Fn(Option<char>, char, Option<char>) -> Option<&'static str>,
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut used = 0;
    // How much of `out` may stay if something must make room for the ellipsis.
    let mut keep = 0;
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let piece = match character {
            '&' => Some("&amp;"),
            '<' => Some("&lt;"),
            '>' => Some("&gt;"),
            other => mark(before, other, characters.peek().copied()),
        };
        before = Some(character);
        let width = piece.map_or(1, |piece| piece.chars().count());
        if used + width > most {
            out.truncate(keep);
            out.truncate(out.trim_end().len());
            if most > 0 {
                out.push('…');
            }
            return out;
        }
        match piece {
            Some(piece) => out.push_str(piece),
            None => out.push(character),
        }
        used += width;
        if used < most {
            keep = out.len();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;

    #[test_case("a < b & c > d", "a &lt; b &amp; c &gt; d"; "control characters")]
    #[test_case("<!channel>", "&lt;!channel&gt;"; "nobody is called by a title")]
    #[test_case("<https://evil.example|AWS>", "&lt;https://evil.example|AWS&gt;"; "no disguised link")]
    #[test_case("```x```", "'''x'''"; "no code block")]
    fn hostile_text_is_only_text(text: &str, expected: &str) {
        assert_eq!(line(text, 100), expected);
    }

    #[test_case("*b* _i_ ~s~", "∗b∗ ˍiˍ ∼s∼"; "at the edge of a word")]
    #[test_case("snake_case 2*3 2 * 3", "snake_case 2*3 2 * 3"; "within and between words they do nothing")]
    fn marks_do_not_act(text: &str, expected: &str) {
        assert_eq!(line(text, 100), expected);
    }

    #[test_case("snake_case*", "`snake_case*`"; "marks mean nothing in code")]
    #[test_case("a`b", "`a'b`"; "the span cannot be left")]
    #[test_case("", ""; "no empty span")]
    fn code_is_code(text: &str, expected: &str) {
        assert_eq!(code(text, 100), expected);
    }

    #[test_case("a&b", 7, "a&amp;b"; "fits exactly")]
    #[test_case("a&bc", 7, "a&amp;…"; "cut after the entity")]
    #[test_case("a&b", 5, "a…"; "cut before the entity")]
    #[test_case("ab", 1, "…")]
    #[test_case("ab", 0, "")]
    fn entities_are_never_cut(text: &str, most: usize, expected: &str) {
        assert_eq!(line(text, most), expected);
    }

    proptest! {
        #[test]
        fn never_longer_and_never_active(text in "[a<>&*_`~\n!@#|. é\u{1F525}]{0,60}", most in 0_usize..80) {
            for escaped in [line(&text, most), plain(&text, most), code(&text, most.max(2)), paragraph(&text, most)] {
                prop_assert!(escaped.chars().count() <= most.max(2));
                prop_assert!(!escaped.contains(['<', '>']));
                let stripped = escaped.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
                prop_assert!(!stripped.contains('&'), "{escaped:?} has a cut entity");
            }
        }
    }
}
