//! Incidents, groups, inhibitions and silences together: what one transaction is decided on.
//!
//! A world is whole, as in a replay that keeps everything in memory, or it is a part: the records
//! that a function has loaded. A part notices when a decision needs a record that it does not have;
//! whoever runs it then loads what is [`World::missing`] and decides again from the beginning, on
//! fresh copies. Nothing is decided on a record that was not looked at.

mod act;
mod arrive;
mod facts;
mod quiet;
mod reroute;
mod view;

pub use view::summary_of;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use self::facts::Known;
use self::reroute::route_or_farewell;
use jiff::Timestamp;

use crate::arrival::SuppressionReason;
use crate::decide::Transition;
use crate::group;
use crate::group::GroupState;
use crate::id::IncidentId;
use crate::inhibit::Inhibition;
use crate::key::{GroupKey, IncidentKey, InhibitionKey};
use crate::notification::{IncidentSummary, Notification};
use crate::policy::{Policy, signed};
use crate::silence::{SilenceSet, Silences};
use crate::state::IncidentState;

/// Names a record of the world.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum RecordName {
    /// The state of an incident key.
    Incident(IncidentKey),
    /// The state of a group.
    Group(GroupKey),
    /// The sources of an inhibit rule.
    Inhibition(InhibitionKey),
    /// All silences.
    Silences,
}

/// A record.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// The state of an incident key.
    Incident(Box<IncidentState>),
    /// The state of a group.
    Group(Box<GroupState>),
    /// The sources of an inhibit rule.
    Inhibition(Box<Inhibition>),
    /// All silences, and how often they changed.
    Silences(u64, Silences),
}

/// What is to be done because of a decision, besides storing what has changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effects {
    /// What is to be sent.
    pub notifications: Vec<Notification>,
    /// What happened to episodes.
    pub episodes: Vec<EpisodeChange>,
    /// Episodes that are over for good and want a report.
    pub reports: Vec<(IncidentKey, IncidentId)>,
    /// Arrivals, counted once for each group that they went to.
    pub grouped: u64,
    /// Grouped arrivals that somebody was told of.
    pub notified: u64,
    /// Grouped arrivals that nobody was told of.
    pub suppressed: BTreeMap<SuppressionReason, u64>,
}

/// An episode as it stands after a decision that concerned it.
#[derive(Clone, Debug, PartialEq)]
pub struct EpisodeChange {
    /// As it stands.
    pub summary: IncidentSummary,
    /// What became of it.
    pub transition: Transition,
}

/// Incidents, groups, inhibitions and silences.
#[derive(Debug)]
pub struct World {
    policy: Arc<Policy>,
    groups: HashMap<GroupKey, GroupState>,
    /// From which versions groups that could not be read count on.
    anew: HashMap<GroupKey, u64>,
    facts: Known,
    dirty: BTreeSet<RecordName>,
    effects: Effects,
    /// Whether it was decided under another configuration before, so far as can be known.
    may_have_other_routes: bool,
}

impl World {
    /// A world in which nothing has happened yet and that keeps everything.
    #[must_use]
    pub fn whole(policy: impl Into<Arc<Policy>>) -> Self {
        Self::new(policy.into(), None)
    }

    /// A world of some records; `None` stands for one that does not exist yet.
    #[must_use]
    pub fn part(
        policy: impl Into<Arc<Policy>>,
        records: impl IntoIterator<Item = (RecordName, Option<Record>)>,
    ) -> Self {
        let mut world = Self::new(policy.into(), Some(BTreeSet::new()));
        for (name, record) in records {
            match record {
                Some(Record::Incident(state)) => {
                    world.facts.incidents.insert(state.key.clone(), *state);
                }
                Some(Record::Group(state)) => {
                    world.groups.insert(state.key.clone(), *state);
                }
                Some(Record::Inhibition(inhibition)) => {
                    if let RecordName::Inhibition(key) = &name {
                        world.facts.inhibitions.insert(key.clone(), *inhibition);
                    }
                }
                Some(Record::Silences(version, silences)) => {
                    world.facts.silence_set = SilenceSet::new(&silences);
                    world.facts.silences = silences;
                    world.facts.silences_version = version;
                }
                None => {}
            }
            if let Some(loaded) = &mut world.facts.loaded {
                loaded.insert(name);
            }
        }
        world
    }

