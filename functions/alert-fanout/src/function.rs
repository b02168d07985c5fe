//! The function as it is deployed: its environment, its table, its topic and its queue of timers.
//!
//! Nothing but the environment is read before the first event; the clients are
//! built when it comes.

use adapters::{Deadline, SnsTopic, SqsTimers, SystemClock};
use engine::reports::NoReports;
use engine::{Engine, Patience, Ports};
use jiff::Timestamp;
use lambda_support::LambdaEvent;
use lambda_support::env::{Environment, Faults, Reader};
use lambda_support::metrics::Metrics;
use serde_json::value::RawValue;
use settings::Channel;
use store::DynamoStore;
use tokio::sync::OnceCell;

use crate::answer::{Answer, HandlerError};
use crate::handler::Handler;
use crate::rules::Rules;

type Deployed = Handler<DynamoStore, SystemClock, SnsTopic, SqsTimers, NoReports>;

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
    /// When a direct invocation could not be carried out.
    pub async fn handle(&self, event: LambdaEvent<Box<RawValue>>) -> Result<Answer, HandlerError> {
        let handler = self.handler.get_or_try_init(|| self.connect()).await?;
        let request = &event.context.request_id;
        let deadline = Deadline::of_invocation(event.context.deadline, Timestamp::now());
        let (answer, books) = handler.handle(&event.payload, request, &deadline).await;
        let mut metrics = Metrics::new("alert-fanout");
        books.count(&mut metrics);
        metrics.emit(Timestamp::now());
        answer
    }

    async fn connect(&self) -> Result<Deployed, HandlerError> {
        let rules = Rules::new(embedded::settings()?, self.deployed.as_deref());
        let config = lambda_support::aws::config().await;
        let dynamo = aws_sdk_dynamodb::Client::new(config);
        let policy = std::sync::Arc::clone(&rules.policy);
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
            rules,
        })
    }
}
