//! A transaction of records, checks, notifications and notes.

use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{ConditionCheck, Put, TransactWriteItem};

use super::failure::{Cancelled, cancelled, failure, refused};
use super::item::{Item, document, number, primary_key, read_text, text};
use super::outbox::outbox_item;
use super::table::DynamoStore;
use crate::error::StoreError;
use crate::port::Version;
use crate::prepared::DUE;
use crate::record::{PreparedCheck, PreparedNote, PreparedTransaction, PreparedWrite, STATE};

const PUT: &str = "PutItem";
const TRANSACT: &str = "TransactWriteItems";

/// A step of a transaction, with the version that it expects if it does.
pub(super) struct Step {
    kind: Kind,
    expected: Option<Version>,
}

enum Kind {
    Put(Item),
    /// The key of what is only looked at.
    Check(Item),
}

impl Step {
    /// An item to be written if the one there is of that version.
    pub(super) const fn replace(item: Item, expected: Version) -> Self {
        Self {
            kind: Kind::Put(item),
            expected: Some(expected),
        }
    }

    /// An item to be written whatever is there.
    pub(super) const fn put(item: Item) -> Self {
        Self {
            kind: Kind::Put(item),
            expected: None,
        }
    }

    const fn check(key: Item, expected: Version) -> Self {
        Self {
            kind: Kind::Check(key),
            expected: Some(expected),
        }
    }

    /// The partition that it is about.
    fn name(&self) -> String {
        let (Kind::Put(item) | Kind::Check(item)) = &self.kind;
        read_text(item, "pk").unwrap_or_default().to_owned()
    }
}

impl DynamoStore {
    /// Takes all the steps or none.
    pub(super) async fn take(&self, mut steps: Vec<Step>) -> Result<(), StoreError> {
        match (steps.pop(), steps.is_empty()) {
            (None, _) => Ok(()),
            // Half the price of a transaction of one.
            (Some(only), true) if matches!(only.kind, Kind::Put(_)) => self.put(only).await,
            (Some(last), _) => {
                steps.push(last);
                self.transact(steps).await
            }
        }
    }

    async fn put(&self, step: Step) -> Result<(), StoreError> {
        let key = step.name();
        let (Kind::Put(item) | Kind::Check(item)) = step.kind;
        let mut put = self.client.put_item().table_name(&self.table);
        if let Some(version) = step.expected {
            let (condition, values) = condition(version);
            put = put
                .condition_expression(condition)
                .expression_attribute_names("#version", "version")
                .set_expression_attribute_values(values);
        }
        match put.set_item(Some(item)).send().await {
            Ok(_) => Ok(()),
            Err(error) if outdated(&error) => Err(StoreError::Conflict { key }),
            Err(error) => Err(failure(PUT, error)),
        }
    }

    /// The client gives every transaction a token of its own and keeps it through
    /// its retries, so that a retry of a transaction that took place is no conflict.
    async fn transact(&self, steps: Vec<Step>) -> Result<(), StoreError> {
        let names: Vec<String> = steps.iter().map(Step::name).collect();
        let mut request = self.client.transact_write_items();
        for step in steps {
            let item = self.item(step);
            let item = item.map_err(|error| refused(TRANSACT, "BuildError", error))?;
            request = request.transact_items(item);
        }
        let Err(error) = request.send().await else {
            return Ok(());
        };
        Err(match cancelled(TRANSACT, error) {
            Cancelled::Conflict(at) => {
                let named = names.into_iter().nth(at);
                let key = named.unwrap_or_else(|| "one of several records".to_owned());
                StoreError::Conflict { key }
            }
            Cancelled::Failed(error) => error,
        })
    }

    fn item(&self, step: Step) -> Result<TransactWriteItem, BuildError> {
        let condition = step.expected.map(condition);
        let (condition, values) = condition.unzip();
        let names = condition.map(|_| [("#version".to_owned(), "version".to_owned())].into());
        let condition = condition.map(str::to_owned);
        let values = values.flatten();
        let item = TransactWriteItem::builder();
        let item = match step.kind {
            Kind::Put(put) => item.put(
                Put::builder()
                    .table_name(&self.table)
                    .set_item(Some(put))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()?,
            ),
            Kind::Check(key) => item.condition_check(
                ConditionCheck::builder()
                    .table_name(&self.table)
                    .set_key(Some(key))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .build()?,
            ),
        };
        Ok(item.build())
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

/// The steps of a transaction, records first.
pub(super) fn steps(transaction: PreparedTransaction) -> Vec<Step> {
    let PreparedTransaction {
        writes,
        checks,
        outbox,
        notes,
    } = transaction;
    let outbox = outbox
        .into_iter()
        .map(|(partition, entry)| Step::put(outbox_item(&partition, entry)));
    (writes.into_iter().map(record))
        .chain(checks.into_iter().map(check))
        .chain(outbox)
        .chain(notes.into_iter().map(|one| Step::put(note(one))))
        .collect()
}

fn record(write: PreparedWrite) -> Step {
    let PreparedWrite {
        partition,
        expected,
        body,
        due,
        listing,
        expires_at,
        ..
    } = write;
    let mut item = primary_key(partition, STATE);
    let mut set = |name: &str, value| item.insert(name.to_owned(), value);
    set("version", number(expected.next().0));
    set("body", document(body));
    // The indexes are sparse: every write is of the whole item, so what is not due and not listed
    // leaves them.
    if let Some(due) = due {
        set("gsi2pk", text(DUE));
        set("gsi2sk", text(due));
    }
    if let Some(listing) = listing {
        set("gsi3pk", text(listing.list));
        set("gsi3sk", text(listing.sort));
        set("summary", text(listing.summary));
    }
    if let Some(at) = expires_at {
        set("expires_at", number(at));
    }
    Step::replace(item, expected)
}

fn check(check: PreparedCheck) -> Step {
    Step::check(primary_key(check.partition, STATE), check.expected)
}

fn note(note: PreparedNote) -> Item {
    let mut item = primary_key(note.partition, note.sort);
    item.insert("body".to_owned(), document(note.body));
    if let Some(at) = note.expires_at {
        item.insert("expires_at".to_owned(), number(at));
    }
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_without_a_version_can_be_written_again() {
        assert_eq!(condition(Version::NONE).0, "attribute_not_exists(#version)");
        assert_eq!(condition(Version(1)).0, "#version = :expected");
    }
}
