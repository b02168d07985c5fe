//! Cuts texts to a length.

/// The text, or its first characters and an ellipsis: at most `chars` characters.
pub(super) fn clip(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        None => text.to_owned(),
        Some(_) => {
            let mut cut: String = text.chars().take(chars.saturating_sub(1)).collect();
            cut.push('…');
            cut
        }
    }
}
