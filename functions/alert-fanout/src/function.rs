//! The function as it is deployed: its environment, its table and its topic.
//!
//! Nothing but the environment is read before the first event; the clients are
//! built when it comes.

use jiff::Timestamp;
use lambda_support::LambdaEvent;
use lambda_support::env::{Environment, Faults, Reader};
use lambda_support::metrics::Metrics;
use serde_json::value::RawValue;
use store::DynamoStore;
use tokio::sync::OnceCell;

use crate::answer::{Answer, HandlerError};
use crate::handler::{Handler, Patience};
use crate::rules::Rules;
use crate::sns::SnsTopic;

/// The function with what its environment says.
#[derive(Debug)]
pub struct Function {
    table: String,
    topic: String,
    handler: OnceCell<Handler<DynamoStore, SnsTopic>>,
}

impl Function {
    /// Reads the environment.
    ///
    /// # Errors
    /// Every variable that is missing.
    pub fn from_environment(environment: &dyn Environment) -> Result<Self, Faults> {
        let mut reader = Reader::new(environment);
        let table = reader.required("TABLE_NAME", "the table's name");
        let topic = reader.required("NOTIFY_TOPIC_ARN", "the ARN of the notify topic");
        reader.finish(|| {
            Ok(Self {
                table: table?,
                topic: topic?,
                handler: OnceCell::new(),
            })
        })
    }

    /// Handles one event, and writes its metrics.
    ///
    /// # Errors
    /// When a direct invocation could not be carried out.
    pub async fn handle(&self, event: LambdaEvent<Box<RawValue>>) -> Result<Answer, HandlerError> {
        let handler = self.handler.get_or_try_init(|| self.connect()).await?;
        let request = &event.context.request_id;
        let (answer, books) = handler.handle(&event.payload, request).await;
        let mut metrics = Metrics::new("alert-fanout");
        books.count(&mut metrics);
        metrics.emit(Timestamp::now());
        answer
    }

    async fn connect(&self) -> Result<Handler<DynamoStore, SnsTopic>, HandlerError> {
        let rules = Rules::embedded()?;
        let config = lambda_support::aws::config().await;
        let dynamo = aws_sdk_dynamodb::Client::new(config);
        Ok(Handler {
            store: DynamoStore::new(dynamo, &self.table),
            publisher: SnsTopic::new(aws_sdk_sns::Client::new(config), &self.topic),
            rules,
            clock: Timestamp::now,
            patience: Patience::default(),
        })
    }
}
