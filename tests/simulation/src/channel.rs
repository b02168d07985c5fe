//! From the topic to people: a queue and a sender a channel, and channels that refuse.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{Outgoing, PublishError, Publisher, Refusal};
use incident::Notification;
use jiff::{SignedDuration, Timestamp};
use settings::Channel;
use store::{Claim, StreamLog};

use crate::chaos::Chaos;
use crate::guard::Guard;
use crate::plan::Faults;
use crate::queue::{Message, Queue};
use crate::runtime::{Shared, step};
use crate::witness::{Delivered, Witness};

/// What a channel's queue holds.
pub(crate) type Letter = Arc<Notification>;

/// The channels that are deployed.
pub(crate) const CHANNELS: [Channel; 4] = [
    Channel::Email,
    Channel::Slack,
    Channel::Sms,
    Channel::Pagerduty,
];

/// The topic: a copy into the queue of each channel that a notification names.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    pub(crate) shared: Shared,
    pub(crate) faults: Arc<Mutex<Faults>>,
    pub(crate) queues: Vec<(Channel, Queue<Letter>)>,
    pub(crate) witness: Arc<Mutex<Witness>>,
}

impl Publisher for Topic {
    async fn publish(&self, batch: &[Outgoing]) -> Result<Vec<Refusal>, PublishError> {
        {
            let mut witness = self.witness.lock().unwrap_or_else(PoisonError::into_inner);
            for message in batch {
                witness.publish(&message.reference.id);
            }
        }
        step().await;
        let faults = *self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        if self.shared.chance(faults.topic) {
            let why: Box<dyn Error + Send + Sync> = "the topic is down".into();
            return Err(PublishError(why));
        }
        let mut refused = Vec::new();
        for (place, message) in batch.iter().enumerate() {
            if self.shared.chance(faults.topic / 2) {
                let reason = "throttled".to_owned();
                refused.push(Refusal { place, reason });
                continue;
            }
            let Ok(notification) = serde_json::from_str::<Notification>(&message.body) else {
                continue;
            };
            let letter = Arc::new(notification);
            for (channel, queue) in &self.queues {
                if letter.channels.contains(channel) {
                    queue.send(Arc::clone(&letter), self.shared.now());
                }
            }
        }
        step().await;
        if self.shared.chance(faults.topic / 2) {
            let why: Box<dyn Error + Send + Sync> = "the answer is lost".into();
            return Err(PublishError(why));
        }
        Ok(refused)
    }
}

/// What sends the messages of a channel.
pub(crate) struct Sender {
    pub(crate) store: Chaos,
    pub(crate) shared: Shared,
    pub(crate) faults: Arc<Mutex<Faults>>,
    pub(crate) without: Option<Guard>,
    pub(crate) witness: Arc<Mutex<Witness>>,
    pub(crate) queue: Queue<Letter>,
    pub(crate) channel: Channel,
}

impl Sender {
    /// Sends one message, as a notifier does: claim, send, note.
    pub(crate) async fn send(self, message: Message<Letter>) {
        const LEASE: SignedDuration = SignedDuration::from_secs(45);
        let (letter, channel) = (&message.body, self.channel);
        // Different messages of one decision are no versions of each other.
        let stream = format!("{}/{}", letter.stream, letter.event.as_str());
        let version = letter.sequence;
        let table = self.store.later().await;
        let claim = if self.without == Some(Guard::Claims) {
            Ok(Claim::Granted { reference: None })
        } else {
            let now = self.shared.now();
            let claim = table.claim_stream(&stream, channel, version, now, LEASE);
            claim.await
        };
        match claim {
            Ok(Claim::Granted { .. }) => {}
            Ok(Claim::AlreadyDelivered | Claim::Superseded { .. }) => {
                self.queue.delete(message.id);
                return;
            }
            Ok(Claim::InProgress { .. }) | Err(_) => {
                self.queue.wait(message.id, SignedDuration::from_secs(10));
                return;
            }
        }
        step().await;
        let fails = self
            .faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .channel;
        if self.shared.chance(fails) {
            let table = self.store.later().await;
            let _released = table.release_stream(&stream, channel, version).await;
            self.queue.wait(message.id, SignedDuration::from_secs(20));
            return;
        }
        let place = {
            let mut witness = self.witness();
            witness.delivered.push(Delivered {
                channel,
                notification: Arc::clone(letter),
                noted: false,
            });
            witness.delivered.len() - 1
        };
        let table = self.store.later().await;
        let now: Timestamp = self.shared.now();
        let noted = table.complete_stream(&stream, channel, version, None, now);
        if noted.await.is_ok() {
            if let Some(delivered) = self.witness().delivered.get_mut(place) {
                delivered.noted = true;
            }
            self.queue.delete(message.id);
        }
    }

    fn witness(&self) -> MutexGuard<'_, Witness> {
        self.witness.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
