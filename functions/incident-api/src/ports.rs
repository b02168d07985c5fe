//! What the function needs of the world, as narrow as it can be.

use engine::timers::Timers;
use engine::{Clock, Publisher};
use store::{Outbox, RecordStore};

use crate::secret::Hidden;

/// The hands of the function: real ones in Lambda, twins in tests.
pub trait Ports: Send + Sync + 'static {
    /// The table.
    type Store: RecordStore + Outbox;
    /// The notify topic.
    type Publisher: Publisher;
    /// What wakes records at a time.
    type Timers: Timers;
    /// The clock.
    type Clock: Clock;
    /// Where the secrets are kept.
    type Secrets: SecretSource;
    /// The way back to who pressed a button in Slack.
    type Replies: Replies;
}

/// Where the function's secrets are kept.
pub trait SecretSource: Send + Sync {
    /// Asks for their current values.
    fn fetch(&self) -> impl Future<Output = Result<Fetched, SecretFault>> + Send;
}

/// The texts of the secrets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fetched {
    /// The keys of links, which the notifiers sign with.
    pub links: Hidden,
    /// What nobody else needs: tokens, and what Slack and PagerDuty sign with.
    pub api: Hidden,
}

/// The secrets cannot be had. It never names what is in them.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the secrets cannot be fetched: {0}")]
pub struct SecretFault(pub String);

/// Tells one person in Slack, and nobody else, what became of a button.
pub trait Replies: Send + Sync {
    /// Posts to the address that Slack named for it. It does not fail: the act is what counts.
    fn tell(&self, address: &str, text: &str) -> impl Future<Output = ()> + Send;
}
