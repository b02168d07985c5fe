//! The function as it is deployed: its environment, its table and its topic.
//!
//! Nothing but the environment is read before the first event; the clients are
//! built when it comes.

use std::sync::Arc;

use jiff::Timestamp;
use lambda_support::LambdaEvent;
use lambda_support::env::{Environment, Faults, Reader};
use lambda_support::metrics::Metrics;
use serde_json::value::RawValue;
use settings::Channel;
use store::DynamoStore;
use tokio::sync::OnceCell;

use crate::answer::{Answer, HandlerError};
use crate::deadline::Deadline;
use crate::handler::{Handler, Patience};
use crate::rules::Rules;
use crate::sns::SnsTopic;

const DEPLOYED_CHANNELS: &str = "DEPLOYED_CHANNELS";

/// The function with what its environment says.
#[derive(Debug)]
pub struct Function {
    table: String,
    topic: String,
    /// The channels that have a notifier; all when the environment does not say.
    deployed: Option<Vec<Channel>>,
    handler: OnceCell<Handler<DynamoStore, SnsTopic>>,
}

impl Function {
    /// Reads the environment.
    ///
    /// # Errors
    /// Every variable that is missing or cannot be read.
    pub fn from_environment(environment: &dyn Environment) -> Result<Self, Faults> {
        let mut reader = Reader::new(environment);
        let table = reader.required("TABLE_NAME", "the table's name");
        let topic = reader.required("NOTIFY_TOPIC_ARN", "the ARN of the notify topic");
        let deployed = match reader.optional(DEPLOYED_CHANNELS) {
            None => Ok(None),
            Some(_) => reader
                .list(DEPLOYED_CHANNELS, "the channels that are deployed")
                .map(Some),
        };
        reader.finish(|| {
            Ok(Self {
                table: table?,
                topic: topic?,
                deployed: deployed?,
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
        let deadline = deadline(event.context.deadline, Timestamp::now());
        let (answer, books) = handler.handle(&event.payload, request, deadline).await;
        let mut metrics = Metrics::new("alert-fanout");
        books.count(&mut metrics);
        metrics.emit(Timestamp::now());
        answer
    }

    async fn connect(&self) -> Result<Handler<DynamoStore, SnsTopic>, HandlerError> {
        let rules = self.rules()?;
        let config = lambda_support::aws::config().await;
        let dynamo = aws_sdk_dynamodb::Client::new(config);
        Ok(Handler {
            store: DynamoStore::new(dynamo, &self.table),
            publisher: SnsTopic::new(aws_sdk_sns::Client::new(config), &self.topic),
            rules: Arc::new(rules),
            clock: Timestamp::now,
            patience: Patience::default(),
        })
    }
    /// The embedded rules, for the channels that are deployed.
    fn rules(&self) -> Result<Rules, HandlerError> {
        let mut rules = Rules::embedded()?;
        if let Some(deployed) = &self.deployed {
            let missing = rules.deployed(deployed);
            let missing: Vec<&str> = missing.iter().map(|channel| channel.as_str()).collect();
            if !missing.is_empty() {
                tracing::warn!(
                    stage = "init",
                    channels = missing.join(","),
                    "the configuration names channels that are not deployed: they are not told"
                );
            }
        }
        Ok(rules)
    }
}

/// Lambda says when it ends the invocation, in milliseconds since 1970.
fn deadline(millis: u64, now: Timestamp) -> Deadline {
    i64::try_from(millis)
        .ok()
        .and_then(|millis| Timestamp::from_millisecond(millis).ok())
        .map_or(Deadline::NONE, |end| Deadline::at(end, now))
}
