//! What came of a decision that is written, besides what it changed in the table.

use std::collections::BTreeMap;

use incident::{EpisodeChange, IncidentId, IncidentKey, RecordName, SuppressionReason, Transition};
use jiff::Timestamp;

use crate::publish::Outgoing;

/// What is to be done after decisions that are written. All of it can be done twice; what is not
/// done, because a process died, is done by a sweep of the outbox and of the timers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// What is in the outbox now and to be published.
    pub outgoing: Vec<Outgoing>,
    /// When a record that was written is due.
    pub timers: Vec<(Timestamp, RecordName)>,
    /// Episodes that are over for good; the requests for their reports are in `outgoing`.
    pub reports: Vec<(IncidentKey, IncidentId)>,
    /// What happened to episodes.
    pub episodes: Vec<EpisodeChange>,
    /// The books.
    pub books: Books,
}

/// The books of the groups, and what else is counted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Books {
    /// Arrivals, counted once for each group that they went to.
    pub grouped: u64,
    /// Grouped arrivals that somebody was told of.
    pub notified: u64,
    /// Grouped arrivals that nobody was told of, by reason.
    pub suppressed: BTreeMap<SuppressionReason, u64>,
    /// Episodes that began.
    pub opened: u64,
    /// Episodes that ended.
    pub resolved: u64,
    /// Records that could not be read: what they said is lost, unless a person reads it.
    pub unreadable: u64,
    /// Decisions that were taken again because somebody else was faster or the table stumbled.
    pub again: u64,
}

impl Outcome {
    /// Adds what came of a later decision.
    pub fn merge(&mut self, later: Self) {
        let Self {
            outgoing,
            timers,
            reports,
            episodes,
            books,
        } = later;
        self.outgoing.extend(outgoing);
        self.timers.extend(timers);
        self.reports.extend(reports);
        self.episodes.extend(episodes);
        self.books.merge(books);
    }
}

impl Books {
    /// Adds others.
    pub fn merge(&mut self, other: Self) {
        let Self {
            grouped,
            notified,
            suppressed,
            opened,
            resolved,
            unreadable,
            again,
        } = other;
        self.grouped += grouped;
        self.notified += notified;
        for (reason, count) in suppressed {
            *self.suppressed.entry(reason).or_default() += count;
        }
        self.opened += opened;
        self.resolved += resolved;
        self.unreadable += unreadable;
        self.again += again;
    }

    pub(crate) fn episode(&mut self, transition: Transition) {
        match transition {
            Transition::Opened => self.opened += 1,
            Transition::Resolved => self.resolved += 1,
            Transition::Replaced => {
                self.resolved += 1;
                self.opened += 1;
            }
            Transition::StayedOpen | Transition::StayedQuiet => {}
        }
    }
}
