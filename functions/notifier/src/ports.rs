//! What the delivery needs of the world, as narrow as it can be.

use credentials::link::Purpose;
use incident::Notification;
use jiff::{SignedDuration, Timestamp};
use lambda_support::deadline::{Deadline, OutOfTime};
use notification::email::Email;
use notification::links::Links;
use notification::outcome::{
    AwsFault, Backoff, Cause, Failure, Outcome, Situation, TransportFault,
};

use settings::Channel;

use crate::linker::Signer;
use crate::plan::Ticket;
use crate::secret::Hidden;

/// Time and chance, which the pure parts are handed.
#[derive(Clone, Copy, Debug)]
pub struct Ambient {
    /// The clock.
    pub now: fn() -> Timestamp,
    /// A random number over the whole range.
    pub random: fn() -> u64,
    /// How waits grow.
    pub backoff: Backoff,
}

impl Ambient {
    /// The real ones.
    #[must_use]
    pub fn real() -> Self {
        Self {
            now: Timestamp::now,
            random: || fastrand::u64(..),
            backoff: Backoff::default(),
        }
    }

    /// What an answer that arrives now is judged by.
    #[must_use]
    pub fn situation(&self, attempt: u32) -> Situation {
        Situation {
            now: (self.now)(),
            attempt,
            random: (self.random)(),
            backoff: self.backoff,
        }
    }

    /// How long to wait for somebody who holds a claim until then. Most are done long before, so the
    /// wait is a growing one and ends with the claim.
    #[must_use]
    pub fn patience(&self, until: Timestamp, attempt: u32) -> SignedDuration {
        until.duration_since((self.now)()).min(self.delay(attempt))
    }

    /// How long to wait after an attempt.
    #[must_use]
    pub fn delay(&self, attempt: u32) -> SignedDuration {
        self.backoff.delay(attempt, (self.random)())
    }
}

/// What an AWS service or the way to it said instead of yes.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    /// The service answered with an error.
    #[error("status {status}: {code}: {message}")]
    Service {
        /// The error's code.
        code: String,
        /// The HTTP status.
        status: u16,
        /// The service's words.
        message: String,
    },
    /// No answer came.
    #[error("no answer ({0:?})")]
    Nothing(TransportFault),
    /// The request could not be made.
    #[error("not sent: {0}")]
    Unsent(String),
}

impl From<OutOfTime> for Fault {
    fn from(OutOfTime: OutOfTime) -> Self {
        Self::Nothing(TransportFault::TimedOut)
    }
}

impl Fault {
    /// For [`notification::outcome::judge_aws`].
    #[must_use]
    pub fn as_aws(&self) -> AwsFault<'_> {
        match self {
            Self::Service {
                code,
                status,
                message,
            } => AwsFault::Service {
                code,
                status: *status,
                message,
            },
            Self::Nothing(fault) => AwsFault::Nothing(*fault),
            Self::Unsent(why) => AwsFault::Unsent(why),
        }
    }
}

/// Sends e-mail.
pub trait Mailer: Send + Sync {
    /// Sends one message to one address.
    fn mail(
        &self,
        from: &str,
        to: &str,
        email: &Email,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// Sends text messages.
pub trait Texter: Send + Sync {
    /// Sends one message to one number.
    fn text(&self, number: &str, text: &str) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// Where the channel's secret is kept.
pub trait SecretSource: Send + Sync {
    /// Asks for its current value.
    fn fetch(&self) -> impl Future<Output = Result<Hidden, Fault>> + Send;
}

/// The channel's own queues.
pub trait Queues: Send + Sync {
    /// Hides a message that we hold for so many seconds.
    fn postpone(
        &self,
        receipt_handle: &str,
        seconds: i32,
    ) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Puts a message where a person will look, with the reason.
    fn dead_letter(&self, letter: DeadLetter<'_>)
    -> impl Future<Output = Result<(), Fault>> + Send;
}

/// A message that was given up.
#[derive(Clone, Copy, Debug)]
pub struct DeadLetter<'a> {
    /// The body as it came, so that a redrive delivers it.
    pub body: &'a str,
    /// The notification's id, if it could be read.
    pub notification_id: Option<&'a str>,
    /// Why it was given up.
    pub failure: &'a Failure,
    /// How often it was tried.
    pub attempts: u32,
}

/// What became of a message that was to be sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Sent {
    /// The channel answered, or did not.
    Outcome(Outcome),
    /// The channel is not told of such things, for this reason.
    Suppressed(&'static str),
}

impl Sent {
    /// What we send with cannot be used.
    #[must_use]
    pub fn misconfigured(why: impl Into<String>) -> Self {
        Self::Outcome(Outcome::Permanent(Failure::new(
            Cause::Configuration,
            None,
            why,
        )))
    }
}

/// A message that is to be sent, to one destination.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// What is told.
    pub notification: &'a Notification,
    /// Under what it is claimed.
    pub ticket: &'a Ticket,
    /// Whom it is for; empty: the stack's own destination.
    pub to: &'a [String],
    /// Which of the integration's destinations it is, from 0.
    pub nth: usize,
    /// What an earlier message of the stream left behind.
    pub reference: Option<&'a str>,
    /// Whether the table gave its permission. If not, the table does not answer.
    pub claimed: bool,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// By when it must be done.
    pub deadline: Deadline,
    /// What signs links, if there are any.
    pub signer: Option<&'a Signer>,
}

impl Order<'_> {
    /// The recipient's links, if there are any; `name` is what tells recipients of the channel apart.
    #[must_use]
    pub fn links(&self, channel: Channel, name: &str, purpose: Purpose) -> Option<Links> {
        let who = format!("{channel}:{name}");
        let signer = self.signer?;
        Some(signer.links(self.notification, &who, purpose))
    }

    /// What a destination is called that has no name of its own.
    #[must_use]
    pub fn receiver(&self) -> &str {
        match self.notification.receiver.as_str() {
            "" => "default",
            receiver => receiver,
        }
    }

    /// Says that a channel has one destination only, if the configuration names others.
    pub(crate) fn ignore_to(&self) {
        if !self.to.is_empty() {
            tracing::warn!(
                stage = "send",
                receiver = self.receiver(),
                "`to` is not for this channel: the stack's own destination is told"
            );
        }
    }
}

/// Tells one channel.
pub trait Sender: Send + Sync {
    /// Renders and sends.
    fn send(&self, order: Order<'_>) -> impl Future<Output = Sent> + Send;
}
