//! What a probe authenticates with, out of Secrets Manager and nowhere else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use credentials::Hidden;
use health::{Fault, FaultKind};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long a secret is used before it is asked for again.
const KEPT: Duration = Duration::from_mins(5);

/// What a probe authenticates with. Its `Debug` shows nothing of it.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    pub(crate) username: Option<String>,
    pub(crate) password: Option<Hidden>,
    pub(crate) token: Option<Hidden>,
    pub(crate) ca_pem: Option<String>,
}

/// A text that holds no credentials. It does not say what the text is.
#[derive(Debug, thiserror::Error)]
#[error("the secret is no JSON map with `username`, `password`, `token` or `ca_pem`")]
pub struct InvalidCredentials;

/// As it is written. Secrets that RDS manages have other fields, too.
#[derive(Deserialize)]
struct Raw {
    username: Option<String>,
    password: Option<String>,
    token: Option<String>,
    ca_pem: Option<String>,
}

impl Credentials {
    /// Reads a secret.
    ///
    /// # Errors
    /// When it is no such map, or has none of the fields.
    pub fn read(text: &str) -> Result<Self, InvalidCredentials> {
        let raw: Raw = serde_json::from_str(text).map_err(|_| InvalidCredentials)?;
        let read = Self {
            username: raw.username,
            password: raw.password.map(Hidden::new),
            token: raw.token.map(Hidden::new),
            ca_pem: raw.ca_pem,
        };
        if read.password.is_none()
            && read.token.is_none()
            && read.ca_pem.is_none()
            && read.username.is_none()
        {
            return Err(InvalidCredentials);
        }
        Ok(read)
    }
}

/// Where secrets are.
pub trait SecretSource: Send + Sync {
    /// The text of a secret, by its ARN or name.
    fn fetch(&self, id: &str) -> impl Future<Output = Result<String, Fault>> + Send;
}

/// No secrets at all: whatever needs one cannot be asked.
#[derive(Clone, Copy, Debug)]
pub struct NoSecrets;

impl SecretSource for NoSecrets {
    async fn fetch(&self, _id: &str) -> Result<String, Fault> {
        Err(Fault::new(
            FaultKind::NoCredentials,
            "there is no Secrets Manager here",
        ))
    }
}

/// Secrets, kept for a while.
#[derive(Debug)]
pub struct Secrets<S> {
    source: S,
    kept: Mutex<BTreeMap<String, (Instant, Arc<Credentials>)>>,
}

impl<S: SecretSource> Secrets<S> {
    /// Nothing is fetched yet.
    pub fn new(source: S) -> Self {
        Self {
            source,
            kept: Mutex::default(),
        }
    }

    /// The credentials of that name; none when no name is given.
    pub(crate) async fn get(&self, id: Option<&str>) -> Result<Arc<Credentials>, Fault> {
        let Some(id) = id else {
            return Ok(Arc::default());
        };
        if let Some((at, known)) = self.kept.lock().await.get(id)
            && at.elapsed() < KEPT
        {
            return Ok(Arc::clone(known));
        }
        let text = self.source.fetch(id).await.map_err(|fault| {
            // Whatever went wrong: without credentials nobody can be asked.
            Fault::new(FaultKind::NoCredentials, fault.to_string())
        })?;
        let read = Credentials::read(&text)
            .map_err(|error| Fault::new(FaultKind::NoCredentials, error.to_string()))?;
        let read = Arc::new(read);
        let kept = (Instant::now(), Arc::clone(&read));
        self.kept.lock().await.insert(id.to_owned(), kept);
        Ok(read)
    }

    /// Asks again next time: the server does not take what is known.
    pub(crate) async fn forget(&self, id: &str) {
        self.kept.lock().await.remove(id);
    }
}
