//! Virtual time: what arrives when, and what is due in between.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::sync::Arc;

use incident::{
    Act, ActError, Actor, Arrival, Change, Disposition, Effects, IncidentId, IncidentKey,
    InvalidSilence, Notification, Policy, RecordName, Silence, Transition, World,
};
use jiff::Timestamp;

/// Runs a world in virtual time.
#[derive(Debug)]
pub struct Driver {
    world: World,
    now: Timestamp,
    timers: BinaryHeap<Reverse<(Timestamp, RecordName)>>,
    told: Vec<Told>,
    totals: Effects,
    opened: u64,
}

/// Somebody was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// What.
    pub notification: Notification,
}

impl Driver {
    /// Begins at a time, with nothing known.
    #[must_use]
    pub fn new(policy: impl Into<Arc<Policy>>, start: Timestamp) -> Self {
        Self {
            world: World::whole(policy),
            now: start,
            timers: BinaryHeap::new(),
            told: Vec::new(),
            totals: Effects::default(),
            opened: 0,
        }
    }

    /// What time it is.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// What is known.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// Lets time pass, and does what falls due before `until`; and at it, if `inclusive`.
    pub fn advance(&mut self, until: Timestamp, inclusive: bool) {
        while self.step(until, inclusive) {}
        self.now = self.now.max(until);
    }

    /// Lets time pass until something was due, but not beyond `until`; whether something was.
    pub fn advance_once(&mut self, until: Timestamp) -> bool {
        let woken = self.step(until, true);
        if !woken {
            self.now = self.now.max(until);
        }
        woken
    }

    /// Does what is due next, if anything is by then.
    fn step(&mut self, until: Timestamp, inclusive: bool) -> bool {
        while let Some((due, name)) = self.due(until, inclusive) {
            // A later decision may have moved it.
            if self.world.due_at(&name) != Some(due) {
                continue;
            }
            self.now = self.now.max(due);
            self.world.wake(&name, self.now);
            self.settle();
            return true;
        }
        false
    }

    fn due(&mut self, until: Timestamp, inclusive: bool) -> Option<(Timestamp, RecordName)> {
        let next = self.timers.peek_mut()?;
        let Reverse((due, _)) = &*next;
        if *due > until || (*due == until && !inclusive) {
            return None;
        }
        let Reverse(next) = PeekMut::pop(next);
        Some(next)
    }

    /// Alerts arrive now.
    pub fn arrive(&mut self, arrivals: Vec<Arrival>) -> Vec<Disposition> {
        let dispositions = self.world.arrive(arrivals, self.now);
        self.settle();
        dispositions
    }

    /// Somebody does something about an incident now.
    ///
    /// # Errors
    /// As [`World::act`].
    pub fn act(
        &mut self,
        key: &IncidentKey,
        id: &IncidentId,
        act: &Act,
        by: &Actor,
    ) -> Result<Change, ActError> {
        let change = self.world.act(key, id, act, by, self.now)?;
        self.settle();
        Ok(change)
    }

    /// Somebody makes a silence now.
    ///
    /// # Errors
    /// As [`World::silence`].
    pub fn silence(&mut self, silence: Silence) -> Result<(), InvalidSilence> {
        self.world.silence(silence, self.now)?;
        self.settle();
        Ok(())
    }

    /// Somebody ends a silence now; whether there was one.
    pub fn unsilence(&mut self, id: &str) -> bool {
        let ended = self.world.unsilence(id, self.now);
        self.settle();
        ended
    }

    /// The configuration is loaded again now.
    pub fn reload(&mut self, policy: impl Into<Arc<Policy>>) {
        self.world.reload(policy, self.now);
        let due: Vec<(Timestamp, RecordName)> = self
            .world
            .groups()
            .filter_map(|group| Some((group.due_at?, RecordName::Group(group.key.clone()))))
            .collect();
        self.timers.extend(due.into_iter().map(Reverse));
        self.settle();
    }

    /// Who was told since this was last asked, in order.
    pub fn take_told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }

    /// The books since the beginning.
    #[must_use]
    pub const fn totals(&self) -> &Effects {
        &self.totals
    }

    /// How many episodes began since the beginning.
    #[must_use]
    pub const fn opened(&self) -> u64 {
        self.opened
    }

    fn settle(&mut self) {
        for name in self.world.take_changed() {
            if let Some(due) = self.world.due_at(&name) {
                self.timers.push(Reverse((due, name)));
            }
        }
        let effects = self.world.take_effects();
        self.totals.grouped += effects.grouped;
        self.totals.notified += effects.notified;
        for (reason, count) in effects.suppressed {
            *self.totals.suppressed.entry(reason).or_default() += count;
        }
        let opened = effects
            .episodes
            .iter()
            .filter(|change| match change.transition {
                Transition::Opened | Transition::Replaced => true,
                Transition::StayedQuiet | Transition::StayedOpen | Transition::Resolved => false,
            });
        self.opened += u64::try_from(opened.count()).unwrap_or(u64::MAX);
        let at = self.now;
        let told = effects.notifications.into_iter();
        self.told
            .extend(told.map(|notification| Told { at, notification }));
    }
}
