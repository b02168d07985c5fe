//! What is open on a route that is gone goes on with the routes that there are now.
//!
//! The id of a route is made of its matchers, so that a deployment that changes them leaves groups
//! behind that nothing tells of any more. What they have is handed on to the groups that it belongs to
//! by now, as Alertmanager does when it loads its configuration again, but with what people know:
//! nobody is told again of what the same receiver was told before, ladders go on, and whoever was told
//! that something fires is told that it is over, by whatever group has it then.
//!
//! PagerDuty knows what it was told by the name of the group that told it. So the group that is left
//! keeps what it told there, and says itself that it is over; then it is empty.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use alert_classification::Fingerprint;
use jiff::{SignedDuration, Timestamp};
use settings::{Channel, Duration, GroupBy, Route};

use super::arrive::groups_of;
use super::{RecordName, World};
use crate::arrival::SuppressionReason;
use crate::decide::News;
use crate::group;
use crate::group::{
    GroupAlert, GroupEvent, GroupIncident, GroupInfo, GroupLogEntry, GroupState, Snapshot,
    TargetLog, Unclosed,
};
use crate::id::IncidentId;
use crate::key::{GroupKey, IncidentKey};
use crate::policy::{Policy, signed};
use crate::span::Span;
use crate::state::{IncidentState, TrackedAlert};
use crate::subject::Subject;

/// After so many records the rest is left for the next time, so that a transaction has room for all.
const AT_ONCE: usize = 20;
/// When that is.
const NEXT_TIME: SignedDuration = SignedDuration::from_secs(1);
/// An alert's marks are 64 bits.
const MAX_TARGETS: usize = 64;

/// An alert that leaves a group, with what the group knew about it.
struct Leaving {
    fingerprint: Fingerprint,
    alert: GroupAlert,
    /// The incident that it belongs to, and those whose end is still to be told.
    incidents: Vec<(IncidentId, GroupIncident)>,
    targets: Vec<TargetLog>,
    /// The targets that the group itself tells of the end.
    kept: u64,
    log: Vec<GroupLogEntry>,
}

/// A group that an alert comes to.
struct Heir<'p> {
    route: &'p Route,
    key: GroupKey,
    /// The bits of the targets in the group that the alert leaves.
    targets: u64,
    /// Whether it has all that only one group can have.
    is_first: bool,
}

impl World {
    /// The groups of an incident's firing alerts whose routes seem to be gone: nothing may ever be due
    /// in them, so that they are not woken.
    pub(super) fn stranded(&self, key: &IncidentKey) -> BTreeSet<GroupKey> {
        let state = self.facts.incidents.get(key);
        let state = state.filter(|_| self.may_have_other_routes);
        let mut looked_at = BTreeSet::new();
        let mut stranded = BTreeSet::new();
        for (_, alert) in state.into_iter().flat_map(IncidentState::firing) {
            for group in &alert.groups {
                if looked_at.insert(group) && !has_route(&self.policy, group) {
                    stranded.insert(group.clone());
                }
            }
        }
        stranded
    }

    /// Hands on what those of some groups have whose routes are gone. The groups that get it are added.
    pub(super) fn reroute(&mut self, keys: &mut BTreeSet<GroupKey>, now: Timestamp) {
        for key in keys.clone() {
            self.facts.note(&RecordName::Group(key.clone()));
            let group = self.groups.get(&key);
            let gone = group.filter(|group| self.policy.route(&group.route).is_none());
            let has_some = |group: &GroupState| {
                !group.infos.is_empty() || group.alerts.values().any(|alert| !is_kept(alert, group))
            };
            if gone.is_some_and(has_some) {
                self.hand_on_all(&key, keys, now);
            }
        }
    }

