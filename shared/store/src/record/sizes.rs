//! The table's limits, and what DynamoDB would count.

use super::key::RecordKey;
use crate::error::StoreError;

/// What DynamoDB takes: an item, a partition key, a sort key, a transaction.
pub(crate) const ITEM: usize = 400 * 1024;
pub(crate) const PARTITION_KEY: usize = 2048;
pub(crate) const SORT_KEY: usize = 1024;
pub(crate) const TRANSACTION: usize = 4 * 1024 * 1024;
pub(crate) const TRANSACTION_ITEMS: usize = 100;

/// The names and the small values of an item, generously.
pub(crate) const AROUND_THE_BODY: usize = 256;

/// What a list may say of a record: a page of a hundred is then a quick answer.
pub(super) const SUMMARY: usize = 1024;
/// What orders a list; the rest of the index's sort key tells equal ones apart.
pub(super) const LIST_SORT: usize = 512;

/// Checks the size of an item.
pub(crate) fn item_size(key: &str, size: usize, limit: usize) -> Result<(), StoreError> {
    if size <= limit {
        return Ok(());
    }
    Err(StoreError::TooLarge {
        key: key.chars().take(256).collect(),
        size,
        limit,
    })
}

/// The sort key of an index. The record's name makes it unique, so that equal texts have an order;
/// so far as it fits, since an index does not insist on it. A blank sorts before whatever else may follow.
pub(super) fn index_sort(sort: &str, record: &RecordKey) -> String {
    let mut text = format!("{sort} {record}");
    text.truncate(text.floor_char_boundary(SORT_KEY));
    text
}
