//! What is known in the end does not depend on how it came.

use std::collections::{BTreeMap, BTreeSet};

use alert_classification::{Fingerprint, Status};
use incident::AlertPhase;
use jiff::Timestamp;
use settings::Priority;

use super::people::{beliefs, is_inhibited, names};
use super::{End, Violation, broken};
use crate::day::after;
use crate::plan::{Input, Plan, SimAct, SimAlert};

/// What a source said last is what is known, unless a person has said since that it is over.
pub(super) fn newest(plan: &Plan, end: &End, violations: &mut Vec<Violation>) {
    let mut newest: BTreeMap<Fingerprint, (u64, bool, &SimAlert)> = BTreeMap::new();
    let mut resolved: BTreeSet<&str> = BTreeSet::new();
    for input in &plan.inputs {
        match input {
            Input::Alert(at, alert) => {
                // Of one instant what fires counts.
                let said = (*at, alert.firing, alert);
                let known = newest.entry(alert.fingerprint()).or_insert(said);
                if (known.0, known.1) < (said.0, said.1) {
                    *known = said;
                }
            }
            Input::Act(_, SimAct::Resolve(service)) => {
                resolved.insert(service);
            }
            Input::Deploy(..)
            | Input::Act(
                _,
                SimAct::Acknowledge(_)
                | SimAct::Unacknowledge(_)
                | SimAct::Raise(_)
                | SimAct::Silence(..),
            ) => {}
        }
    }
    for (fingerprint, (at, firing, alert)) in newest {
        let at = after(at);
        let known = end
            .incidents
            .iter()
            .find_map(|state| state.alerts.get(&fingerprint));
        let ended = |phase| phase == AlertPhase::Resolved && resolved.contains(alert.service);
        let right = known.is_some_and(|known| {
            known.changed_at >= at
                && (known.is_firing() == firing || known.lapsed && ended(known.phase))
        });
        if !right {
            let known = known.map(|known| (known.phase, known.changed_at));
            let what = format!(
                "{} of {} ({fingerprint}): fires: {firing} since {at}, and {known:?} is known",
                alert.name, alert.service
            );
            violations.push(broken("what a source said last is known", what));
        }
    }
}

/// Whether the day can be compared with a calm one: what people do depends on what they see.
pub(crate) fn is_comparable(plan: &Plan) -> bool {
    plan.inputs
        .iter()
        .all(|input| !matches!(input, Input::Act(..)))
}

/// What is known of each incident in the end: its alerts, and how urgent those are that fire.
type Picture = BTreeMap<
    String,
    (
        bool,
        BTreeMap<Fingerprint, (AlertPhase, Timestamp, Priority)>,
    ),
>;
/// Who was told of what is still open: by the route each alert, and by the ladder the incident.
type Told = BTreeSet<(String, String, String)>;

/// The end of a bad day is that of a calm one.
///
/// Not compared is what may differ: when episodes began and ended, since two that are close may be one
/// when an end comes late, how they are numbered, and who was told of what is over or held back; and, when
/// the configuration changes, who was told, since that depends on whether it came before.
pub(crate) fn compare(plan: &Plan, bad: &End, calm: &End) -> Vec<Violation> {
    let mut violations = Vec::new();
    let (known, right) = (picture(bad), picture(calm));
    if known != right {
        let what = format!("{known:?} instead of {right:?}");
        violations.push(broken("the order of arrival changes nothing", what));
    }
    if plan.deploys() {
        return violations;
    }
    let (told, right) = (told(bad), told(calm));
    if told != right {
        let what = format!(
            "told only on the bad day: {:?}; only on the calm one: {:?}",
            told.difference(&right).collect::<Vec<_>>(),
            right.difference(&told).collect::<Vec<_>>()
        );
        violations.push(broken("in the end the same people know the same", what));
    }
    violations
}

fn picture(end: &End) -> Picture {
    let states = end.incidents.iter().map(|state| {
        let alerts = state.alerts.iter().map(|(fingerprint, alert)| {
            (
                *fingerprint,
                (alert.phase, alert.changed_at, alert.priority),
            )
        });
        let open = state.open_episode().is_some();
        (state.key.to_string(), (open, alerts.collect()))
    });
    states.collect()
}

fn told(end: &End) -> Told {
    let mut told = Told::new();
    let mut fires: BTreeMap<Fingerprint, Priority> = BTreeMap::new();
    for state in &end.incidents {
        let Some(episode) = state.open_episode() else {
            continue;
        };
        let shown = state
            .firing()
            .filter(|(_, alert)| !is_inhibited(end, &episode.service, alert.priority));
        let shown: Vec<(Fingerprint, Priority)> = shown
            .map(|(fingerprint, alert)| (fingerprint, alert.priority))
            .collect();
        let shows = |group: &str| {
            let mut alerts = shown
                .iter()
                .filter_map(|(alert, _)| state.alerts.get(alert));
            alerts.any(|alert| alert.groups.iter().any(|key| key.as_str() == group))
        };
        let letters = end.witness.told.iter().map(|told| &told.notification);
        let letters = letters.filter(|letter| names(letter, &episode.id));
        let letters = letters.filter(|letter| shows(&letter.group_key));
        told.extend(letters.map(|letter| {
            (
                letter.receiver.to_string(),
                letter.group_key.to_string(),
                state.key.to_string(),
            )
        }));
        fires.extend(shown);
    }
    for ((receiver, group, _, fingerprint), (status, _)) in
        beliefs(end, |_, group| group.to_owned())
    {
        let Some(priority) = fires.get(&fingerprint) else {
            continue;
        };
        let by_route = match receiver.as_str() {
            "team" | "ledger" => true,
            "people" => *priority == Priority::P1,
            _ladder => false,
        };
        if by_route && status == Status::Firing {
            told.insert((receiver, group, fingerprint.to_string()));
        }
    }
    told
}