    /// The routes of a group's alerts by now.
    pub(super) fn routes_of<'p>(&self, policy: &'p Policy, key: &GroupKey) -> Vec<&'p Route> {
        let Some(group) = self.groups.get(key) else {
            return Vec::new();
        };
        if let Some(route) = policy.route(&group.route) {
            return vec![route];
        }
        let subjects = group.alerts.values();
        subjects
            .map(|alert| Subject::remembered(&alert.summary, &alert.service))
            .flat_map(|subject| groups_of(policy, &subject))
            .map(|(route, _)| route)
            .collect()
    }

    /// Hands on what a group has; what does not fit into one decision a moment later.
    fn hand_on_all(&mut self, key: &GroupKey, touched: &mut BTreeSet<GroupKey>, now: Timestamp) {
        let before = self.dirty.len();
        if let Some(group) = self.change_group(key) {
            group.flushed = true;
            group.tick = None;
            group.message_at = None;
            group.due_at = None;
            group.overflow = 0;
            group.ghosts.clear();
        }
        let mut rest = true;
        while rest && self.dirty.len() < before + AT_ONCE {
            let Some(group) = self.groups.get_mut(key) else {
                return;
            };
            if let Some(leaving) = Leaving::of(group, &self.policy, now) {
                self.hand_on(key, &leaving, touched, now);
            } else if group.infos.is_empty() {
                rest = false;
            } else {
                let info = group.infos.remove(0);
                self.hand_on_info(key, &info, touched, now);
            }
        }
        let farewell = route_or_farewell(&self.policy, "");
        if let Some(group) = self.groups.get_mut(key) {
            for incident in group.incidents.values_mut() {
                incident.ladder = incident.ladder.take().filter(|_| rest);
            }
            if group.is_empty() {
                group.emptied_at.get_or_insert(now);
            } else if rest {
                group.due_at = Some(now.checked_add(NEXT_TIME).unwrap_or(now));
            } else {
                let by_name = told_by_its_name(&group.targets);
                forget_targets(group, by_name);
                group::reschedule(group, &farewell, now);
            }
        }
    }

    /// Hands on an alert.
    fn hand_on(
        &mut self,
        from: &GroupKey,
        leaving: &Leaving,
        touched: &mut BTreeSet<GroupKey>,
        now: Timestamp,
    ) {
        let policy = Arc::clone(&self.policy);
        let alert = &leaving.alert;
        let over = alert.span.is_over(now);
        let reachable = reachable(&leaving.targets, &policy);
        let flaps = alert.flap_untold || alert.flapping_until.is_some_and(|until| now < until);
        if over && !flaps && leaving.told() & reachable & !leaving.kept == 0 {
            let reason = if leaving.told() & reachable != 0 {
                SuppressionReason::Superseded
            } else if leaving.told() == 0 {
                SuppressionReason::ResolvedBeforeTold
            } else {
                // Those who know that it fires are no receivers any more.
                SuppressionReason::NoChannel
            };
            self.settle_pending(from, alert.pending, reason);
            self.note_groups(from, leaving, &[]);
            return;
        }
        let heirs = leaving.heirs(&policy, reachable);
        let mut room = false;
        for (heir, labels) in &heirs {
            let group = self.known_group(&heir.key);
            let known = group.and_then(|group| group.alerts.get(&leaving.fingerprint));
            // A group that has it as one of its own knows the newest anyway.
            if known.is_none_or(|known| known.left && !over) {
                let snapshot = leaving.snapshot();
                let (route, key) = (heir.route, heir.key.clone());
                self.put(route, key, labels.clone(), snapshot, now, touched);
            }
            touched.insert(heir.key.clone());
            room |= self.inherit(heir, leaving, now);
        }
        if room {
            if let Some(group) = self.groups.get_mut(from) {
                let moved = u64::from(leaving.alert.pending);
                group.counters.received = group.counters.received.saturating_sub(moved);
            }
        } else {
            let reason = SuppressionReason::GroupFull;
            self.settle_pending(from, leaving.alert.pending, reason);
        }
        let heirs: Vec<&Heir<'_>> = heirs.iter().map(|(heir, _)| heir).collect();
        self.note_groups(from, leaving, &heirs);
    }

    /// Gives a group what another one knew about an alert; whether it has the arrivals now of which the
    /// books do not yet say what became.
    fn inherit(&mut self, heir: &Heir<'_>, leaving: &Leaving, now: Timestamp) -> bool {
        let policy = Arc::clone(&self.policy);
        let Some(group) = self.change_group(&heir.key) else {
            return false;
        };
        if !group.alerts.contains_key(&leaving.fingerprint) {
            return false;
        }
        let own = policy.routing().receivers.get(heir.route.receiver);
        let own = own.map(|receiver| &receiver.name);
        let marks = Marks::of(group, heir, leaving, |name| own == Some(name), now);
        let alert = &leaving.alert;
        for (id, incident) in &leaving.incidents {
            // Of what it does not tell it needs to know nothing.
            let needed = heir.is_first || alert.incident.as_ref() == Some(id);
            let unclosed = alert.unclosed.iter();
            let mut unclosed = unclosed.filter(|unclosed| unclosed.incident == *id);
            if needed || unclosed.any(|known| marks.of_bits(known.told & !leaving.kept) != 0) {
                merge(group, id, incident, heir, &policy);
            }
        }
        let mut unclosed: Vec<Unclosed> = alert.unclosed.clone();
        let Some(known) = group.alerts.get_mut(&leaving.fingerprint) else {
            return false;
        };
        if alert.incident.is_none() || alert.incident == known.incident {
            known.told |= marks.of_bits(alert.told & !leaving.kept);
            known.firing |= marks.of_bits(alert.firing);
            known.resolved |= marks.of_bits(alert.resolved);
        } else {
            // It fires as another episode by now.
            unclosed.extend(alert.incident.clone().map(|incident| Unclosed {
                incident,
                told: alert.told,
            }));
        }
        for Unclosed { incident, told } in unclosed {
            let told = marks.of_bits(told & !leaving.kept);
            if told != 0 {
                known.unclosed.push(Unclosed { incident, told });
            }
        }
        known.flap_untold |= alert.flap_untold && heir.is_first;
        if heir.is_first {
            known.pending = known.pending.saturating_add(alert.pending);
            group.counters.received += u64::from(alert.pending);
            for entry in &leaving.log {
                group.push_log(entry.at, entry.version, entry.event.clone());
            }
            group.log.sort_by_key(|entry| entry.at);
        }
        group::reschedule(group, heir.route, now);
        heir.is_first
    }

    /// Hands on what merely happened and was not told yet.
    fn hand_on_info(
        &mut self,
        from: &GroupKey,
        info: &GroupInfo,
        touched: &mut BTreeSet<GroupKey>,
        now: Timestamp,
    ) {
        let policy = Arc::clone(&self.policy);
        let subject = Subject::remembered(&info.summary, &info.service);
        let Ok(incident) = IncidentKey::try_new(&info.incident.key) else {
            self.settle_pending(from, 1, SuppressionReason::NoChannel);
            return;
        };
        for (at, (route, (key, labels))) in groups_of(&policy, &subject).into_iter().enumerate() {
            let id = info.incident.id.clone();
            let snapshot = Snapshot {
                fingerprint: info.summary.fingerprint,
                summary: info.summary.clone(),
                service: info.service.clone(),
                span: Span::from(info.summary.starts_at),
                news: News::Reported,
                // The first one takes over what is in the books already.
                counted: at > 0,
                incident: Some((id, incident.clone(), info.incident.clone())),
                flapping_until: None,
                left: false,
            };
            self.put(route, key.clone(), labels, snapshot, now, touched);
            if at == 0 {
                for (key, more) in [(&key, true), (from, false)] {
                    if let Some(group) = self.groups.get_mut(key) {
                        let received = &mut group.counters.received;
                        *received = if more {
                            *received + 1
                        } else {
                            received.saturating_sub(1)
                        };
                    }
                }
            }
        }
    }

    /// Says of arrivals what became of them in a group that can tell nobody.
    fn settle_pending(&mut self, key: &GroupKey, pending: u32, reason: SuppressionReason) {
        if let Some(group) = self.groups.get_mut(key)
            && pending > 0
        {
            group.counters.suppress(reason, pending);
            *self.effects.suppressed.entry(reason).or_default() += u64::from(pending);
        }
    }

    /// Lets an alert's incident know which groups have it.
    fn note_groups(&mut self, from: &GroupKey, leaving: &Leaving, heirs: &[&Heir<'_>]) {
        let id = leaving.alert.incident.as_ref();
        let incident = leaving
            .incidents
            .iter()
            .find(|(known, _)| Some(known) == id);
        let Some((_, incident)) = incident else {
            return;
        };
        let name = RecordName::Incident(incident.key.clone());
        self.facts.note(&name);
        let Some(state) = self.facts.incidents.get_mut(&incident.key) else {
            return;
        };
        let fires = state.alerts.get(&leaving.fingerprint);
        let fires = fires.is_some_and(TrackedAlert::is_firing);
        let Some(groups) = state.alerts.groups_mut(leaving.fingerprint) else {
            return;
        };
        let stays = leaving.keeps() && fires;
        let mut changed = !stays && groups.remove(from);
        for heir in heirs.iter().filter(|_| fires) {
            changed |= groups.insert(heir.key.clone());
        }
        if let Some(episode) = &mut state.episode
            && episode.is_open()
        {
            let intervals = heirs.iter().map(|heir| signed(heir.route.group_interval));
            let longest = intervals.max().unwrap_or_default().as_millis();
            let longest = i64::try_from(longest).unwrap_or(i64::MAX);
            changed |= longest > episode.settling_ms;
            episode.settling_ms = episode.settling_ms.max(longest);
        }
        if changed && self.dirty.insert(name) {
            state.version += 1;
        }
    }

    /// A group that is there, to be changed.
    fn change_group(&mut self, key: &GroupKey) -> Option<&mut GroupState> {
        let group = self.groups.get_mut(key)?;
        if self.dirty.insert(RecordName::Group(key.clone())) {
            group.version += 1;
        }
        Some(group)
    }
}

