//! The texts that a credential names things by, each a type of its own with its own limits.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text that cannot name what it should.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidText(&'static str);

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $valid:expr, $rule:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the text.
            ///
            /// # Errors
            #[doc = concat!("Unless it is as follows: ", $rule, ".")]
            pub fn try_new(text: impl Into<String>) -> Result<Self, InvalidText> {
                let text = text.into();
                let valid: fn(&str) -> bool = $valid;
                if valid(&text) {
                    Ok(Self(text))
                } else {
                    Err(InvalidText($rule))
                }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidText;

            fn try_from(text: String) -> Result<Self, InvalidText> {
                Self::try_new(text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    };
}

text!(
    /// The id of an incident, as text. The same form as the incident crate's id, on which this
    /// crate does not depend.
    IncidentRef,
    |text| text.strip_prefix("INC-").is_some_and(|digits| {
        digits.len() == IncidentRef::DIGITS
            && digits.bytes().all(|b| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&b))
    }),
    "an incident id is INC- and 16 digits of Crockford's base 32"
);

impl IncidentRef {
    /// The digits after `INC-`.
    pub(crate) const DIGITS: usize = 16;

    /// The digits after `INC-`.
    pub(crate) fn digits(&self) -> &str {
        self.0.strip_prefix("INC-").unwrap_or_default()
    }
}

text!(
    /// What an incident is about, over all its episodes, as text.
    KeyText,
    |text| plain(text) && text.len() <= 256,
    "an incident key has 1 to 256 bytes and no control characters"
);

text!(
    /// Whom a message was sent to, such as `email:ops@example.com` or `slack:#orders`.
    ///
    /// It is whom the link was *meant for*. A message may be forwarded, so it says in the record
    /// whose link was used and not who used it.
    Recipient,
    |text| plain(text) && text.chars().count() <= 120,
    "a recipient has 1 to 120 characters and no control characters"
);

text!(
    /// What people call a machine's token, such as `deploy pipeline`.
    TokenName,
    |text| plain(text) && text.chars().count() <= 120,
    "a token's name has 1 to 120 characters and no control characters"
);

fn plain(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("INC-0123456789ABCDEF", true)]
    #[test_case("INC-01KBXJ7V3AZZZZZZ", true)]
    #[test_case("INC-0123456789ABCDE", false; "short")]
    #[test_case("INC-0123456789ABCDEF0", false; "long")]
    #[test_case("INC-0123456789ABCDEI", false; "a letter Crockford leaves out")]
    #[test_case("INC-0123456789abcdef", false; "lower case")]
    #[test_case("0123456789ABCDEF", false; "no prefix")]
    fn incident_ids(text: &str, valid: bool) {
        assert_eq!(IncidentRef::try_new(text).is_ok(), valid);
    }

    #[test_case(1, true)]
    #[test_case(256, true)]
    #[test_case(257, false)]
    #[test_case(0, false)]
    fn keys_have_bytes(length: usize, valid: bool) {
        assert_eq!(KeyText::try_new("k".repeat(length)).is_ok(), valid);
    }

    #[test_case(120, true)]
    #[test_case(121, false)]
    #[test_case(0, false)]
    fn recipients_have_characters(length: usize, valid: bool) {
        assert_eq!(Recipient::try_new("ü".repeat(length)).is_ok(), valid);
        assert_eq!(TokenName::try_new("ü".repeat(length)).is_ok(), valid);
    }

    #[test]
    fn control_characters_are_refused_and_not_repeated() {
        let fault = KeyText::try_new("orders\nlatency").unwrap_err();
        assert_eq!(
            fault.to_string(),
            "an incident key has 1 to 256 bytes and no control characters"
        );
        assert!(Recipient::try_new("email:\u{7f}").is_err());
    }

    #[test]
    fn serde_checks_too() {
        assert!(serde_json::from_str::<TokenName>(r#""""#).is_err());
        let name: TokenName = serde_json::from_str(r#""deploy pipeline""#).unwrap();
        assert_eq!(
            serde_json::to_string(&name).unwrap(),
            r#""deploy pipeline""#
        );
    }
}
