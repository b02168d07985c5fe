//! The function as it is deployed: its environment, its table, its topic and its queue.
//!
//! Nothing but the environment is read before the first event; the clients are
//! built when it comes.

use adapters::{Deadline, Decider, SnsTopic, SqsTimers, SystemClock};
use jiff::Timestamp;
use lambda_support::LambdaEvent;
use lambda_support::batch::{self, BatchResponse, Record};
use lambda_support::env::{Environment, Faults};
use lambda_support::metrics::Metrics;
use serde_json::value::RawValue;
use settings::InvalidSettings;
use store::DynamoStore;
use tokio::sync::OnceCell;

use crate::handler::Handler;

type Deployed = Handler<DynamoStore, SystemClock, SnsTopic, SqsTimers>;

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
    decider: Decider,
    handler: OnceCell<Deployed>,
}

impl Function {
    /// Reads the environment.
    ///
    /// # Errors
    /// Every variable that is missing or cannot be read.
    pub fn from_environment(environment: &dyn Environment) -> Result<Self, Faults> {
        Ok(Self {
            decider: Decider::from_environment(environment)?,
            handler: OnceCell::new(),
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
        let policy = self.decider.deployment.policy(embedded::settings()?);
        Ok(Handler {
            engine: self.decider.deployment.engine(policy).await,
            ports: self.decider.ports().await,
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
