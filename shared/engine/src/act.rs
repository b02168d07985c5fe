//! What people do about an incident, with an audit trail.

use std::collections::BTreeSet;

use incident::{Act, Actor, Change, IncidentId, IncidentSummary, RecordName, summary_of};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::{Page, RecordKey, RecordStore};

use crate::clock::Clock;
use crate::decide::Deed;
use crate::draft::Jotting;
use crate::engine::Engine;
use crate::episode::{EpisodeRecord, audit_until};
use crate::error::EngineError;
use crate::outcome::Outcome;
use crate::receipt::Receipt;

/// What came of an act.
#[derive(Clone, Debug, PartialEq)]
pub struct ActOutcome {
    /// The incident as it stands.
    pub summary: IncidentSummary,
    /// Whether the act changed anything: the same again does not.
    pub change: Change,
    /// What is to be done because of it.
    pub outcome: Outcome,
}

/// What an act did: the incident as it stands, and whether it changed.
pub type Done = (IncidentSummary, Change);

/// A line of the audit trail of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who, by what way and from where.
    pub by: Actor,
    /// What.
    pub act: Act,
    /// The version of the incident that it made.
    pub version: u64,
}

/// A part of an audit trail.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditPage<E = AuditEntry> {
    /// The oldest first.
    pub entries: Vec<E>,
    /// How many entries of this page cannot be read.
    pub unreadable: usize,
    /// Says where to go on, if there is more.
    pub next: Option<String>,
}

impl<S: RecordStore, C: Clock> Engine<S, C> {
    /// Carries out what a person does about an incident.
    ///
    /// # Errors
    /// [`EngineError::Unknown`], [`EngineError::Over`] and [`EngineError::Invalid`] are the person's;
    /// the others the table's.
    pub async fn act(
        &self,
        id: &IncidentId,
        act: &Act,
        by: &Actor,
    ) -> Result<ActOutcome, EngineError> {
        self.act_once(id, act, by, None).await
    }

    /// [`act`](Self::act), with a receipt that is written with what the act changes, or alone if that is nothing.
    ///
    /// # Errors
    /// Those of [`act`](Self::act), and [`EngineError::Repeated`].
    pub async fn act_once(
        &self,
        id: &IncidentId,
        act: &Act,
        by: &Actor,
        receipt: Option<&Receipt<'_, Done>>,
    ) -> Result<ActOutcome, EngineError> {
        let Some(record) = self.episode(id).await? else {
            return Err(EngineError::Unknown(id.clone()));
        };
        let key = &record.key;
        let first = BTreeSet::from([RecordName::Incident(key.clone()), RecordName::Silences]);
        let done = self
            .run(first, true, |world, now| {
                let change = world.act(key, id, act, by, now)?;
                let state = world.incident(key);
                let summary = state.and_then(summary_of);
                let summary = summary.ok_or_else(|| EngineError::Unknown(id.clone()))?;
                let mut notes = Vec::new();
                if change == Change::Changed {
                    let entry = AuditEntry {
                        at: now,
                        by: by.clone(),
                        act: act.clone(),
                        version: summary.version,
                    };
                    notes.push(Jotting {
                        partition: trail(id),
                        sort: place(now, summary.version),
                        body: serde_json::to_string(&entry)?,
                        keep_until: audit_until(now),
                    });
                }
                let done = (summary, change);
                Ok(Deed {
                    notes,
                    receipt: receipt.map(|receipt| receipt.draft(&done)),
                    ..Deed::new(done)
                })
            })
            .await;
        match done {
            Ok(((summary, change), outcome)) => Ok(ActOutcome {
                summary,
                change,
                outcome,
            }),
            // The state of its key is forgotten, or has forgotten it; the episode is not.
            Err(EngineError::Unknown(id)) => Err(match record.summary.resolved_at {
                Some(resolved_at) => EngineError::Over { id, resolved_at },
                None => EngineError::Unknown(id),
            }),
            Err(error) => Err(error),
        }
    }

    /// The audit trail of an incident, oldest first.
    ///
    /// # Errors
    /// When the table cannot be read, or `after` is no place in the trail.
    pub async fn audit(
        &self,
        id: &IncidentId,
        limit: usize,
        after: Option<&str>,
    ) -> Result<AuditPage, EngineError> {
        self.trail(&trail(id), limit, after).await
    }

    /// A part of any audit trail.
    pub(crate) async fn trail<E: DeserializeOwned>(
        &self,
        partition: &str,
        limit: usize,
        after: Option<&str>,
    ) -> Result<AuditPage<E>, EngineError> {
        let page = Page { limit, after };
        let found = self.insist(|| self.store.notes(partition, page)).await?;
        let mut audit = AuditPage {
            unreadable: found.unreadable,
            next: found.next,
            entries: Vec::with_capacity(found.notes.len()),
        };
        for note in found.notes {
            match serde_json::from_str(&note.body) {
                Ok(entry) => audit.entries.push(entry),
                Err(_) => audit.unreadable += 1,
            }
        }
        Ok(audit)
    }

    /// What is known about an episode.
    pub(crate) async fn episode(
        &self,
        id: &IncidentId,
    ) -> Result<Option<EpisodeRecord>, EngineError> {
        let key = RecordKey::Episode(id.as_str().into());
        let mut found = self.load_raw(std::slice::from_ref(&key)).await?;
        let body = found.remove(&key).and_then(|raw| raw.body);
        Ok(body.as_deref().map(serde_json::from_str).transpose()?)
    }
}

fn trail(id: &IncidentId) -> String {
    format!("AUDIT#{id}")
}

/// Notes are in the order of time.
pub(crate) fn place(now: Timestamp, version: u64) -> String {
    format!("{} {version:010}", now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
}
