//! Silences: made, ended, and told of before they end.

use std::collections::BTreeSet;

use incident::{Actor, Record, RecordName, Silence, World};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::RecordStore;

use crate::act::{AuditPage, place};
use crate::clock::Clock;
use crate::decide::Deed;
use crate::draft::Jotting;
use crate::engine::Engine;
use crate::episode::audit_until;
use crate::error::EngineError;
use crate::outcome::Outcome;
use crate::receipt::Receipt;

/// Where the audit trail of silences is.
const TRAIL: &str = "AUDIT#SILENCES";

/// A line of the audit trail of silences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SilenceEntry {
    /// When.
    pub at: Timestamp,
    /// Who, by what way and from where.
    pub by: Actor,
    /// Whether it was ended, and not made or changed.
    pub ended: bool,
    /// As it was afterwards.
    pub silence: Silence,
}

impl<S: RecordStore, C: Clock> Engine<S, C> {
    /// Makes or replaces a silence, and gives it as it is kept. The author is its `created_by`.
    ///
    /// # Errors
    /// [`EngineError::InvalidSilence`] when it is faulty, too long, or would hold back everything.
    pub async fn put_silence(&self, silence: Silence) -> Result<(Silence, Outcome), EngineError> {
        self.put_silence_once(silence, None).await
    }

    /// [`put_silence`](Self::put_silence), with a receipt.
    ///
    /// # Errors
    /// Those of [`put_silence`](Self::put_silence), and [`EngineError::Repeated`].
    pub async fn put_silence_once(
        &self,
        silence: Silence,
        receipt: Option<&Receipt<'_, Silence>>,
    ) -> Result<(Silence, Outcome), EngineError> {
        let id = silence.id.clone();
        self.run(silences(), true, |world, now| {
            world.silence(silence.clone(), now)?;
            kept(world, &id, &silence.created_by, false, receipt, now)
        })
        .await
    }

    /// Ends a silence, and gives it as it is kept.
    ///
    /// # Errors
    /// [`EngineError::UnknownSilence`] when there is none of that id, or it is over.
    pub async fn end_silence(
        &self,
        id: &str,
        by: &Actor,
    ) -> Result<(Silence, Outcome), EngineError> {
        self.end_silence_once(id, by, None).await
    }

    /// [`end_silence`](Self::end_silence), with a receipt.
    ///
    /// # Errors
    /// Those of [`end_silence`](Self::end_silence), and [`EngineError::Repeated`].
    pub async fn end_silence_once(
        &self,
        id: &str,
        by: &Actor,
        receipt: Option<&Receipt<'_, Silence>>,
    ) -> Result<(Silence, Outcome), EngineError> {
        self.run(silences(), true, |world, now| {
            if !world.unsilence(id, now) {
                return Err(EngineError::UnknownSilence(id.to_owned()));
            }
            kept(world, id, by, true, receipt, now)
        })
        .await
    }

    /// All silences that are remembered, those that are over included, by id.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn silences(&self) -> Result<Vec<Silence>, EngineError> {
        match self.record(&RecordName::Silences).await?.record {
            Some(Record::Silences(_, silences)) => Ok(silences.iter().cloned().collect()),
            Some(Record::Incident(_) | Record::Group(_) | Record::Inhibition(_)) | None => {
                Ok(Vec::new())
            }
        }
    }

    /// Tells people of silences that end soon.
    ///
    /// # Errors
    /// When the table cannot be read or written.
    pub async fn warn_of_silences(&self) -> Result<Outcome, EngineError> {
        let ((), outcome) = self
            .run(silences(), true, |world, now| {
                world.warn_of_ending_silences(now);
                Ok(Deed::new(()))
            })
            .await?;
        Ok(outcome)
    }

    /// Who made and ended silences, oldest first.
    ///
    /// # Errors
    /// When the table cannot be read, or `after` is no place in the trail.
    pub async fn silence_audit(
        &self,
        limit: usize,
        after: Option<&str>,
    ) -> Result<AuditPage<SilenceEntry>, EngineError> {
        self.trail(TRAIL, limit, after).await
    }
}

fn silences() -> BTreeSet<RecordName> {
    BTreeSet::from([RecordName::Silences])
}

fn kept(
    world: &World,
    id: &str,
    by: &Actor,
    ended: bool,
    receipt: Option<&Receipt<'_, Silence>>,
    now: Timestamp,
) -> Result<Deed<Silence>, EngineError> {
    let (version, silences) = world.silences();
    let Some(silence) = silences.get(id).cloned() else {
        return Err(EngineError::UnknownSilence(id.to_owned()));
    };
    let entry = SilenceEntry {
        at: now,
        by: by.clone(),
        ended,
        silence: silence.clone(),
    };
    let note = Jotting {
        partition: TRAIL.to_owned(),
        sort: place(now, version),
        body: serde_json::to_string(&entry)?,
        keep_until: audit_until(now),
    };
    Ok(Deed {
        notes: vec![note],
        receipt: receipt.map(|receipt| receipt.draft(&silence)),
        ..Deed::new(silence)
    })
}
