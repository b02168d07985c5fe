//! Takes personal data and secrets out of text before anybody else sees it: findings, metrics, examples, logs.
//!
//! It goes by form (what a card number, a token or an address looks like) and by name (what stands behind
//! `password=` or in a field `studentName`). What it cannot know by either, such as a name in a sentence, it does
//! not find. Masked is what stands in brackets: `[email]`, `[phone]`, `[card]`, `[aadhaar]`, `[upi]`, `[token]`,
//! `[secret]`, `[name]`, `[birthday]`. Text in which there is nothing to mask is borrowed, not copied, and masking
//! twice is the same as once.
//!
//! This crate is pure: it reads no clock, no file and no environment.

mod address;
mod digits;
mod name;
mod text;
mod token;

use std::borrow::Cow;

/// What was masked. The word stands in its place.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// An e-mail address.
    Email,
    /// A telephone number: E.164, or an Indian one without its country's code.
    Phone,
    /// A payment card's number: a known issuer's prefix and length, and Luhn's check digit.
    Card,
    /// An Aadhaar number: twelve digits with Verhoeff's check digit.
    Aadhaar,
    /// A virtual payment address of UPI.
    Upi,
    /// A token, key or signature.
    Token,
    /// What stands behind a name such as `password`.
    Secret,
    /// The name of a person, known by its field.
    Name,
    /// A date of birth, known by its field.
    Birthday,
}

impl Kind {
    /// What stands in the place of what was masked.
    #[must_use]
    pub const fn mask(self) -> &'static str {
        match self {
            Self::Email => "[email]",
            Self::Phone => "[phone]",
            Self::Card => "[card]",
            Self::Aadhaar => "[aadhaar]",
            Self::Upi => "[upi]",
            Self::Token => "[token]",
            Self::Secret => "[secret]",
            Self::Name => "[name]",
            Self::Birthday => "[birthday]",
        }
    }
}

/// The text with what is personal or secret taken out. JSON stays JSON, `key=value` stays that.
///
/// ```
/// assert_eq!(masking::mask("paid by asha@example.org, 98765 43210"), "paid by [email], [phone]");
/// assert_eq!(masking::mask("order 1042 took 35 ms"), "order 1042 took 35 ms");
/// ```
#[must_use]
pub fn mask(text: &str) -> Cow<'_, str> {
    text::mask(text)
}

/// The value of a field: all of it is masked if the name says that it must be, else what [`mask`] finds in it.
/// A name may be a path (`user.email`); case, `_` and `-` do not matter.
#[must_use]
pub fn mask_field<'a>(field: &str, value: &'a str) -> Cow<'a, str> {
    match kind_of_field(field) {
        Some(_) if value.is_empty() => Cow::Borrowed(value),
        Some(kind) => Cow::Borrowed(kind.mask()),
        None => mask(value),
    }
}

/// What a field of this name holds, if its name says that it is personal or secret.
#[must_use]
pub fn kind_of_field(field: &str) -> Option<Kind> {
    name::kind(field)
}
