//! The function as it is deployed: its environment, its table and the alerts topic.

use std::io::Write as _;

use adapters::AlertsTopic;
use jiff::Timestamp;
use lambda_support::LambdaEvent;
use lambda_support::aws;
use lambda_support::env::{Environment, Faults, Reader};
use serde::Deserialize;
use store::DynamoStore;
use tokio::sync::OnceCell;

use crate::handler::{Handler, HandlerError};
use crate::key::SecretKey;

type Deployed = Handler<DynamoStore, AlertsTopic, SecretKey>;

/// What Lambda is invoked with by a subscription.
#[derive(Debug, Deserialize)]
pub struct Invocation {
    /// The delivery; without one it is a tick of the schedule.
    #[serde(default)]
    pub awslogs: Option<Delivery>,
}

/// The delivery.
#[derive(Debug, Deserialize)]
pub struct Delivery {
    /// Base64 of gzip of JSON.
    pub data: String,
}

/// The function with what its environment says.
#[derive(Debug)]
pub struct Function {
    table: String,
    topic: String,
    stack: String,
    secret: String,
    handler: OnceCell<Deployed>,
}

impl Function {
    /// Reads the environment.
    ///
    /// # Errors
    /// Every variable that is missing or cannot be read.
    pub fn from_environment(environment: &dyn Environment) -> Result<Self, Faults> {
        let mut reader = Reader::new(environment);
        let table = reader.required("TABLE_NAME", "the name of the table");
        let topic = AlertsTopic::arn(&mut reader);
        let stack = reader.required(
            "STACK_NAME",
            "the name of the stack, with which the names of its log groups begin",
        );
        let secret = reader.required(
            "SUBJECT_KEY_SECRET_ARN",
            "the ARN of the secret that keys the detectors' hashes",
        );
        reader.finish(|| {
            Ok(Self {
                table: table?,
                topic: topic?,
                stack: stack?,
                secret: secret?,
                handler: OnceCell::new(),
            })
        })
    }

    /// Handles one delivery, and writes its metrics.
    ///
    /// # Errors
    /// When the delivery should come again.
    pub async fn handle(&self, event: LambdaEvent<Invocation>) -> Result<(), HandlerError> {
        let handler = self.handler.get_or_try_init(|| self.connect()).await?;
        let now = Timestamp::now();
        let outcome = match &event.payload.awslogs {
            Some(delivery) => handler.handle(&delivery.data, now).await,
            None => handler.tick(now).await,
        };
        let lines = outcome.as_ref().map(|books| books.lines.as_slice());
        let mut out = std::io::stdout().lock();
        for line in lines.unwrap_or_default() {
            // A log that takes no lines can be told nothing either.
            let _ = writeln!(out, "{line}");
        }
        drop(out);
        outcome.map(|mut books| books.metrics.emit(now))
    }

    async fn connect(&self) -> Result<Deployed, HandlerError> {
        let config = aws::config().await;
        let table = DynamoStore::new(aws_sdk_dynamodb::Client::new(config), &self.table);
        let topic = AlertsTopic::new(aws_sdk_sns::Client::new(config), &self.topic);
        let key = SecretKey::new(&self.secret);
        Handler::new(embedded::settings()?, table, topic, key, &self.stack)
    }
}
