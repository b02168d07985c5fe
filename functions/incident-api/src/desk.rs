//! The engine with what follows a decision: telling people and setting timers.

use std::time::Duration;

use engine::{
    ActOutcome, AuditPage, Clock, Done, Engine, EngineError, IncidentFilter, IncidentPage,
    IncidentView, Outcome, Receipt, SilenceEntry, Unhurried,
};
use incident::{Act, Actor, Change, IncidentId, IncidentSummary, Policy, Silence};
use jiff::Timestamp;
use lambda_support::error::{Retryable, chain};

use crate::ports::Ports;
use crate::problem::{Place, Problem};

/// How long an act that is done waits for people to be told and timers to be set: Slack waits three
/// seconds for the whole answer.
const FOLLOWING: Duration = Duration::from_secs(1);

/// Incidents and silences, as whoever looks at them and acts on them needs them.
pub struct Desk<P: Ports> {
    /// What decides and writes.
    pub engine: Engine<P::Store, P::Clock>,
    /// The notify topic, and what wakes records.
    pub ports: engine::Ports<P::Publisher, P::Timers>,
}

/// What became of an act.
#[derive(Clone, Debug, PartialEq)]
pub struct Acted {
    /// The incident as it stands.
    pub summary: IncidentSummary,
    /// Whether the act changed anything: the same again does not.
    pub changed: bool,
}

