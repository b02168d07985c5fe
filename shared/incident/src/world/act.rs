//! People act.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::reroute::route_or_farewell;
use super::view::summary_of;
use super::{RecordName, World};
use crate::act::{Act, ActError, Actor};
use crate::decide::{self, Change};
use crate::group;
use crate::id::IncidentId;
use crate::key::{GroupKey, IncidentKey};
use crate::policy::signed;

impl World {
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
        touched.append(&mut self.all_stranded(key));
        self.reroute(&mut touched, now);
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
        let route = route_or_farewell(&policy, &group.route);
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
        group::reschedule(group, &route, now);
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
        let escalations = &policy.routing().escalations;
        for group in groups {
            self.facts.note(&RecordName::Group(group.clone()));
            let timeouts = self
                .routes_of(&policy, &group)
                .into_iter()
                .filter_map(|route| {
                    let escalation = escalations.get(route.escalation?)?;
                    escalation.ack_timeout.map(signed)
                });
            shortest = shortest.into_iter().chain(timeouts).min();
        }
        now.checked_add(shortest?).ok()
    }
}
