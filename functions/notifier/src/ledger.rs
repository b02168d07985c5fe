//! Whether a delivery is still to be made, and the note that it was.
//!
//! What is delivered last on a stream is what people know, so an older message is old news, with two
//! exceptions that need a count of their own beside the stream's: a call ([`Says::Call`]) is not made
//! old by a newer state, and a note ([`Says::Note`]) makes no state old. Both are sent under the
//! stream's lease and into its thread, without counting there.

use jiff::{SignedDuration, Timestamp};
use lambda_support::deadline::{Deadline, OutOfTime};
use lambda_support::error::{Retryable, chain};
use settings::Channel;
use store::{Claim, StoreError, StreamLog};

use crate::plan::{Says, Ticket};

/// How long a delivery may take before another process may try. It is longer than the function may
/// run, so two never send at once.
pub(crate) const LEASE: SignedDuration = SignedDuration::from_secs(45);
/// Newer than every message: what is claimed as this is never old news, and never noted as delivered.
const BORROWED: u64 = u64::MAX;

/// The table, as one delivery needs it.
#[derive(Debug)]
pub(crate) struct Ledger<'a, L> {
    pub(crate) log: &'a L,
    pub(crate) channel: Channel,
    pub(crate) now: fn() -> Timestamp,
    pub(crate) deadline: Deadline,
}

/// Whether to deliver.
#[derive(Debug)]
pub(crate) enum Permission {
    /// Yes.
    Granted(Held),
    /// No, for this reason.
    Needless(&'static str),
    /// Not before then: somebody is at it.
    Busy(Timestamp),
    /// The table does not say.
    Unknown(LedgerError),
}

/// A permission, to be noted or given back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    /// What an earlier delivery left behind.
    pub(crate) reference: Option<String>,
    stream: String,
    sequence: u64,
    /// Where else it counts.
    beside: Option<String>,
    /// It does not count in the stream, whose lease is only borrowed.
    borrowed: bool,
}

/// The table did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Time(#[from] OutOfTime),
}

impl LedgerError {
    /// Whether the same may work later.
    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            Self::Store(error) => error.is_retryable(),
            Self::Time(OutOfTime) => true,
        }
    }
}

impl<L: StreamLog> Ledger<'_, L> {
    /// Asks whether to deliver, and holds the stream if so.
    pub(crate) async fn claim(&self, ticket: &Ticket) -> Permission {
        match self.ask(ticket).await {
            Ok(permission) => permission,
            Err(error) => Permission::Unknown(error),
        }
    }

    async fn ask(&self, ticket: &Ticket) -> Result<Permission, LedgerError> {
        let Ticket {
            stream, sequence, ..
        } = ticket;
        let why_not = match ticket.says {
            Says::Note => return self.borrow(ticket, format!("{stream}!note")).await,
            Says::State | Says::End | Says::Call => self.one(stream, *sequence).await?,
        };
        Ok(match (why_not, ticket.says) {
            (Claim::Granted { reference }, says) => Permission::Granted(Held {
                reference,
                stream: stream.clone(),
                sequence: *sequence,
                // An end and a call make older calls old, even those that no state makes old.
                beside: matches!(says, Says::End | Says::Call).then(|| calls(stream)),
                borrowed: false,
            }),
            (Claim::InProgress { until }, _) => Permission::Busy(until),
            // Something newer, or something else of the same decision, has been told. Was it a call?
            (Claim::AlreadyDelivered | Claim::Superseded { .. }, Says::Call) => {
                return self.borrow(ticket, calls(stream)).await;
            }
            (Claim::AlreadyDelivered, _) => Permission::Needless("already_delivered"),
            (Claim::Superseded { .. }, _) => Permission::Needless("superseded"),
        })
    }

    /// Asks beside the stream, and borrows the stream's lease and thread.
    async fn borrow(&self, ticket: &Ticket, beside: String) -> Result<Permission, LedgerError> {
        let sequence = ticket.sequence;
        match self.one(&beside, sequence).await? {
            Claim::Granted { .. } => {}
            Claim::AlreadyDelivered => return Ok(Permission::Needless("already_delivered")),
            Claim::Superseded { .. } => return Ok(Permission::Needless("superseded")),
            Claim::InProgress { until } => return Ok(Permission::Busy(until)),
        }
        let answer = self.one(&ticket.stream, BORROWED).await;
        if let Ok(Claim::Granted { reference }) = answer {
            return Ok(Permission::Granted(Held {
                reference,
                stream: ticket.stream.clone(),
                sequence,
                beside: Some(beside),
                borrowed: true,
            }));
        }
        self.give_back(&beside, sequence).await;
        Ok(match answer? {
            Claim::InProgress { until } => Permission::Busy(until),
            // Nothing is newer than the newest.
            Claim::Granted { .. } | Claim::AlreadyDelivered | Claim::Superseded { .. } => {
                Permission::Needless("already_delivered")
            }
        })
    }

    async fn one(&self, stream: &str, version: u64) -> Result<Claim, LedgerError> {
        let claim = self
            .log
            .claim_stream(stream, self.channel, version, (self.now)(), LEASE);
        Ok(self.deadline.work(claim).await??)
    }

    /// Notes that it was delivered. What was sent stays sent: a repetition would be worse than a missing
    /// note about it.
    pub(crate) async fn complete(&self, held: &Held, reference: Option<&str>) {
        // First what is beside the stream: were only the stream noted, an older call would still be made.
        if let Some(beside) = &held.beside {
            self.note(beside, held.sequence, None).await;
        }
        if held.borrowed {
            self.give_back(&held.stream, BORROWED).await;
        } else {
            self.note(&held.stream, held.sequence, reference).await;
        }
    }

    /// Gives a permission back that was not used. A lease that is not given back ends by itself.
    pub(crate) async fn release(&self, held: &Held) {
        if held.borrowed {
            if let Some(beside) = &held.beside {
                self.give_back(beside, held.sequence).await;
            }
            self.give_back(&held.stream, BORROWED).await;
        } else {
            self.give_back(&held.stream, held.sequence).await;
        }
    }

    async fn note(&self, stream: &str, version: u64, reference: Option<&str>) {
        let now = (self.now)();
        let noted = self
            .log
            .complete_stream(stream, self.channel, version, reference, now);
        self.warn(
            stream,
            "the delivery was not noted",
            self.deadline.note(noted).await,
        );
    }

    async fn give_back(&self, stream: &str, version: u64) {
        let released = self.log.release_stream(stream, self.channel, version);
        self.warn(
            stream,
            "the claim was not given back",
            self.deadline.note(released).await,
        );
    }

    fn warn(
        &self,
        stream: &str,
        what: &'static str,
        answer: Result<Result<(), StoreError>, OutOfTime>,
    ) {
        let error = match answer {
            Ok(Ok(())) => return,
            Ok(Err(error)) => chain(&error).to_string(),
            Err(error) => error.to_string(),
        };
        tracing::warn!(stage = "deliveries", stream, error, what);
    }
}

/// Where calls are counted by themselves.
fn calls(stream: &str) -> String {
    format!("{stream}!call")
}