impl<P: Ports> Desk<P> {
    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.engine.clock().now()
    }

    /// The configuration.
    pub fn policy(&self) -> &Policy {
        self.engine.policy()
    }

    /// The table.
    pub const fn store(&self) -> &P::Store {
        self.engine.store()
    }

    /// Acts, and sees to what follows.
    ///
    /// # Errors
    /// See [`Engine::act_once`].
    pub async fn act(
        &self,
        id: &IncidentId,
        act: &Act,
        by: &Actor,
        receipt: Option<&Receipt<'_, Done>>,
    ) -> Result<Acted, EngineError> {
        let ActOutcome {
            summary,
            change,
            outcome,
        } = self.engine.act_once(id, act, by, receipt).await?;
        tracing::info!(
            stage = "act",
            incident_id = id.as_str(),
            act = act.as_str(),
            via = by.via.as_str(),
            changed = change == Change::Changed,
            "somebody acted"
        );
        self.follow(outcome).await;
        Ok(Acted {
            summary,
            changed: change == Change::Changed,
        })
    }

    /// Makes a silence.
    ///
    /// # Errors
    /// See [`Engine::put_silence_once`].
    pub async fn put_silence(
        &self,
        silence: Silence,
        receipt: Option<&Receipt<'_, Silence>>,
    ) -> Result<Silence, EngineError> {
        let via = silence.created_by.via;
        let (silence, outcome) = self.engine.put_silence_once(silence, receipt).await?;
        tracing::info!(
            stage = "act", silence_id = silence.id.as_str(), act = "silence", via = via.as_str(),
            ends_at = %silence.ends_at, "somebody made a silence"
        );
        self.follow(outcome).await;
        Ok(silence)
    }

    /// Ends a silence.
    ///
    /// # Errors
    /// See [`Engine::end_silence_once`].
    pub async fn end_silence(
        &self,
        id: &str,
        by: &Actor,
        receipt: Option<&Receipt<'_, Silence>>,
    ) -> Result<Silence, EngineError> {
        let (silence, outcome) = self.engine.end_silence_once(id, by, receipt).await?;
        tracing::info!(
            stage = "act",
            silence_id = silence.id.as_str(),
            act = "unsilence",
            via = by.via.as_str(),
            "somebody ended a silence"
        );
        self.follow(outcome).await;
        Ok(silence)
    }

    /// An incident.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn incident(&self, id: &IncidentId) -> Result<Option<IncidentView>, EngineError> {
        self.engine.incident(id).await
    }

    /// A part of the list of incidents.
    ///
    /// # Errors
    /// When the table cannot be read, or the cursor is none.
    pub async fn incidents(
        &self,
        filter: &IncidentFilter,
        limit: usize,
        after: Option<&str>,
    ) -> Result<IncidentPage, EngineError> {
        self.engine.incidents(filter, limit, after).await
    }

    /// A part of the audit trail of an incident.
    ///
    /// # Errors
    /// When the table cannot be read, or the cursor is none.
    pub async fn audit(
        &self,
        id: &IncidentId,
        limit: usize,
        after: Option<&str>,
    ) -> Result<AuditPage, EngineError> {
        self.engine.audit(id, limit, after).await
    }

    /// All silences that are remembered.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn silences(&self) -> Result<Vec<Silence>, EngineError> {
        self.engine.silences().await
    }

    /// A part of the audit trail of silences.
    ///
    /// # Errors
    /// When the table cannot be read, or the cursor is none.
    pub async fn silence_audit(
        &self,
        limit: usize,
        after: Option<&str>,
    ) -> Result<AuditPage<SilenceEntry>, EngineError> {
        self.engine.silence_audit(limit, after).await
    }

    /// What was decided is written: whatever fails here, or takes too long, is found by the next sweep.
    async fn follow(&self, outcome: Outcome) {
        let work = self.ports.carry_out(&self.engine, outcome, &Unhurried);
        if tokio::time::timeout(FOLLOWING, work).await.is_err() {
            tracing::warn!(
                stage = "follow",
                "an act is done, and what follows is left to the next sweep"
            );
        }
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        let detail = chain(&error).to_string();
        match &error {
            EngineError::Unknown(_) => {
                Self::unknown(detail, "look at GET /v1/incidents?status=all").at(Place::Path, "id")
            }
            EngineError::UnknownSilence(_) => {
                Self::unknown(detail, "look at GET /v1/silences").at(Place::Path, "id")
            }
            EngineError::Over { .. } => Self::new(
                409,
                "over",
                "The incident is over",
                detail,
                "look for an open incident of the same key",
            ),
            EngineError::Invalid(fault) => match fault {
                incident::ActError::Text { field, .. } => {
                    Self::refused(field, detail, "shorten it, or write something")
                }
                incident::ActError::Past { field, .. } => {
                    Self::refused(field, detail, "give a time to come")
                }
                incident::ActError::Unknown(_) | incident::ActError::Over(..) => {
                    Self::unknown(detail, "look at GET /v1/incidents?status=all")
                }
            },
            EngineError::InvalidSilence(fault) => silence_fault(fault, detail),
            EngineError::Store(store::StoreError::Cursor) => Self::invalid(
                Place::Query,
                "cursor",
                detail,
                "begin again without a cursor",
            ),
            other @ (EngineError::Repeated
            | EngineError::Store(_)
            | EngineError::Encode(_)
            | EngineError::Restless(_)
            | EngineError::TooMuch(_)
            | EngineError::Late(_)
            | _) => {
                let retryable = other.is_retryable();
                tracing::error!(
                    stage = "desk",
                    error = detail,
                    retryable,
                    "a request is not carried out"
                );
                if retryable {
                    Self::unavailable()
                } else {
                    Self::internal()
                }
            }
        }
    }
}

fn silence_fault(fault: &incident::InvalidSilence, detail: String) -> Problem {
    use incident::InvalidSilence;
    let (field, remedy) = match fault {
        InvalidSilence::Everything => (
            "matchers",
            "name what it is about, such as service=\"orders\"",
        ),
        InvalidSilence::Matcher { .. } => ("matchers", "write matchers as in Alertmanager"),
        InvalidSilence::Over { .. } => ("ends_at", "let it end later"),
        InvalidSilence::TooLong { .. } => {
            ("ends_at", "make it shorter, or let it recur with `times`")
        }
        InvalidSilence::TooMany => ("matchers", "end some first"),
    };
    let mut problem = Problem::refused(field, detail, remedy);
    if let InvalidSilence::Matcher { place, .. } = fault {
        problem.field = Some(format!("matchers[{place}]").into_boxed_str());
    }
    problem
}

impl From<store::StoreError> for Problem {
    fn from(error: store::StoreError) -> Self {
        EngineError::Store(error).into()
    }
}
