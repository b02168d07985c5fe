//! The batch: every message is claimed, sent and completed, or postponed, or given up with its reason.
//!
//! Nothing here knows AWS, so all of it is tested on twins.

use std::time::Duration;

use incident::Notification;
use jiff::{SignedDuration, Timestamp};
use lambda_support::batch::{BatchResponse, Record};
use lambda_support::deadline::Deadline;
use lambda_support::error::chain;
use lambda_support::metrics::Metrics;
use notification::outcome::{Cause, Failure, Outcome};
use settings::Channel;
use store::StreamLog;

use crate::ledger::{Held, Ledger, LedgerError, Permission};
use crate::linker::Linker;
use crate::message;
use crate::parting::{self, End};
use crate::plan::{self, Part};
use crate::ports::{Ambient, DeadLetter, Order, Queues, SecretSource, Sender, Sent};
use crate::tally::{self, Fate};

/// A message is begun only if so much time is left: the longest attempt, and what surrounds it.
const RESERVE: SignedDuration = SignedDuration::from_secs(14);
/// So long before the end nothing is waited for any more that is not about leaving things in order.
const LAST_WORK: Duration = Duration::from_secs(5);
/// So long a message waits for a table that does not answer. Then people are told without it: twice
/// is better than late.
const TABLE_PATIENCE: SignedDuration = SignedDuration::from_mins(2);
/// SQS hides no message longer than twelve hours from when it was received.
const LONGEST_POSTPONEMENT: i64 = 11 * 3600;

/// Sends the messages of one channel.
#[derive(Debug)]
pub struct Notifier<L, Q, S, K> {
    /// The channel.
    pub channel: Channel,
    /// What may pass is waited for until the message is so old.
    pub max_age: SignedDuration,
    /// A message that was received so often is not waited for either, however young it is.
    pub max_attempts: Option<u32>,
    /// What was delivered already.
    pub log: L,
    /// The channel's queues.
    pub queues: Q,
    /// The channel itself.
    pub sender: S,
    /// What signs links, if they are set up.
    pub linker: Option<Linker<K>>,
    /// Time and chance.
    pub ambient: Ambient,
}

/// A record with what was read from it.
struct Job<'a> {
    record: &'a Record,
    /// How often it was received, from 1. Receptions without an attempt count too, so this alone is
    /// no reason to give up unless `max_attempts` makes it one.
    attempt: u32,
    notification: Result<Notification, message::Unreadable>,
}

impl<L: StreamLog, Q: Queues, S: Sender, K: SecretSource> Notifier<L, Q, S, K> {
    /// Deals with a batch that must be done before the deadline.
    pub async fn handle(
        &self,
        records: &[Record],
        deadline: Option<Timestamp>,
    ) -> (BatchResponse, Metrics) {
        let mut metrics = tally::metrics(self.channel);
        let mut response = BatchResponse::default();
        let mut batch = Batch {
            end: deadline,
            deadline: deadline.map_or(Deadline::NONE, |end| {
                Deadline::at(end, (self.ambient.now)(), LAST_WORK)
            }),
            pause: None,
        };
        for (position, job) in in_order(records).into_iter().enumerate() {
            // The first one is always tried, or a deadline that is too short would stop everything.
            let fate = if let Some(after) = batch.pause {
                let why = "the channel asked for a pause";
                self.put_back(&job, after, why, &batch).await
            } else if position > 0 && self.is_late(&batch) {
                let soon = self.ambient.delay(1);
                self.put_back(&job, soon, "no time is left", &batch).await
            } else {
                self.deal_with(&job, &mut batch).await
            };
            tally::count(&mut metrics, &fate);
            if fate.keeps() {
                response.fail(job.record.message_id.clone());
            }
        }
        (response, metrics)
    }

    fn is_late(&self, batch: &Batch) -> bool {
        let now = (self.ambient.now)();
        batch
            .end
            .is_some_and(|end| end.duration_since(now) < RESERVE)
    }

    fn age(&self, job: &Job<'_>) -> Option<SignedDuration> {
        let sent_at = job.record.sent_at?;
        Some((self.ambient.now)().duration_since(sent_at))
    }

    /// Whether waiting has lasted long enough.
    fn is_spent(&self, job: &Job<'_>) -> bool {
        self.age(job).is_some_and(|age| age >= self.max_age)
            || self.max_attempts.is_some_and(|most| job.attempt >= most)
    }

