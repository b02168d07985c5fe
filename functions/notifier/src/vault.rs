//! Keeps the channel's secret for a while, so that not every message asks for it.

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::ports::{Fault, SecretSource};
use crate::secret::Hidden;

/// How long a secret is used before it is asked for again.
pub const KEPT: SignedDuration = SignedDuration::from_mins(5);

/// A secret that is fetched when first needed.
#[derive(Debug)]
pub struct Vault<S> {
    source: S,
    kept: Mutex<Option<Kept>>,
}

#[derive(Debug)]
struct Kept {
    secret: Hidden,
    fetched_at: Timestamp,
}

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
    pub async fn secret(&self, now: Timestamp) -> Result<Hidden, Fault> {
        let mut kept = self.kept.lock().await;
        match &*kept {
            Some(known) if now.duration_since(known.fetched_at) < KEPT => Ok(known.secret.clone()),
            Some(known) => match self.source.fetch().await {
                Ok(secret) => {
                    *kept = Some(Kept {
                        secret: secret.clone(),
                        fetched_at: now,
                    });
                    Ok(secret)
                }
                Err(fault) => {
                    tracing::warn!(stage = "secret", error = %fault, "the known secret is used, a newer one cannot be fetched");
                    Ok(known.secret.clone())
                }
            },
            None => {
                let secret = self.source.fetch().await?;
                *kept = Some(Kept {
                    secret: secret.clone(),
                    fetched_at: now,
                });
                Ok(secret)
            }
        }
    }

    /// The secret as it is now, if it is another than the refused one: it was rotated.
    ///
    /// # Errors
    /// When it cannot be fetched.
    pub async fn rotated(&self, refused: &Hidden, now: Timestamp) -> Result<Option<Hidden>, Fault> {
        let mut kept = self.kept.lock().await;
        let secret = self.source.fetch().await?;
        *kept = Some(Kept {
            secret: secret.clone(),
            fetched_at: now,
        });
        Ok((secret != *refused).then_some(secret))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use notification::outcome::TransportFault;

    use super::*;

    /// Gives these one after the other.
    struct Source(std::sync::Mutex<VecDeque<Result<&'static str, Fault>>>);

    impl SecretSource for Source {
        async fn fetch(&self) -> Result<Hidden, Fault> {
            let next = self.0.lock().unwrap().pop_front();
            next.expect("asked more often than expected")
                .map(|text| Hidden::new(text.to_owned()))
        }
    }

    fn vault(values: impl IntoIterator<Item = Result<&'static str, Fault>>) -> Vault<Source> {
        Vault::new(Source(std::sync::Mutex::new(values.into_iter().collect())))
    }

    fn minute(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    const DOWN: Fault = Fault::Nothing(TransportFault::TimedOut);

    #[tokio::test]
    async fn a_secret_is_fetched_once_in_five_minutes() {
        let vault = vault([Ok("one"), Ok("two")]);
        for (at, expected) in [(0, "one"), (4, "one"), (5, "two"), (9, "two")] {
            assert_eq!(vault.secret(minute(at)).await.unwrap().expose(), expected);
        }
    }

    #[tokio::test]
    async fn a_known_secret_outlives_a_store_that_is_down() {
        let vault = vault([Ok("one"), Err(DOWN), Ok("two")]);
        for (at, expected) in [(0, "one"), (6, "one"), (7, "two")] {
            assert_eq!(vault.secret(minute(at)).await.unwrap().expose(), expected);
        }
    }

    #[tokio::test]
    async fn a_secret_that_was_never_known_is_a_fault() {
        let vault = vault([Err(DOWN), Ok("one")]);
        assert_eq!(vault.secret(minute(0)).await.unwrap_err(), DOWN);
        assert_eq!(vault.secret(minute(0)).await.unwrap().expose(), "one");
    }

    #[tokio::test]
    async fn a_refused_secret_is_fetched_again_and_compared() {
        let vault = vault([Ok("one"), Ok("one"), Ok("two")]);
        let refused = vault.secret(minute(0)).await.unwrap();
        assert_eq!(vault.rotated(&refused, minute(1)).await.unwrap(), None);
        let rotated = vault.rotated(&refused, minute(1)).await.unwrap().unwrap();
        assert_eq!(rotated.expose(), "two");
        assert_eq!(vault.secret(minute(2)).await.unwrap().expose(), "two");
    }
}
