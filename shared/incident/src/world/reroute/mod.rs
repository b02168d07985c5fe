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
//!
//! A decision must fit into one transaction. What arrives is handed on before it is decided about; of the
//! rest as much as there is room for, and what is left a moment later.

mod hand_on;
mod inherit;
mod leaving;
mod marks;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Bound;

use alert_classification::Fingerprint;
use jiff::{SignedDuration, Timestamp};
use settings::{Duration, GroupBy, Route};

use self::leaving::{Leaving, is_kept};
use self::marks::forget_targets;
use super::arrive::groups_of;
use super::{RecordName, World};
use crate::group;
use crate::group::GroupState;
use crate::key::{GroupKey, IncidentKey};
use crate::policy::Policy;
use crate::state::{IncidentState, Moving};
use crate::subject::Subject;

/// After so many records the rest is left for the next time, so that a transaction has room for all.
const AT_ONCE: usize = 20;
/// So many groups of one incident are looked at in one decision.
const GROUPS_AT_ONCE: usize = 10;
/// When the next time is.
const NEXT_TIME: SignedDuration = SignedDuration::from_secs(1);

impl World {
    /// Some groups of an incident's firing alerts whose routes seem to be gone: nothing may ever be due
    /// in them, so that they are not woken. And where to go on, if there are more.
    pub(super) fn stranded(
        &self,
        key: &IncidentKey,
        now: Timestamp,
    ) -> (BTreeSet<GroupKey>, Option<Moving>) {
        let state = self.facts.incidents.get(key);
        let Some(state) = state.filter(|_| self.may_have_other_routes) else {
            return (BTreeSet::new(), None);
        };
        let from = match &state.moving {
            Some(moving) if moving.at > now => return (BTreeSet::new(), Some(moving.clone())),
            Some(moving) => Bound::Excluded(&moving.after),
            None => Bound::Unbounded,
        };
        let groups: BTreeSet<&GroupKey> = state
            .firing()
            .flat_map(|(_, alert)| &alert.groups)
            .collect();
        let mut gone = groups.range::<GroupKey, _>((from, Bound::Unbounded));
        let mut gone = gone
            .by_ref()
            .filter(|group| !has_route(&self.policy, group));
        let some: BTreeSet<GroupKey> = gone
            .by_ref()
            .take(GROUPS_AT_ONCE)
            .map(|g| (*g).clone())
            .collect();
        let more = gone.next().is_some();
        let last = some.last().filter(|_| more).cloned();
        let next = last.map(|after| Moving {
            at: next_time(now),
            after,
        });
        (some, next)
    }

    /// All groups of an incident's firing alerts whose routes seem to be gone.
    pub(super) fn all_stranded(&self, key: &IncidentKey) -> BTreeSet<GroupKey> {
        let state = self.facts.incidents.get(key);
        let state = state.filter(|_| self.may_have_other_routes);
        let alerts = state.into_iter().flat_map(IncidentState::firing);
        let groups: BTreeSet<&GroupKey> = alerts.flat_map(|(_, alert)| &alert.groups).collect();
        let gone = groups
            .into_iter()
            .filter(|key| !has_route(&self.policy, key));
        gone.cloned().collect()
    }

    /// Lets an incident wake for the groups of it that are still to be looked at.
    pub(super) fn go_on_moving(&mut self, key: &IncidentKey, moving: Option<Moving>) {
        if let Some(state) = self.facts.incidents.get_mut(key)
            && state.moving != moving
        {
            state.moving = moving;
            if self.dirty.insert(RecordName::Incident(key.clone())) {
                state.version += 1;
            }
        }
    }

    /// Hands on what is known about an alert wherever its route is gone, before there is news of it: what
    /// is new must be held against what people know. The groups that are concerned are added.
    pub(super) fn bring(
        &mut self,
        groups: &BTreeSet<GroupKey>,
        fingerprint: Fingerprint,
        touched: &mut BTreeSet<GroupKey>,
        now: Timestamp,
    ) {
        if !self.may_have_other_routes {
            return;
        }
        for key in groups {
            if has_route(&self.policy, key) || !self.leaves(key) {
                continue;
            }
            let kept = |group: &GroupState| {
                let alert = group.alerts.get(&fingerprint);
                alert.is_none_or(|alert| is_kept(alert, group))
            };
            if !self.known_group(key).is_none_or(kept) {
                self.hand_on(key, fingerprint, touched, now);
            }
            touched.insert(key.clone());
        }
    }

