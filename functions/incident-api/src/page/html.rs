//! HTML in which only what this program itself wrote is markup.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use markup::entity;
use sha2::{Digest, Sha256};

use crate::answer::Answer;

/// The only style there is. It is allowed by its hash, so that nobody can put in another one.
const STYLE: &str = include_str!("style.css");

/// HTML under construction. Literals go in as they are, everything else as text: a text that was
/// not compiled in cannot be markup.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Markup of this program.
    pub(super) fn lit(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text from anywhere, in an element or in an attribute's quotes.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            match (entity(character), character) {
                (Some(entity), _) => self.0.push_str(entity),
                (None, '\n' | '\t') => self.0.push(character),
                (None, other) if other.is_control() || is_disorder(other) => {
                    self.0.push('\u{fffd}');
                }
                (None, other) => self.0.push(other),
            }
        }
        self
    }

    /// Markup with one text in it.
    pub(super) fn put(
        &mut self,
        before: &'static str,
        text: &str,
        after: &'static str,
    ) -> &mut Self {
        self.lit(before).text(text).lit(after)
    }

    /// The whole page as an answer.
    #[must_use]
    pub(super) fn page(title: &str, status: u16, body: impl FnOnce(&mut Self)) -> Answer {
        let mut html = Self::default();
        html.lit("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .lit("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .lit("<meta name=\"color-scheme\" content=\"light dark\">\n")
            .lit("<meta name=\"robots\" content=\"noindex, nofollow\">\n")
            .put("<title>", title, "</title>\n<style>")
            .lit(STYLE)
            .lit("</style>\n</head>\n<body>\n<main>\n");
        body(&mut html);
        html.lit("</main>\n</body>\n</html>\n");
        Answer::page(status, policy().to_owned(), html.0)
    }
}

/// Characters that turn what follows around: they would let one text look like another.
const fn is_disorder(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// No script, picture, font or frame; forms go to where the page came from.
fn policy() -> &'static str {
    static POLICY: OnceLock<String> = OnceLock::new();
    POLICY.get_or_init(|| {
        let hash = STANDARD.encode(Sha256::digest(STYLE));
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'"
        )
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_becomes_markup(text: String) {
            let mut html = Html::default();
            html.text(&text);
            prop_assert!(!html.0.contains(['<', '>', '"', '\'']));
            // What is shown is what was given.
            let shown = html.0.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"")
                .replace("&#39;", "'").replace("&amp;", "&");
            let given: String = text.chars()
                .map(|c| if c != '\n' && c != '\t' && (c.is_control() || is_disorder(c)) { '\u{fffd}' } else { c })
                .collect();
            prop_assert_eq!(shown, given);
        }
    }

    #[test]
    fn the_policy_allows_the_style_and_nothing_else() {
        assert!(policy().starts_with("default-src 'none'; style-src 'sha256-"));
        assert!(!policy().contains("unsafe"));
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains("</"));
    }
}
