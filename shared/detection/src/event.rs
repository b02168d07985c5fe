//! A security event: one line of a log, in our own terms.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use compact_str::CompactString;
use jiff::Timestamp;

use crate::{EventField, EventKind};

/// No field is kept longer than so many bytes: a log's line may be what an attacker wrote.
const LONGEST: usize = 200;

/// What one line of a log says about security. An empty text is a field that is missing.
///
/// It holds personal data as the log had it, and is never stored: the state keeps hashes and masked forms.
#[derive(Clone, Debug, PartialEq)]
pub struct SecurityEvent {
    /// What happened.
    pub kind: EventKind,
    /// When, by the log's own clock.
    pub at: Timestamp,
    /// What tells this event from all others, such as the id of CloudWatch's log event. The same id again is the same
    /// event, delivered twice. Empty: nobody knows, so it counts each time.
    pub id: CompactString,
    /// Who: see [`EventField::Account`].
    pub account: CompactString,
    /// From where.
    pub address: Option<IpAddr>,
    /// The device's id.
    pub device: CompactString,
    /// The card's token or fingerprint.
    pub card: CompactString,
    /// An amount of money in minor units of `currency`.
    pub amount: Option<i64>,
    /// As in ISO 4217, in capitals.
    pub currency: CompactString,
    /// What was called: method and route.
    pub endpoint: CompactString,
    /// Degrees north, -90 to 90.
    pub latitude: Option<f64>,
    /// Degrees east, -180 to 180.
    pub longitude: Option<f64>,
    /// The rule that was broken, the reason that was given.
    pub detail: CompactString,
    /// What people look up in the logs: the request's id.
    pub reference: CompactString,
}

impl SecurityEvent {
    /// An event of which nothing else is known yet.
    #[must_use]
    pub const fn new(kind: EventKind, at: Timestamp) -> Self {
        Self {
            kind,
            at,
            id: CompactString::const_new(""),
            account: CompactString::const_new(""),
            address: None,
            device: CompactString::const_new(""),
            card: CompactString::const_new(""),
            amount: None,
            currency: CompactString::const_new(""),
            endpoint: CompactString::const_new(""),
            latitude: None,
            longitude: None,
            detail: CompactString::const_new(""),
            reference: CompactString::const_new(""),
        }
    }

    /// Fills a field from a log's text. A text that cannot be one (an amount that is no whole number, an address that
    /// is none) leaves the field as it is, and the answer is false: so the rest of the event still counts.
    pub fn set(&mut self, field: EventField, text: &str) -> bool {
        let text = text.trim();
        if text.is_empty() {
            return false;
        }
        match field {
            EventField::Account => self.account = bounded(&text.to_lowercase()),
            EventField::Address => return put(&mut self.address, address(text)),
            EventField::Device => self.device = bounded(text),
            EventField::Card => self.card = bounded(text),
            EventField::Amount => return put(&mut self.amount, text.parse().ok()),
            EventField::Currency => self.currency = bounded(&text.to_uppercase()),
            EventField::Endpoint => self.endpoint = bounded(text),
            EventField::Latitude => return put(&mut self.latitude, degrees(text, 90.0)),
            EventField::Longitude => return put(&mut self.longitude, degrees(text, 180.0)),
            EventField::Detail => self.detail = bounded(text),
            EventField::Reference => self.reference = bounded(text),
        }
        true
    }
}

fn put<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let known = value.is_some();
    if known {
        *place = value;
    }
    known
}

/// The text, cut at a character's boundary.
fn bounded(text: &str) -> CompactString {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().into()
}

/// An address as logs have it: bare, with a port, in brackets, or the first of a list.
fn address(text: &str) -> Option<IpAddr> {
    let first = text.split(',').next().unwrap_or_default().trim();
    let bare = first.trim_start_matches('[').trim_end_matches(']');
    let found = bare
        .parse()
        .ok()
        .or_else(|| first.parse::<SocketAddr>().ok().map(|socket| socket.ip()))?;
    Some(match found {
        // Node says `::ffff:203.0.113.7` where a socket speaks both.
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(found, IpAddr::V4),
        IpAddr::V4(_) => found,
    })
    .filter(|address| *address != IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

fn degrees(text: &str, most: f64) -> Option<f64> {
    let degrees: f64 = text.parse().ok()?;
    (degrees.abs() <= most).then_some(degrees)
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("203.0.113.7", Some("203.0.113.7"); "bare")]
    #[test_case("203.0.113.7:443", Some("203.0.113.7"); "with a port")]
    #[test_case("203.0.113.7, 10.0.0.1", Some("203.0.113.7"); "the first of a list")]
    #[test_case("::ffff:203.0.113.7", Some("203.0.113.7"); "mapped")]
    #[test_case("2001:db8::1", Some("2001:db8::1"); "the newer kind")]
    #[test_case("[2001:db8::1]:443", Some("2001:db8::1"); "in brackets with a port")]
    #[test_case("[2001:db8::1]", Some("2001:db8::1"); "in brackets")]
    #[test_case("unknown", None; "a word")]
    #[test_case("0.0.0.0", None; "nowhere")]
    #[test_case(" ", None; "nothing")]
    fn reads_an_address(text: &str, expected: Option<&str>) {
        let mut event = SecurityEvent::new(EventKind::LoginFailed, Timestamp::UNIX_EPOCH);
        assert_eq!(event.set(EventField::Address, text), expected.is_some());
        assert_eq!(event.address.map(|a| a.to_string()).as_deref(), expected);
    }

    #[test_case(EventField::Amount, "12.50", "12550"; "an amount in minor units is a whole number")]
    #[test_case(EventField::Latitude, "91", "19.07"; "there is nothing north of the pole")]
    #[test_case(EventField::Longitude, "NaN", "-72.8"; "no number")]
    fn what_cannot_be_is_left_out(field: EventField, wrong: &str, right: &str) {
        let mut event = SecurityEvent::new(EventKind::PaymentFailed, Timestamp::UNIX_EPOCH);
        assert!(event.set(field, right));
        let before = event.clone();
        assert!(!event.set(field, wrong));
        assert_eq!(event, before);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let mut event = SecurityEvent::new(EventKind::LoginFailed, Timestamp::UNIX_EPOCH);
        assert!(event.set(EventField::Account, &"₹".repeat(1_000)));
        assert!(event.account.len() <= LONGEST && event.account.len() > LONGEST - 4);
        assert!(event.account.chars().all(|c| c == '₹'));
    }

    #[test]
    fn every_field_can_be_set() {
        for field in EventField::ALL {
            let mut event = SecurityEvent::new(EventKind::LoginFailed, Timestamp::UNIX_EPOCH);
            let text = if field == EventField::Address {
                "::1"
            } else {
                "7"
            };
            let before = event.clone();
            assert!(event.set(field, text), "{field}");
            assert_ne!(event, before, "{field}");
        }
    }
}
