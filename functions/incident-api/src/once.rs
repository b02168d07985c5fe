//! `Idempotency-Key`: what is asked for with a key is done once, however often it is asked for.
//!
//! A key is claimed for as long as one request may take. The act's own transaction replaces the claim by
//! the answer, so the answer is remembered when the act is done, and only then, and of two that hold the
//! same claim one wins. Work that failed gives the key back; what died with its process is taken over
//! when its claim runs out. This module does not know what the work is.

use credentials::bearer::Caller;
use engine::Receipt;
use jiff::{SignedDuration, Timestamp};
use lambda_support::error::Retryable;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::{LoadedRecord, RecordKey, RecordStore, StoreError, Transaction, Version, Write};

use crate::answer::Answer;
use crate::api::Api;
use crate::entropy;
use crate::ports::Ports;
use crate::problem::{Place, Problem};
use crate::visit::Visit;

/// The header.
pub(crate) const HEADER: &str = "idempotency-key";
/// How long a key is remembered.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// How long a request may be under way: a moment longer than the function's own time-out in
/// `infra/incident-api.yaml`, after which nobody works on it any more.
const LEASE: SignedDuration = SignedDuration::from_secs(16);
/// The longest key.
const CHARS: usize = 255;
/// How often a claim is made when others are faster or the table stumbles.
const ATTEMPTS: usize = 4;

/// What is remembered of a key.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    /// The fingerprint of its first request.
    request: String,
    /// Until when the key counts, whenever the table forgets it.
    until: Timestamp,
    state: State,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Somebody works on it, or died doing so.
    Claimed { by: String, until: Timestamp },
    /// The work failed, and nothing came of it.
    Free,
    /// The work is done.
    Answered(Remembered),
    /// The work is done, and its answer was a secret.
    Shown,
}

/// An answer, as far as it is told again.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    status: u16,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    body: String,
}

/// Whether a request may be carried out, and what it writes when it is.
#[derive(Clone, Debug)]
pub(crate) struct Ticket(Option<Claim>);

/// A key that is this request's for a while.
#[derive(Clone, Debug)]
struct Claim {
    name: String,
    request: String,
    until: Timestamp,
    version: Version,
}

/// What becomes of the answer to a request that is carried out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Keeping {
    /// The work writes it, by the ticket's receipt.
    ByTheWork,
    /// It holds a secret: that it was given is all that is remembered.
    Secret,
}

/// Something that a person or a service asks for once by its nature, such as the press of one button.
#[derive(Debug)]
pub(crate) struct Slip {
    name: String,
    until: Timestamp,
    /// Tells two that ask for it at the same time apart.
    by: String,
}

enum Known {
    Mine(Claim),
    Answer(Answer),
}

impl Ticket {
    /// What the work has to write in its own transaction.
    pub(crate) fn receipt<'t, T>(
        &'t self,
        write: &'t (dyn Fn(&T) -> String + Sync),
    ) -> Option<Receipt<'t, T>> {
        self.0.as_ref().map(|claim| Receipt {
            name: &claim.name,
            expected: claim.version,
            keep_until: claim.until,
            write,
        })
    }

    /// The text of that receipt.
    pub(crate) fn remembers(&self, answer: &Answer) -> String {
        let text = |claim: &Claim| claim.text(State::Answered(Remembered::of(answer)));
        self.0.as_ref().map(text).unwrap_or_default()
    }
}

impl Slip {
    /// What the work has to write in its own transaction.
    pub(crate) fn receipt<'s, T>(
        &'s self,
        write: &'s (dyn Fn(&T) -> String + Sync),
    ) -> Receipt<'s, T> {
        Receipt {
            name: &self.name,
            expected: Version::NONE,
            keep_until: self.until,
            write,
        }
    }

    /// The text of that receipt.
    pub(crate) fn text(&self) -> String {
        Value::from(self.by.as_str()).to_string()
    }
}

