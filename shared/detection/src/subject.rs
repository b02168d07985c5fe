//! Whom an event is about, what stands in the state for them, and what people see.

use compact_str::{CompactString, format_compact};
use serde::{Deserialize, Serialize};

/// What a number is kept for.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub enum Dimension {
    /// An account.
    Account,
    /// An address.
    Address,
    /// The network that an address belongs to.
    Network,
    /// A device.
    Device,
    /// A card.
    Card,
    /// Everybody.
    Platform,
}

impl Dimension {
    const ALL: [Self; 6] = [
        Self::Account,
        Self::Address,
        Self::Network,
        Self::Device,
        Self::Card,
        Self::Platform,
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }

    /// The name in labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Address => "address",
            Self::Network => "network",
            Self::Device => "device",
            Self::Card => "card",
            Self::Platform => "platform",
        }
    }
}

/// One subject: a dimension and the hash of who it is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) dimension: Dimension,
    pub(crate) hash: u64,
}

impl Key {
    /// The value of the label `subject`. An address has to be readable, or nobody can block it; an account, a device
    /// and a card have a hash that is the same each time and tells nothing.
    pub(crate) fn label(self, shown: &str) -> CompactString {
        match self.dimension {
            Dimension::Address | Dimension::Network => {
                format_compact!("{}:{shown}", self.dimension.as_str())
            }
            Dimension::Platform => CompactString::const_new("platform"),
            Dimension::Account | Dimension::Device | Dimension::Card => {
                format_compact!("{}:{:016x}", self.dimension.as_str(), self.hash)
            }
        }
    }
}

/// The lower half of a hash, for sets.
pub(crate) fn short(hash: u64) -> u32 {
    u32::try_from(hash & u64::from(u32::MAX)).unwrap_or_default()
}

/// An account as people may see it: what is personal by its form is masked whole, of an id the ends stay.
pub(crate) fn account(text: &str) -> CompactString {
    let masked = masking::mask(text);
    if masked != text {
        return cut(&masked, 40);
    }
    ends(text)
}

/// A device or a card: its last four characters, as on a receipt.
pub(crate) fn tail(text: &str) -> CompactString {
    let count = text.chars().count();
    let last: CompactString = text.chars().skip(count.saturating_sub(4)).collect();
    if count < 8 {
        return CompactString::const_new("…");
    }
    format_compact!("…{}", printable(&last))
}

fn ends(text: &str) -> CompactString {
    let count = text.chars().count();
    if count < 6 {
        return CompactString::const_new("…");
    }
    let first: CompactString = text.chars().take(2).collect();
    let last: CompactString = text.chars().skip(count - 2).collect();
    format_compact!("{}…{}", printable(&first), printable(&last))
}

/// A text out of a log for people: masked, in one line, of bounded length.
pub(crate) fn evidence(text: &str) -> CompactString {
    cut(&masking::mask(text), 80)
}

fn printable(text: &str) -> CompactString {
    text.chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

fn cut(text: &str, most: usize) -> CompactString {
    printable(&text.chars().take(most).collect::<CompactString>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("asha.rao@example.org", "[email]"; "an address")]
    #[test_case("+919876543210", "[phone]"; "a telephone")]
    #[test_case("parent-004217", "pa…17"; "an id")]
    #[test_case("p7", "…"; "too short to leave anything")]
    fn an_account_is_masked(text: &str, expected: &str) {
        assert_eq!(account(text), expected);
    }

    #[test_case("4111111111111111", "…1111"; "a number that should not have been there")]
    #[test_case("card_8Fk2Lx9QpT", "…9QpT"; "a token")]
    #[test_case("abc", "…"; "short")]
    fn of_a_card_the_end_stays(text: &str, expected: &str) {
        assert_eq!(tail(text), expected);
    }

    #[test]
    fn evidence_stays_in_one_line() {
        assert_eq!(evidence("GET /a\nlevel=error"), "GET /a?level=error");
        assert_eq!(evidence(&"x".repeat(500)).len(), 80);
    }
}