    async fn put_back(
        &self,
        job: &Job<'_>,
        after: SignedDuration,
        why: &'static str,
        batch: &Batch,
    ) -> Fate {
        tracing::info!(stage = "batch", message_id = %job.record.message_id, reason = why, "the message goes back untried");
        self.postpone(job, after, batch).await;
        Fate::Waits
    }

    async fn deal_with(&self, job: &Job<'_>, batch: &mut Batch) -> Fate {
        let notification = match &job.notification {
            Ok(notification) => notification,
            Err(error) => {
                let failure = Failure::new(Cause::Unreadable, None, error.to_string());
                return self.give_up(job, failure, batch).await;
            }
        };
        let parts = plan::parts(notification, self.channel);
        let mut ends = Vec::with_capacity(parts.len());
        for (position, part) in parts.iter().enumerate() {
            let end = if let Some(after) = batch.pause {
                End::Waits(after)
            } else if position > 0 && self.is_late(batch) {
                End::Waits(self.ambient.delay(1))
            } else {
                self.attempt(job, notification, part, batch).await
            };
            batch.pause = batch.pause.or(end.asks_for_a_pause());
            ends.push(end);
        }
        match parting::of_all(&parts, ends) {
            End::Sent => Fate::Sent,
            End::Needless(reason) => suppressed(notification, reason),
            End::Waits(after) => {
                self.postpone(job, after, batch).await;
                Fate::Waits
            }
            End::Later { failure, .. } if self.is_spent(job) => {
                self.give_up(job, failure, batch).await
            }
            End::Later { after, failure } => {
                report(notification, job, &failure, "notification postponed");
                self.postpone(job, after, batch).await;
                Fate::Retried(failure)
            }
            End::Never(failure) => self.give_up(job, failure, batch).await,
        }
    }

    /// One part of a message: claimed, sent, noted.
    async fn attempt(
        &self,
        job: &Job<'_>,
        notification: &Notification,
        part: &Part<'_>,
        batch: &Batch,
    ) -> End {
        let ledger = Ledger {
            log: &self.log,
            channel: self.channel,
            now: self.ambient.now,
            deadline: batch.deadline,
        };
        let held = match ledger.claim(&part.ticket).await {
            Permission::Granted(held) => Some(held),
            Permission::Needless(reason) => return End::Needless(reason),
            Permission::Busy(until) => {
                return End::Waits(self.ambient.patience(until, job.attempt));
            }
            Permission::Unknown(error) => match self.without_table(job, notification, &error) {
                Some(end) => return end,
                None => None,
            },
        };
        let sent = self
            .send(job, notification, part, held.as_ref(), batch.deadline)
            .await;
        if let Some(held) = &held {
            match &sent {
                Sent::Outcome(Outcome::Delivered { reference }) => {
                    ledger.complete(held, reference.as_deref()).await;
                }
                // What is given up is given back too, so that a redrive from the dead-letter queue is
                // not taken for a repetition.
                Sent::Suppressed(_)
                | Sent::Outcome(Outcome::Retry { .. } | Outcome::Permanent(_)) => {
                    ledger.release(held).await;
                }
            }
        }
        if matches!(sent, Sent::Outcome(Outcome::Delivered { .. })) {
            delivered(notification, job, part);
        }
        End::of(sent)
    }

    async fn send(
        &self,
        job: &Job<'_>,
        notification: &Notification,
        part: &Part<'_>,
        held: Option<&Held>,
        deadline: Deadline,
    ) -> Sent {
        let signer = match &self.linker {
            Some(linker) => {
                linker
                    .signer(notification, (self.ambient.now)(), deadline)
                    .await
            }
            None => None,
        };
        let order = Order {
            notification,
            ticket: &part.ticket,
            to: part.to,
            nth: part.nth,
            reference: held.and_then(|held| held.reference.as_deref()),
            claimed: held.is_some(),
            attempt: job.attempt,
            deadline,
            signer: signer.as_ref(),
        };
        self.sender.send(order).await
    }

    /// Without the table we only risk telling people twice; not telling them is worse. So waiting for it
    /// ends soon, and does not begin if waiting cannot help.
    fn without_table(
        &self,
        job: &Job<'_>,
        notification: &Notification,
        error: &LedgerError,
    ) -> Option<End> {
        let text = chain(error).to_string();
        tracing::warn!(stage = "claim", incident_id = %notification.incident.id, error = %text, "the delivery could not be claimed");
        let young = self.age(job).is_some_and(|age| age < TABLE_PATIENCE);
        let waits = error.is_retryable() && young && !self.is_spent(job);
        waits.then(|| End::Later {
            after: self.ambient.delay(job.attempt),
            failure: Failure::new(Cause::ServerError, None, text),
        })
    }

