//! Decides about one incident and writes the decision, however many others decide about it too.

use std::time::Duration;

use incident::{Arrival, Change, Decision, Effect, IncidentKey, IncidentState, decide};
use jiff::Timestamp;
use lambda_support::error::{Retryable, chain};
use store::{Commit, IncidentStore, Loaded, OutboxEntry, OutboxRef, StoreError};

use crate::deadline::OutOfTime;
use crate::handler::Patience;
use crate::publish::Outgoing;
use crate::rules::Rules;
use crate::stray::{OPEN_INCIDENTS, States};

/// A decision that is written, or that needed no writing.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) decision: Decision,
    /// What the decision put into the outbox.
    pub(crate) outgoing: Vec<Outgoing>,
}

/// Why a decision is not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettleError {
    #[error("the decision is not written")]
    Store(#[from] StoreError),
    #[error("the notification cannot be written as JSON")]
    Encode(#[from] serde_json::Error),
    #[error("the decision is not taken")]
    Late(#[from] OutOfTime),
}

/// Decides and writes; decides again on what is there now when somebody else was faster.
pub(crate) async fn settle<S: IncidentStore<IncidentState>>(
    store: &S,
    rules: &Rules,
    patience: Patience,
    clock: fn() -> Timestamp,
    key: &IncidentKey,
    loaded: Loaded<IncidentState>,
    arrivals: &[Arrival],
) -> Result<Settled, SettleError> {
    let mut loaded = loaded;
    let mut attempt = 1;
    loop {
        let expected = loaded.version;
        let now = clock();
        let decision = decide(state_of(key, loaded), arrivals, now, &rules.policy);
        match decision.change {
            Change::Unchanged => {
                return Ok(Settled {
                    decision,
                    outgoing: Vec::new(),
                });
            }
            Change::Changed => {}
        }
        let outgoing = outgoing(key, &decision)?;
        let outbox: Vec<OutboxEntry> = outgoing.iter().map(|message| entry(message, now)).collect();
        let written = store.commit(Commit {
            key: key.as_str(),
            expected,
            state: &decision.state,
            status: decision.state.status(),
            outbox: &outbox,
            keep_until: decision.state.keep_until(now),
        });
        let error = match written.await {
            Ok(_) => return Ok(Settled { decision, outgoing }),
            Err(error) => error,
        };
        if !error.is_retryable() || attempt >= patience.attempts {
            return Err(error.into());
        }
        tracing::debug!(
            incident_key = key.as_str(), attempt, stage = "commit",
            error = %chain(&error), "deciding again"
        );
        tokio::time::sleep(patience.pause(attempt)).await;
        attempt += 1;
        let mut found = load(store, patience, &[key.as_str()]).await?;
        loaded = found.remove(key.as_str()).unwrap_or_else(Loaded::nothing);
        // The write took place and only its answer was lost: what it decided is still to be published.
        if loaded.version == expected.next() && loaded.state.as_ref() == Some(&decision.state) {
            return Ok(Settled { decision, outgoing });
        }
    }
}

impl Patience {
    /// Asks the store until it answers or trying again cannot help.
    async fn insist<T, F>(self, mut ask: impl FnMut() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut attempt = 1;
        loop {
            match ask().await {
                Err(error) if error.is_retryable() && attempt < self.attempts => {
                    tracing::debug!(
                        attempt, stage = "load", error = %chain(&error), "reading again"
                    );
                }
                answer => return answer,
            }
            tokio::time::sleep(self.pause(attempt)).await;
            attempt += 1;
        }
    }

    /// Longer each time, and never the same for two that collided.
    fn pause(self, attempt: u32) -> Duration {
        let longest = self.pause.saturating_mul(attempt);
        longest.mul_f64(fastrand::f64())
    }
}

/// Reads states as patiently as decisions are written.
pub(crate) async fn load<S: IncidentStore<IncidentState>>(
    store: &S,
    patience: Patience,
    keys: &[&str],
) -> Result<States, StoreError> {
    patience.insist(|| store.load(keys)).await
}

/// Reads the states of open incidents that are not in `known`.
pub(crate) async fn load_open<S: IncidentStore<IncidentState>>(
    store: &S,
    patience: Patience,
    known: &States,
) -> Result<States, StoreError> {
    let open = patience.insist(|| store.open_keys(OPEN_INCIDENTS)).await?;
    if open.len() >= OPEN_INCIDENTS {
        tracing::warn!(
            stage = "load",
            looked_at = OPEN_INCIDENTS,
            "more incidents are open than are looked through for a firing"
        );
    }
    let new = open.iter().map(String::as_str);
    let new: Vec<&str> = new.filter(|key| !known.contains_key(*key)).collect();
    load(store, patience, &new).await
}

/// The state to decide on. One that cannot be read is begun anew: people may be told once too
/// often, which is better than not at all.
fn state_of(key: &IncidentKey, loaded: Loaded<IncidentState>) -> IncidentState {
    if let Some(fault) = &loaded.fault {
        tracing::error!(
            incident_key = key.as_str(),
            stage = "load",
            error = fault,
            "the state cannot be read and is begun anew"
        );
    }
    let mut state = loaded
        .state
        .unwrap_or_else(|| IncidentState::new(key.clone()));
    // The store's count is what it compares.
    state.version = loaded.version.0;
    state
}

fn outgoing(key: &IncidentKey, decision: &Decision) -> Result<Vec<Outgoing>, serde_json::Error> {
    let effects = decision.effects.iter();
    effects
        .map(|effect| match effect {
            Effect::Notify(notification) => {
                let reference = OutboxRef {
                    key: key.to_string(),
                    id: notification.id.to_string(),
                };
                let body = serde_json::to_string(notification)?;
                Ok(Outgoing::new(notification, reference, body))
            }
        })
        .collect()
}

fn entry(message: &Outgoing, now: Timestamp) -> OutboxEntry {
    OutboxEntry {
        id: message.reference.id.clone(),
        body: message.body.clone(),
        written_at: now,
    }
}
