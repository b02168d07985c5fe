//! The function as it is deployed: its environment, its table, its bucket and its topic.

use adapters::{Deadline, Deployment, SnsTopic, SystemClock};
use jiff::Timestamp;
use lambda_support::LambdaEvent;
use lambda_support::batch::{self, BatchResponse};
use lambda_support::env::{Environment, Faults, Reader};
use lambda_support::metrics::Metrics;
use serde_json::value::RawValue;
use settings::InvalidSettings;
use store::DynamoStore;
use tokio::sync::OnceCell;

use crate::bucket::Bucket;
use crate::handler::Handler;

type Deployed = Handler<DynamoStore, SystemClock, Bucket, SnsTopic>;

/// Why an invocation failed as a whole.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The embedded configuration cannot be read.
    #[error("the embedded configuration cannot be read: build the function again")]
    Configuration(#[from] InvalidSettings),
    /// The event comes from nowhere.
    #[error("the event is no batch of requests")]
    Unknown,
}

/// The function with what its environment says.
#[derive(Debug)]
pub struct Function {
    deployment: Deployment,
    bucket: String,
    server: String,
    handler: OnceCell<Deployed>,
}

impl Function {
    /// Reads the environment.
    ///
    /// # Errors
    /// Every variable that is missing or cannot be read.
    pub fn from_environment(environment: &dyn Environment) -> Result<Self, Faults> {
        let mut reader = Reader::new(environment);
        let deployment = Deployment::read(&mut reader);
        let bucket = reader.required("REPORTS_BUCKET", "the name of the bucket of reports");
        let server = reader.required("REPORTS_HOST", "the domain name of the bucket of reports");
        reader.finish(|| {
            Ok(Self {
                deployment: deployment?,
                bucket: bucket?,
                server: server?,
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
        let records = batch::records(&event.payload).ok_or(HandlerError::Unknown)?;
        let deadline = Deadline::of_invocation(event.context.deadline, Timestamp::now());
        let (answer, books) = handler.handle(&records, &deadline).await;
        let mut metrics = Metrics::new("postmortem");
        books.count(&mut metrics);
        metrics.emit(Timestamp::now());
        Ok(answer)
    }

    async fn connect(&self) -> Result<Deployed, HandlerError> {
        let policy = self.deployment.policy(embedded::settings()?);
        let config = lambda_support::aws::config().await;
        Ok(Handler {
            engine: self.deployment.engine(policy).await,
            shelf: Bucket::new(config, &self.bucket, &self.server),
            publisher: self.deployment.topic().await,
        })
    }
}
