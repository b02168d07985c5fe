//! The function as it is deployed: its environment, its table, its topic and its queue of timers.
//!
//! Nothing but the environment is read before the first event; the clients are
//! built when it comes.

use std::sync::Arc;

use adapters::{Deadline, Decider, SnsTopic, SqsTimers, SystemClock};
use jiff::Timestamp;
use lambda_support::LambdaEvent;
use lambda_support::env::{Environment, Faults, Reader};
use lambda_support::metrics::Metrics;
use serde_json::value::RawValue;
use store::DynamoStore;
use tokio::sync::OnceCell;

use crate::answer::{Answer, HandlerError};
use crate::handler::Handler;
use crate::queue::SqsBacklog;
use crate::rules::Rules;

type Deployed = Handler<DynamoStore, SystemClock, SnsTopic, SqsTimers, SqsBacklog>;

/// The function with what its environment says.
#[derive(Debug)]
pub struct Function {
    decider: Decider,
    ingest: Option<String>,
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
            ingest: Reader::new(environment).optional("INGEST_QUEUE_URL"),
            handler: OnceCell::new(),
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
        let rules = Rules::new(embedded::settings()?, self.decider.deployment.channels());
        Ok(Handler {
            engine: self
                .decider
                .deployment
                .engine(Arc::clone(&rules.policy))
                .await,
            ports: self.decider.ports().await,
            backlog: SqsBacklog::connect(self.ingest.as_deref()).await,
            rules,
        })
    }
}
