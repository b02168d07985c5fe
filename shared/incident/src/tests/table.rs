//! A table of records, and functions that load what they need of them, decide and write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::history::record;
use super::{batch, second};
use crate::{Arrival, Effects, GroupState, Notification, Policy, Record, RecordName, World};

/// Records as they lie in the table, and functions that load what they need of them.
pub(super) struct Table {
    pub(super) policy: Arc<Policy>,
    pub(super) records: BTreeMap<RecordName, Record>,
    pub(super) told: Vec<Notification>,
    /// Which records were loaded because a decision asked for them.
    pub(super) asked_for: BTreeSet<RecordName>,
}

impl Table {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            policy: Arc::new(policy),
            records: BTreeMap::new(),
            told: Vec::new(),
            asked_for: BTreeSet::new(),
        }
    }

    pub(super) fn run(&mut self, first: &[RecordName], run: impl Fn(&mut World)) -> Effects {
        let mut names: BTreeSet<RecordName> = first.iter().cloned().collect();
        // As often as the engine does.
        for _ in 0..12 {
            let records = names
                .iter()
                .map(|name| (name.clone(), self.records.get(name).cloned()));
            let mut part = World::part(Arc::clone(&self.policy), records);
            run(&mut part);
            if part.missing().is_empty() {
                for name in part.take_changed() {
                    assert!(names.contains(&name), "{name:?}");
                    self.records.insert(name.clone(), record(&part, &name));
                }
                let effects = part.take_effects();
                self.told.extend(effects.notifications.clone());
                return effects;
            }
            self.asked_for.extend(part.missing().iter().cloned());
            names.extend(part.missing().iter().cloned());
        }
        panic!("it wants more and more");
    }

    pub(super) fn say(&mut self, script: &str, at: i64) -> Effects {
        self.arrive(&batch(script), at)
    }

    pub(super) fn arrive(&mut self, arrivals: &[Arrival], at: i64) -> Effects {
        let names: Vec<_> = World::needs(&self.policy, arrivals).into_iter().collect();
        self.asked_for.clear();
        self.run(&names, |world| {
            world.arrive(arrivals.to_vec(), second(at));
        })
    }

    pub(super) fn wake(&mut self, name: &RecordName, at: i64) -> Effects {
        self.asked_for.clear();
        self.run(&[name.clone(), RecordName::Silences], |world| {
            world.wake(name, second(at));
        })
    }

    pub(super) fn groups(&self) -> Vec<&GroupState> {
        let records = self.records.values();
        records
            .filter_map(|record| match record {
                Record::Group(group) => Some(&**group),
                Record::Incident(_) | Record::Inhibition(_) | Record::Silences(..) => None,
            })
            .collect()
    }

    /// The groups that have something, and when something is due.
    pub(super) fn open(&self) -> Vec<(RecordName, Option<Timestamp>)> {
        let groups = self.groups().into_iter();
        groups
            .filter(|group| !group.is_empty())
            .map(|group| (RecordName::Group(group.key.clone()), group.due_at))
            .collect()
    }

    /// Wakes whatever is due until a second; gives the most records that one decision wrote, and the most
    /// that one loaded besides those with which it began.
    pub(super) fn ring(&mut self, until: i64) -> (usize, usize) {
        let (mut wrote, mut loaded) = (0, 0);
        loop {
            let due = self.records.iter().filter_map(|(name, record)| {
                let due = match record {
                    Record::Incident(state) => state.due_at(),
                    Record::Group(group) => group.due_at,
                    Record::Inhibition(_) | Record::Silences(..) => None,
                };
                Some((due.filter(|due| *due <= second(until))?, name.clone()))
            });
            let Some((due, name)) = due.min() else {
                return (wrote, loaded);
            };
            let before = self.records.clone();
            self.asked_for.clear();
            self.run(&[name.clone(), RecordName::Silences], |world| {
                world.wake(&name, due);
            });
            let changed = self.records.iter();
            let changed = changed.filter(|(name, now)| before.get(*name) != Some(*now));
            wrote = wrote.max(changed.count());
            loaded = loaded.max(self.asked_for.len());
        }
    }

    /// The groups of routes that are gone and that have something.
    pub(super) fn left(&self) -> usize {
        let gone = |group: &&&GroupState| self.policy.route(&group.route).is_none();
        let groups = self.groups();
        groups.iter().filter(gone).filter(|g| !g.is_empty()).count()
    }
}
