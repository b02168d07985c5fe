//! The name of one episode of one problem.

use std::fmt;

use alert_classification::Fingerprint;
use compact_str::CompactString;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

/// Names one episode: `INC-` and 16 digits of Crockford's base 32, ten of time and six of a hash.
///
/// It is derived from what the incident is about, when it opened and the
/// version that opened it, so that deciding again gives the same id and a new
/// outage another; ids sort by time of opening.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct IncidentId(CompactString);

/// A text that is no incident id.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no incident id: it starts with INC- and has 16 letters and digits")]
pub struct InvalidIncidentId(String);

impl IncidentId {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// The id of the episode of `key` that `version` opened at `at`.
    #[must_use]
    pub fn of(key: &str, at: Timestamp, version: u64) -> Self {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
        let version = version.to_string();
        let hash = Fingerprint::of([(key, version.as_str())]).get();
        // FNV's high bits are its best mixed ones.
        let mut text = CompactString::const_new("INC-");
        let digits = (0..10)
            .map(|i| millis >> (45 - 5 * i))
            .chain((0..6).map(|i| hash >> (59 - 5 * i)));
        for digit in digits {
            let at = usize::try_from(digit & 31).unwrap_or_default();
            text.push(char::from(Self::DIGITS.get(at).copied().unwrap_or(b'0')));
        }
        Self(text)
    }

    /// Reads an id that somebody wrote.
    ///
    /// # Errors
    /// When the text is not `INC-` and 16 base-32 digits.
    pub fn try_new(text: &str) -> Result<Self, InvalidIncidentId> {
        let digits = text.strip_prefix("INC-").unwrap_or_default();
        if digits.len() == 16 && digits.bytes().all(|b| Self::DIGITS.contains(&b)) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidIncidentId(text.chars().take(64).collect()))
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for IncidentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = CompactString::deserialize(deserializer)?;
        Self::try_new(&text).map_err(serde::de::Error::custom)
    }
}
