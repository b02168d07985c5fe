//! Text that somebody else wrote, in HTML: what means something there is written so that it means nothing.
//!
//! What is shown and what is better not shown is decided where the text is; this knows characters only.

/// How a character is written that means something in HTML's text and in the quotes of its attributes;
/// none for any other.
#[must_use]
pub const fn entity(character: char) -> Option<&'static str> {
    match character {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        _ => None,
    }
}

/// Text as it stands in HTML's text and in the quotes of its attributes.
#[must_use]
pub fn escape(text: &str) -> String {
    escape_all(text.chars())
}

/// The same, character by character.
#[must_use]
pub fn escape_all(characters: impl Iterator<Item = char>) -> String {
    let (least, _) = characters.size_hint();
    let mut out = String::with_capacity(least + least / 8);
    for character in characters {
        match entity(character) {
            Some(entity) => out.push_str(entity),
            None => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_active() {
        assert_eq!(
            escape("<script>'x' & \"y\"</script> ü"),
            "&lt;script&gt;&#39;x&#39; &amp; &quot;y&quot;&lt;/script&gt; ü"
        );
    }
}
