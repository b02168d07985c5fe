//! From the outbox to the topic: right after a decision, and again when that was cut short.
//!
//! A notification is removed from the outbox only when the topic has it, so it
//! may be published twice; the notifiers claim each one before they send it.

use incident::Notification;
use jiff::{SignedDuration, Timestamp};
use lambda_support::error::chain;
use store::{Outbox, OutboxRef, Pending, PendingEntry};

use crate::pace::Pace;
use crate::publish::{Outgoing, Publisher, batches};
use crate::reports::ReportRequest;

/// An entry that is older than this was left behind: whoever wrote it would have published it.
const LEFT_BEHIND: SignedDuration = SignedDuration::from_secs(30);
/// What one sweep takes on; the next comes in a minute.
const SWEEP: usize = 500;

/// What became of some outbox entries.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Published {
    /// The topic has so many.
    pub sent: usize,
    /// So many are still in the outbox.
    pub failed: usize,
}

/// Publishes what a decision put into the outbox, and removes it from there.
///
/// It does not fail: what is left is in the outbox, and a sweep finds it.
pub async fn publish<S: Outbox, P: Publisher>(
    store: &S,
    publisher: &P,
    pace: &impl Pace,
    messages: Vec<Outgoing>,
) -> Published {
    let mut published = Published::default();
    for batch in batches(messages) {
        let refused = match pace.allow(publisher.publish(&batch)).await {
            Ok(Ok(refused)) => refused,
            Err(late) => {
                published.failed += batch.len();
                tracing::error!(
                    stage = "publish", notifications = batch.len(),
                    error = %late, "notifications are left to the next sweep"
                );
                continue;
            }
            Ok(Err(error)) => {
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
        let stays = match pace.allow(store.remove(&taken)).await {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => chain(&error).to_string(),
            Err(late) => late.to_string(),
        };
        tracing::warn!(
            stage = "publish",
            notifications = taken.len(),
            error = stays,
            "published notifications stay in the outbox and will be published again"
        );
    }
    published
}

/// What was left behind in the outbox.
#[derive(Debug)]
pub struct Left {
    messages: Vec<Outgoing>,
    unreadable: usize,
}

/// Publishes what was left behind. An outbox that is not read, an entry of it that cannot be read
/// and a message that is not published count as failed alike: somebody has to know.
pub async fn sweep<S: Outbox, P: Publisher>(
    store: &S,
    publisher: &P,
    pace: &impl Pace,
    now: Timestamp,
) -> Published {
    match left_behind(store, pace, now).await {
        Some(left) => left.publish(store, publisher, pace).await,
        None => Published { sent: 0, failed: 1 },
    }
}

/// Looks for what was left behind; none where that is not known, and the log says why.
pub async fn left_behind<S: Outbox>(store: &S, pace: &impl Pace, now: Timestamp) -> Option<Left> {
    let before = now.checked_sub(LEFT_BEHIND).unwrap_or(Timestamp::MIN);
    let fault = match pace.allow(store.pending(before, SWEEP)).await {
        Ok(Ok(pending)) => return Some(Left::of(pending)),
        Ok(Err(error)) => chain(&error).to_string(),
        Err(late) => late.to_string(),
    };
    tracing::error!(stage = "sweep", error = fault, "the outbox is not swept");
    None
}

impl Left {
    fn of(pending: Pending) -> Self {
        let found = pending.entries.len();
        let messages: Vec<Outgoing> = pending.entries.into_iter().filter_map(outgoing).collect();
        let unreadable = pending.unreadable + (found - messages.len());
        Self {
            messages,
            unreadable,
        }
    }

    /// Publishes it.
    pub async fn publish<S: Outbox, P: Publisher>(
        self,
        store: &S,
        publisher: &P,
        pace: &impl Pace,
    ) -> Published {
        for message in &self.messages {
            tracing::warn!(
                stage = "sweep",
                notification_id = message.reference.id,
                "a notification was left behind and is published now"
            );
        }
        let mut published = publish(store, publisher, pace, self.messages).await;
        published.failed += self.unreadable;
        published
    }
}

/// An entry that is neither a notification nor a request for a report stays, and is complained about at
/// each sweep until a person looks: without its channels nobody could be told.
fn outgoing(entry: PendingEntry) -> Option<Outgoing> {
    let error = match serde_json::from_str::<Notification>(&entry.body) {
        Ok(notification) => return Some(Outgoing::new(&notification, entry.reference, entry.body)),
        Err(error) => error,
    };
    if serde_json::from_str::<ReportRequest>(&entry.body).is_ok() {
        return Some(Outgoing::request(entry.reference, entry.body));
    }
    tracing::error!(
        stage = "sweep", notification_id = entry.reference.id,
        incident_key = entry.reference.key, error = %error,
        "an outbox entry is no notification: look at it in the table"
    );
    None
}
