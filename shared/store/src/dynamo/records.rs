//! Records of any kind, and what is found about them in other ways than by key.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::Timestamp;

use super::failure::failure;
use super::item::{
    Item, document, number, primary_key, read_number, read_text as text_of, take_document, text,
};
use super::read;
use super::table::{DUE_INDEX, DynamoStore, LIST_INDEX};
use super::transaction::steps;
use crate::error::StoreError;
use crate::port::Version;
use crate::prepared::DUE;
use crate::record::{
    ListPage, Listed, LoadedRecord, NotePage, PARTITION_KEY, Page, PreparedNote, PreparedText,
    PreparedTransaction, RecordKey, RecordStore, STATE, StoredNote, Transaction, due_bound,
    due_time, list_cursor, list_position, loaded_record, name, note_cursor, note_position,
    read_text, seconds_rounded_up,
};

const PUT: &str = "PutItem";

impl RecordStore for DynamoStore {
    async fn load(
        &self,
        keys: &[RecordKey],
    ) -> Result<BTreeMap<RecordKey, LoadedRecord>, StoreError> {
        // The table refuses a request that names a key twice.
        let keys: BTreeSet<&RecordKey> = keys.iter().collect();
        let mut items = Vec::with_capacity(keys.len());
        for key in &keys {
            items.push(primary_key(name(key.partition(), PARTITION_KEY)?, STATE));
        }
        let nothing = |key: &&RecordKey| ((*key).clone(), LoadedRecord::nothing());
        let mut found: BTreeMap<RecordKey, LoadedRecord> = keys.iter().map(nothing).collect();
        for mut item in self.get(&items).await? {
            let key = record_of(&item);
            if let Some(entry) = key.and_then(|key| found.get_mut(&key)) {
                let version = read_number(&item, "version").map_or(Version::NONE, Version);
                *entry = loaded_record(version, take_document(&mut item));
            }
        }
        Ok(found)
    }

    async fn commit(&self, transaction: Transaction<'_>) -> Result<(), StoreError> {
        self.take(steps(PreparedTransaction::new(transaction)?))
            .await
    }

    async fn due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(RecordKey, Timestamp)>, StoreError> {
        let query = (self.query().index_name(DUE_INDEX))
            .key_condition_expression("gsi2pk = :due AND gsi2sk < :bound")
            .expression_attribute_values(":due", text(DUE))
            .expression_attribute_values(":bound", text(due_bound(now)));
        let items = read::all(query, None, limit).await?;
        let timer = |item: &Item| Some((record_of(item)?, due_time(text_of(item, "gsi2sk")?)?));
        Ok(items
            .iter()
            .filter_map(|item| legible(item, timer))
            .collect())
    }

    async fn list(&self, list: &str, page: Page<'_>) -> Result<ListPage, StoreError> {
        let after = page.after.map(list_position).transpose()?;
        let after = after.map(|(sort, record)| {
            let mut key = primary_key(record.partition(), STATE);
            key.insert("gsi3pk".to_owned(), text(list));
            key.insert("gsi3sk".to_owned(), text(sort));
            key
        });
        let query = (self.query().index_name(LIST_INDEX))
            .key_condition_expression("gsi3pk = :list")
            .expression_attribute_values(":list", text(list))
            .scan_index_forward(false);
        let mut items = read::all(query, after, page.one_more()).await?;
        let more = items.len() > page.size();
        items.truncate(page.size());
        let place = |item: &Item| Some((record_of(item)?, text_of(item, "gsi3sk")?.to_owned()));
        let last = items.last().filter(|_| more).and_then(place);
        let entry = |item: &Item| {
            Some(Listed {
                key: record_of(item)?,
                summary: text_of(item, "summary")?.to_owned(),
            })
        };
        Ok(ListPage {
            entries: items
                .iter()
                .filter_map(|item| legible(item, entry))
                .collect(),
            next: last.map(|(record, sort)| list_cursor(&sort, &record)),
        })
    }

    async fn notes(&self, partition: &str, page: Page<'_>) -> Result<NotePage, StoreError> {
        let partition = PreparedNote::partition_of(partition)?;
        let after = page.after.map(note_position).transpose()?;
        let after = after.map(|sort| primary_key(partition.as_str(), sort));
        let query = (self.query().consistent_read(true))
            .key_condition_expression("pk = :partition")
            .expression_attribute_values(":partition", text(partition));
        let mut items = read::all(query, after, page.one_more()).await?;
        let more = items.len() > page.size();
        items.truncate(page.size());
        let last = items.last().filter(|_| more);
        let mut read = NotePage {
            next: last.and_then(|item| Some(note_cursor(text_of(item, "sk")?))),
            ..NotePage::default()
        };
        for item in &items {
            match legible(item, note) {
                Some(note) => read.notes.push(note),
                None => read.unreadable += 1,
            }
        }
        Ok(read)
    }

    async fn remember_once(
        &self,
        key: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = RecordKey::Once(key.into());
        let claim = self.claimant.next_claim();
        let mut item = primary_key(name(key.partition(), PARTITION_KEY)?, STATE);
        item.insert("version".to_owned(), number(Version::NONE.next().0));
        item.insert("body".to_owned(), text("null"));
        item.insert("claimed_by".to_owned(), text(&claim));
        item.insert("expires_at".to_owned(), number(seconds_rounded_up(until)));
        let put = (self.client.put_item().table_name(&self.table))
            .set_item(Some(item))
            // The table forgets some time after it may.
            .condition_expression("attribute_not_exists(#version) OR expires_at <= :now")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":now", number(now.as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else {
            return Ok(true);
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                // The client repeated a request that was carried out and whose answer was lost.
                let before = failed.item().and_then(|item| text_of(item, "claimed_by"));
                Ok(before == Some(claim.as_str()))
            }
            Some(_) | None => Err(failure(PUT, error)),
        }
    }

    async fn get_text(&self, key: &str) -> Result<Option<String>, StoreError> {
        let partition = PreparedText::partition_of(key)?;
        let items = self.get(&[primary_key(partition.as_str(), STATE)]).await?;
        let text = |mut item| read_text(&partition, take_document(&mut item));
        items.into_iter().next().map(text).transpose()
    }

    async fn put_text(
        &self,
        key: &str,
        text: &str,
        keep_until: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let text = PreparedText::new(key, text, keep_until)?;
        let mut item = primary_key(text.partition, STATE);
        item.insert("body".to_owned(), document(text.body));
        if let Some(at) = text.expires_at {
            item.insert("expires_at".to_owned(), number(at));
        }
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item));
        put.send()
            .await
            .map(drop)
            .map_err(|error| failure(PUT, error))
    }
}

fn record_of(item: &Item) -> Option<RecordKey> {
    RecordKey::from_partition(text_of(item, "pk")?)
}

fn note(item: &Item) -> Option<StoredNote> {
    let body = take_document(&mut item.clone())?.unpack().ok()?;
    let sort = text_of(item, "sk")?.to_owned();
    Some(StoredNote { sort, body })
}

/// What cannot be read must not keep back its neighbours, nor be passed over in silence.
fn legible<T>(item: &Item, read: impl FnOnce(&Item) -> Option<T>) -> Option<T> {
    let found = read(item);
    if found.is_none() {
        let at = |name| text_of(item, name).unwrap_or_default();
        tracing::error!(
            pk = at("pk"),
            sk = at("sk"),
            stage = "load",
            error_type = "permanent",
            "an item cannot be read: look at it in the table"
        );
    }
    found
}
