//! Keeps the secret for a while, so that not every request asks for it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::ports::SecretSource;
use crate::secret::ApiSecret;

/// How long a secret is used before it is asked for again.
const KEPT: SignedDuration = SignedDuration::from_mins(5);
/// Something that an unknown key may have signed makes us ask again, but not oftener than this.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// The secret, fetched when it is first needed.
#[derive(Debug)]
pub struct Vault<S> {
    source: S,
    kept: Mutex<Option<Kept>>,
}

#[derive(Clone, Debug)]
struct Kept {
    secret: Arc<ApiSecret>,
    /// When it was last asked for, whether or not there was an answer.
    asked_at: Timestamp,
}

/// There is no secret that could be used.
#[derive(Debug, thiserror::Error)]
#[error("the API has no secret: {0}")]
pub struct NoSecret(String);

impl<S: SecretSource> Vault<S> {
    /// An empty vault.
    pub fn new(source: S) -> Self {
        Self {
            source,
            kept: Mutex::new(None),
        }
    }

    /// The secret, at most five minutes old; older only while it cannot be fetched.
    ///
    /// # Errors
    /// When it was never fetched and cannot be.
    pub async fn secret(&self, now: Timestamp) -> Result<Arc<ApiSecret>, NoSecret> {
        let mut kept = self.kept.lock().await;
        if let Some(known) = &*kept
            && now.duration_since(known.asked_at) < KEPT
        {
            return Ok(Arc::clone(&known.secret));
        }
        self.ask(&mut kept, now).await
    }

    /// The secret as it is now, unless it was asked for less than a minute ago.
    pub async fn fresher(&self, now: Timestamp) -> Option<Arc<ApiSecret>> {
        let mut kept = self.kept.lock().await;
        let asked_at = kept.as_ref()?.asked_at;
        if now.duration_since(asked_at) < AGAIN {
            return None;
        }
        self.ask(&mut kept, now).await.ok()
    }

    async fn ask(
        &self,
        kept: &mut Option<Kept>,
        now: Timestamp,
    ) -> Result<Arc<ApiSecret>, NoSecret> {
        let fetched = self.source.fetch().await.map_err(|fault| fault.to_string());
        let fetched =
            fetched.and_then(|text| ApiSecret::parse(&text).map_err(|fault| fault.to_string()));
        match (fetched, kept.as_mut()) {
            (Ok(secret), _) => {
                let secret = Arc::new(secret);
                *kept = Some(Kept {
                    secret: Arc::clone(&secret),
                    asked_at: now,
                });
                Ok(secret)
            }
            (Err(fault), Some(known)) => {
                tracing::warn!(
                    stage = "secret",
                    error = fault,
                    "the known secret is used, a newer one cannot"
                );
                known.asked_at = now;
                Ok(Arc::clone(&known.secret))
            }
            (Err(fault), None) => Err(NoSecret(fault)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex as StdMutex;

    use super::*;
    use crate::ports::{Fetched, SecretFault};
    use crate::secret::Hidden;

    struct Source(StdMutex<VecDeque<Option<usize>>>);

    impl SecretSource for Source {
        async fn fetch(&self) -> Result<Fetched, SecretFault> {
            let next = self.0.lock().unwrap().pop_front().expect("asked too often");
            let tokens = next.ok_or_else(|| SecretFault("down".to_owned()))?;
            let slack = vec!["0123456789abcdef"; tokens];
            let links = serde_json::json!({"secret": "k".repeat(32)});
            let api = serde_json::json!({"slack_signing_secrets": slack});
            Ok(Fetched {
                links: Hidden::new(links.to_string()),
                api: Hidden::new(api.to_string()),
            })
        }
    }

    fn vault(answers: &[Option<usize>]) -> Vault<Source> {
        Vault::new(Source(StdMutex::new(answers.iter().copied().collect())))
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[tokio::test]
    async fn a_secret_is_kept_five_minutes_and_outlives_a_store_that_is_down() {
        let vault = vault(&[Some(1), None, Some(2)]);
        for (at, expected) in [(0, 1), (299, 1), (300, 1), (599, 1), (600, 2)] {
            let secret = vault.secret(second(at)).await.unwrap();
            assert_eq!(secret.slack.len(), expected, "at {at}");
        }
    }

    #[tokio::test]
    async fn an_unknown_key_asks_again_once_a_minute() {
        let vault = vault(&[Some(1), Some(2)]);
        assert!(
            vault.fresher(second(0)).await.is_none(),
            "nothing was asked for yet"
        );
        vault.secret(second(0)).await.unwrap();
        assert!(vault.fresher(second(59)).await.is_none());
        assert_eq!(vault.fresher(second(60)).await.unwrap().slack.len(), 2);
        assert!(vault.fresher(second(61)).await.is_none());
    }

    #[tokio::test]
    async fn without_any_secret_nothing_is_believed() {
        let vault = vault(&[None, Some(1)]);
        assert!(vault.secret(second(0)).await.is_err());
        assert!(vault.secret(second(0)).await.is_ok());
    }
}