impl<P: Ports> Api<P> {
    /// What is written when something is done that has to be done once.
    ///
    /// # Errors
    /// When there is no randomness.
    pub(crate) fn slip(&self, name: String, until: Timestamp) -> Result<Slip, Problem> {
        let by = self.nonce()?;
        Ok(Slip { name, until, by })
    }

    /// Whether it is done already.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub(crate) async fn was_done(&self, slip: &Slip) -> Result<bool, Problem> {
        Ok(self.record(&slip.name).await?.version != Version::NONE)
    }

    /// Does the work, unless the caller's key says that it was done before; then gives the answer of
    /// that time.
    ///
    /// # Errors
    /// The work's, and when the key is misused or its first request is still under way.
    pub(crate) async fn once<F>(
        &self,
        visit: &Visit<'_>,
        caller: &Caller,
        keeping: Keeping,
        work: impl FnOnce(Ticket) -> F + Send,
    ) -> Result<Answer, Problem>
    where
        F: Future<Output = Result<Answer, Problem>> + Send,
    {
        let Some(key) = visit.request.header(HEADER) else {
            return work(Ticket(None)).await;
        };
        if key.is_empty() || key.len() > CHARS {
            let detail = format!("the key has {} bytes", key.len());
            let remedy = "write 1 to 255 bytes, for example a UUID";
            return Err(Problem::invalid(Place::Header, HEADER, detail, remedy));
        }
        let name = format!("idempotency/{}/{}", caller.id, digest(&[key.as_bytes()]));
        let claim = match self.claim(visit, name).await? {
            Known::Mine(claim) => claim,
            Known::Answer(answer) => return Ok(answer),
        };
        match work(Ticket(Some(claim.clone()))).await {
            Ok(answer) => {
                if keeping == Keeping::Secret {
                    self.settle(&claim, State::Shown).await;
                }
                Ok(answer)
            }
            Err(problem) if problem.status < 500 => {
                let state = State::Answered(Remembered::of(&problem.answer()));
                self.settle(&claim, state).await;
                Err(problem)
            }
            Err(problem) => self.failed(&claim, problem).await,
        }
    }

    /// Makes the key this request's, or gives the answer to an earlier one.
    async fn claim(&self, visit: &Visit<'_>, name: String) -> Result<Known, Problem> {
        let request = fingerprint(visit)?;
        let by = self.nonce()?;
        let mut claim = Claim {
            name,
            request,
            until: visit.now.checked_add(KEPT).unwrap_or(visit.now),
            version: Version::NONE,
        };
        let lease = visit.now.checked_add(LEASE).unwrap_or(visit.now);
        let text = claim.text(State::Claimed {
            by: by.clone(),
            until: lease,
        });
        let mut fault = None;
        for _ in 0..ATTEMPTS {
            let (version, entry) = self.entry(&claim.name).await?;
            claim.version = version;
            if let Some(entry) = entry.filter(|entry| entry.until > visit.now) {
                if entry.request != claim.request {
                    return Err(reused());
                }
                match entry.state {
                    State::Answered(known) => return Ok(Known::Answer(known.again())),
                    State::Shown => return Err(shown()),
                    // The answer to our own claim was lost.
                    State::Claimed { by: other, .. } if other == by => {
                        return Ok(Known::Mine(claim));
                    }
                    State::Claimed { until, .. } if until > visit.now => {
                        return Err(under_way(until.duration_since(visit.now)));
                    }
                    State::Claimed { .. } | State::Free => {}
                }
            }
            match self.replace(&claim, &text).await {
                Ok(()) => {
                    claim.version = claim.version.next();
                    return Ok(Known::Mine(claim));
                }
                Err(error) if error.is_retryable() => fault = Some(error),
                Err(error) => return Err(error.into()),
            }
        }
        Err(fault.map_or_else(Problem::unavailable, Problem::from))
    }

    /// The work failed, as far as it knows. It may be done all the same, and then that is the answer.
    async fn failed(&self, claim: &Claim, problem: Problem) -> Result<Answer, Problem> {
        if let Ok((version, Some(entry))) = self.entry(&claim.name).await
            && version == claim.version.next()
            && let State::Answered(known) = entry.state
        {
            return Ok(known.again());
        }
        self.settle(claim, State::Free).await;
        Err(problem)
    }

    /// Says what became of the work. If this fails, the claim runs out.
    async fn settle(&self, claim: &Claim, state: State) {
        if let Err(error) = self.replace(claim, &claim.text(state)).await {
            tracing::warn!(stage = "once", error = %error, "it is not noted how a request ended");
        }
    }

    async fn entry(&self, name: &str) -> Result<(Version, Option<Entry>), StoreError> {
        let record = self.record(name).await?;
        let entry = record.body.and_then(|body| {
            let entry = serde_json::from_str(&body);
            entry
                .inspect_err(|error| {
                    tracing::error!(stage = "once", error = %error, "a key's record cannot be read");
                })
                .ok()
        });
        Ok((record.version, entry))
    }

    pub(crate) async fn record(&self, name: &str) -> Result<LoadedRecord, StoreError> {
        let key = RecordKey::Once(name.into());
        let mut found = self.desk.store().load(std::slice::from_ref(&key)).await?;
        Ok(found.remove(&key).unwrap_or_default())
    }

    /// A text that nobody else writes.
    ///
    /// # Errors
    /// When there is no randomness.
    pub(crate) fn nonce(&self) -> Result<String, Problem> {
        let entropy = (self.entropy)().map_err(|error| {
            tracing::error!(stage = "once", error = %error, "there is no randomness");
            Problem::internal()
        })?;
        Ok(entropy::id("", entropy))
    }

    async fn replace(&self, claim: &Claim, text: &str) -> Result<(), StoreError> {
        let key = RecordKey::Once(claim.name.as_str().into());
        let write = Write {
            key: &key,
            expected: claim.version,
            body: text,
            due_at: None,
            listed: None,
            keep_until: Some(claim.until),
        };
        let transaction = Transaction {
            writes: &[write],
            ..Transaction::default()
        };
        self.desk.store().commit(transaction).await
    }
}

