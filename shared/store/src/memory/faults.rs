//! What can be made to fail, and how.

use std::collections::VecDeque;

#[cfg(doc)]
use crate::port::{Outbox, StreamLog};
#[cfg(doc)]
use crate::record::RecordStore;

/// What can be made to fail.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Operation {
    /// [`RecordStore::load`].
    Load,
    /// [`RecordStore::commit`].
    Commit,
    /// [`RecordStore::due`].
    Due,
    /// [`RecordStore::list`].
    List,
    /// [`RecordStore::notes`].
    Notes,
    /// [`RecordStore::remember_once`].
    RememberOnce,
    /// [`RecordStore::get_text`].
    GetText,
    /// [`RecordStore::put_text`].
    PutText,
    /// [`Outbox::pending`].
    Pending,
    /// [`Outbox::remove`].
    Remove,
    /// [`StreamLog::claim_stream`].
    Claim,
    /// [`StreamLog::complete_stream`].
    Complete,
    /// [`StreamLog::release_stream`].
    Release,
}

impl Operation {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Commit => "commit",
            Self::Due => "due",
            Self::List => "list",
            Self::Notes => "notes",
            Self::RememberOnce => "remember_once",
            Self::GetText => "get_text",
            Self::PutText => "put_text",
            Self::Pending => "pending",
            Self::Remove => "remove",
            Self::Claim => "claim",
            Self::Complete => "complete",
            Self::Release => "release",
        }
    }
}

/// How an operation fails.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Fault {
    /// Nothing happens, and the caller hears that there was no answer.
    Unavailable,
    /// Nothing happens, and the caller is asked to come back later.
    Throttled,
    /// It happens, and the caller hears that there was no answer.
    AnswerLost,
}

/// Faults that are still to happen.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    /// For the next operation, or the next of a kind, in the order in which they were asked for.
    next: VecDeque<(Option<Operation>, Fault)>,
    /// For the operation of that number.
    at: Vec<(u64, Fault)>,
    /// How many operations there were.
    pub(super) count: u64,
}

impl Faults {
    pub(super) fn add(&mut self, operation: Option<Operation>, fault: Fault, times: usize) {
        self.next.extend(vec![(operation, fault); times]);
    }

    pub(super) fn add_after(&mut self, operations: u64, fault: Fault) {
        self.at.push((self.count.saturating_add(operations), fault));
    }

    pub(super) fn clear(&mut self) {
        self.next.clear();
        self.at.clear();
    }

    /// Counts an operation and says what happens to it.
    pub(super) fn of(&mut self, operation: Operation) -> Option<Fault> {
        let number = self.count;
        self.count += 1;
        if let Some(at) = self.at.iter().position(|(at, _)| *at == number) {
            return Some(self.at.swap_remove(at).1);
        }
        let hits = |(only, _): &(Option<Operation>, Fault)| only.is_none_or(|o| o == operation);
        let at = self.next.iter().position(hits)?;
        self.next.remove(at).map(|(_, fault)| fault)
    }
}
