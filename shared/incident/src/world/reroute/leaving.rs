//! An alert that leaves a group, and the groups that it comes to.

use alert_classification::{Fingerprint, Labels};
use compact_str::CompactString;
use jiff::Timestamp;
use settings::Route;

use super::super::arrive::groups_of;
use super::marks::{MAX_TARGETS, reachable, told, told_by_its_name};
use crate::decide::News;
use crate::group::{
    GroupAlert, GroupEvent, GroupIncident, GroupLogEntry, GroupState, Snapshot, TargetLog, Unclosed,
};
use crate::id::IncidentId;
use crate::key::GroupKey;
use crate::policy::Policy;
use crate::subject::Subject;

/// An alert that leaves a group, with what the group knew about it.
pub(super) struct Leaving {
    pub(super) fingerprint: Fingerprint,
    pub(super) alert: GroupAlert,
    /// The incident that it belongs to, and those whose end is still to be told.
    pub(super) incidents: Vec<(IncidentId, GroupIncident)>,
    pub(super) targets: Vec<TargetLog>,
    /// The targets whose receivers there are.
    pub(super) reachable: u64,
    /// The targets that the group itself tells of the end.
    pub(super) kept: u64,
    pub(super) log: Vec<GroupLogEntry>,
}

/// A group that an alert comes to.
pub(super) struct Heir<'p> {
    pub(super) route: &'p Route,
    pub(super) key: GroupKey,
    pub(super) labels: Labels,
    /// The bits of the targets in the group that the alert leaves.
    pub(super) targets: u64,
    /// Whether it has all that only one group can have.
    pub(super) is_first: bool,
    /// Whether the ladder of the alert's incident goes on here.
    pub(super) climbs: bool,
}

impl Leaving {
    /// Takes an alert out of a group.
    pub(super) fn of(
        group: &mut GroupState,
        fingerprint: Fingerprint,
        policy: &Policy,
    ) -> Option<Self> {
        let alert = group.alerts.remove(&fingerprint)?;
        let reachable = reachable(&group.targets, policy);
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
            reachable,
            kept: reachable & told_by_its_name(&group.targets),
            log,
        })
    }

    /// What the group keeps of it until it has told some of its targets that it is over; nothing when
    /// none of them was told that it fires.
    pub(super) fn rest(&self, targets: u64, now: Timestamp) -> Option<GroupAlert> {
        let alert = &self.alert;
        let unclosed = alert.unclosed.iter().map(|unclosed| Unclosed {
            incident: unclosed.incident.clone(),
            told: unclosed.told & targets,
        });
        let rest = GroupAlert {
            pending: 0,
            firing: 0,
            resolved: 0,
            told: alert.told & targets,
            flap_untold: false,
            left: true,
            unclosed: unclosed.filter(|unclosed| unclosed.told != 0).collect(),
            muted: None,
            flapping_until: alert.flapping_until.filter(|until| now < *until),
            ..alert.clone()
        };
        (told(&rest) != 0).then_some(rest)
    }

    /// The incident that it belongs to, as the group knew it.
    pub(super) fn incident(&self) -> Option<&(IncidentId, GroupIncident)> {
        let id = self.alert.incident.as_ref();
        self.incidents.iter().find(|(known, _)| Some(known) == id)
    }

    /// The groups that it belongs to now. A receiver whom it was told goes with the route that tells it
    /// now; the others go where the ladder goes on, or else with the first of these.
    pub(super) fn heirs<'p>(&self, policy: &'p Policy) -> Vec<Heir<'p>> {
        let subject = Subject::remembered(&self.alert.summary, &self.alert.service);
        let routed = groups_of(policy, &subject);
        let routing = policy.routing();
        let tells = |route: &Route, target: &TargetLog| {
            let receiver = routing.receivers.get(route.receiver);
            receiver.is_some_and(|receiver| receiver.name == target.receiver)
        };
        let heir_of = |target: &TargetLog| {
            let mut routes = routed.iter();
            routes.position(|(route, _)| tells(route, target))
        };
        let first = self.targets.iter().find_map(heir_of).unwrap_or_default();
        let ladder = self.incident().and_then(|(_, known)| known.ladder.as_ref());
        let escalation: Option<&CompactString> = ladder.map(|ladder| &ladder.escalation);
        let has_it = |(route, _): &(&Route, (GroupKey, Labels))| {
            let escalation_of = route.escalation.and_then(|at| routing.escalations.get(at));
            escalation.is_some() && escalation_of.map(|known| &known.name) == escalation
        };
        let climbs = if routed.get(first).is_some_and(has_it) {
            first
        } else {
            routed.iter().position(has_it).unwrap_or(first)
        };
        let mut targets = vec![0_u64; routed.len()];
        for (place, target) in self.targets.iter().enumerate().take(MAX_TARGETS) {
            let heir = heir_of(target).unwrap_or(climbs);
            if let Some(bits) = targets.get_mut(heir) {
                *bits |= (1 << place) & self.reachable;
            }
        }
        let heirs = routed.into_iter().zip(targets).enumerate();
        heirs
            .map(|(at, ((route, (key, labels)), targets))| Heir {
                route,
                key,
                labels,
                targets,
                is_first: at == first,
                climbs: at == climbs,
            })
            .collect()
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            fingerprint: self.fingerprint,
            summary: self.alert.summary.clone(),
            service: self.alert.service.clone(),
            span: self.alert.span,
            news: News::Refreshed,
            counted: false,
            incident: self
                .incident()
                .map(|(id, known)| (id.clone(), known.key.clone(), known.summary.clone())),
            flapping_until: self.alert.flapping_until,
            left: false,
        }
    }
}

/// Whether all that a group has of an alert is whom it tells of its end itself.
pub(super) fn is_kept(alert: &GroupAlert, group: &GroupState) -> bool {
    let told = told(alert);
    alert.left && alert.pending == 0 && told != 0 && told & !told_by_its_name(&group.targets) == 0
}