impl Claim {
    fn text(&self, state: State) -> String {
        let entry = Entry {
            request: self.request.clone(),
            until: self.until,
            state,
        };
        serde_json::to_string(&entry).unwrap_or_default()
    }
}

impl Remembered {
    fn of(answer: &Answer) -> Self {
        Self {
            status: answer.status,
            kind: answer.header("content-type").unwrap_or_default().to_owned(),
            location: answer.header("location").map(str::to_owned),
            body: answer.body.clone(),
        }
    }

    fn again(self) -> Answer {
        let answer = Answer::of(self.status, &self.kind, self.body);
        let answer = match self.location {
            Some(place) => answer.with("location", place),
            None => answer,
        };
        answer.with("idempotency-replayed", "true")
    }
}

fn under_way(left: SignedDuration) -> Problem {
    let mut problem = Problem::new(
        409,
        "unanswered",
        "The first request with this key is not answered yet",
        "the first request with this key is still being carried out, or has died",
        "send the same request with the same key again when Retry-After says so",
    )
    .at(Place::Header, HEADER);
    let seconds = u64::try_from(left.as_secs()).unwrap_or_default();
    problem.retry_after = Some(seconds.saturating_add(1));
    problem
}

fn reused() -> Problem {
    Problem::new(
        422,
        "key-reused",
        "The key belongs to another request",
        "this key was used before with another method, address or body",
        "use a key of its own for each request",
    )
    .at(Place::Header, HEADER)
}

fn shown() -> Problem {
    Problem::new(
        409,
        "shown-once",
        "What the first request made is shown once",
        "the first request with this key was carried out, and its answer was a secret, which is not kept",
        "if the answer was lost, revoke what was made and make another with another key",
    )
    .at(Place::Header, HEADER)
}

fn fingerprint(visit: &Visit<'_>) -> Result<String, Problem> {
    let method = format!("{:?}", visit.request.method);
    let path = visit.request.path.join("/");
    Ok(digest(&[method.as_bytes(), path.as_bytes(), visit.body()?]))
}

/// The hash of some parts, each with its length in front of it.
pub(crate) fn digest(parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