impl Leaving {
    /// The first alert of a group that it does not keep, which it no longer has then, or only for whom it
    /// tells of the end itself.
    fn of(group: &mut GroupState, policy: &Policy, now: Timestamp) -> Option<Self> {
        let mut alerts = group.alerts.iter();
        let (fingerprint, _) = alerts.find(|(_, alert)| !is_kept(alert, group))?;
        let fingerprint = *fingerprint;
        let alert = group.alerts.remove(&fingerprint)?;
        let kept = reachable(&group.targets, policy) & told_by_its_name(&group.targets);
        let rest = GroupAlert {
            pending: 0,
            firing: 0,
            resolved: 0,
            told: alert.told & kept,
            flap_untold: false,
            left: true,
            unclosed: alert
                .unclosed
                .iter()
                .filter(|unclosed| unclosed.told & kept != 0)
                .map(|unclosed| Unclosed {
                    incident: unclosed.incident.clone(),
                    told: unclosed.told & kept,
                })
                .collect(),
            muted: None,
            flapping_until: alert.flapping_until.filter(|until| now < *until),
            ..alert.clone()
        };
        if told(&rest) != 0 {
            group.alerts.insert(fingerprint, rest);
        }
        let unclosed = alert.unclosed.iter().map(|unclosed| &unclosed.incident);
        let incidents: Vec<(IncidentId, GroupIncident)> = alert
            .incident
            .iter()
            .chain(unclosed)
            .filter_map(|id| Some((id.clone(), group.incidents.get(id)?.clone())))
            .collect();
        let concerns = |entry: &GroupLogEntry| match &entry.event {
            GroupEvent::Told {
                incidents: named, ..
            } => incidents.iter().any(|(id, _)| named.contains(id)),
            GroupEvent::Held {
                fingerprint: held, ..
            }
            | GroupEvent::Released {
                fingerprint: held, ..
            } => *held == fingerprint,
            GroupEvent::Resumed { incident } => incidents.iter().any(|(id, _)| id == incident),
        };
        let log = group.log.extract_if(.., |entry| concerns(entry)).collect();
        Some(Self {
            fingerprint,
            alert,
            incidents,
            targets: group.targets.clone(),
            kept,
            log,
        })
    }

