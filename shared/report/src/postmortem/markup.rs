//! Escaping, for HTML and for Markdown.

/// Escaped, without what a browser would not show, or would show the rest of the page backwards by.
pub(super) fn html(text: &str) -> String {
    markup::escape_all(text.chars().map(|character| match character {
        '\n' | '\t' => ' ',
        hidden if hidden.is_control() || is_turning(hidden) => '\u{fffd}',
        other => other,
    }))
}

/// One line in which nothing means anything in Markdown.
pub(super) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(character);
            }
            hidden if hidden.is_control() || is_turning(hidden) => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

/// Characters that change the direction of what follows.
const fn is_turning(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A link that is safe to follow: HTTP, with nothing that could end it.
pub(super) fn link(url: &str) -> Option<&str> {
    let http = url.starts_with("https://") || url.starts_with("http://");
    let plain = url.chars().all(|c| {
        c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '\'' | '`' | '(' | ')' | '\\')
    });
    (http && plain).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_active() {
        assert_eq!(
            html("<b a='x'>&\"\u{202e}"),
            "&lt;b a=&#39;x&#39;&gt;&amp;&quot;\u{fffd}"
        );
        assert_eq!(
            markdown("a*b*\n[x](y) <i>"),
            "a\\*b\\* \\[x\\](y) &lt;i&gt;"
        );
    }

    #[test]
    fn only_plain_http_is_linked() {
        assert_eq!(
            link("https://a.example/b?c=d"),
            Some("https://a.example/b?c=d")
        );
        assert_eq!(link("javascript:alert(1)"), None);
        assert_eq!(link("https://a.example/\"onclick"), None);
    }
}
