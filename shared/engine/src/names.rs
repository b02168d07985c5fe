//! Where the world's records lie in the table, and their bodies.

use incident::{GroupKey, IncidentKey, InhibitionKey, Record, RecordName, World};
use store::RecordKey;

/// Where a record of the world lies.
#[must_use]
pub fn key_of(name: &RecordName) -> RecordKey {
    match name {
        RecordName::Incident(key) => RecordKey::Incident(key.as_str().into()),
        RecordName::Group(key) => RecordKey::Group(key.as_str().into()),
        RecordName::Inhibition(key) => RecordKey::Inhibition(key.as_str().into()),
        RecordName::Silences => RecordKey::Silences,
    }
}

/// The record of the world that lies there, if one does.
#[must_use]
pub fn name_of(key: &RecordKey) -> Option<RecordName> {
    match key {
        RecordKey::Incident(key) => IncidentKey::try_new(key).ok().map(RecordName::Incident),
        RecordKey::Group(key) => Some(RecordName::Group(GroupKey::from_text(key))),
        RecordKey::Inhibition(key) => Some(RecordName::Inhibition(InhibitionKey::from_text(key))),
        RecordKey::Silences => Some(RecordName::Silences),
        RecordKey::Episode(_) | RecordKey::Once(_) | RecordKey::Sensor(_) => None,
    }
}

/// Reads a record's body. Its version is the store's: that is what is compared.
pub(crate) fn read(
    name: &RecordName,
    body: &str,
    version: u64,
) -> Result<Record, serde_json::Error> {
    Ok(match name {
        RecordName::Incident(_) => {
            let mut state: Box<incident::IncidentState> = serde_json::from_str(body)?;
            state.version = version;
            Record::Incident(state)
        }
        RecordName::Group(_) => {
            let mut state: Box<incident::GroupState> = serde_json::from_str(body)?;
            state.version = version;
            Record::Group(state)
        }
        RecordName::Inhibition(_) => {
            let mut state: Box<incident::Inhibition> = serde_json::from_str(body)?;
            state.version = version;
            Record::Inhibition(state)
        }
        RecordName::Silences => Record::Silences(version, serde_json::from_str(body)?),
    })
}

/// A record's body; none if there is no such record.
pub(crate) fn write(world: &World, name: &RecordName) -> Result<Option<String>, serde_json::Error> {
    match name {
        RecordName::Incident(key) => world.incident(key).map(serde_json::to_string),
        RecordName::Group(key) => world.group(key).map(serde_json::to_string),
        RecordName::Inhibition(key) => world.inhibition(key).map(serde_json::to_string),
        RecordName::Silences => Some(serde_json::to_string(world.silences().1)),
    }
    .transpose()
}