    /// The targets that know of it, or of an earlier episode of it.
    fn told(&self) -> u64 {
        told(&self.alert)
    }

    /// Whether the group keeps it until its end is told.
    fn keeps(&self) -> bool {
        self.told() & self.kept != 0
    }

    /// The groups that it belongs to now, with the labels that they share. A receiver whom it was told
    /// goes with the route that tells it now, the others go with the first of these.
    fn heirs<'p>(
        &self,
        policy: &'p Policy,
        reachable: u64,
    ) -> Vec<(Heir<'p>, alert_classification::Labels)> {
        let subject = Subject::remembered(&self.alert.summary, &self.alert.service);
        let routed = groups_of(policy, &subject);
        let receivers = &policy.routing().receivers;
        let tells = |route: &Route, target: &TargetLog| {
            let receiver = receivers.get(route.receiver);
            receiver.is_some_and(|receiver| receiver.name == target.receiver)
        };
        let heir_of = |target: &TargetLog| {
            let mut routes = routed.iter();
            routes.position(|(route, _)| tells(route, target))
        };
        let first = self.targets.iter().find_map(heir_of).unwrap_or_default();
        let mut targets = vec![0_u64; routed.len()];
        for (place, target) in self.targets.iter().enumerate().take(MAX_TARGETS) {
            let heir = heir_of(target).unwrap_or(first);
            if let Some(bits) = targets.get_mut(heir) {
                *bits |= (1 << place) & reachable;
            }
        }
        let heirs = routed.into_iter().zip(targets).enumerate();
        heirs
            .map(|(at, ((route, (key, labels)), targets))| {
                let is_first = at == first;
                let heir = Heir {
                    route,
                    key,
                    targets,
                    is_first,
                };
                (heir, labels)
            })
            .collect()
    }

    fn snapshot(&self) -> Snapshot {
        let id = self.alert.incident.as_ref();
        let own = self.incidents.iter().find(|(known, _)| Some(known) == id);
        Snapshot {
            fingerprint: self.fingerprint,
            summary: self.alert.summary.clone(),
            service: self.alert.service.clone(),
            span: self.alert.span,
            news: News::Refreshed,
            counted: false,
            incident: own.map(|(id, known)| (id.clone(), known.key.clone(), known.summary.clone())),
            flapping_until: self.alert.flapping_until,
            left: false,
        }
    }
}