    /// Hands on what those of some groups have whose routes are gone. The groups that get it are added.
    pub(super) fn reroute(&mut self, keys: &mut BTreeSet<GroupKey>, now: Timestamp) {
        let full = self.in_hand() + AT_ONCE;
        for key in keys.clone() {
            if self.leaves(&key) {
                self.hand_on_all(&key, keys, full, now);
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

    /// Whether the route of a record that is a group is gone.
    #[must_use]
    pub fn is_left(&self, name: &RecordName) -> bool {
        let group = match name {
            RecordName::Group(key) => self.groups.get(key),
            RecordName::Incident(_) | RecordName::Inhibition(_) | RecordName::Silences => None,
        };
        group.is_some_and(|group| self.policy.route(&group.route).is_none())
    }

    /// Whether a group has something to hand on, or to put in order after it did.
    fn leaves(&mut self, key: &GroupKey) -> bool {
        let Some(group) = self.known_group(key) else {
            return false;
        };
        let has_some = !group.infos.is_empty()
            || group.alerts.values().any(|alert| !is_kept(alert, group))
            || (group.is_empty() && group.due_at.is_some());
        let route = group.route.clone();
        has_some && self.policy.route(&route).is_none()
    }

    /// How many records the decision concerns so far: those that are changed and those that are missing.
    fn in_hand(&self) -> usize {
        let missing = self.facts.missing.iter();
        self.dirty.len() + missing.filter(|name| !self.dirty.contains(name)).count()
    }

    /// Hands on what a group has; what does not fit into the decision a moment later.
    fn hand_on_all(
        &mut self,
        key: &GroupKey,
        touched: &mut BTreeSet<GroupKey>,
        full: usize,
        now: Timestamp,
    ) {
        let Some(group) = self.change_group(key) else {
            return;
        };
        group.flushed = true;
        group.tick = None;
        group.message_at = None;
        group.due_at = None;
        group.overflow = 0;
        group.ghosts.clear();
        let alerts = group.alerts.iter();
        let leaving = alerts.filter(|(_, alert)| !is_kept(alert, group));
        let leaving: Vec<Fingerprint> = leaving.map(|(fingerprint, _)| *fingerprint).collect();
        let mut leaving = leaving.into_iter().peekable();
        while self.in_hand() < full {
            if let Some(fingerprint) = leaving.next() {
                self.hand_on(key, fingerprint, touched, now);
            } else if !self.hand_on_info(key, touched, now) {
                break;
            }
        }
        let Some(group) = self.groups.get_mut(key) else {
            return;
        };
        if group.is_empty() {
            group.emptied_at.get_or_insert(now);
        }
        if leaving.peek().is_some() || !group.infos.is_empty() {
            group.due_at = Some(next_time(now));
            return;
        }
        for incident in group.incidents.values_mut() {
            incident.ladder = None;
        }
        forget_targets(group);
        let farewell = route_or_farewell(&self.policy, "");
        group::reschedule(group, &farewell, now);
    }

    /// Takes an alert out of a group whose route is gone, and out of all others of which that is true, and
    /// hands it on: a group that gets it must know at once what any of them knew.
    fn hand_on(
        &mut self,
        key: &GroupKey,
        fingerprint: Fingerprint,
        touched: &mut BTreeSet<GroupKey>,
        now: Timestamp,
    ) {
        let others = self.others_left(key, fingerprint);
        for key in std::iter::once(key).chain(&others) {
            self.change_group(key);
            if let Some(group) = self.groups.get_mut(key)
                && let Some(leaving) = Leaving::of(group, fingerprint, &self.policy)
            {
                self.hand_over(key, &leaving, touched, now);
            }
        }
        touched.extend(others);
    }

    /// The other groups whose routes are gone and that have an alert to hand on.
    fn others_left(&mut self, key: &GroupKey, fingerprint: Fingerprint) -> Vec<GroupKey> {
        let group = self.groups.get(key);
        let incident = group.and_then(|group| {
            let id = group.alerts.get(&fingerprint)?.incident.as_ref()?;
            Some(group.incidents.get(id)?.key.clone())
        });
        let Some(incident) = incident else {
            return Vec::new();
        };
        self.facts.note(&RecordName::Incident(incident.clone()));
        let state = self.facts.incidents.get(&incident);
        let alert = state.and_then(|state| state.alerts.get(&fingerprint));
        let groups = alert.into_iter().flat_map(|alert| &alert.groups);
        let gone = groups.filter(|other| *other != key && !has_route(&self.policy, other));
        let gone: Vec<GroupKey> = gone.cloned().collect();
        let mut left = Vec::new();
        for other in gone {
            let has_it = |group: &GroupState| {
                let alert = group.alerts.get(&fingerprint);
                alert.is_some_and(|alert| !is_kept(alert, group))
            };
            if self.known_group(&other).is_some_and(has_it) && self.leaves(&other) {
                left.push(other);
            }
        }
        left
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

fn next_time(now: Timestamp) -> Timestamp {
    now.checked_add(NEXT_TIME).unwrap_or(now)
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
