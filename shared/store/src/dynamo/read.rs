//! Reading items: by their keys, and page by page.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::failure::{failure, refused};
use super::item::Item;
use super::patience::Patience;
use super::table::DynamoStore;
use crate::error::StoreError;

const LOAD: &str = "BatchGetItem";
const QUERY: &str = "Query";

/// `BatchGetItem` takes so many keys.
const KEYS: usize = 100;

impl DynamoStore {
    /// The items of these keys as they are now, with version and body. No key may be there twice.
    pub(super) async fn get(&self, keys: &[Item]) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(KEYS) {
            self.get_chunk(chunk.to_vec(), &mut found).await?;
        }
        Ok(found)
    }

    async fn get_chunk(
        &self,
        mut keys: Vec<Item>,
        found: &mut Vec<Item>,
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
            found.extend(items);
            let left = answer.unprocessed_keys.unwrap_or_default();
            keys = left.into_values().flat_map(|left| left.keys).collect();
            if keys.is_empty() {
                return Ok(());
            }
            patience.wait(progress).await?;
        }
    }

    /// A query of this table.
    pub(super) fn query(&self) -> QueryFluentBuilder {
        self.client.query().table_name(&self.table)
    }
}

/// What a query finds, at most `limit`: a page ends where the table likes, not where the caller does.
pub(super) async fn all(
    query: QueryFluentBuilder,
    after: Option<Item>,
    limit: usize,
) -> Result<Vec<Item>, StoreError> {
    let mut items = Vec::new();
    let mut start = after;
    while items.len() < limit {
        let page = i32::try_from(limit - items.len()).unwrap_or(i32::MAX);
        let answer = (query.clone().limit(page))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| failure(QUERY, error))?;
        items.extend(answer.items.unwrap_or_default());
        start = answer.last_evaluated_key.filter(|key| !key.is_empty());
        if start.is_none() {
            break;
        }
    }
    Ok(items)
}