    fn new(policy: Arc<Policy>, loaded: Option<BTreeSet<RecordName>>) -> Self {
        Self {
            policy: Arc::clone(&policy),
            may_have_other_routes: loaded.is_some(),
            groups: HashMap::new(),
            anew: HashMap::new(),
            facts: Known {
                policy,
                incidents: HashMap::new(),
                inhibitions: HashMap::new(),
                silences: Silences::default(),
                silences_version: 0,
                silence_set: SilenceSet::default(),
                loaded,
                missing: BTreeSet::new(),
                relied: BTreeSet::new(),
            },
            dirty: BTreeSet::new(),
            effects: Effects::default(),
        }
    }

    /// Begins a record anew whose version is known and that cannot be read: what takes its place counts
    /// on, so that no message has the name of another.
    pub fn begin_anew(&mut self, name: &RecordName, version: u64) {
        match name {
            RecordName::Incident(key) => {
                let mut state = IncidentState::new(key.clone());
                state.version = version;
                self.facts.incidents.insert(key.clone(), state);
            }
            RecordName::Group(key) => {
                self.anew.insert(key.clone(), version);
            }
            RecordName::Inhibition(key) => {
                let mut inhibition = Inhibition::new();
                inhibition.version = version;
                self.facts.inhibitions.insert(key.clone(), inhibition);
            }
            RecordName::Silences => self.facts.silences_version = version,
        }
    }

    /// The records that a decision needed and that are not there: what was decided is void.
    #[must_use]
    pub const fn missing(&self) -> &BTreeSet<RecordName> {
        &self.facts.missing
    }

    /// The records that have changed since this was last asked, each with a version one higher.
    pub fn take_changed(&mut self) -> BTreeSet<RecordName> {
        std::mem::take(&mut self.dirty)
    }

    /// The incidents whose state a decision relied upon: it must still be the same when the decision
    /// is written. Those that have changed themselves are among them.
    #[must_use]
    pub const fn relied(&self) -> &BTreeSet<IncidentKey> {
        &self.facts.relied
    }

    /// What is to be done because of the decisions since this was last asked.
    pub fn take_effects(&mut self) -> Effects {
        std::mem::take(&mut self.effects)
    }

    /// The state of an incident key.
    #[must_use]
    pub fn incident(&self, key: &IncidentKey) -> Option<&IncidentState> {
        self.facts.incidents.get(key)
    }

    /// All incident keys.
    pub fn incidents(&self) -> impl Iterator<Item = &IncidentState> {
        self.facts.incidents.values()
    }

    /// The state of a group.
    #[must_use]
    pub fn group(&self, key: &GroupKey) -> Option<&GroupState> {
        self.groups.get(key)
    }

    /// All groups.
    pub fn groups(&self) -> impl Iterator<Item = &GroupState> {
        self.groups.values()
    }

    /// The sources of an inhibit rule.
    #[must_use]
    pub fn inhibition(&self, key: &InhibitionKey) -> Option<&Inhibition> {
        self.facts.inhibitions.get(key)
    }

    /// The silences, and how often they changed.
    #[must_use]
    pub const fn silences(&self) -> (u64, &Silences) {
        (self.facts.silences_version, &self.facts.silences)
    }

    /// What decisions go by.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// When something is due that nothing brings.
    #[must_use]
    pub fn due_at(&self, name: &RecordName) -> Option<Timestamp> {
        match name {
            RecordName::Incident(key) => self.facts.incidents.get(key)?.due_at(),
            RecordName::Group(key) => self.groups.get(key)?.due_at,
            RecordName::Inhibition(_) | RecordName::Silences => None,
        }
    }

