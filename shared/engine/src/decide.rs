//! Decides and writes; decides again on what is there now when somebody else was faster.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use incident::{RecordName, World};
use jiff::Timestamp;
use lambda_support::error::{Retryable, chain};
use store::RecordStore;

use crate::clock::Clock;
use crate::draft::{Draft, Jotting, RecordDraft};
use crate::engine::{Copies, Engine};
use crate::error::EngineError;
use crate::outcome::Outcome;

/// A decision that keeps needing other records is given up after so many rounds: alerts lead to
/// groups, groups to incidents and inhibitions, and these to nothing.
const ROUNDS: u32 = 12;

/// What a decision is besides what it does to the world.
#[derive(Debug)]
pub(crate) struct Deed<T> {
    /// What it gives.
    pub(crate) value: T,
    /// What is written down with it.
    pub(crate) notes: Vec<Jotting>,
    /// By what its request is known when it comes again.
    pub(crate) receipt: Option<RecordDraft>,
    /// A record whose time had come.
    pub(crate) rung: Option<RecordName>,
}

impl<T> Deed<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self {
            value,
            notes: Vec::new(),
            receipt: None,
            rung: None,
        }
    }
}

/// What a decision was taken on, and when.
pub(crate) struct Considered<T> {
    pub(crate) world: World,
    pub(crate) copies: Copies,
    pub(crate) deed: Deed<T>,
    pub(crate) now: Timestamp,
}

impl<S: RecordStore, C: Clock> Engine<S, C> {
    /// Decides on the records of some names, and on whatever else turns out to be needed, and writes it.
    ///
    /// # Errors
    /// [`EngineError::TooMuch`] when it does not fit into one transaction and `whole` is not asked for.
    pub(crate) fn run<'a, T, W>(
        &'a self,
        first: BTreeSet<RecordName>,
        whole: bool,
        work: W,
    ) -> BoxFuture<'a, Result<(T, Outcome), EngineError>>
    where
        T: Send + 'a,
        W: Fn(&mut World, Timestamp) -> Result<Deed<T>, EngineError> + Send + Sync + 'a,
    {
        // Boxed, so that the futures of the functions stay small.
        Box::pin(self.insist_on(first, whole, work))
    }

    async fn insist_on<T, W>(
        &self,
        first: BTreeSet<RecordName>,
        whole: bool,
        work: W,
    ) -> Result<(T, Outcome), EngineError>
    where
        T: Send,
        W: Fn(&mut World, Timestamp) -> Result<Deed<T>, EngineError> + Send + Sync,
    {
        let mut names = first;
        let mut attempt = 1;
        loop {
            let mut considered = self.consider(&mut names, &work).await?;
            let mut draft = Draft::new(&mut considered)?;
            self.list_episodes(&mut draft, attempt > 1).await?;
            draft.outcome.books.again = u64::from(attempt - 1);
            if draft.is_empty() {
                return Ok((considered.deed.value, draft.outcome));
            }
            let error = match self.write(&draft, whole).await {
                Ok(()) => {
                    draft.log();
                    return Ok((considered.deed.value, draft.outcome));
                }
                Err(error) => error,
            };
            if !error.is_retryable() || attempt >= self.patience.attempts {
                return Err(error);
            }
            tracing::debug!(
                attempt, stage = "commit", error = %chain(&error), "deciding again"
            );
            self.pause(attempt).await;
            attempt += 1;
            // The write took place and only its answer was lost: what it decided is still to be published.
            if self.is_written(&draft).await? {
                draft.log();
                return Ok((considered.deed.value, draft.outcome));
            }
        }
    }

    /// Decides on fresh copies, again and again until nothing is missing.
    async fn consider<T, W>(
        &self,
        names: &mut BTreeSet<RecordName>,
        work: &W,
    ) -> Result<Considered<T>, EngineError>
    where
        T: Send,
        W: Fn(&mut World, Timestamp) -> Result<Deed<T>, EngineError> + Send + Sync,
    {
        let mut copies = Copies::new();
        for _ in 0..ROUNDS {
            let unread = names.iter().filter(|name| !copies.contains_key(*name));
            let unread: Vec<RecordName> = unread.cloned().collect();
            self.load(&unread, &mut copies).await?;
            let mut world = self.world(&copies);
            let now = self.clock.now();
            let decided = work(&mut world, now);
            if world.missing().is_empty() {
                return Ok(Considered {
                    world,
                    copies,
                    deed: decided?,
                    now,
                });
            }
            names.extend(world.missing().iter().cloned());
        }
        Err(EngineError::Restless(ROUNDS))
    }
}