/// Which bit of one group's marks is which of another's.
struct Marks(Vec<(u64, u64)>);

impl Marks {
    /// Finds the targets in the group that has the alert now, or adds them.
    fn of(
        group: &mut GroupState,
        heir: &Heir<'_>,
        leaving: &Leaving,
        is_own: impl Fn(&compact_str::CompactString) -> bool,
        now: Timestamp,
    ) -> Self {
        let mut marks = Vec::new();
        let knows = leaving.told() | leaving.alert.firing | leaving.alert.resolved;
        for (place, target) in leaving.targets.iter().enumerate().take(MAX_TARGETS) {
            let old = 1_u64 << place;
            if heir.targets & knows & old == 0 {
                continue;
            }
            let same = |known: &TargetLog| {
                known.receiver == target.receiver
                    && known.integration == target.integration
                    && known.channel == target.channel
            };
            let at = match group.targets.iter().position(same) {
                Some(at) => at,
                None if group.targets.len() < MAX_TARGETS => {
                    group.targets.push(TargetLog {
                        told_at: None,
                        ..target.clone()
                    });
                    group.targets.len() - 1
                }
                None => continue,
            };
            marks.push((old, 1_u64 << at));
            // Only the route's own receiver is reminded.
            if is_own(&target.receiver)
                && let Some(known) = group.targets.get_mut(at)
            {
                known.told_at = known.told_at.max(Some(target.told_at.unwrap_or(now)));
            }
        }
        Self(marks)
    }

    fn of_bits(&self, bits: u64) -> u64 {
        let moved = self.0.iter().filter(|(old, _)| bits & old != 0);
        moved.fold(0, |bits, (_, new)| bits | new)
    }
}

