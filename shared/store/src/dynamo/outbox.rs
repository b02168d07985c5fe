//! The sparse index of what is still to be published.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use jiff::Timestamp;

use super::failure::{failure, refused};
use super::item::{Item, document, primary_key, read_text, take_document, text};
use super::patience::Patience;
use super::table::{DynamoStore, INDEX};
use crate::error::StoreError;
use crate::port::{Outbox, OutboxRef, Pending, PendingEntry};
use crate::prepared::{
    OUTBOX, PreparedEntry, entry_key, partition_of_entry, reference_at, sortable,
};

const QUERY: &str = "Query";
const REMOVE: &str = "BatchWriteItem";

/// `BatchWriteItem` takes so many requests.
const REQUESTS: usize = 25;

impl Outbox for DynamoStore {
    async fn pending(&self, older_than: Timestamp, limit: usize) -> Result<Pending, StoreError> {
        let mut pending = Pending::default();
        let mut start: Option<Item> = None;
        while pending.entries.len() < limit {
            let page = i32::try_from(limit - pending.entries.len()).unwrap_or(i32::MAX);
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(INDEX)
                .key_condition_expression("gsi1pk = :outbox AND gsi1sk < :bound")
                .expression_attribute_values(":outbox", text(OUTBOX))
                .expression_attribute_values(":bound", text(sortable(older_than)))
                .limit(page)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| failure(QUERY, error))?;
            for item in answer.items.unwrap_or_default() {
                match read(item) {
                    Some(entry) => pending.entries.push(entry),
                    None => pending.unreadable += 1,
                }
            }
            start = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                break;
            }
        }
        Ok(pending)
    }

    async fn remove(&self, entries: &[OutboxRef]) -> Result<(), StoreError> {
        // The table refuses a request that names an item twice.
        let entries: BTreeSet<&OutboxRef> = entries.iter().collect();
        let mut requests = Vec::with_capacity(entries.len());
        for entry in entries {
            let key = primary_key(partition_of_entry(entry)?, entry_key(&entry.id)?);
            let delete = DeleteRequest::builder()
                .set_key(Some(key))
                .build()
                .map_err(|error| refused(REMOVE, "BuildError", error))?;
            requests.push(WriteRequest::builder().delete_request(delete).build());
        }
        for chunk in requests.chunks(REQUESTS) {
            self.remove_chunk(chunk.to_vec()).await?;
        }
        Ok(())
    }
}

impl DynamoStore {
    async fn remove_chunk(&self, mut requests: Vec<WriteRequest>) -> Result<(), StoreError> {
        let mut patience = Patience::new(REMOVE);
        loop {
            let asked = requests.len();
            let answer = self
                .client
                .batch_write_item()
                .request_items(&self.table, requests)
                .send()
                .await
                .map_err(|error| failure(REMOVE, error))?;
            let left = answer.unprocessed_items.unwrap_or_default();
            requests = left.into_values().flatten().collect();
            if requests.is_empty() {
                return Ok(());
            }
            patience.wait(requests.len() < asked).await?;
        }
    }
}

/// An entry that cannot be read stays where it is and is complained about at each
/// sweep: stopping at it would keep back everything behind it.
fn read(mut item: Item) -> Option<PendingEntry> {
    let entry = read_entry(&mut item);
    if entry.is_none() {
        let at = |name| read_text(&item, name).unwrap_or_default();
        tracing::error!(
            pk = at("pk"),
            sk = at("sk"),
            stage = "sweep",
            error_type = "permanent",
            "an outbox entry cannot be read: look at the item and delete it"
        );
    }
    entry
}

fn read_entry(item: &mut Item) -> Option<PendingEntry> {
    let body = take_document(item)?.unpack().ok()?;
    Some(PendingEntry {
        reference: reference_at(read_text(item, "pk")?, read_text(item, "sk")?)?,
        body,
        written_at: read_text(item, "gsi1sk")?.parse().ok()?,
    })
}

pub(super) fn outbox_item(partition: &str, entry: PreparedEntry) -> Item {
    let mut item = primary_key(partition, entry.sort_key);
    item.insert("body".to_owned(), document(entry.body));
    item.insert("gsi1pk".to_owned(), text(OUTBOX));
    item.insert("gsi1sk".to_owned(), text(entry.written_at));
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_cannot_be_read_is_passed_over() {
        let mut item = primary_key("INCIDENT#a/b", "OUTBOX#INC-1.2");
        item.insert("gsi1sk".to_owned(), text("2026-03-04T05:06:07.089Z"));
        assert_eq!(read(item.clone()), None);
        item.insert("body".to_owned(), text("{}"));
        let entry = read(item.clone()).expect("an entry");
        assert_eq!(entry.reference.key, "a/b");
        assert_eq!(entry.reference.id, "INC-1.2");
        item.insert("gsi1sk".to_owned(), text("lately"));
        assert_eq!(read(item), None);
    }
}
