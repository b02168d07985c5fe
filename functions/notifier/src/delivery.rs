//! The batch: every message is claimed, sent and completed, or postponed, or given up with its reason.
//!
//! Nothing here knows AWS, so all of it is tested on twins.

use incident::Notification;
use jiff::{SignedDuration, Timestamp};
use lambda_support::batch::{BatchResponse, Record};
use lambda_support::error::{Retryable, chain};
use lambda_support::metrics::Metrics;
use notification::outcome::{Cause, Failure, Outcome};
use settings::Channel;
use store::{Claim, DeliveryLog};

use crate::message;
use crate::ports::{Ambient, DeadLetter, Grant, Queues, Sender, Sent};
use crate::tally::{self, Fate};

/// How long a delivery may take before another process may try. It is longer than the function may
/// run, so two never send at once.
pub(crate) const LEASE: SignedDuration = SignedDuration::from_secs(45);
/// A message is begun only if so much time is left: the longest attempt, and what surrounds it.
const RESERVE: SignedDuration = SignedDuration::from_secs(14);
/// So long a message waits for a table that does not answer. Then people are told without it: twice
/// is better than late.
const TABLE_PATIENCE: SignedDuration = SignedDuration::from_mins(2);
/// SQS hides no message longer than twelve hours from when it was received.
const LONGEST_POSTPONEMENT: i64 = 11 * 3600;

/// Sends the messages of one channel.
#[derive(Debug)]
pub struct Notifier<L, Q, S> {
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

impl<L: DeliveryLog, Q: Queues, S: Sender> Notifier<L, Q, S> {
    /// Deals with a batch that must be done before the deadline.
    pub async fn handle(
        &self,
        records: &[Record],
        deadline: Option<Timestamp>,
    ) -> (BatchResponse, Metrics) {
        let mut metrics = tally::metrics(self.channel);
        let mut response = BatchResponse::default();
        // Set once the channel has said that we are too fast: posting on would only prolong it.
        let mut pause = None;
        for (position, job) in in_order(records).into_iter().enumerate() {
            // The first one is always tried, or a deadline that is too short would stop everything.
            let fate = if let Some(after) = pause {
                self.put_back(&job, after, "the channel asked for a pause")
                    .await
            } else if position > 0 && self.is_late(deadline) {
                let soon = self.ambient.delay(1);
                self.put_back(&job, soon, "no time is left").await
            } else {
                self.deal_with(&job, &mut pause).await
            };
            tally::count(&mut metrics, &fate);
            if fate.keeps() {
                response.fail(job.record.message_id.clone());
            }
        }
        (response, metrics)
    }