    /// Does what is due for a record: ends what is over, tells what a group has to tell.
    pub fn wake(&mut self, name: &RecordName, now: Timestamp) {
        match name {
            RecordName::Incident(key) => {
                let mut touched = BTreeSet::new();
                self.about(key, &[], now, &mut touched);
                self.report(key, now);
                self.flush_due(touched, now);
            }
            RecordName::Group(key) => {
                self.facts.note(name);
                self.flush_due(BTreeSet::from([key.clone()]), now);
            }
            RecordName::Inhibition(_) => {}
            RecordName::Silences => self.facts.note(name),
        }
    }

    /// Takes up a new configuration, as Alertmanager does: groups wait `group_wait` again, or not at
    /// all when their alerts have waited so long already, and repeat nothing that was said.
    ///
    /// It is for worlds that keep everything. A deployment has no such moment: there, groups keep their
    /// beat, and what is on a route that is gone goes on when its group or its incident is next looked at.
    pub fn reload(&mut self, policy: impl Into<Arc<Policy>>, now: Timestamp) {
        self.policy = policy.into();
        self.may_have_other_routes = true;
        self.facts.policy = Arc::clone(&self.policy);
        let mut touched = BTreeSet::new();
        for (key, group) in &mut self.groups {
            let Some(route) = self.policy.route(&group.route) else {
                touched.insert(key.clone());
                continue;
            };
            let wait = signed(route.group_wait);
            let later = |at: Timestamp| at.checked_add(wait).unwrap_or(at);
            let waited = group
                .alerts
                .values()
                .any(|alert| later(alert.span.starts_at) < now);
            group.flushed = false;
            group.tick = (!group.is_empty()).then(|| if waited { now } else { later(now) });
            group::reschedule(group, route, now);
            if self.dirty.insert(RecordName::Group(key.clone())) {
                group.version += 1;
            }
            touched.insert(key.clone());
        }
        self.flush_due(touched, now);
    }

    /// Flushes those of some groups for which something is due. What others have whose routes are gone
    /// is handed on before.
    fn flush_due(&mut self, mut keys: BTreeSet<GroupKey>, now: Timestamp) {
        self.reroute(&mut keys, now);
        let policy = Arc::clone(&self.policy);
        for key in keys {
            let Some(group) = self.groups.get_mut(&key) else {
                continue;
            };
            if group.due_at.is_none_or(|due| due > now) {
                continue;
            }
            let route = route_or_farewell(&policy, &group.route);
            self.facts.note(&RecordName::Silences);
            if self.dirty.insert(RecordName::Group(key.clone())) {
                group.version += 1;
            }
            let version = group.version;
            let flushed = group::flush(group, version, &route, &policy, &mut self.facts, now);
            self.effects.notifications.extend(flushed.notifications);
            self.effects.notified += flushed.notified;
            for (reason, count) in flushed.suppressed {
                *self.effects.suppressed.entry(reason).or_default() += count;
            }
        }
    }

    fn known_group(&mut self, key: &GroupKey) -> Option<&GroupState> {
        self.facts.note(&RecordName::Group(key.clone()));
        self.groups.get(key)
    }

    fn note_episode(&mut self, summary: Option<IncidentSummary>, transition: Transition) {
        let change = summary.map(|summary| EpisodeChange {
            summary,
            transition,
        });
        self.effects.episodes.extend(change);
    }

    /// Asks for the report of an episode that is over for good.
    fn report(&mut self, key: &IncidentKey, now: Timestamp) {
        let Some(state) = self.facts.incidents.get_mut(key) else {
            return;
        };
        let Some(episode) = &mut state.episode else {
            return;
        };
        if episode.report_at.is_some_and(|at| at <= now) {
            episode.report_at = None;
            self.effects.reports.push((key.clone(), episode.id.clone()));
            if self.dirty.insert(RecordName::Incident(key.clone())) {
                state.version += 1;
            }
        }
    }
}
