//! From the outbox to the topic: right after a decision, and again when that was cut short.
//!
//! A notification is removed from the outbox only when the topic has it, so it
//! may be published twice; the notifiers claim each one before they send it.

use incident::Notification;
use jiff::{SignedDuration, Timestamp};
use lambda_support::error::chain;
use store::{Outbox, OutboxRef, PendingEntry};

use crate::publish::{Outgoing, Publisher, batches};

/// An entry that is older than this was left behind: whoever wrote it would have published it.
const LEFT_BEHIND: SignedDuration = SignedDuration::from_secs(30);
/// What one sweep takes on; the next comes in a minute.
const SWEEP: usize = 500;

/// What became of some outbox entries.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Published {
    pub(crate) sent: usize,
    pub(crate) failed: usize,
}

/// Publishes what a decision put into the outbox, and removes it from there.
///
/// It does not fail: what is left is in the outbox, and a sweep finds it.
pub(crate) async fn publish<S: Outbox, P: Publisher>(
    store: &S,
    publisher: &P,
    messages: Vec<Outgoing>,
) -> Published {
    let mut published = Published::default();
    for batch in batches(messages) {
        let refused = match publisher.publish(&batch).await {
            Ok(refused) => refused,
            Err(error) => {
                published.failed += batch.len();
                tracing::error!(
                    stage = "publish", notifications = batch.len(),
                    error = %chain(&error), "notifications are not published"
                );
                continue;
            }
        };
        for refusal in &refused {
            let id = batch
                .get(refusal.place)
                .map(|message| message.reference.id.as_str());
            tracing::error!(
                stage = "publish",
                notification_id = id,
                error = refusal.reason,
                "a notification is refused"
            );
        }
        let taken: Vec<OutboxRef> = batch
            .into_iter()
            .enumerate()
            .filter(|(place, _)| refused.iter().all(|refusal| refusal.place != *place))
            .map(|(_, message)| message.reference)
            .collect();
        published.failed += refused.len();
        published.sent += taken.len();
        if let Err(error) = store.remove(&taken).await {
            tracing::warn!(
                stage = "publish", notifications = taken.len(), error = %chain(&error),
                "published notifications stay in the outbox and will be published again"
            );
        }
    }
    published
}

/// Publishes what was left behind. An error of the store, as well as any message that is not
/// published, counts as failed: the heartbeat must not say that all is well.
pub(crate) async fn sweep<S: Outbox, P: Publisher>(
    store: &S,
    publisher: &P,
    now: Timestamp,
) -> Published {
    let before = now.checked_sub(LEFT_BEHIND).unwrap_or(Timestamp::MIN);
    let pending = match store.pending(before, SWEEP).await {
        Ok(pending) => pending,
        Err(error) => {
            tracing::error!(
                stage = "sweep", error = %chain(&error), "the outbox cannot be read"
            );
            return Published { sent: 0, failed: 1 };
        }
    };
    let found = pending.len();
    let messages: Vec<Outgoing> = pending.into_iter().filter_map(outgoing).collect();
    let unreadable = found - messages.len();
    for message in &messages {
        tracing::warn!(
            stage = "sweep",
            notification_id = message.reference.id,
            "a notification was left behind and is published now"
        );
    }
    let mut published = publish(store, publisher, messages).await;
    published.failed += unreadable;
    published
}

/// An entry that is no notification stays, and is complained about at each sweep until a person
/// looks: without its channels nobody could be told.
fn outgoing(entry: PendingEntry) -> Option<Outgoing> {
    match serde_json::from_str::<Notification>(&entry.body) {
        Ok(notification) => Some(Outgoing::new(&notification, entry.reference, entry.body)),
        Err(error) => {
            tracing::error!(
                stage = "sweep", notification_id = entry.reference.id,
                incident_key = entry.reference.key, error = %error,
                "an outbox entry is no notification: look at it in the table"
            );
            None
        }
    }
}
