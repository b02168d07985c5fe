//! What has been delivered: one item for each stream and channel.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};
use settings::Channel;

use super::failure::failure;
use super::item::{Item, number, primary_key, read_number, read_text, text};
use super::table::DynamoStore;
use crate::error::StoreError;
use crate::port::{Claim, StreamLog};
use crate::prepared::{delivery_partition, lease_end};

const UPDATE: &str = "UpdateItem";

/// A delivery is remembered so long after the last word about it.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The version is news: nothing as new was delivered.
const NEWS: &str = "(attribute_not_exists(delivered_version) OR delivered_version < :version)";
/// Nobody else is at it.
const FREE: &str = "(attribute_not_exists(lease_until) OR lease_until <= :now)";
/// The lease was granted to this process.
const OURS: &str = "claimed_version = :version AND begins_with(claimed_by, :process)";

/// What a conditional update came to.
enum Update {
    Done(Item),
    /// The condition failed; this is the item as it is.
    Failed(Item),
}

impl StreamLog for DynamoStore {
    async fn claim_stream(
        &self,
        stream: &str,
        channel: Channel,
        version: u64,
        now: Timestamp,
        lease: SignedDuration,
    ) -> Result<Claim, StoreError> {
        let until = lease_end(now, lease).as_millisecond();
        let claim = self.claimant.next_claim();
        let update = self
            .update(stream, channel, version)?
            .update_expression(
                "SET claimed_version = :version, claimed_by = :claim, \
                 lease_until = :until, expires_at = :expires_at",
            )
            .condition_expression(format!("{NEWS} AND {FREE}"))
            .expression_attribute_values(":claim", text(&claim))
            .expression_attribute_values(":until", number(until))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .expression_attribute_values(":expires_at", expires_at(now))
            .return_values(ReturnValue::AllNew);
        Ok(match send(update).await? {
            Update::Done(item) => granted(&item),
            // The client repeated a claim that was granted and whose answer was lost.
            Update::Failed(item) if read_text(&item, "claimed_by") == Some(&claim) => {
                granted(&item)
            }
            Update::Failed(item) => why_not(&item, version),
        })
    }

    async fn complete_stream(
        &self,
        stream: &str,
        channel: Channel,
        version: u64,
        reference: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let note = |condition: String, remove: &str| -> Result<_, StoreError> {
            let set = if reference.is_some() {
                "SET delivered_version = :version, expires_at = :expires_at, #reference = :reference"
            } else {
                "SET delivered_version = :version, expires_at = :expires_at"
            };
            let update = self
                .update(stream, channel, version)?
                .update_expression(format!("{set}{remove}"))
                .condition_expression(condition)
                .expression_attribute_values(":expires_at", expires_at(now));
            Ok(match reference {
                Some(reference) => update
                    .expression_attribute_names("#reference", "reference")
                    .expression_attribute_values(":reference", text(reference)),
                None => update,
            })
        };
        // The usual case: our lease ends with the delivery.
        let usual = note(
            format!("{NEWS} AND {OURS}"),
            " REMOVE lease_until, claimed_version, claimed_by",
        )?
        .expression_attribute_values(":process", text(self.claimant.process()));
        let Update::Failed(item) = send(usual).await? else {
            return Ok(());
        };
        if read_number(&item, "delivered_version")
            .is_some_and(|delivered: u64| delivered >= version)
        {
            // Somebody noted as much; only our lease is left to be ended.
            return self.release_stream(stream, channel, version).await;
        }
        // Our lease ran out and was taken over, or was never granted. What was
        // delivered is noted nevertheless; the lease of the other is not touched,
        // and that nothing as new was noted meanwhile is all that has to hold.
        send(note(NEWS.to_owned(), "")?).await.map(drop)
    }

    async fn release_stream(
        &self,
        stream: &str,
        channel: Channel,
        version: u64,
    ) -> Result<(), StoreError> {
        let update = self
            .update(stream, channel, version)?
            .update_expression("REMOVE lease_until, claimed_version, claimed_by")
            .condition_expression(OURS)
            .expression_attribute_values(":process", text(self.claimant.process()));
        send(update).await.map(drop)
    }
}

impl DynamoStore {
    /// An update that tells what it met when its condition fails.
    fn update(
        &self,
        stream: &str,
        channel: Channel,
        version: u64,
    ) -> Result<UpdateItemFluentBuilder, StoreError> {
        let key = primary_key(delivery_partition(stream)?, channel.as_str());
        Ok(self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .expression_attribute_values(":version", number(version))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld))
    }
}

async fn send(update: UpdateItemFluentBuilder) -> Result<Update, StoreError> {
    let error = match update.send().await {
        Ok(answer) => return Ok(Update::Done(answer.attributes.unwrap_or_default())),
        Err(error) => error,
    };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
            Ok(Update::Failed(failed.item().cloned().unwrap_or_default()))
        }
        Some(_) | None => Err(failure(UPDATE, error)),
    }
}

fn granted(item: &Item) -> Claim {
    Claim::Granted {
        reference: read_text(item, "reference").map(str::to_owned),
    }
}

/// Why a claim was not granted. A delivered version outranks a lease: it stays.
fn why_not(item: &Item, version: u64) -> Claim {
    match read_number::<u64>(item, "delivered_version") {
        Some(delivered) if delivered == version => Claim::AlreadyDelivered,
        Some(by) if by > version => Claim::Superseded { by },
        Some(_) | None => {
            let until = read_number(item, "lease_until")
                .and_then(|millis| Timestamp::from_millisecond(millis).ok());
            Claim::InProgress {
                // The condition failed, so there is one; without a readable time the next try tells.
                until: until.unwrap_or(Timestamp::MIN),
            }
        }
    }
}

fn expires_at(now: Timestamp) -> aws_sdk_dynamodb::types::AttributeValue {
    let at = now.checked_add(KEPT).unwrap_or(Timestamp::MAX);
    number(at.as_second())
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(Some(3), None, &Claim::AlreadyDelivered; "the same version")]
    #[test_case(Some(4), Some(5000), &Claim::Superseded { by: 4 }; "a newer one, and somebody at work")]
    #[test_case(Some(2), Some(5000), &Claim::InProgress { until: Timestamp::from_second(5).unwrap() }; "an older one, and somebody at work")]
    #[test_case(None, Some(5000), &Claim::InProgress { until: Timestamp::from_second(5).unwrap() }; "somebody at work")]
    fn a_refused_claim_says_why(delivered: Option<u64>, lease: Option<i64>, expected: &Claim) {
        let mut item = Item::new();
        if let Some(delivered) = delivered {
            item.insert("delivered_version".to_owned(), number(delivered));
        }
        if let Some(lease) = lease {
            item.insert("lease_until".to_owned(), number(lease));
        }
        assert_eq!(&why_not(&item, 3), expected);
    }
}
