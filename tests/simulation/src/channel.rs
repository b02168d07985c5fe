//! From the topic to people: a queue and a sender a channel, and channels that refuse.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use engine::{Outgoing, PublishError, Publisher, Refusal};
use incident::Notification;
use jiff::{SignedDuration, Timestamp};
use settings::Channel;
use store::{Claim, StreamLog};

use crate::chaos::Chaos;
use crate::judge::{Delivered, Witness};
use crate::plan::Faults;
use crate::queue::{Message, Queue};
use crate::runtime::{Shared, step};

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
}

impl Publisher for Topic {
    async fn publish(&self, batch: &[Outgoing]) -> Result<Vec<Refusal>, PublishError> {
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

/// Sends one message, as a notifier does: claim, send, note.
pub(crate) async fn send(
    store: Chaos,
    shared: Shared,
    faults: Arc<Mutex<Faults>>,
    witness: Arc<Mutex<Witness>>,
    queue: Queue<Letter>,
    channel: Channel,
    message: Message<Letter>,
) {
    const LEASE: SignedDuration = SignedDuration::from_secs(45);
    let letter = &message.body;
    let (stream, version) = (letter.stream.as_str(), letter.sequence);
    // Different messages of one decision are no versions of each other.
    let stream = format!("{stream}/{}", letter.event.as_str());
    let now = shared.now();
    let claim = store.claim_stream(&stream, channel, version, now, LEASE);
    match claim.await {
        Ok(Claim::Granted { .. }) => {}
        Ok(Claim::AlreadyDelivered | Claim::Superseded { .. }) => {
            queue.delete(message.id);
            return;
        }
        Ok(Claim::InProgress { .. }) | Err(_) => {
            queue.wait(message.id, SignedDuration::from_secs(10));
            return;
        }
    }
    step().await;
    let fails = faults
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .channel;
    if shared.chance(fails) {
        let _released = store.release_stream(&stream, channel, version).await;
        queue.wait(message.id, SignedDuration::from_secs(20));
        return;
    }
    let place = {
        let mut witness = witness.lock().unwrap_or_else(PoisonError::into_inner);
        witness.delivered.push(Delivered {
            channel,
            notification: Arc::clone(letter),
            noted: false,
        });
        witness.delivered.len() - 1
    };
    step().await;
    let now: Timestamp = shared.now();
    let noted = store.complete_stream(&stream, channel, version, None, now);
    if noted.await.is_ok() {
        let mut witness = witness.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(delivered) = witness.delivered.get_mut(place) {
            delivered.noted = true;
        }
        queue.delete(message.id);
    }
}
