//! Incidents, groups, inhibitions and silences together: what one transaction is decided on.
//!
//! A world is whole, as in a replay that keeps everything in memory, or it is a part: the records
//! that a function has loaded. A part notices when a decision needs a record that it does not have;
//! whoever runs it then loads what is [`World::missing`] and decides again from the beginning, on
//! fresh copies. Nothing is decided on a record that was not looked at.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use alert_classification::{Fingerprint, Labels};
use compact_str::CompactString;
use jiff::{SignedDuration, Timestamp};
use settings::{GroupBy, InhibitRule, Route};

use crate::act::{Act, ActError, Actor};
use crate::arrival::{Arrival, Disposition, SuppressionReason};
use crate::decide::{self, Change, News, Step, Transition, decide};
use crate::ending;
use crate::group::{self, Facts, GroupState, Muted, Snapshot};
use crate::id::IncidentId;
use crate::inhibit::{self, Inhibition, Source};
use crate::key::{GroupKey, IncidentKey, InhibitionKey};
use crate::notification::{AlertSummary, IncidentStatus, IncidentSummary, Notification};
use crate::policy::{Policy, signed};
use crate::silence::{InvalidSilence, Silence, SilenceSet, Silences};
use crate::state::{AlertPhase, IncidentState};
use crate::subject::Subject;

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
}

/// What decisions look up; apart from the groups, so that one of them can be changed meanwhile.
#[derive(Debug)]
struct Known {
    policy: Arc<Policy>,
    incidents: HashMap<IncidentKey, IncidentState>,
    inhibitions: HashMap<InhibitionKey, Inhibition>,
    silences: Silences,
    silences_version: u64,
    silence_set: SilenceSet,
    /// The records that were loaded; `None` when the world is whole.
    loaded: Option<BTreeSet<RecordName>>,
    missing: BTreeSet<RecordName>,
    /// Incidents on whose state a decision relied without changing it.
    relied: BTreeSet<IncidentKey>,
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

    /// The records that alerts will need, so far as can be said before looking.
    #[must_use]
    pub fn needs(policy: &Policy, arrivals: &[Arrival]) -> BTreeSet<RecordName> {
        let mut names = BTreeSet::from([RecordName::Silences]);
        let settings = policy.settings();
        for arrival in arrivals {
            let key = incident_key(settings, arrival);
            names.insert(RecordName::Incident(key));
            let priority = arrival.alert.classification.priority;
            let subject = Subject::of(&arrival.alert, priority);
            for (_, group) in groups_of(policy, &subject) {
                names.insert(RecordName::Group(group.0));
            }
            for rule in &policy.routing().inhibit_rules {
                let concerned = inhibit::matches(&rule.source, &subject)
                    || inhibit::matches(&rule.target, &subject);
                if concerned {
                    names.insert(RecordName::Inhibition(inhibit::place(rule, &subject)));
                }
            }
        }
        names
    }

