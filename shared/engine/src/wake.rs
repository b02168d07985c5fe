//! What is done when a record's time has come.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use incident::RecordName;
use lambda_support::error::chain;
use store::RecordStore;

use crate::arrive::CONCURRENT;
use crate::clock::Clock;
use crate::decide::Deed;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::outcome::Outcome;

/// What came of waking records.
#[derive(Debug, Default)]
pub struct Woken {
    /// What came of all of it.
    pub outcome: Outcome,
    /// What could not be done; the table still names it as due.
    pub failed: Vec<(RecordName, EngineError)>,
}

impl<S: RecordStore, C: Clock> Engine<S, C> {
    /// Does what is due for some records. Waking one that is not due changes nothing.
    pub async fn wake(&self, names: impl IntoIterator<Item = RecordName> + Send) -> Woken {
        let names: BTreeSet<RecordName> = names.into_iter().collect();
        let work = names.into_iter().map(|name| async {
            let woken = self.wake_one(&name).await;
            (name, woken)
        });
        let mut all = stream::iter(work).buffered(CONCURRENT);
        let mut woken = Woken::default();
        while let Some((name, result)) = all.next().await {
            match result {
                Ok(outcome) => woken.outcome.merge(outcome),
                Err(error) => {
                    tracing::error!(
                        stage = "wake", record = %crate::names::key_of(&name),
                        error = %chain(&error), "a record is not woken: the next sweep tries again"
                    );
                    woken.failed.push((name, error));
                }
            }
        }
        woken
    }

    /// Does what is due for one record.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub async fn wake_one(&self, name: &RecordName) -> Result<Outcome, EngineError> {
        let first = BTreeSet::from([name.clone(), RecordName::Silences]);
        let ((), outcome) = self
            .run(first, true, |world, now| {
                let rung = world.due_at(name).filter(|due| *due <= now);
                world.wake(name, now);
                Ok(Deed {
                    rung: rung.map(|_| name.clone()),
                    ..Deed::new(())
                })
            })
            .await?;
        Ok(outcome)
    }
}
