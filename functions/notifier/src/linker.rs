//! Signs the links that a recipient gets.

use credentials::link::{Claims, LinkKeys, Purpose};
use credentials::{IncidentRef, KeyText, Recipient};
use incident::{IncidentSummary, Notification};
use jiff::{SignedDuration, Timestamp};
use lambda_support::deadline::Deadline;
use lambda_support::error::chain;
use notification::links::{Links, SignedLink};
use tokio::sync::Mutex;

use crate::ports::SecretSource;
use crate::secret::Endpoint;
use crate::vault::Vault;

/// A secret that could not be had is not asked for again so soon: links are a help, and waiting for them
/// must not hold up every message.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// A link that ends sooner than this is not worth having; only what was redriven late comes to that.
const LEAST: SignedDuration = SignedDuration::from_hours(1);

/// Makes signers, if links are set up.
#[derive(Debug)]
pub struct Linker<K> {
    /// The keys.
    vault: Vault<K>,
    /// Where the pages are.
    api: Endpoint,
    /// How long links work.
    ttl: SignedDuration,
    failed_at: Mutex<Option<Timestamp>>,
}

/// Signs the links of one message.
#[derive(Debug)]
pub struct Signer {
    keys: LinkKeys,
    api: Endpoint,
    expires_at: Timestamp,
}

impl<K: SecretSource> Linker<K> {
    /// Links below this address that work for so long.
    pub fn new(source: K, api: Endpoint, ttl: SignedDuration) -> Self {
        Self {
            vault: Vault::new(source),
            api,
            ttl,
            failed_at: Mutex::new(None),
        }
    }

    /// A signer for a message; none while there are no keys. A message without links is better than none.
    pub async fn signer(
        &self,
        notification: &Notification,
        now: Timestamp,
        deadline: Deadline,
    ) -> Option<Signer> {
        let mut failed_at = self.failed_at.lock().await;
        if failed_at.is_some_and(|at| now.duration_since(at) < PAUSE) {
            return None;
        }
        let keys = match deadline.work(self.vault.secret(now)).await {
            Ok(Ok(secret)) => {
                LinkKeys::of_secret(&secret).map_err(|error| chain(&error).to_string())
            }
            Ok(Err(fault)) => Err(fault.to_string()),
            Err(late) => Err(late.to_string()),
        };
        match keys {
            Ok(keys) => {
                *failed_at = None;
                Some(Signer {
                    keys,
                    api: self.api.clone(),
                    expires_at: self.end(notification, now),
                })
            }
            Err(error) => {
                *failed_at = Some(now);
                tracing::warn!(
                    stage = "links",
                    error,
                    "the keys of links cannot be had: messages have no links"
                );
                None
            }
        }
    }

    /// Counted from the decision, so that every attempt sends the same links.
    fn end(&self, notification: &Notification, now: Timestamp) -> Timestamp {
        let after = |at: Timestamp| at.checked_add(self.ttl).unwrap_or(Timestamp::MAX);
        let end = after(notification.at);
        if end.duration_since(now) < LEAST.min(self.ttl) {
            after(now)
        } else {
            end
        }
    }
}

impl Signer {
    /// The links of a notification for one recipient, such as `email:ops@example.com`.
    #[must_use]
    pub fn links(&self, notification: &Notification, who: &str, purpose: Purpose) -> Links {
        Links::of(notification, |incident| self.sign(incident, who, purpose))
    }

    fn sign(&self, incident: &IncidentSummary, who: &str, purpose: Purpose) -> Option<SignedLink> {
        // A name that is too long is cut: whom the link was meant for is still told well enough.
        let who: String = who.chars().filter(|c| !c.is_control()).take(120).collect();
        let claims = Claims {
            incident: IncidentRef::try_new(incident.id.as_str()).ok()?,
            key: KeyText::try_new(incident.key.as_str()).ok()?,
            purpose,
            who: Recipient::try_new(who).ok()?,
            expires_at: self.expires_at,
        };
        let act_token = self.keys.sign(&claims);
        let page = self.api.join(&format!("i/{act_token}"));
        Some(SignedLink {
            view_url: page.expose().to_owned(),
            act_token,
        })
    }
}
