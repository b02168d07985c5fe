//! The function as it is deployed: the environment's table, topic, queue and secret.

use adapters::{SnsTopic, SqsTimers, SystemClock};
use engine::{Engine, Patience};
use jiff::Timestamp;
use lambda_support::LambdaEvent;
use lambda_support::env::{Environment, Faults};
use serde_json::Value;
use serde_json::value::RawValue;
use store::DynamoStore;
use tokio::sync::OnceCell;

use crate::api::Api;
use crate::aws::{Hooks, SecretsManager};
use crate::desk::Desk;
use crate::entropy;
use crate::environment::Settings;
use crate::limits::Limits;
use crate::ports::Ports;
use crate::request::NoRequest;
use crate::vault::Vault;

/// The real hands.
#[derive(Debug)]
struct Real;

impl Ports for Real {
    type Store = DynamoStore;
    type Publisher = SnsTopic;
    type Timers = SqsTimers;
    type Clock = SystemClock;
    type Secrets = SecretsManager;
    type Replies = Hooks;
}

/// The function with what its environment says.
pub struct Function {
    settings: Settings,
    api: OnceCell<Api<Real>>,
}

/// Why an event is not answered at all.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// It is no request.
    #[error("nobody can be answered")]
    NoRequest(#[from] NoRequest),
    /// The embedded configuration is not what this version reads; the build script has tried.
    #[error("the embedded configuration cannot be read")]
    Configuration(#[from] settings::InvalidSettings),
}

impl Function {
    /// Reads the environment; nothing else happens before the first event.
    ///
    /// # Errors
    /// Every variable that is missing or cannot be read.
    pub fn from_environment(environment: &dyn Environment) -> Result<Self, Faults> {
        Ok(Self {
            settings: Settings::read(environment)?,
            api: OnceCell::new(),
        })
    }

    /// Answers one event, and writes its metrics.
    ///
    /// # Errors
    /// When it is no request of a function URL.
    pub async fn handle(&self, event: LambdaEvent<Box<RawValue>>) -> Result<Value, FunctionError> {
        let api = self.api.get_or_try_init(|| self.connect()).await?;
        let (answer, mut metrics) = Box::pin(api.handle(event.payload.get())).await?;
        metrics.emit(Timestamp::now());
        Ok(answer)
    }

    async fn connect(&self) -> Result<Api<Real>, FunctionError> {
        let settings = &self.settings;
        let policy = adapters::policy(embedded::settings()?, settings.deployed.as_deref());
        let config = lambda_support::aws::config().await;
        let store = DynamoStore::new(aws_sdk_dynamodb::Client::new(config), &settings.table);
        let patience = Patience::default();
        let engine = Engine::new(store, policy, SystemClock, patience, adapters::seed());
        Ok(Api {
            desk: Desk {
                engine,
                publisher: SnsTopic::new(aws_sdk_sns::Client::new(config), &settings.topic),
                timers: SqsTimers::new(aws_sdk_sqs::Client::new(config), &settings.timers),
            },
            vault: Vault::new(SecretsManager::new(
                &settings.link_secret,
                &settings.api_secret,
            )),
            replies: Hooks::default(),
            limits: Limits::default(),
            entropy: entropy::from_system,
        })
    }
}
