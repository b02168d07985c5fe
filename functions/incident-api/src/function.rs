//! The function as it is deployed: the environment's table, topic, queue and secret.

use adapters::{Deadline, SnsTopic, SqsTimers, SystemClock};
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
        let deadline = Deadline::of_invocation(event.context.deadline, Timestamp::now());
        let answer = Box::pin(api.handle(event.payload.get(), &deadline)).await;
        let (answer, mut metrics) = answer?;
        metrics.emit(Timestamp::now());
        Ok(answer)
    }

    async fn connect(&self) -> Result<Api<Real>, FunctionError> {
        let Settings {
            decider,
            link_secret,
            api_secret,
        } = &self.settings;
        let policy = decider.deployment.policy(embedded::settings()?);
        Ok(Api {
            desk: Desk {
                engine: decider.deployment.engine(policy).await,
                ports: decider.ports().await,
            },
            vault: Vault::new(SecretsManager::new(link_secret, api_secret)),
            replies: Hooks::default(),
            limits: Limits::default(),
            entropy: entropy::from_system,
        })
    }
}
