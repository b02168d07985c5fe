//! What happened to an incident, in order, for people and for the post-mortem.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use settings::Priority;

use crate::act::{Act, Actor};
use crate::id::IncidentId;

/// The newest entries of an incident's history; older ones are forgotten.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timeline(VecDeque<TimelineEntry>);

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// When it was decided.
    pub at: Timestamp,
    /// The decision that it belongs to.
    pub version: u64,
    /// What happened.
    pub event: TimelineEvent,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum TimelineEvent {
    /// An episode began.
    Opened {
        /// Its id.
        id: IncidentId,
        /// Its priority then.
        priority: Priority,
    },
    /// Alerts began to fire.
    Fired(Alerts),
    /// Alerts of the episode ended.
    Ended(Alerts),
    /// Nothing was heard of alerts for as long as they count: they are over.
    Lapsed(Alerts),
    /// The episode's priority rose.
    PriorityRose {
        /// What it was.
        from: Priority,
        /// What it is.
        to: Priority,
    },
    /// Nothing fires any more.
    Resolved {
        /// The episode.
        id: IncidentId,
    },
    /// The episode went on before it was told to be over.
    Reopened {
        /// The episode.
        id: IncidentId,
    },
    /// Alerts ended of which nobody had said that they fire.
    ResolveWithoutFiring(Alerts),
    /// Something happened that opens no incident.
    Informed(Alerts),
    /// More alerts fire than are tracked.
    Full(Alerts),
    /// An alert changes so often that people are told that, and no more for a while.
    Flapping {
        /// Its title.
        title: String,
        /// Until when.
        until: Timestamp,
    },
    /// A person did something.
    Acted {
        /// Who.
        by: Actor,
        /// What.
        act: Act,
    },
}

/// Some alerts: how many, and the title of the most urgent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alerts {
    /// How many.
    pub count: u32,
    /// The most urgent one's title.
    pub title: String,
}

impl Timeline {
    /// The most entries that are kept.
    pub const MAX_ENTRIES: usize = 100;

    /// Adds an entry, and forgets the oldest ones when there are too many.
    pub fn push(&mut self, entry: TimelineEntry) {
        while self.0.len() >= Self::MAX_ENTRIES {
            self.0.pop_front();
        }
        self.0.push_back(entry);
    }

    /// The entries, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &TimelineEntry> + ExactSizeIterator {
        self.0.iter()
    }
}
