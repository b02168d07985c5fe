//! The table as the template makes it, for a test that needs one of its own.

use std::error::Error;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::client::Waiters;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
    KeyType, Projection, ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};
use lambda_support::error::chain;

use super::check::Failure;
use crate::dynamo::DynamoStore;
use crate::record::RecordKey;

/// Creates the table of `ARCHITECTURE.md` and waits until it is there.
///
/// # Errors
/// When it exists already, or the endpoint refuses.
pub async fn create_table(client: &Client, name: &str) -> Result<(), Failure> {
    let mut request = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(part("pk", KeyType::Hash)?)
        .key_schema(part("sk", KeyType::Range)?);
    for attribute in [
        "pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk", "gsi3pk", "gsi3sk",
    ] {
        let definition = AttributeDefinition::builder()
            .attribute_name(attribute)
            .attribute_type(ScalarAttributeType::S);
        request = request.attribute_definitions(definition.build().map_err(failure)?);
    }
    let projection = |kind| Projection::builder().projection_type(kind);
    for (index, projection) in [
        ("gsi1", projection(ProjectionType::All)),
        ("gsi2", projection(ProjectionType::KeysOnly)),
        (
            "gsi3",
            projection(ProjectionType::Include).non_key_attributes("summary"),
        ),
    ] {
        let index = GlobalSecondaryIndex::builder()
            .index_name(index)
            .key_schema(part(&format!("{index}pk"), KeyType::Hash)?)
            .key_schema(part(&format!("{index}sk"), KeyType::Range)?)
            .projection(projection.build());
        request = request.global_secondary_indexes(index.build().map_err(failure)?);
    }
    request.send().await.map_err(failure)?;
    let there = client.wait_until_table_exists().table_name(name);
    there.wait(Duration::from_secs(60)).await.map_err(failure)?;
    let expiry = TimeToLiveSpecification::builder()
        .attribute_name("expires_at")
        .enabled(true);
    let request = client
        .update_time_to_live()
        .table_name(name)
        .time_to_live_specification(expiry.build().map_err(failure)?);
    request.send().await.map_err(failure)?;
    Ok(())
}

impl DynamoStore {
    /// What only a person at the console could do.
    pub(super) async fn break_record(&self, key: &RecordKey) -> Result<(), Failure> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(key.partition()))
            .key("sk", AttributeValue::S(key.sort_key().to_owned()))
            .update_expression("SET body = :body")
            .expression_attribute_values(":body", AttributeValue::B(Blob::new(vec![0xff])));
        request.send().await.map(drop).map_err(failure)
    }
}

fn part(name: &str, kind: KeyType) -> Result<KeySchemaElement, Failure> {
    let part = KeySchemaElement::builder().attribute_name(name);
    part.key_type(kind).build().map_err(failure)
}

fn failure(error: impl Error) -> Failure {
    Failure::new(chain(&error).to_string())
}
