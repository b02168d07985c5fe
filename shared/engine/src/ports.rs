//! What comes of decisions, carried out: published and scheduled.

use futures_util::future::join;
use store::Outbox;

use crate::clock::Clock;
use crate::engine::Engine;
use crate::outbox;
use crate::outcome::{Books, Outcome};
use crate::pace::Pace;
use crate::publish::Publisher;
use crate::timers::{self, Timers};

/// Where what comes of decisions goes.
#[derive(Clone, Copy, Debug)]
pub struct Ports<P, T> {
    /// Where notifications and requests for reports go.
    pub publisher: P,
    /// What wakes what is due.
    pub timers: T,
}

/// What became of decisions that were carried out.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Carried {
    /// Their books.
    pub books: Books,
    /// What could not be carried out.
    pub undone: Undone,
}

/// What could not be carried out.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Undone {
    /// What is still in the outbox, for a sweep.
    pub unpublished: usize,
    /// Timers that no message was sent for; a sweep finds what is due.
    pub unscheduled: usize,
}

impl<P: Publisher, T: Timers> Ports<P, T> {
    /// Carries out what came of an engine's decisions. It does not fail: sweeps find what is left.
    pub async fn carry_out<S: Outbox, C: Clock>(
        &self,
        engine: &Engine<S, C>,
        outcome: Outcome,
        pace: &impl Pace,
    ) -> Carried {
        let Outcome {
            outgoing,
            timers,
            reports: _,
            episodes: _,
            books,
        } = outcome;
        let now = engine.clock().now();
        let (published, unscheduled) = join(
            outbox::publish(engine.store(), &self.publisher, pace, outgoing),
            pace.allow(timers::schedule(&self.timers, &timers, now)),
        )
        .await;
        Carried {
            books,
            undone: Undone {
                unpublished: published.failed,
                unscheduled: unscheduled.unwrap_or(timers.len()),
            },
        }
    }
}

impl Carried {
    /// Adds what became of others.
    pub fn merge(&mut self, other: Self) {
        self.books.merge(other.books);
        self.undone.merge(other.undone);
    }
}

impl Undone {
    /// Adds what could not be carried out elsewhere.
    pub const fn merge(&mut self, other: Self) {
        self.unpublished += other.unpublished;
        self.unscheduled += other.unscheduled;
    }
}
