//! A group comes to know what another one knew about an alert.

use std::sync::Arc;

use jiff::Timestamp;

use super::super::World;
use super::leaving::{Heir, Leaving};
use super::marks::Marks;
use crate::group;
use crate::group::{GroupIncident, GroupState, Unclosed};
use crate::id::IncidentId;
use crate::policy::Policy;

impl World {
    /// Gives a group what another one knew about an alert; whether it has room for it.
    pub(super) fn inherit(&mut self, heir: &Heir<'_>, leaving: &Leaving, now: Timestamp) -> bool {
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
        true
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
    let escalations = &policy.routing().escalations;
    let escalation = heir.route.escalation.and_then(|at| escalations.get(at));
    if heir.climbs {
        if known.ladder.is_none()
            && let Some(ladder) = &incident.ladder
            && escalation.is_some_and(|escalation| escalation.name == ladder.escalation)
        {
            known.ladder = Some(ladder.clone());
        }
        if known.steps.is_empty() {
            known.steps.clone_from(&incident.steps);
        }
    }
    if heir.is_first {
        let first = known.first_told_at.into_iter();
        known.first_told_at = first.chain(incident.first_told_at).min();
        known.last_told_at = known.last_told_at.max(incident.last_told_at);
    }
}
