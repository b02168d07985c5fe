//! Ladders climb when nobody answers, and only then, and each step once.

use incident::{IncidentId, TrackedAlert};
use settings::Priority;

use super::people::{is_inhibited, names};
use super::{End, Violation, broken};
use crate::plan::Plan;

/// The promise that an acknowledgement counts from when it is written.
pub(crate) const TAKEN_ON: &str = "what somebody has taken on does not climb";

/// Nobody is called for what somebody had taken on when the call was decided.
pub(super) fn acknowledged(end: &End, violations: &mut Vec<Violation>) {
    for told in &end.witness.told {
        for id in &told.acknowledged {
            let what = format!("{id} at {} by {}", told.at, told.notification.id);
            violations.push(broken(TAKEN_ON, what));
        }
    }
}

/// No step is taken more often than its ladder began.
pub(super) fn steps(end: &End, violations: &mut Vec<Violation>) {
    for told in &end.witness.told {
        let notification = &told.notification;
        for what in &told.again {
            let step = notification.step.as_ref().map_or(0, |step| step.step);
            let what = format!(
                "step {step} to {} in {} at {}: {what}",
                notification.receiver, notification.group_key, told.at
            );
            violations.push(broken("no step is taken twice", what));
        }
    }
}

/// What has been open for hours, and nobody ever took on, has reached the end of its ladder.
pub(super) fn climbs(plan: &Plan, end: &End, violations: &mut Vec<Violation>) {
    for state in &end.incidents {
        let open = state.open_episode();
        let Some(episode) = open.filter(|episode| episode.first_acknowledged_at.is_none()) else {
            continue;
        };
        for (fingerprint, alert) in state.firing() {
            // Not as a person has said: what was as urgent before stays on its ladder.
            let priority = alert.priority;
            if is_inhibited(end, &episode.service, priority) {
                continue;
            }
            if plan.deploys() && is_on_its_way(end, alert, &episode.id) {
                continue;
            }
            let receivers: &[&str] = match priority {
                Priority::P1 | Priority::P2 => &["people", "pager", "boss"],
                // The ledger's route has no ladder, and no other takes these.
                Priority::P3 | Priority::P4 if episode.category == "errors" && has_ledger(end) => {
                    &[]
                }
                Priority::P3 | Priority::P4 => &["pager"],
            };
            for receiver in receivers {
                let mut told = end.witness.told.iter().map(|told| &told.notification);
                if !told.any(|told| told.receiver == *receiver && names(told, &episode.id)) {
                    let what = format!(
                        "{} of {} with {fingerprint} ({priority}) did not reach {receiver}",
                        episode.id, state.key
                    );
                    violations.push(broken("what nobody takes on climbs", what));
                }
            }
        }
    }
}

/// Whether errors have a route of their own.
fn has_ledger(end: &End) -> bool {
    let routes = &end.policy.routing().routes;
    routes.iter().any(|route| route.id.contains("errors"))
}

/// Whether an alert is still in a group whose route a deployment has taken away and that nothing has woken
/// since, or has only lately come to the group whose ladder climbs for it now.
fn is_on_its_way(end: &End, alert: &TrackedAlert, id: &IncidentId) -> bool {
    let groups = end.groups.iter();
    let mut groups = groups.filter(|group| alert.groups.contains(&group.key));
    groups.any(|group| {
        let waits =
            end.policy.route(&group.route).is_none() && !group.alerts.values().all(|a| a.left);
        let ladder = group
            .incidents
            .get(id)
            .and_then(|known| known.ladder.as_ref());
        waits || ladder.is_some_and(|ladder| ladder.due_at.is_some_and(|due| due > end.now))
    })
}
