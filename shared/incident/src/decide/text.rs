//! Cuts texts to a length.
//!
//! `alert-classification` cuts what a source wrote for itself; this is for what a state and a
//! notification have room for.

/// The text, or its first characters and an ellipsis: at most `chars` characters.
pub(crate) fn clip(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        None => text.to_owned(),
        Some(_) => {
            let mut cut: String = text.chars().take(chars.saturating_sub(1)).collect();
            cut.push('…');
            cut
        }
    }
}