    /// Decides about alerts that arrived: their incidents first, then the groups that they go to,
    /// and tells what is due at once. Gives what became of each, in the order of the input.
    pub fn arrive(&mut self, arrivals: Vec<Arrival>, now: Timestamp) -> Vec<Disposition> {
        let count = arrivals.len();
        let mut by_key: BTreeMap<IncidentKey, (Vec<usize>, Vec<Arrival>)> = BTreeMap::new();
        for (place, arrival) in arrivals.into_iter().enumerate() {
            let key = incident_key(self.policy.settings(), &arrival);
            let (places, batch) = by_key.entry(key).or_default();
            places.push(place);
            batch.push(arrival);
        }
        let mut dispositions: Vec<Option<Disposition>> = vec![None; count];
        let mut touched = BTreeSet::new();
        for (key, (places, batch)) in by_key {
            let decided = self.about(&key, &batch, now, &mut touched);
            for (place, disposition) in places.into_iter().zip(decided) {
                if let Some(slot) = dispositions.get_mut(place) {
                    *slot = Some(disposition);
                }
            }
        }
        self.flush_due(touched, now);
        dispositions.into_iter().flatten().collect()
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

    /// Carries out what a person does about an incident.
    ///
    /// # Errors
    /// When the incident is unknown or over, or the act itself is faulty.
    pub fn act(
        &mut self,
        key: &IncidentKey,
        id: &IncidentId,
        act: &Act,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Change, ActError> {
        let name = RecordName::Incident(key.clone());
        self.facts.note(&name);
        let default_ack = self.ack_until(key, now);
        let policy = Arc::clone(&self.policy);
        let Some(state) = self.facts.incidents.get_mut(key) else {
            return Err(ActError::Unknown(id.clone()));
        };
        let decision = decide::act(state, id, act, by, now, &policy, default_ack)?;
        if decision.change == Change::Unchanged {
            return Ok(Change::Unchanged);
        }
        let summary = summary_of(state);
        self.dirty.insert(name);
        let mut touched = BTreeSet::new();
        for step in &decision.steps {
            self.spread(key, step, &[], summary.as_ref(), now, &mut touched);
        }
        self.note_episode(summary, decision.transition);
        let groups: BTreeSet<GroupKey> = self
            .facts
            .incidents
            .get(key)
            .into_iter()
            .flat_map(|state| state.alerts.values())
            .flat_map(|alert| alert.groups.iter().cloned())
            .collect();
        for group in groups {
            self.after_act(&group, id, act, by, now);
            touched.insert(group);
        }
        self.flush_due(touched, now);
        Ok(Change::Changed)
    }

    /// Makes or replaces a silence.
    ///
    /// # Errors
    /// When it is faulty, too long, or would hold back everything.
    pub fn silence(&mut self, silence: Silence, now: Timestamp) -> Result<(), InvalidSilence> {
        self.facts.note(&RecordName::Silences);
        let limit = signed(self.policy.routing().max_silence);
        self.facts.silences.put(silence, now, limit)?;
        self.silences_changed();
        Ok(())
    }

    /// Ends a silence; whether there was one to end.
    pub fn unsilence(&mut self, id: &str, now: Timestamp) -> bool {
        self.facts.note(&RecordName::Silences);
        let ended = self.facts.silences.expire(id, now);
        if ended {
            self.silences_changed();
        }
        ended
    }

    /// The silences that end soon and of which nobody was told yet that they do.
    pub fn ending_silences(&mut self, now: Timestamp) -> Vec<Silence> {
        self.facts.note(&RecordName::Silences);
        let ending = self.facts.silences.warn(now);
        if !ending.is_empty() {
            self.silences_changed();
        }
        ending
    }

    /// Tells the receiver of the root route of silences that end soon; gives how many there are.
    pub fn warn_of_ending_silences(&mut self, now: Timestamp) -> usize {
        let ending = self.ending_silences(now);
        let version = self.facts.silences_version;
        let notices = ending
            .iter()
            .filter_map(|silence| ending::notice(silence, version, &self.policy, now));
        self.effects.notifications.extend(notices);
        ending.len()
    }

    /// Takes up a new configuration, as Alertmanager does: groups wait `group_wait` again, or not at
    /// all when their alerts have waited so long already, and repeat nothing that was said.
    pub fn reload(&mut self, policy: impl Into<Arc<Policy>>, now: Timestamp) {
        self.policy = policy.into();
        self.facts.policy = Arc::clone(&self.policy);
        let mut touched = BTreeSet::new();
        for (key, group) in &mut self.groups {
            let Some(route) = route_of(&self.policy, &group.route) else {
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

    fn silences_changed(&mut self) {
        self.facts.silence_set = SilenceSet::new(&self.facts.silences);
        if self.dirty.insert(RecordName::Silences) {
            self.facts.silences_version += 1;
        }
    }

    /// Decides about one incident key and hands what is new to its groups.
    fn about(
        &mut self,
        key: &IncidentKey,
        batch: &[Arrival],
        now: Timestamp,
        touched: &mut BTreeSet<GroupKey>,
    ) -> Vec<Disposition> {
        let name = RecordName::Incident(key.clone());
        self.facts.note(&name);
        let policy = Arc::clone(&self.policy);
        let state = self
            .facts
            .incidents
            .entry(key.clone())
            .or_insert_with(|| IncidentState::new(key.clone()));
        let decision = decide(state, batch, now, &policy);
        if decision.change == Change::Unchanged {
            return decision.dispositions;
        }
        // One look for all steps: an incident may have thousands of alerts.
        let summary = summary_of(state);
        self.dirty.insert(name);
        for step in &decision.steps {
            self.spread(key, step, batch, summary.as_ref(), now, touched);
        }
        self.note_episode(summary, decision.transition);
        let report = decision.report.map(|id| (key.clone(), id));
        self.effects.reports.extend(report);
        decision.dispositions
    }

    /// Hands what is new about an alert to the groups that it belongs to, and to the inhibit rules.
    fn spread(
        &mut self,
        key: &IncidentKey,
        step: &Step,
        batch: &[Arrival],
        episode: Option<&IncidentSummary>,
        now: Timestamp,
        touched: &mut BTreeSet<GroupKey>,
    ) {
        // A group knows by itself when what it has is over.
        if step.news == News::Lapsed {
            return;
        }
        let policy = Arc::clone(&self.policy);
        let arrival = step.place.and_then(|place| batch.get(place));
        let texts = match arrival {
            Some(_) => None,
            None => self.texts(key, step.fingerprint),
        };
        let Some(state) = self.facts.incidents.get_mut(key) else {
            return;
        };
        let Some(view) = View::of(state, step, arrival, texts, episode, now, &policy) else {
            return;
        };
        let subject = view.subject();
        let routed = groups_of(&policy, &subject);
        let fingerprint = step.fingerprint;
        let mut interval = SignedDuration::ZERO;
        let mut now_in = BTreeSet::new();
        for (route, group) in &routed {
            interval = interval.max(signed(route.group_interval));
            now_in.insert(group.0.clone());
        }
        let mut elsewhere = BTreeSet::new();
        if step.news != News::Reported {
            if let Some(alert) = state.alerts.get_mut(&fingerprint) {
                // An end is told wherever the beginning was.
                elsewhere = alert.groups.difference(&now_in).cloned().collect();
                alert.groups = match alert.phase {
                    AlertPhase::Firing => now_in.union(&alert.groups).cloned().collect(),
                    AlertPhase::Resolved => now_in,
                };
            }
            if let Some(episode) = &mut state.episode
                && episode.is_open()
            {
                let millis = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
                episode.settling_ms = episode.settling_ms.max(millis);
            }
        }
        let sources: Vec<(InhibitionKey, Source)> = policy
            .routing()
            .inhibit_rules
            .iter()
            .filter(|_| step.news != News::Reported)
            .filter(|rule| inhibit::matches(&rule.source, &subject))
            .map(|rule| view.source(rule, &subject))
            .collect();
        for (place, source) in sources {
            self.put_source(place, fingerprint, source, now);
        }
        for (route, (group, labels)) in routed {
            let snapshot = view.snapshot(false);
            self.put(route, group, labels, snapshot, now, touched);
        }
        for group in elsewhere {
            let Some(known) = self.known_group(&group) else {
                continue;
            };
            let (route, labels) = (known.route.clone(), known.labels.clone());
            let Some(route) = route_of(&policy, &route) else {
                continue;
            };
            let snapshot = Snapshot {
                counted: false,
                ..view.snapshot(true)
            };
            self.put(route, group, labels, snapshot, now, touched);
        }
    }

    /// An alert as one of its groups knows it, where its incident has no room for what it is about.
    fn texts(
        &mut self,
        key: &IncidentKey,
        fingerprint: Fingerprint,
    ) -> Option<(AlertSummary, CompactString)> {
        let known = self.facts.incidents.get(key)?.alerts.get(&fingerprint)?;
        if known.details.is_some() {
            return None;
        }
        for group in known.groups.clone() {
            let group = self.known_group(&group);
            if let Some(alert) = group.and_then(|group| group.alerts.get(&fingerprint)) {
                return Some((alert.summary.clone(), alert.service.clone()));
            }
        }
        None
    }

    fn known_group(&mut self, key: &GroupKey) -> Option<&GroupState> {
        self.facts.note(&RecordName::Group(key.clone()));
        self.groups.get(key)
    }

    fn put(
        &mut self,
        route: &Route,
        key: GroupKey,
        labels: Labels,
        snapshot: Snapshot,
        now: Timestamp,
        touched: &mut BTreeSet<GroupKey>,
    ) {
        let name = RecordName::Group(key.clone());
        self.facts.note(&name);
        self.effects.grouped += u64::from(snapshot.counted);
        let full_before = |group: &GroupState| group.counters.suppressed_total();
        let counted = self.anew.get(&key).copied().unwrap_or_default();
        let group = self.groups.entry(key.clone()).or_insert_with(|| {
            let mut group = GroupState::new(key.clone(), route.id.clone(), labels);
            group.version = counted;
            group
        });
        let before = full_before(group);
        group::insert(group, snapshot, route, now);
        let full = group.counters.suppressed_total() - before;
        if full > 0 {
            *self
                .effects
                .suppressed
                .entry(SuppressionReason::GroupFull)
                .or_default() += full;
        }
        if self.dirty.insert(name) {
            group.version += 1;
        }
        touched.insert(key);
    }

    fn put_source(
        &mut self,
        place: InhibitionKey,
        fingerprint: Fingerprint,
        source: Source,
        now: Timestamp,
    ) {
        let name = RecordName::Inhibition(place.clone());
        self.facts.note(&name);
        let inhibition = self.facts.inhibitions.entry(place).or_default();
        if inhibition.put(fingerprint, source, now) && self.dirty.insert(name) {
            inhibition.version += 1;
        }
    }

    /// Flushes those of some groups for which something is due.
    fn flush_due(&mut self, keys: BTreeSet<GroupKey>, now: Timestamp) {
        let policy = Arc::clone(&self.policy);
        for key in keys {
            let Some(group) = self.groups.get_mut(&key) else {
                continue;
            };
            if group.due_at.is_none_or(|due| due > now) {
                continue;
            }
            let Some(route) = route_of(&policy, &group.route) else {
                // Its route is gone, and with it everybody whom it told.
                group.due_at = None;
                if self.dirty.insert(RecordName::Group(key.clone())) {
                    group.version += 1;
                }
                continue;
            };
            self.facts.note(&RecordName::Silences);
            if self.dirty.insert(RecordName::Group(key.clone())) {
                group.version += 1;
            }
            let version = group.version;
            let flushed = group::flush(group, version, route, &policy, &mut self.facts, now);
            self.effects.notifications.extend(flushed.notifications);
            self.effects.notified += flushed.notified;
            for (reason, count) in flushed.suppressed {
                *self.effects.suppressed.entry(reason).or_default() += count;
            }
        }
    }

    /// Lets a group know of what a person did.
    fn after_act(
        &mut self,
        key: &GroupKey,
        id: &IncidentId,
        act: &Act,
        by: &Actor,
        now: Timestamp,
    ) {
        let name = RecordName::Group(key.clone());
        self.facts.note(&name);
        let policy = Arc::clone(&self.policy);
        let Some(group) = self.groups.get_mut(key) else {
            return;
        };
        // It may have had alerts of earlier episodes only: its beat is none of this act's business.
        if !group.incidents.contains_key(id) {
            return;
        }
        let Some(route) = route_of(&policy, &group.route) else {
            return;
        };
        if self.dirty.insert(name) {
            group.version += 1;
        }
        match act {
            Act::Acknowledge { .. } | Act::Unacknowledge => {
                group::restart_on_act(group, id, now);
                let told = group::tell_act(group, id, act, by, &policy, now);
                self.effects.notifications.extend(told);
            }
            // The others hear of it at once: somebody says that it is over.
            Act::Resolve { .. } => group.tick = Some(now),
            Act::SetPriority { .. } | Act::Comment { .. } => {}
        }
        group::reschedule(group, route, now);
        if matches!(act, Act::Resolve { .. }) {
            group.due_at = Some(now);
        }
    }

    /// Until when an acknowledgement counts that does not say so: the shortest `ack_timeout` of the
    /// escalations that climb for it.
    fn ack_until(&mut self, key: &IncidentKey, now: Timestamp) -> Option<Timestamp> {
        let groups: BTreeSet<GroupKey> = self
            .facts
            .incidents
            .get(key)?
            .alerts
            .values()
            .flat_map(|alert| alert.groups.iter().cloned())
            .collect();
        let policy = Arc::clone(&self.policy);
        let mut shortest: Option<SignedDuration> = None;
        for group in groups {
            let Some(route) = self
                .known_group(&group)
                .map(|group| group.route.clone())
                .and_then(|route| route_of(&policy, &route))
            else {
                continue;
            };
            let escalations = &policy.routing().escalations;
            let timeout = route
                .escalation
                .and_then(|at| escalations.get(at))
                .and_then(|escalation| escalation.ack_timeout);
            if let Some(timeout) = timeout.map(signed) {
                shortest = Some(shortest.map_or(timeout, |known| known.min(timeout)));
            }
        }
        now.checked_add(shortest?).ok()
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

/// An alert as its incident knows it, ready to be handed on.
struct View {
    step: Step,
    counted: bool,
    summary: AlertSummary,
    service: CompactString,
    span: crate::span::Span,
    incident: Option<(IncidentId, IncidentKey, IncidentSummary)>,
    flapping_until: Option<Timestamp>,
}

impl View {
    fn of(
        state: &IncidentState,
        step: &Step,
        arrival: Option<&Arrival>,
        texts: Option<(AlertSummary, CompactString)>,
        of_episode: Option<&IncidentSummary>,
        now: Timestamp,
        policy: &Policy,
    ) -> Option<Self> {
        let counted = match step.news {
            News::Began
            | News::BeganAgain
            | News::Rose
            | News::Ended
            | News::Flapping
            | News::Reported => arrival.is_some(),
            News::Refreshed | News::Lapsed => false,
        };
        if step.news == News::Reported {
            let arrival = arrival?;
            let summary = decide::summary(arrival, None);
            let incident = info_summary(state, arrival, now, policy);
            return Some(Self {
                step: *step,
                counted,
                service: arrival.alert.classification.service.clone(),
                span: arrival.span(now),
                incident: Some((incident.id.clone(), state.key.clone(), incident)),
                summary,
                flapping_until: None,
            });
        }
        let known = state.alerts.get(&step.fingerprint);
        let (mut summary, service) = match (arrival, known, texts) {
            (Some(arrival), known, _) => {
                let service = arrival.alert.classification.service.clone();
                (decide::summary(arrival, known), service)
            }
            (None, Some(known), Some((texts, service))) => {
                let texts = AlertSummary {
                    status: known.phase.into(),
                    priority: known.priority,
                    starts_at: known.span.starts_at,
                    ends_at: known.span.ends_at,
                    ..texts
                };
                (texts, service)
            }
            (None, Some(known), None) => {
                let service = known.details.as_ref()?.service.clone();
                (decide::tracked(step.fingerprint, known)?, service)
            }
            (None, None, _) => return None,
        };
        let episode = state.episode.as_ref();
        if let Some(set) = episode.and_then(|episode| episode.set_priority) {
            summary.priority = set;
        }
        let span = match (known, arrival) {
            (Some(known), _) => known.span,
            (None, Some(arrival)) => arrival.span(now),
            (None, None) => return None,
        };
        // What never fired has no incident, whatever episode there is.
        let belongs = episode.filter(|episode| {
            known.is_none_or(|known| known.is_firing() || episode.has(known) || known.lapsed)
        });
        let incident = belongs
            .and_then(|episode| Some((episode.id.clone(), state.key.clone(), of_episode?.clone())));
        Some(Self {
            step: *step,
            counted,
            summary,
            service,
            span,
            incident,
            flapping_until: known
                .and_then(|known| known.turns.flapping_until)
                .filter(|until| now < *until),
        })
    }

    fn subject(&self) -> Subject<'_> {
        Subject::remembered(&self.summary, &self.service)
    }

    fn snapshot(&self, left: bool) -> Snapshot {
        Snapshot {
            fingerprint: self.step.fingerprint,
            summary: self.summary.clone(),
            service: self.service.clone(),
            span: self.span,
            news: self.step.news,
            counted: self.counted,
            incident: self.incident.clone(),
            flapping_until: self.flapping_until,
            left,
        }
    }

    fn source(&self, rule: &InhibitRule, subject: &Subject<'_>) -> (InhibitionKey, Source) {
        let source = Source {
            span: self.span,
            both: inhibit::matches(&rule.target, subject),
            title: self.summary.title.clone(),
        };
        (inhibit::place(rule, subject), source)
    }
}

impl Known {
    /// Notes that a record is needed.
    fn note(&mut self, name: &RecordName) {
        if let Some(loaded) = &self.loaded
            && !loaded.contains(name)
        {
            self.missing.insert(name.clone());
        }
    }
}

impl Facts for Known {
    fn inhibited(&mut self, subject: &Subject<'_>, now: Timestamp) -> Option<Muted> {
        let policy = Arc::clone(&self.policy);
        for rule in &policy.routing().inhibit_rules {
            if !inhibit::matches(&rule.target, subject) {
                continue;
            }
            let place = inhibit::place(rule, subject);
            self.note(&RecordName::Inhibition(place.clone()));
            let Some(inhibition) = self.inhibitions.get(&place) else {
                continue;
            };
            let is_source = inhibit::matches(&rule.source, subject);
            if let Some((source, known)) = inhibition.inhibits(is_source, now) {
                return Some(Muted::Inhibition {
                    rule: rule.id.clone(),
                    source,
                    title: known.title.clone(),
                });
            }
        }
        None
    }

    fn silenced(&mut self, subject: &Subject<'_>, now: Timestamp) -> Option<Muted> {
        let silence = self.silence_set.holding(subject, now)?;
        Some(Muted::Silence {
            id: silence.id.clone(),
            who: silence.created_by.who.clone(),
            until: silence.ends_at,
        })
    }

    fn incident(&mut self, key: &IncidentKey) -> Option<&IncidentState> {
        self.note(&RecordName::Incident(key.clone()));
        self.relied.insert(key.clone());
        self.incidents.get(key)
    }
}

/// The key of an arrival's incident.
pub(crate) fn incident_key(settings: &settings::Settings, arrival: &Arrival) -> IncidentKey {
    arrival.incident.clone().unwrap_or_else(|| {
        let names = settings.incident_by.iter();
        IncidentKey::of(&arrival.alert, names.map(CompactString::as_str))
    })
}

/// The groups that an alert goes to, with their routes and the labels that they share.
fn groups_of<'p>(
    policy: &'p Policy,
    subject: &Subject<'_>,
) -> Vec<(&'p Route, (GroupKey, Labels))> {
    let routing = policy.routing();
    routing
        .matching(subject)
        .into_iter()
        .filter_map(|at| routing.routes.get(at))
        .map(|route| {
            let labels = match &route.group_by {
                GroupBy::All => subject.labels().clone(),
                GroupBy::Labels(names) => subject.values(names.iter().map(CompactString::as_str)),
            };
            (route, (GroupKey::of(&route.id, &labels), labels))
        })
        .collect()
}

fn route_of<'p>(policy: &'p Policy, id: &str) -> Option<&'p Route> {
    policy.route(id)
}

/// The episode of a state, as messages and lists show it.
#[must_use]
pub fn summary_of(state: &IncidentState) -> Option<IncidentSummary> {
    let episode = state.episode.as_ref()?;
    let (mut firing, mut resolved) = (0, 0);
    for alert in state.alerts.values() {
        match alert.phase {
            AlertPhase::Firing => firing += 1,
            AlertPhase::Resolved if episode.has(alert) => resolved += 1,
            AlertPhase::Resolved => {}
        }
    }
    Some(IncidentSummary {
        id: episode.id.clone(),
        key: state.key.as_str().into(),
        title: episode.title.clone(),
        service: episode.service.clone(),
        category: episode.category.clone(),
        priority: episode.priority,
        status: if episode.is_open() {
            IncidentStatus::Open
        } else {
            IncidentStatus::Resolved
        },
        version: state.version,
        opened_at: episode.opened_at,
        updated_at: episode.updated_at,
        resolved_at: episode.resolved_at,
        response_minutes: episode.response_minutes,
        firing,
        resolved,
        runbook: episode.runbook.clone().filter(|link| link.len() <= 2_048),
    })
}

/// What merely happened, as messages show it: it belongs to no episode.
fn info_summary(
    state: &IncidentState,
    arrival: &Arrival,
    now: Timestamp,
    policy: &Policy,
) -> IncidentSummary {
    let classification = &arrival.alert.classification;
    let key = format!("{}#info", state.key);
    IncidentSummary {
        // The same decision may open an episode, whose id must be another.
        id: IncidentId::of(&key, now, state.version),
        key: state.key.as_str().into(),
        title: decide::text::clip(&arrival.alert.alert.title, decide::TITLE_CHARS),
        service: decide::name(&classification.service),
        category: decide::name(&classification.category),
        priority: classification.priority,
        status: IncidentStatus::Info,
        version: state.version,
        opened_at: now,
        updated_at: now,
        resolved_at: None,
        response_minutes: match classification.response_minutes {
            0 => policy.response_minutes(classification.priority),
            minutes => minutes,
        },
        firing: 0,
        resolved: 0,
        runbook: classification
            .runbook
            .clone()
            .filter(|link| link.len() <= 2_048),
    }
}
