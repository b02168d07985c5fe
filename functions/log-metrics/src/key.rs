//! The key of the detectors' hashes: read once an instance, and only when there is something to count.

use detection::SubjectKey;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

/// Where the key comes from.
pub trait KeySource: Send + Sync {
    /// The key.
    ///
    /// # Errors
    /// When it cannot be read, with the reason.
    fn key(&self) -> impl Future<Output = Result<SubjectKey, String>> + Send;
}

/// A secret of Secrets Manager.
#[derive(Debug)]
pub struct SecretKey {
    arn: String,
    known: OnceCell<String>,
}

impl SecretKey {
    /// The secret of that ARN. Nothing is asked of it yet.
    #[must_use]
    pub fn new(arn: &str) -> Self {
        Self {
            arn: arn.to_owned(),
            known: OnceCell::new(),
        }
    }

    async fn read(&self) -> Result<String, String> {
        let client = aws_sdk_secretsmanager::Client::new(lambda_support::aws::config().await);
        let answer = client.get_secret_value().secret_id(&self.arn).send().await;
        let answer = answer.map_err(|error| lambda_support::error::chain(&error).to_string())?;
        let text = answer.secret_string.unwrap_or_default();
        if text.len() < 16 {
            return Err("the secret has fewer than 16 characters".to_owned());
        }
        Ok(text)
    }
}

impl KeySource for SecretKey {
    async fn key(&self) -> Result<SubjectKey, String> {
        let text = self.known.get_or_try_init(|| self.read()).await?;
        Ok(derive(text))
    }
}

/// Sixteen bytes of a secret text of any form.
pub(crate) fn derive(text: &str) -> SubjectKey {
    let digest = Sha256::digest(text.as_bytes());
    let mut bytes = [0; 16];
    for (byte, from) in bytes.iter_mut().zip(digest) {
        *byte = from;
    }
    SubjectKey::new(bytes)
}