    /// If it cannot be postponed, the queue's own time-out does it, only later.
    async fn postpone(&self, job: &Job<'_>, after: SignedDuration, batch: &Batch) {
        let call = self
            .queues
            .postpone(&job.record.receipt_handle, whole_seconds(after));
        let error = match batch.deadline.note(call).await {
            Ok(Ok(())) => return,
            Ok(Err(fault)) => fault.to_string(),
            Err(late) => late.to_string(),
        };
        tracing::warn!(stage = "postpone", message_id = %job.record.message_id, error, "the message could not be postponed");
    }

    async fn give_up(&self, job: &Job<'_>, failure: Failure, batch: &Batch) -> Fate {
        let notification = job.notification.as_ref().ok();
        let letter = DeadLetter {
            body: &job.record.body,
            notification_id: notification.map(|notification| notification.id.as_str()),
            failure: &failure,
            attempts: job.attempt,
        };
        let incident_id = notification
            .map(|n| n.incident.id.as_str())
            .unwrap_or_default();
        let call = self.queues.dead_letter(letter);
        match batch
            .deadline
            .note(call)
            .await
            .unwrap_or_else(|late| Err(late.into()))
        {
            Ok(()) => {
                tracing::error!(
                    stage = "give_up", incident_id, message_id = %job.record.message_id,
                    error_type = failure.cause.as_str(), error = %failure.detail, attempt = job.attempt,
                    "notification given up: it is in the dead-letter queue"
                );
                Fate::DeadLettered(failure)
            }
            Err(fault) => {
                tracing::error!(
                    stage = "give_up", incident_id, message_id = %job.record.message_id,
                    error_type = failure.cause.as_str(), error = %fault,
                    "the dead-letter queue does not take the message: it stays where it is"
                );
                self.postpone(job, self.ambient.delay(job.attempt), batch)
                    .await;
                Fate::Kept(failure)
            }
        }
    }
}

/// What is known of the batch so far.
struct Batch {
    end: Option<Timestamp>,
    deadline: Deadline,
    /// Set once the channel has said that we are too fast: posting on would only prolong it.
    pause: Option<SignedDuration>,
}

/// What is urgent first, and of one incident what is older first, so that a batch that holds both
/// the opening and the end tells both.
fn in_order(records: &[Record]) -> Vec<Job<'_>> {
    let mut jobs: Vec<Job<'_>> = records
        .iter()
        .map(|record| Job {
            record,
            attempt: record.receive_count.max(1),
            notification: message::read(&record.body),
        })
        .collect();
    jobs.sort_by_cached_key(|job| {
        job.notification.as_ref().ok().map(|notification| {
            let incident = &notification.incident;
            let place = (notification.sequence, incident.version);
            (
                incident.priority,
                incident.id.clone(),
                place,
                notification.id.clone(),
            )
        })
    });
    jobs
}

fn delivered(notification: &Notification, job: &Job<'_>, part: &Part<'_>) {
    tracing::info!(
        stage = "send",
        incident_id = %notification.incident.id,
        notification_id = %notification.id,
        event = notification.event.as_str(),
        priority = notification.incident.priority.as_str(),
        receiver = %notification.receiver,
        integration = part.integration,
        attempt = job.attempt,
        "notification delivered"
    );
}

fn suppressed(notification: &Notification, reason: &'static str) -> Fate {
    tracing::info!(
        stage = "send",
        incident_id = %notification.incident.id,
        notification_id = %notification.id,
        reason,
        "notification suppressed"
    );
    Fate::Suppressed(reason)
}

fn report(notification: &Notification, job: &Job<'_>, failure: &Failure, what: &'static str) {
    tracing::warn!(
        stage = "send",
        incident_id = %notification.incident.id,
        notification_id = %notification.id,
        error_type = failure.cause.as_str(),
        error = %failure.detail,
        attempt = job.attempt,
        what
    );
}

/// Rounded up: a server that asked for 1.5 seconds is not asked again after one.
fn whole_seconds(after: SignedDuration) -> i32 {
    let up = i64::from(after.subsec_nanos() > 0);
    let seconds = after
        .as_secs()
        .saturating_add(up)
        .clamp(1, LONGEST_POSTPONEMENT);
    i32::try_from(seconds).unwrap_or(i32::MAX)
}
