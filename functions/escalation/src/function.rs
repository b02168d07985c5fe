//! The function as it is deployed: its environment, its table, its topic and its queue.
//!
//! Nothing but the environment is read before the first event; the clients are
//! built when it comes.

use adapters::{Deadline, SnsTopic, SqsTimers, SystemClock};
use engine::reports::NoReports;
use engine::{Engine, Patience, Ports};
use jiff::Timestamp;
use lambda_support::LambdaEvent;
use lambda_support::batch::{self, BatchResponse, Record};
use lambda_support::env::{Environment, Faults, Reader};
use lambda_support::metrics::Metrics;
use serde_json::value::RawValue;
use settings::{Channel, InvalidSettings};
use store::DynamoStore;
use tokio::sync::OnceCell;

use crate::handler::Handler;

type Deployed = Handler<DynamoStore, SystemClock, SnsTopic, SqsTimers, NoReports>;

/// Why an invocation failed as a whole.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The embedded configuration cannot be read.
    #[error("the embedded configuration cannot be read: build the function again")]
    Configuration(#[from] InvalidSettings),
    /// The event comes from nowhere.
    #[error("the event is neither a batch of timers nor a tick")]
    Unknown,
}

/// The function with what its environment says.
#[derive(Debug)]
pub struct Function {
    table: String,
    topic: String,
    timers: String,
    /// The channels that have a notifier; all when the environment does not say.
    deployed: Option<Vec<Channel>>,
    handler: OnceCell<Deployed>,
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
        let timers = reader.required("TIMERS_QUEUE_URL", "the address of the queue of timers");
        let deployed = adapters::deployed(&mut reader);
        reader.finish(|| {
            Ok(Self {
                table: table?,
                topic: topic?,
                timers: timers?,
                deployed: deployed?,
                handler: OnceCell::new(),
            })
        })
    }

    /// Handles one event, and writes its metrics.
    ///
    /// # Errors
    /// When the event is none of ours; a batch answers which messages failed.
    pub async fn handle(
        &self,
        event: LambdaEvent<Box<RawValue>>,
    ) -> Result<BatchResponse, HandlerError> {
        let handler = self.handler.get_or_try_init(|| self.connect()).await?;
        let records = records(&event.payload)?;
        let deadline = Deadline::of_invocation(event.context.deadline, Timestamp::now());
        let (answer, books) = handler.handle(&records, &deadline).await;
        let mut metrics = Metrics::new("escalation");
        books.count(&mut metrics);
        metrics.emit(Timestamp::now());
        Ok(answer)
    }

    async fn connect(&self) -> Result<Deployed, HandlerError> {
        let policy = adapters::policy(embedded::settings()?, self.deployed.as_deref());
        let config = lambda_support::aws::config().await;
        let dynamo = aws_sdk_dynamodb::Client::new(config);
        Ok(Handler {
            engine: Engine::new(
                DynamoStore::new(dynamo, &self.table),
                policy,
                SystemClock,
                Patience::default(),
                adapters::seed(),
            ),
            ports: Ports {
                publisher: SnsTopic::new(aws_sdk_sns::Client::new(config), &self.topic),
                timers: SqsTimers::new(aws_sdk_sqs::Client::new(config), &self.timers),
                reports: NoReports,
            },
        })
    }
}

/// The messages of the queue; a person may also invoke the function with a tick.
fn records(event: &RawValue) -> Result<Vec<Record>, HandlerError> {
    match batch::records(event) {
        Some(records) => Ok(records),
        None if adapters::is_tick(event.get()) => Ok(vec![Record {
            body: event.get().to_owned(),
            ..Record::default()
        }]),
        None => Err(HandlerError::Unknown),
    }
}
