//! The suite on a real endpoint: `AWS_ENDPOINT_URL` says which.
//!
//! It needs the feature `dynamodb-endpoint`, so that it is left out on purpose
//! and never passes for want of an endpoint.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use aws_config::SdkConfig;
use incident::IncidentId;
use jiff::Timestamp;
use lambda_support::aws;
use lambda_support::env::{Environment, MapEnvironment, ProcessEnvironment};
use lambda_support::error::{Retryable, chain};
use settings::Channel;
use store::conformance::{create_table, run_all};
use store::{DeliveryLog, DynamoStore, StoreError};

/// The function's own configuration, on the endpoint that was given.
fn config() -> Result<SdkConfig, &'static str> {
    let remedy = "set AWS_ENDPOINT_URL to a DynamoDB endpoint, such as http://127.0.0.1:4566";
    let endpoint = ProcessEnvironment.get("AWS_ENDPOINT_URL").ok_or(remedy)?;
    let environment = MapEnvironment::from([
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_REGION", "us-east-1"),
    ]);
    let credentials =
        aws_sdk_dynamodb::config::Credentials::new("test", "test", None, None, "test");
    let config = aws::build(&environment)
        .into_builder()
        .credentials_provider(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(
            credentials,
        ))
        .build();
    Ok(config)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_conforms() {
    let client = aws_sdk_dynamodb::Client::new(&config().unwrap());
    let run = std::process::id();
    let tables = AtomicU32::new(0);
    let begin = Instant::now();
    let report = run_all(|| async {
        let table = tables.fetch_add(1, Ordering::Relaxed);
        let name = format!("store-conformance-{run}-{table}");
        create_table(&client, &name).await?;
        Ok(DynamoStore::new(client.clone(), name))
    })
    .await;
    for table in 0..tables.into_inner() {
        let name = format!("store-conformance-{run}-{table}");
        client
            .delete_table()
            .table_name(name)
            .send()
            .await
            .expect("deleted");
    }
    println!("{report}{} cases in {:?}", report.len(), begin.elapsed());
    assert!(report.passed(), "{report}");
}

#[tokio::test]
async fn a_table_that_is_not_there_is_a_permanent_error() {
    let client = aws_sdk_dynamodb::Client::new(&config().unwrap());
    let store = DynamoStore::new(client, "no-such-table");
    let id = IncidentId::of("k", Timestamp::UNIX_EPOCH, 1);
    let error = store.release(&id, Channel::Sms, 1).await.unwrap_err();
    println!("{}", chain(&error));
    assert!(
        matches!(&error, StoreError::Refused { code, .. } if code == "ResourceNotFoundException")
    );
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_a_retryable_error() {
    let config = config()
        .unwrap()
        .into_builder()
        .endpoint_url("http://127.0.0.1:9")
        .build();
    let store = DynamoStore::new(aws_sdk_dynamodb::Client::new(&config), "any");
    let id = IncidentId::of("k", Timestamp::UNIX_EPOCH, 1);
    let error = store.release(&id, Channel::Sms, 1).await.unwrap_err();
    println!("{}", chain(&error));
    assert!(matches!(error, StoreError::Unavailable { .. }));
    assert!(error.is_retryable());
}
