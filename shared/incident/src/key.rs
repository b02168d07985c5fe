//! What an incident is about, over all its episodes.

use std::fmt;

use alert_classification::{ClassifiedAlert, Fingerprint, Labels};
use compact_str::{CompactString, format_compact};
use serde::{Deserialize, Deserializer, Serialize};

/// The values of the `incident_by` labels, joined by `/`: alerts with the same key are one incident.
///
/// `%`, `/`, `~` and control characters in a value are written as `%XX` and a
/// missing value as `-`, so that two different sets of values never share a key.
/// A key longer than [`IncidentKey::MAX_BYTES`] is cut and ends in `~` and the hash of the whole.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct IncidentKey(CompactString);

/// A text that is no incident key.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no incident key: it has 1 to 256 bytes and no control characters")]
pub struct InvalidIncidentKey(String);

impl IncidentKey {
    /// The longest key.
    pub const MAX_BYTES: usize = 256;

    const HASH_BYTES: usize = 17;

    /// The key of an alert. `service`, `category` and `priority` are the classification's; every
    /// other name is a label.
    #[must_use]
    pub fn of<'a>(alert: &ClassifiedAlert, incident_by: impl IntoIterator<Item = &'a str>) -> Self {
        let classification = &alert.classification;
        let mut text = CompactString::default();
        for (place, name) in incident_by.into_iter().enumerate() {
            if place > 0 {
                text.push('/');
            }
            let classified = match name {
                "service" => classification.service.as_str(),
                // What no rule knows has nothing in common but that: each is a problem of its own.
                "category" if classification.rule.is_none() => {
                    alert.alert.labels.get("alertname").unwrap_or_default()
                }
                // What a resolve finds, whatever was measured when the alert fired.
                "category" => classification.stable_category.as_str(),
                "priority" => classification.priority.as_str(),
                _label => "",
            };
            let value = if classified.is_empty() {
                alert.alert.labels.get(name).unwrap_or_default()
            } else {
                classified
            };
            push_escaped(&mut text, value);
        }
        if text.is_empty() {
            text.push('-');
        }
        Self(bounded(text))
    }

    /// Reads a key that somebody wrote.
    ///
    /// # Errors
    /// When the text is empty, over 256 bytes, or has control characters.
    pub fn try_new(text: &str) -> Result<Self, InvalidIncidentKey> {
        if text.is_empty() || text.len() > Self::MAX_BYTES || text.chars().any(char::is_control) {
            return Err(InvalidIncidentKey(text.chars().take(64).collect()));
        }
        Ok(Self(text.into()))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A group: the route and the values of the labels that it groups by.
///
/// Like Alertmanager's group key; one that is longer than [`IncidentKey::MAX_BYTES`] is cut and ends
/// in `~` and the hash of the whole.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupKey(CompactString);

impl GroupKey {
    /// The group of a route for alerts with these values.
    #[must_use]
    pub fn of(route: &str, labels: &Labels) -> Self {
        let mut text = CompactString::with_capacity(route.len() + 2 + 24 * labels.len());
        text.push_str(route);
        text.push_str(":{");
        for (place, (name, value)) in labels.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            text.push_str(name);
            text.push_str("=\"");
            for character in value.chars() {
                match character {
                    '"' => text.push_str("\\\""),
                    '\\' => text.push_str("\\\\"),
                    '\n' => text.push_str("\\n"),
                    other => text.push(other),
                }
            }
            text.push('"');
        }
        text.push('}');
        Self(bounded(text))
    }

    /// Reads a key that was written before.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A short name for it: 16 hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> CompactString {
        format_compact!("{}", Fingerprint::of([("group", self.0.as_str())]))
    }
}

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the sources of an inhibit rule are found: the rule and the values of its `equal` labels.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InhibitionKey(CompactString);

impl InhibitionKey {
    /// The place of a rule's sources that have these values.
    #[must_use]
    pub fn of<'a>(rule: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut text = CompactString::from(rule);
        for value in values {
            text.push('/');
            push_escaped(&mut text, value);
        }
        Self(bounded(text))
    }

    /// Reads a key that was written before.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InhibitionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn push_escaped(text: &mut CompactString, value: &str) {
    match value {
        "" => text.push('-'),
        // A label whose value is a dash is not a missing label.
        "-" => text.push_str("%2D"),
        value => {
            for character in value.chars() {
                if matches!(character, '%' | '/' | '~') || character.is_control() {
                    let mut buffer = [0; 4];
                    for byte in character.encode_utf8(&mut buffer).bytes() {
                        text.push_str(&format_compact!("%{byte:02X}"));
                    }
                } else {
                    text.push(character);
                }
            }
        }
    }
}

fn bounded(text: CompactString) -> CompactString {
    if text.len() <= IncidentKey::MAX_BYTES {
        return text;
    }
    let hash = Fingerprint::of([("key", text.as_str())]);
    let end = text.floor_char_boundary(IncidentKey::MAX_BYTES - IncidentKey::HASH_BYTES);
    let head = text.get(..end).unwrap_or_default();
    format_compact!("{head}~{hash}")
}

impl fmt::Display for IncidentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for IncidentKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = CompactString::deserialize(deserializer)?;
        Self::try_new(&text).map_err(serde::de::Error::custom)
    }
}
