//! The states of incidents, and the outbox entries that are written with them.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::item::{
    Item, document, number, primary_key, read_number, read_text, take_document, text,
};
use super::outbox::outbox_item;
use super::read;
use super::table::{DynamoStore, OPEN_INDEX};
use super::transaction::Step;
use crate::error::StoreError;
use crate::port::{Commit, IncidentStore, Loaded, Version};
use crate::prepared::{OPEN, Prepared, incident_of, loaded, partition};
use crate::record::STATE;

impl<S: Serialize + DeserializeOwned + Send + Sync> IncidentStore<S> for DynamoStore {
    async fn load(&self, keys: &[&str]) -> Result<HashMap<String, Loaded<S>>, StoreError> {
        // The table refuses a request that names a key twice.
        let keys: BTreeSet<&str> = keys.iter().copied().collect();
        let mut items = Vec::with_capacity(keys.len());
        for key in &keys {
            items.push(primary_key(partition(key)?, STATE));
        }
        let nothing = |key: &&str| ((*key).to_owned(), Loaded::nothing());
        let mut found: HashMap<String, Loaded<S>> = keys.iter().map(nothing).collect();
        for item in self.get(&items).await? {
            let (key, state) = read_state(item);
            if let Some(entry) = key.and_then(|key| found.get_mut(&key)) {
                *entry = state;
            }
        }
        Ok(found)
    }

    async fn commit(&self, commit: Commit<'_, S>) -> Result<Version, StoreError> {
        let mut prepared = Prepared::new(commit)?;
        let (version, conflict) = (prepared.version, prepared.conflict());
        let entries = std::mem::take(&mut prepared.entries).into_iter();
        let entries: Vec<Step> = entries
            .map(|entry| Step::put(outbox_item(&prepared.partition, entry)))
            .collect();
        let expected = prepared.expected;
        let mut steps = vec![Step::replace(state(prepared), expected)];
        steps.extend(entries);
        match self.take(steps).await {
            Ok(()) => Ok(version),
            Err(StoreError::Conflict { .. }) => Err(conflict),
            Err(error) => Err(error),
        }
    }

    async fn open_keys(&self, limit: usize) -> Result<Vec<String>, StoreError> {
        let query = (self.query().index_name(OPEN_INDEX))
            .key_condition_expression("gsi2pk = :open")
            .expression_attribute_values(":open", text(OPEN))
            .projection_expression("gsi2sk");
        let items = read::all(query, None, limit).await?;
        let keys = items.iter();
        let keys = keys.filter_map(|item| read_text(item, "gsi2sk").map(str::to_owned));
        Ok(keys.collect())
    }
}

fn state(prepared: Prepared) -> Item {
    let mut item = primary_key(prepared.partition, STATE);
    item.insert("version".to_owned(), number(prepared.version.0));
    item.insert("status".to_owned(), text(prepared.status));
    item.insert("body".to_owned(), document(prepared.body));
    // The index is sparse: the next commit writes the whole item anew, and a state that is not open
    // any more leaves it.
    if let Some(key) = prepared.open {
        item.insert("gsi2pk".to_owned(), text(OPEN));
        item.insert("gsi2sk".to_owned(), text(key));
    }
    if let Some(at) = prepared.expires_at {
        item.insert("expires_at".to_owned(), number(at));
    }
    item
}

fn read_state<S: DeserializeOwned>(mut item: Item) -> (Option<String>, Loaded<S>) {
    let key = read_text(&item, "pk").and_then(incident_of);
    let version = read_number(&item, "version").map_or(Version::NONE, Version);
    (key, loaded(version, take_document(&mut item)))
}

#[cfg(test)]
mod tests {
    use incident::IncidentStatus;

    use super::*;

    #[test]
    fn an_item_without_a_version_is_readable() {
        let mut item = primary_key("INCIDENT#a/b", STATE);
        item.insert("body".to_owned(), text("7"));
        let (key, state) = read_state::<u32>(item);
        assert_eq!(key.as_deref(), Some("a/b"));
        assert_eq!((state.version, state.state), (Version::NONE, Some(7)));
    }

    #[test]
    fn a_state_is_kept_for_ever_unless_told_otherwise() {
        let commit = |keep_until: Option<jiff::Timestamp>| Commit {
            key: "a",
            expected: Version(1),
            state: &7,
            status: if keep_until.is_none() {
                IncidentStatus::Open
            } else {
                IncidentStatus::Resolved
            },
            outbox: &[],
            keep_until,
        };
        let item = state(Prepared::new(commit(None)).unwrap());
        let mut names: Vec<&str> = item.keys().map(String::as_str).collect();
        names.sort_unstable();
        let expected = ["body", "gsi2pk", "gsi2sk", "pk", "sk", "status", "version"];
        assert_eq!(names, expected);
        let at = "2026-03-04T05:06:07.9Z".parse().unwrap();
        let item = state(Prepared::new(commit(Some(at))).unwrap());
        assert_eq!(read_number(&item, "expires_at"), Some(1_772_600_767_i64));
        assert_eq!(read_text(&item, "gsi2pk"), None);
    }
}
