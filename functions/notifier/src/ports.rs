//! What the delivery needs of the world, as narrow as it can be.

use jiff::{SignedDuration, Timestamp};
use notification::email::Email;
use notification::outcome::{
    AwsFault, Backoff, Cause, Failure, Outcome, Situation, TransportFault,
};

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

/// The permission to send.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'a> {
    /// What an earlier message of the incident left behind.
    pub reference: Option<&'a str>,
    /// Whether the table gave it. If not, the table does not answer.
    pub claimed: bool,
}

/// Tells one channel.
pub trait Sender: Send + Sync {
    /// Renders and sends.
    fn send(
        &self,
        notification: &incident::Notification,
        grant: Grant<'_>,
        attempt: u32,
    ) -> impl Future<Output = Sent> + Send;
}
