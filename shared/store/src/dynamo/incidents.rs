//! The states of incidents, and the outbox entries that are written with them.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{KeysAndAttributes, Put, TransactWriteItem};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::failure::{Cancelled, cancelled, failure, refused};
use super::item::{
    Item, document, number, primary_key, read_number, read_text, take_document, text,
};
use super::patience::Patience;
use super::table::{DynamoStore, OPEN_INDEX};
use crate::error::StoreError;
use crate::port::{Commit, IncidentStore, Loaded, Version};
use crate::prepared::{OPEN, OUTBOX, Prepared, PreparedEntry, STATE, key_of, loaded, partition};

const LOAD: &str = "BatchGetItem";
const PUT: &str = "PutItem";
const QUERY: &str = "Query";
const TRANSACT: &str = "TransactWriteItems";

/// `BatchGetItem` takes so many keys.
const KEYS: usize = 100;

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
        for chunk in items.chunks(KEYS) {
            self.load_chunk(chunk.to_vec(), &mut found).await?;
        }
        Ok(found)
    }

    async fn commit(&self, commit: Commit<'_, S>) -> Result<Version, StoreError> {
        let mut prepared = Prepared::new(commit)?;
        if prepared.entries.is_empty() {
            // Half the price of a transaction of one.
            self.put(prepared).await
        } else {
            let entries = std::mem::take(&mut prepared.entries);
            self.transact(prepared, entries).await
        }
    }

    async fn open_keys(&self, limit: usize) -> Result<Vec<String>, StoreError> {
        let mut keys = Vec::new();
        let mut start: Option<Item> = None;
        while keys.len() < limit {
            let page = i32::try_from(limit - keys.len()).unwrap_or(i32::MAX);
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(OPEN_INDEX)
                .key_condition_expression("gsi2pk = :open")
                .expression_attribute_values(":open", text(OPEN))
                .projection_expression("gsi2sk")
                .limit(page)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| failure(QUERY, error))?;
            let items = answer.items.unwrap_or_default();
            keys.extend(
                items
                    .iter()
                    .filter_map(|item| read_text(item, "gsi2sk").map(str::to_owned)),
            );
            start = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                break;
            }
        }
        Ok(keys)
    }
}

impl DynamoStore {
    async fn load_chunk<S: DeserializeOwned>(
        &self,
        mut keys: Vec<Item>,
        found: &mut HashMap<String, Loaded<S>>,
    ) -> Result<(), StoreError> {
        let mut patience = Patience::new(LOAD);
        loop {
            let request = KeysAndAttributes::builder()
                .consistent_read(true)
                .projection_expression("pk, #version, body")
                .expression_attribute_names("#version", "version")
                .set_keys(Some(keys))
                .build()
                .map_err(|error| refused(LOAD, "BuildError", error))?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.table, request)
                .send()
                .await
                .map_err(|error| failure(LOAD, error))?;
            let items = answer.responses.unwrap_or_default().remove(&self.table);
            let items = items.unwrap_or_default();
            let progress = !items.is_empty();
            for item in items {
                let (key, state) = read(item);
                if let Some(entry) = key.and_then(|key| found.get_mut(&key)) {
                    *entry = state;
                }
            }
            let left = answer.unprocessed_keys.unwrap_or_default();
            keys = left.into_values().flat_map(|left| left.keys).collect();
            if keys.is_empty() {
                return Ok(());
            }
            patience.wait(progress).await?;
        }
    }

    async fn put(&self, prepared: Prepared) -> Result<Version, StoreError> {
        let (version, conflict) = (prepared.version, prepared.conflict());
        let (condition, expected) = condition(prepared.expected);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(state(prepared)))
            .condition_expression(condition)
            .expression_attribute_names("#version", "version")
            .set_expression_attribute_values(expected);
        match put.send().await {
            Ok(_) => Ok(version),
            Err(error) if outdated(&error) => Err(conflict),
            Err(error) => Err(failure(PUT, error)),
        }
    }

    /// The client gives every transaction a token of its own and keeps it through
    /// its retries, so that a retry of a transaction that took place is no conflict.
    async fn transact(
        &self,
        prepared: Prepared,
        entries: Vec<PreparedEntry>,
    ) -> Result<Version, StoreError> {
        let (version, conflict) = (prepared.version, prepared.conflict());
        let (condition, expected) = condition(prepared.expected);
        let partition = prepared.partition.clone();
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(state(prepared)))
            .condition_expression(condition)
            .expression_attribute_names("#version", "version")
            .set_expression_attribute_values(expected);
        let mut puts = vec![put];
        puts.extend(entries.into_iter().map(|entry| {
            Put::builder()
                .table_name(&self.table)
                .set_item(Some(outbox_item(&partition, entry)))
        }));
        let mut request = self.client.transact_write_items();
        for put in puts {
            let put = put
                .build()
                .map_err(|error| refused(TRANSACT, "BuildError", error))?;
            request = request.transact_items(TransactWriteItem::builder().put(put).build());
        }
        match request.send().await {
            Ok(_) => Ok(version),
            Err(error) => Err(match cancelled(TRANSACT, error) {
                Cancelled::Conflict => conflict,
                Cancelled::Failed(error) => error,
            }),
        }
    }
}

/// The condition of compare-and-set. The absence of a version covers the absence
/// of the item, and an item that lost its version can be written again.
fn condition(expected: Version) -> (&'static str, Option<Item>) {
    if expected == Version::NONE {
        ("attribute_not_exists(#version)", None)
    } else {
        let values = Item::from([(":expected".to_owned(), number(expected.0))]);
        ("#version = :expected", Some(values))
    }
}

fn outdated(error: &SdkError<PutItemError>) -> bool {
    error.as_service_error().is_some_and(|error| {
        error.is_conditional_check_failed_exception() || error.is_transaction_conflict_exception()
    })
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

fn outbox_item(partition: &str, entry: PreparedEntry) -> Item {
    let mut item = primary_key(partition, entry.sort_key);
    item.insert("body".to_owned(), document(entry.body));
    item.insert("gsi1pk".to_owned(), text(OUTBOX));
    item.insert("gsi1sk".to_owned(), text(entry.written_at));
    item
}

fn read<S: DeserializeOwned>(mut item: Item) -> (Option<String>, Loaded<S>) {
    let key = read_text(&item, "pk").and_then(key_of).map(str::to_owned);
    let version = read_number(&item, "version").map_or(Version::NONE, Version);
    (key, loaded(version, take_document(&mut item)))
}

#[cfg(test)]
mod tests {
    use incident::IncidentStatus;

    use super::*;

    #[test]
    fn an_item_without_a_version_is_readable_and_can_be_written_again() {
        let mut item = primary_key("INCIDENT#a/b", STATE);
        item.insert("body".to_owned(), text("7"));
        let (key, state) = read::<u32>(item);
        assert_eq!(key.as_deref(), Some("a/b"));
        assert_eq!((state.version, state.state), (Version::NONE, Some(7)));
        assert_eq!(condition(state.version).0, "attribute_not_exists(#version)");
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