/// Gives a group what another one knew about an incident. Its ladder goes on where the steps are the
/// same.
fn merge(
    group: &mut GroupState,
    id: &IncidentId,
    incident: &GroupIncident,
    heir: &Heir<'_>,
    policy: &Policy,
) {
    let known = group
        .incidents
        .entry(id.clone())
        .or_insert_with(|| GroupIncident {
            ladder: None,
            first_told_at: None,
            last_told_at: None,
            steps: Vec::new(),
            ..incident.clone()
        });
    if !heir.is_first {
        return;
    }
    let escalations = &policy.routing().escalations;
    let escalation = heir.route.escalation.and_then(|at| escalations.get(at));
    if known.ladder.is_none()
        && let Some(ladder) = &incident.ladder
        && escalation.is_some_and(|escalation| escalation.name == ladder.escalation)
    {
        known.ladder = Some(ladder.clone());
    }
    let first = known.first_told_at.into_iter();
    known.first_told_at = first.chain(incident.first_told_at).min();
    known.last_told_at = known.last_told_at.max(incident.last_told_at);
    if known.steps.is_empty() {
        known.steps.clone_from(&incident.steps);
    }
}

/// Whether the route of a group is there, so far as its key says; it begins with the route's id.
fn has_route(policy: &Policy, key: &GroupKey) -> bool {
    let text = key.as_str();
    let mut ends = text.match_indices(":{").map(|(end, _)| end);
    ends.any(|end| text.get(..end).is_some_and(|id| policy.route(id).is_some()))
}

/// The route of a group, or what is left of one that is gone: it tells nothing of its own, and ends at
/// once.
pub(super) fn route_or_farewell<'p>(policy: &'p Policy, id: &str) -> Cow<'p, Route> {
    if let Some(route) = policy.route(id) {
        return Cow::Borrowed(route);
    }
    Cow::Owned(Route {
        id: id.into(),
        parent: None,
        receiver: usize::MAX,
        matchers: Vec::new(),
        continues: false,
        group_by: GroupBy::All,
        group_wait: Duration::from_millis(0),
        group_interval: Duration::from_millis(0),
        repeat_interval: Duration::from_millis(u64::MAX),
        mute_time_intervals: Vec::new(),
        active_time_intervals: Vec::new(),
        escalation: None,
        children: Vec::new(),
    })
}

/// Whether all that a group has of an alert is whom it tells of its end itself.
fn is_kept(alert: &GroupAlert, group: &GroupState) -> bool {
    let told = told(alert);
    alert.left && alert.pending == 0 && told != 0 && told & !told_by_its_name(&group.targets) == 0
}

/// The targets that know of an alert, or of an earlier episode of it.
fn told(alert: &GroupAlert) -> u64 {
    let unclosed = alert.unclosed.iter().map(|unclosed| unclosed.told);
    unclosed.fold(alert.told, |told, other| told | other)
}

/// The targets that know what they are told by the name of the group.
fn told_by_its_name(targets: &[TargetLog]) -> u64 {
    bits(targets, |target| target.channel == Channel::Pagerduty)
}

/// The targets whose receivers there are.
fn reachable(targets: &[TargetLog], policy: &Policy) -> u64 {
    let receivers = &policy.routing().receivers;
    bits(targets, |target| {
        policy.has(target.channel) && receivers.iter().any(|known| known.name == target.receiver)
    })
}

/// Forgets all targets but some, who are told the rest of the receiver's words by other groups.
fn forget_targets(group: &mut GroupState, kept: u64) {
    let places: Vec<usize> = (0..group.targets.len().min(MAX_TARGETS))
        .filter(|place| kept & (1 << place) != 0)
        .collect();
    let renumbered = |bits: u64| {
        let places = places.iter().enumerate();
        places
            .filter(|(_, old)| bits & (1 << **old) != 0)
            .fold(0, |renumbered, (new, _)| renumbered | (1 << new))
    };
    for alert in group.alerts.values_mut() {
        alert.told = renumbered(alert.told);
        alert.firing = renumbered(alert.firing);
        alert.resolved = renumbered(alert.resolved);
        for unclosed in &mut alert.unclosed {
            unclosed.told = renumbered(unclosed.told);
        }
    }
    group.targets = places
        .iter()
        .filter_map(|place| group.targets.get(*place).cloned())
        .collect();
}

fn bits(targets: &[TargetLog], is: impl Fn(&TargetLog) -> bool) -> u64 {
    let targets = targets.iter().take(MAX_TARGETS).enumerate();
    targets
        .filter(|(_, target)| is(target))
        .fold(0, |bits, (place, _)| bits | (1 << place))
}
