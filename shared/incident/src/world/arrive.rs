//! Alerts arrive: their incidents decide, then their groups hear of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alert_classification::{Fingerprint, Labels};
use compact_str::CompactString;
use jiff::{SignedDuration, Timestamp};
use settings::{GroupBy, Route};

use super::reroute::route_or_farewell;
use super::view::{View, summary_of};
use super::{RecordName, World};
use crate::arrival::{Arrival, Disposition, SuppressionReason};
use crate::decide::{Change, News, Step, decide};
use crate::group::{GroupState, Snapshot};
use crate::inhibit::{Inhibition, Source};
use crate::key::{GroupKey, IncidentKey, InhibitionKey};
use crate::notification::{AlertSummary, IncidentSummary};
use crate::policy::{Policy, signed};
use crate::state::{AlertPhase, IncidentState, MAX_SOURCE_PLACES};
use crate::subject::Subject;
use crate::{group, inhibit};

impl World {
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

    /// Decides about one incident key and hands what is new to its groups; and looks whether what it has
    /// is on routes that are gone.
    pub(super) fn about(
        &mut self,
        key: &IncidentKey,
        batch: &[Arrival],
        now: Timestamp,
        touched: &mut BTreeSet<GroupKey>,
    ) -> Vec<Disposition> {
        self.facts.note(&RecordName::Incident(key.clone()));
        let (mut stranded, moving) = self.stranded(key, now);
        let dispositions = self.decide_about(key, batch, now, touched);
        touched.append(&mut stranded);
        self.go_on_moving(key, moving);
        dispositions
    }

    fn decide_about(
        &mut self,
        key: &IncidentKey,
        batch: &[Arrival],
        now: Timestamp,
        touched: &mut BTreeSet<GroupKey>,
    ) -> Vec<Disposition> {
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
        self.dirty.insert(RecordName::Incident(key.clone()));
        for step in &decision.steps {
            self.spread(key, step, batch, summary.as_ref(), now, touched);
        }
        self.note_episode(summary, decision.transition);
        let report = decision.report.map(|id| (key.clone(), id));
        self.effects.reports.extend(report);
        decision.dispositions
    }

    /// Hands what is new about an alert to the groups that it belongs to, and to the inhibit rules.
    pub(super) fn spread(
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
            // Nobody knows any more what it was about; that it is over is known.
            let known = state.alerts.get(&step.fingerprint);
            if known.is_some_and(|known| !known.is_firing()) {
                self.put_sources(key, step.fingerprint, Vec::new(), now);
            }
            return;
        };
        let fingerprint = step.fingerprint;
        let known = state.alerts.get(&fingerprint);
        let known_to = known.map(|alert| alert.groups.clone()).unwrap_or_default();
        if step.news != News::Reported {
            self.bring(&known_to, fingerprint, touched, now);
        }
        let Some(state) = self.facts.incidents.get_mut(key) else {
            return;
        };
        let subject = view.subject();
        let routed = groups_of(&policy, &subject);
        let mut interval = SignedDuration::ZERO;
        let mut now_in = BTreeSet::new();
        for (route, group) in &routed {
            interval = interval.max(signed(route.group_interval));
            now_in.insert(group.0.clone());
        }
        let mut elsewhere = BTreeSet::new();
        if step.news != News::Reported {
            let phase = state.alerts.get(&fingerprint).map(|alert| alert.phase);
            if let (Some(phase), Some(groups)) = (phase, state.alerts.groups_mut(fingerprint)) {
                // An end is told wherever the beginning was.
                elsewhere = known_to.difference(&now_in).cloned().collect();
                match phase {
                    AlertPhase::Firing => groups.append(&mut now_in),
                    AlertPhase::Resolved => *groups = now_in,
                }
            }
            if let Some(episode) = &mut state.episode
                && episode.is_open()
            {
                let millis = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
                episode.settling_ms = episode.settling_ms.max(millis);
            }
        }
        if step.news != News::Reported {
            let rules = policy.routing().inhibit_rules.iter();
            let sources = rules
                .filter(|rule| inhibit::matches(&rule.source, &subject))
                .map(|rule| view.source(rule, &subject))
                .collect();
            self.put_sources(key, fingerprint, sources, now);
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
            // What it had is handed on already.
            let has_it = known.alerts.contains_key(&fingerprint);
            if !has_it && policy.route(&route).is_none() {
                continue;
            }
            let route = route_or_farewell(&policy, &route);
            let snapshot = Snapshot {
                counted: false,
                ..view.snapshot(true)
            };
            self.put(&route, group, labels, snapshot, now, touched);
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

    pub(super) fn put(
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

    /// Puts an alert down as a source wherever it is one, and takes it out of where it no longer is.
    ///
    /// It is remembered where it was put: by its end it may look different. What lapses is left where it
    /// is, for its source says itself until when it fires.
    fn put_sources(
        &mut self,
        key: &IncidentKey,
        fingerprint: Fingerprint,
        sources: Vec<(InhibitionKey, Source)>,
        now: Timestamp,
    ) {
        let alerts = self.facts.incidents.get_mut(key);
        let mut known = alerts.and_then(|state| state.alerts.sources_mut(fingerprint));
        // What is not tracked cannot be taken back.
        let room = known.as_ref().map_or(0, |_| MAX_SOURCE_PLACES);
        let (over, mut fires): (Vec<_>, Vec<_>) = sources
            .into_iter()
            .partition(|(_, source)| source.span.is_over(now));
        fires.truncate(room);
        let now_in: BTreeSet<InhibitionKey> =
            fires.iter().map(|(place, _)| place.clone()).collect();
        let mut left: BTreeSet<InhibitionKey> = over.into_iter().map(|(place, _)| place).collect();
        if let Some(known) = &mut known {
            left.extend(known.difference(&now_in).cloned());
            **known = now_in;
        }
        for place in left {
            self.change_inhibition(place, |inhibition| inhibition.remove(fingerprint));
        }
        for (place, source) in fires {
            self.change_inhibition(place, |inhibition| inhibition.put(fingerprint, source, now));
        }
    }

    /// Changes what a rule has as sources, where that makes a difference.
    fn change_inhibition(
        &mut self,
        place: InhibitionKey,
        change: impl FnOnce(&mut Inhibition) -> bool,
    ) {
        let name = RecordName::Inhibition(place.clone());
        self.facts.note(&name);
        let inhibition = self.facts.inhibitions.entry(place).or_default();
        if change(inhibition) && self.dirty.insert(name) {
            inhibition.version += 1;
        }
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
pub(super) fn groups_of<'p>(
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
