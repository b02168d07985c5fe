//! What a link says.

use jiff::Timestamp;

use crate::{IncidentRef, KeyText, Recipient};

/// What a link says: that its bearer may do this with that incident until then.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claims {
    /// The incident.
    pub incident: IncidentRef,
    /// The incident's key, which finds it without an index.
    pub key: KeyText,
    /// What the link is for.
    pub purpose: Purpose,
    /// Whom the message was sent to.
    pub who: Recipient,
    /// From when on the link is refused. A token keeps whole seconds.
    pub expires_at: Timestamp,
}

/// What a link is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Purpose {
    /// To look at the incident.
    View,
    /// To look at it and to act on it.
    Act,
}

impl Purpose {
    /// Whether a link for this purpose will do for that one: who may act may also look.
    #[must_use]
    pub fn permits(self, wanted: Self) -> bool {
        match (self, wanted) {
            (Self::Act, Self::Act | Self::View) | (Self::View, Self::View) => true,
            (Self::View, Self::Act) => false,
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::View => b'v',
            Self::Act => b'a',
        }
    }

    fn of_code(code: u8) -> Option<Self> {
        match code {
            b'v' => Some(Self::View),
            b'a' => Some(Self::Act),
            _unknown => None,
        }
    }
}

// Purpose, one byte; expiry in seconds, eight, the highest first; the incident's digits, sixteen;
// the key's length, two; the key; the recipient. Binary rather than JSON, because a link in a text
// message should be short.
impl Claims {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let key = self.key.as_str().as_bytes();
        // A key has at most 256 bytes.
        let length = u16::try_from(key.len()).unwrap_or_default();
        let mut bytes = vec![self.purpose.code()];
        // The second that has begun, so that nothing lives longer than it should.
        bytes.extend(self.expires_at.as_second().to_be_bytes());
        bytes.extend(self.incident.digits().as_bytes());
        bytes.extend(length.to_be_bytes());
        bytes.extend(key);
        bytes.extend(self.who.as_str().as_bytes());
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (purpose, rest) = bytes.split_first()?;
        let (expires_at, rest) = rest.split_first_chunk::<8>()?;
        let (digits, rest) = rest.split_first_chunk::<{ IncidentRef::DIGITS }>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (key, who) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let digits = str::from_utf8(digits).ok()?;
        Some(Self {
            incident: IncidentRef::try_new(format!("INC-{digits}")).ok()?,
            key: KeyText::try_new(str::from_utf8(key).ok()?).ok()?,
            purpose: Purpose::of_code(*purpose)?,
            who: Recipient::try_new(str::from_utf8(who).ok()?).ok()?,
            expires_at: Timestamp::from_second(i64::from_be_bytes(*expires_at)).ok()?,
        })
    }
}