    fn is_late(&self, deadline: Option<Timestamp>) -> bool {
        deadline.is_some_and(|deadline| deadline.duration_since((self.ambient.now)()) < RESERVE)
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

    async fn put_back(&self, job: &Job<'_>, after: SignedDuration, why: &'static str) -> Fate {
        tracing::info!(stage = "batch", message_id = %job.record.message_id, reason = why, "the message goes back untried");
        self.postpone(job, after).await;
        Fate::Waits
    }

    async fn deal_with(&self, job: &Job<'_>, pause: &mut Option<SignedDuration>) -> Fate {
        let notification = match &job.notification {
            Ok(notification) => notification,
            Err(error) => {
                let failure = Failure::new(Cause::Unreadable, None, error.to_string());
                return self.give_up(job, failure).await;
            }
        };
        match self.claim(job, notification).await {
            Permission::Granted { reference, claimed } => {
                let reference = reference.as_deref();
                let grant = Grant { reference, claimed };
                let (fate, asked) = self.deliver(job, notification, grant).await;
                *pause = asked;
                fate
            }
            Permission::Needless(reason) => suppressed(notification, reason),
            Permission::Wait(after) => {
                self.postpone(job, after).await;
                Fate::Waits
            }
            Permission::Unknown(failure) => {
                self.postpone(job, self.ambient.delay(job.attempt)).await;
                Fate::Retried(failure)
            }
        }
    }

    async fn claim(&self, job: &Job<'_>, notification: &Notification) -> Permission {
        let incident = &notification.incident;
        let now = (self.ambient.now)();
        match self
            .log
            .claim(&incident.id, self.channel, incident.version, now, LEASE)
            .await
        {
            Ok(Claim::Granted { reference }) => Permission::Granted {
                reference,
                claimed: true,
            },
            Ok(Claim::AlreadyDelivered) => Permission::Needless("already_delivered"),
            Ok(Claim::Superseded { .. }) => Permission::Needless("superseded"),
            Ok(Claim::InProgress { until }) => Permission::Wait(until.duration_since(now)),
            // Without the table we only risk telling people twice; not telling them is worse. So
            // waiting ends soon, and does not begin if waiting cannot help.
            Err(error) => {
                let error_text = chain(&error).to_string();
                tracing::warn!(stage = "claim", incident_id = %incident.id, error = %error_text, "the delivery could not be claimed");
                let young = self.age(job).is_some_and(|age| age < TABLE_PATIENCE);
                if error.is_retryable() && young && !self.is_spent(job) {
                    Permission::Unknown(Failure::new(Cause::ServerError, None, error_text))
                } else {
                    Permission::Granted {
                        reference: None,
                        claimed: false,
                    }
                }
            }
        }
    }

    /// What became of the message, and how long the channel wants to hear nothing more from us.
    async fn deliver(
        &self,
        job: &Job<'_>,
        notification: &Notification,
        grant: Grant<'_>,
    ) -> (Fate, Option<SignedDuration>) {
        let fate = match self.sender.send(notification, grant, job.attempt).await {
            Sent::Outcome(Outcome::Delivered { reference }) => {
                self.complete(notification, reference.as_deref()).await;
                tracing::info!(
                    stage = "send",
                    incident_id = %notification.incident.id,
                    notification_id = %notification.id,
                    event = notification.event.as_str(),
                    priority = notification.incident.priority.as_str(),
                    attempt = job.attempt,
                    "notification delivered"
                );
                Fate::Sent
            }
            Sent::Suppressed(reason) => {
                self.release(notification, grant.claimed).await;
                suppressed(notification, reason)
            }
            Sent::Outcome(Outcome::Retry { after, failure }) => {
                self.release(notification, grant.claimed).await;
                let pause = (failure.cause == Cause::RateLimited).then_some(after);
                if self.is_spent(job) {
                    return (self.give_up(job, failure).await, pause);
                }
                report(notification, job, &failure, "notification postponed");
                self.postpone(job, after).await;
                return (Fate::Retried(failure), pause);
            }
            Sent::Outcome(Outcome::Permanent(failure)) => {
                // So that a redrive from the dead-letter queue is not taken for a repetition.
                self.release(notification, grant.claimed).await;
                self.give_up(job, failure).await
            }
        };
        (fate, None)
    }

    /// What was sent stays sent: a repetition would be worse than a missing note about it.
    async fn complete(&self, notification: &Notification, reference: Option<&str>) {
        let incident = &notification.incident;
        let now = (self.ambient.now)();
        let noted = self
            .log
            .complete(&incident.id, self.channel, incident.version, reference, now)
            .await;
        if let Err(error) = noted {
            tracing::warn!(stage = "complete", incident_id = %incident.id, error = %chain(&error), "the delivery was not noted");
        }
    }

    /// A lease that is not given back ends by itself.
    async fn release(&self, notification: &Notification, claimed: bool) {
        if !claimed {
            return;
        }
        let incident = &notification.incident;
        if let Err(error) = self
            .log
            .release(&incident.id, self.channel, incident.version)
            .await
        {
            tracing::warn!(stage = "release", incident_id = %incident.id, error = %chain(&error), "the claim was not given back");
        }
    }

    /// If it cannot be postponed, the queue's own time-out does it, only later.
    async fn postpone(&self, job: &Job<'_>, after: SignedDuration) {
        let seconds = whole_seconds(after);
        if let Err(fault) = self
            .queues
            .postpone(&job.record.receipt_handle, seconds)
            .await
        {
            tracing::warn!(stage = "postpone", message_id = %job.record.message_id, error = %fault, "the message could not be postponed");
        }
    }

    async fn give_up(&self, job: &Job<'_>, failure: Failure) -> Fate {
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
        match self.queues.dead_letter(letter).await {
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
                self.postpone(job, self.ambient.delay(job.attempt)).await;
                Fate::Kept(failure)
            }
        }
    }
}

/// Whether to send.
enum Permission {
    Granted {
        reference: Option<String>,
        claimed: bool,
    },
    Needless(&'static str),
    Wait(SignedDuration),
    Unknown(Failure),
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
            (incident.priority, incident.id.clone(), incident.version)
        })
    });
    jobs
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
