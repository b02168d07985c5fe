//! What comes of decisions, carried out: published, scheduled, asked for.

use futures_util::future::join3;
use jiff::Timestamp;
use store::Outbox;

use crate::outbox;
use crate::outcome::Outcome;
use crate::pace::Pace;
use crate::publish::Publisher;
use crate::reports::{self, Reports};
use crate::timers::{self, Timers};

/// Where what comes of decisions goes.
#[derive(Clone, Copy, Debug)]
pub struct Ports<P, T, R> {
    /// Where notifications go.
    pub publisher: P,
    /// What wakes what is due.
    pub timers: T,
    /// Who writes reports.
    pub reports: R,
}

/// What could not be carried out.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Undone {
    /// Notifications that are still in the outbox, for a sweep.
    pub unpublished: usize,
    /// Timers that no message was sent for; a sweep finds what is due.
    pub unscheduled: usize,
    /// Reports that nobody was asked for.
    pub unreported: usize,
}

impl<P: Publisher, T: Timers, R: Reports> Ports<P, T, R> {
    /// Carries out what came of decisions. It does not fail: sweeps find what is left.
    pub async fn carry_out<S: Outbox>(
        &self,
        store: &S,
        outcome: Outcome,
        pace: &impl Pace,
        now: Timestamp,
    ) -> Undone {
        let Outcome {
            outgoing,
            timers,
            reports,
            episodes: _,
            books: _,
        } = outcome;
        let (published, unscheduled, unreported) = join3(
            outbox::publish(store, &self.publisher, pace, outgoing),
            pace.allow(timers::schedule(&self.timers, &timers, now)),
            pace.allow(reports::request(&self.reports, &reports)),
        )
        .await;
        Undone {
            unpublished: published.failed,
            unscheduled: unscheduled.unwrap_or(timers.len()),
            unreported: unreported.unwrap_or(reports.len()),
        }
    }
}

impl Undone {
    /// Adds what could not be carried out elsewhere.
    pub const fn merge(&mut self, other: Self) {
        self.unpublished += other.unpublished;
        self.unscheduled += other.unscheduled;
        self.unreported += other.unreported;
    }
}
