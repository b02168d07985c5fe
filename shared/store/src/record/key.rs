//! The names of records and where they lie in the table.

use std::fmt;

use compact_str::CompactString;

use crate::error::StoreError;
use crate::port::OutboxRef;

/// The sort key of everything of which a partition has one.
pub(crate) const STATE: &str = "STATE";
/// Partitions that are no records'.
pub(crate) const NOTE: &str = "NOTE#";
pub(crate) const TEXT: &str = "TEXT#";

const INCIDENT: &str = "INCIDENT#";
const GROUP: &str = "GROUP#";
const INHIBITION: &str = "INHIBIT#";
const SILENCES: &str = "SILENCES";
const EPISODE: &str = "EPISODE#";
const ONCE: &str = "ONCE#";
const SENSOR: &str = "SENSOR#";

/// Which record. The texts are the callers' and mean nothing to the store.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum RecordKey {
    /// The state of an incident key.
    Incident(CompactString),
    /// The state of a group of alerts.
    Group(CompactString),
    /// What inhibits, by what it inhibits.
    Inhibition(CompactString),
    /// All silences.
    Silences,
    /// An episode by its id: what it was about.
    Episode(CompactString),
    /// A request that must be carried out once; see also [`RecordStore::remember_once`].
    /// Written at [`Version::NONE`], it makes a transaction fail that was carried out before.
    ///
    /// [`RecordStore::remember_once`]: crate::RecordStore::remember_once
    /// [`Version::NONE`]: crate::Version::NONE
    Once(CompactString),
    /// What a sensor remembers: `<sensor>#<part>`, as [`RecordKey::sensor`] makes it.
    Sensor(CompactString),
}

impl RecordKey {
    /// A part of what a sensor remembers. The sensor's own name has no `#`, or it would be
    /// another sensor's part.
    #[must_use]
    pub fn sensor(sensor: &str, part: &str) -> Self {
        Self::Sensor(compact_str::format_compact!("{sensor}#{part}"))
    }

    /// The partition key of its item.
    #[must_use]
    pub fn partition(&self) -> String {
        let (prefix, key) = self.parts();
        format!("{prefix}{key}")
    }

    /// The sort key of its item.
    #[must_use]
    pub const fn sort_key(&self) -> &'static str {
        STATE
    }

    /// The record of a partition, if it is one's.
    #[must_use]
    pub fn from_partition(partition: &str) -> Option<Self> {
        if partition == SILENCES {
            return Some(Self::Silences);
        }
        let key = |prefix| partition.strip_prefix(prefix).map(CompactString::from);
        (key(INCIDENT).map(Self::Incident))
            .or_else(|| key(GROUP).map(Self::Group))
            .or_else(|| key(INHIBITION).map(Self::Inhibition))
            .or_else(|| key(EPISODE).map(Self::Episode))
            .or_else(|| key(ONCE).map(Self::Once))
            .or_else(|| key(SENSOR).map(Self::Sensor))
    }

    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Incident(key) => (INCIDENT, key),
            Self::Group(key) => (GROUP, key),
            Self::Inhibition(key) => (INHIBITION, key),
            Self::Silences => (SILENCES, ""),
            Self::Episode(id) => (EPISODE, id),
            Self::Once(key) => (ONCE, key),
            Self::Sensor(key) => (SENSOR, key),
        }
    }
}

/// As its partition: people find it in the table by that.
impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (prefix, key) = self.parts();
        write!(f, "{prefix}{key}")
    }
}

impl OutboxRef {
    /// The entry of that id that belongs to a record.
    #[must_use]
    pub fn of(record: &RecordKey, id: impl Into<String>) -> Self {
        let key = match record {
            // An incident goes by its key, unless that would be taken for another record.
            RecordKey::Incident(key) if RecordKey::from_partition(key).is_none() => key.to_string(),
            RecordKey::Incident(_)
            | RecordKey::Group(_)
            | RecordKey::Inhibition(_)
            | RecordKey::Silences
            | RecordKey::Episode(_)
            | RecordKey::Once(_)
            | RecordKey::Sensor(_) => record.partition(),
        };
        Self { key, id: id.into() }
    }

    /// The record that it belongs to.
    #[must_use]
    pub fn record(&self) -> RecordKey {
        RecordKey::from_partition(&self.key)
            .unwrap_or_else(|| RecordKey::Incident(self.key.as_str().into()))
    }
}

/// A part of a primary or an index key, if it is not too long for one.
pub(crate) fn name(name: String, limit: usize) -> Result<String, StoreError> {
    key_size(&name, limit)?;
    Ok(name)
}

/// Checks the length of a key.
pub(crate) fn key_size(name: &str, limit: usize) -> Result<(), StoreError> {
    if name.len() <= limit {
        return Ok(());
    }
    Err(StoreError::KeyTooLong {
        start: name.chars().take(64).collect(),
        size: name.len(),
        limit,
    })
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(&RecordKey::Incident("a/b".into()), "INCIDENT#a/b")]
    #[test_case(&RecordKey::Group("a#b".into()), "GROUP#a#b")]
    #[test_case(&RecordKey::Inhibition("x".into()), "INHIBIT#x")]
    #[test_case(&RecordKey::Silences, "SILENCES")]
    #[test_case(&RecordKey::Episode("INC-1".into()), "EPISODE#INC-1")]
    #[test_case(&RecordKey::Once("r".into()), "ONCE#r")]
    #[test_case(&RecordKey::sensor("health-check", "state"), "SENSOR#health-check#state")]
    #[test_case(&RecordKey::Incident("".into()), "INCIDENT#"; "an empty key")]
    fn a_record_is_found_by_its_partition(key: &RecordKey, partition: &str) {
        assert_eq!(key.partition(), partition);
        assert_eq!(key.to_string(), partition);
        assert_eq!(RecordKey::from_partition(partition), Some(key.clone()));
        assert_eq!(&OutboxRef::of(key, "n").record(), key);
    }

    #[test_case("DELIVERY#x")]
    #[test_case("SILENCES#")]
    #[test_case("")]
    fn another_partition_is_no_record(partition: &str) {
        assert_eq!(RecordKey::from_partition(partition), None);
    }

    #[test_case("gradebook/errors", "gradebook/errors")]
    #[test_case("GROUP#x", "INCIDENT#GROUP#x"; "a key like a group")]
    #[test_case("SILENCES", "INCIDENT#SILENCES"; "a key like the silences")]
    #[test_case("INCIDENT#x", "INCIDENT#INCIDENT#x"; "a key like an incident")]
    fn an_incident_is_not_taken_for_another_record(key: &str, text: &str) {
        let record = RecordKey::Incident(key.into());
        let reference = OutboxRef::of(&record, "n");
        assert_eq!(reference.key, text);
        assert_eq!(reference.record(), record);
    }
}
