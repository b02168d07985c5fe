//! The function as it is deployed: its environment, its table, the alerts topic, and what asks.

use std::sync::Arc;
use std::time::Duration;

use adapters::AlertsTopic;
use jiff::Timestamp;
use lambda_support::LambdaEvent;
use lambda_support::deadline::end_of_invocation;
use lambda_support::env::{Environment as Variables, Faults};
use lambda_support::metrics::Metrics;
use probes::{Aws, Prober, Run};
use serde_json::Value;
use serde_json::value::RawValue;
use settings::InvalidSettings;
use store::DynamoStore;
use tokio::sync::OnceCell;

use crate::environment::Environment;
use crate::event::{Event, NoEvent};
use crate::handler::{Handler, HandlerError};

type Deployed = Handler<DynamoStore, AlertsTopic, Arc<Aws>, Arc<Aws>>;

/// So long before its end an invocation stops waiting for probes: the rest is for keeping and telling.
const RESERVE: Duration = Duration::from_secs(8);
/// How long a run waits for probes where nobody says when it ends.
const LONGEST: Duration = Duration::from_secs(20);

/// Why an invocation failed as a whole.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// The embedded configuration cannot be read.
    #[error("the embedded configuration cannot be read: build the function again")]
    Configuration(#[from] InvalidSettings),
    /// The event comes from nowhere.
    #[error(transparent)]
    Event(#[from] NoEvent),
    /// The run failed.
    #[error(transparent)]
    Run(#[from] HandlerError),
    /// The answer cannot be written.
    #[error("the answer is no JSON")]
    Encode(#[from] serde_json::Error),
}

/// The function with what its environment says.
#[derive(Debug)]
pub struct Function {
    environment: Environment,
    handler: OnceCell<Deployed>,
}

impl Function {
    /// Reads the environment; nothing else happens before the first event.
    ///
    /// # Errors
    /// Every variable that is missing or cannot be read.
    pub fn from_environment(variables: &dyn Variables) -> Result<Self, Faults> {
        Ok(Self {
            environment: Environment::read(variables)?,
            handler: OnceCell::new(),
        })
    }

    /// Handles one event, and writes its metrics.
    ///
    /// # Errors
    /// When the event is none of ours, or what was decided cannot be kept.
    pub async fn handle(&self, event: LambdaEvent<Box<RawValue>>) -> Result<Value, FunctionError> {
        let handler = self.handler.get_or_try_init(|| self.connect()).await?;
        let run = run(event.context.deadline, Timestamp::now());
        match Event::read(event.payload.get())? {
            Event::Tick => {
                let books = Box::pin(handler.tick(run, Timestamp::now)).await?;
                let mut metrics = Metrics::new("health-check");
                books.count(&mut metrics);
                metrics.emit(Timestamp::now());
                Ok(serde_json::json!({ "asked": books.asked, "told": books.told }))
            }
            Event::Demand(names) => {
                let answer = Box::pin(handler.demand(&names, run)).await;
                Ok(serde_json::to_value(answer)?)
            }
        }
    }

    async fn connect(&self) -> Result<Deployed, FunctionError> {
        let config = lambda_support::aws::config().await;
        let store = aws_sdk_dynamodb::Client::new(config);
        let topic = aws_sdk_sns::Client::new(config);
        Ok(Handler {
            settings: Arc::new(embedded::settings()?),
            targets: self.environment.targets.clone(),
            store: DynamoStore::new(store, &self.environment.table),
            sink: AlertsTopic::new(topic, &self.environment.topic),
            prober: Prober::of_aws(config),
        })
    }
}

/// When a run has to have its answers; Lambda says in milliseconds since 1970 when it ends the invocation.
fn run(deadline: u64, now: Timestamp) -> Run {
    let left = end_of_invocation(deadline).map(|end| end.duration_since(now).unsigned_abs());
    let left = left.map_or(LONGEST, |left| left.saturating_sub(RESERVE.min(left / 2)));
    Run::within(left.min(LONGEST))
}
