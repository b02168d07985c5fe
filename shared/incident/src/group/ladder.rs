//! The ladder of an incident in a group: who is told next as long as nobody acknowledges.

use std::collections::BTreeMap;

use compact_str::CompactString;
use jiff::{SignedDuration, Timestamp};
use settings::{Escalation, Priority, Route, Target};

use super::flush::Facts;
use super::state::{GroupEvent, GroupIncident, GroupState, Ladder, StepTaken};
use crate::id::IncidentId;
use crate::policy::{Policy, signed};

/// The most steps that are remembered for an incident.
const MAX_STEPS: usize = 50;

/// A step that is due.
#[derive(Clone, Debug)]
pub(super) struct DueStep {
    pub(super) incident: IncidentId,
    pub(super) escalation: CompactString,
    pub(super) step: u32,
    /// Positions of receivers, and the rotation that named them, if one did.
    pub(super) to: Vec<(usize, Option<CompactString>)>,
}

/// What became of the ladders at a flush.
#[derive(Debug, Default)]
pub(super) struct Climbed {
    pub(super) due: Vec<DueStep>,
    /// Incidents whose acknowledgement ran out: people are asked whether they are still on it.
    pub(super) resumed: Vec<IncidentId>,
    /// Incidents that somebody has taken on.
    pub(super) acknowledged: Vec<IncidentId>,
}

/// Climbs the ladders of the incidents in `climbing`, which fire and are not held back, with the
/// priority that they have now.
pub(super) fn climb(
    group: &mut GroupState,
    version: u64,
    climbing: &BTreeMap<IncidentId, Priority>,
    route: &Route,
    policy: &Policy,
    facts: &mut impl Facts,
    now: Timestamp,
) -> Climbed {
    let mut climbed = Climbed::default();
    let escalations = &policy.routing().escalations;
    let escalation = route.escalation.and_then(|at| escalations.get(at));
    let mut log = Vec::new();
    for (id, incident) in &mut group.incidents {
        let Some(priority) = climbing.get(id) else {
            if let Some(ladder) = &mut incident.ladder {
                ladder.muted = true;
            }
            continue;
        };
        let Some(escalation) = escalation else {
            incident.ladder = None;
            continue;
        };
        begin(incident, escalation, *priority, now);
        let Some(ladder) = &mut incident.ladder else {
            continue;
        };
        let looks = ladder.held_since.is_some() || ladder.due_at.is_some_and(|at| at <= now);
        if !looks {
            continue;
        }
        // Whether somebody has taken it on is the incident's to say, and the commit makes sure that
        // it still says so.
        let Some(state) = facts.incident(&incident.key) else {
            continue;
        };
        let episode = state.episode.as_ref().filter(|episode| episode.id == *id);
        let Some(episode) = episode.filter(|episode| episode.is_open()) else {
            ladder.due_at = None;
            continue;
        };
        if let Some(ack) = episode.acknowledged(now) {
            ladder
                .held_since
                .get_or_insert(ack.at.max(ladder.started_at));
            ladder.due_at = ack.until;
            climbed.acknowledged.push(id.clone());
            continue;
        }
        if let Some(since) = ladder.held_since.take() {
            // What was left of the time before the next step is left again.
            let ack = episode.acknowledgement.as_ref();
            let until = ack.and_then(|ack| ack.until).unwrap_or(now);
            shift(ladder, since, until.min(now));
            if is_exhausted(ladder, escalation) {
                // Nobody is on it any more, and everybody has been asked: they are asked again.
                ladder.started_at = now;
                ladder.round = 0;
                ladder.next = 0;
            }
            if episode.acknowledgement.is_some() {
                climbed.resumed.push(id.clone());
                log.push(GroupEvent::Resumed {
                    incident: id.clone(),
                });
            }
        }
        if std::mem::take(&mut ladder.muted) {
            catch_up(ladder, escalation, now);
        }
        take_steps(id, incident, escalation, policy, now, &mut climbed);
    }
    for event in log {
        group.push_log(now, version, event);
    }
    climbed
}

/// Begins a ladder, and begins it anew when the priority has risen or the policy is another.
fn begin(
    incident: &mut GroupIncident,
    escalation: &Escalation,
    priority: Priority,
    now: Timestamp,
) {
    let goes_on = incident
        .ladder
        .as_ref()
        .is_some_and(|ladder| ladder.escalation == escalation.name && ladder.priority <= priority);
    if !goes_on {
        let first = escalation.steps.first();
        incident.ladder = Some(Ladder {
            escalation: escalation.name.clone(),
            started_at: now,
            priority,
            round: 0,
            next: 0,
            held_since: None,
            muted: false,
            due_at: first.map(|step| later(now, signed(step.after))),
        });
    }
}

/// After a ladder was held back, a step that was due meanwhile is taken now, and the others follow at
/// their distance from it.
fn catch_up(ladder: &mut Ladder, escalation: &Escalation, now: Timestamp) {
    let next = usize::try_from(ladder.next).ok();
    if let Some(step) = next.and_then(|next| escalation.steps.get(next)) {
        let due = later(ladder.started_at, signed(step.after));
        let late = now.duration_since(due).max(SignedDuration::ZERO);
        ladder.started_at = later(ladder.started_at, late);
    }
}

/// What was left of the time before the next step is left again.
fn shift(ladder: &mut Ladder, since: Timestamp, until: Timestamp) {
    let still = until.duration_since(since.max(ladder.started_at));
    ladder.started_at = later(ladder.started_at, still.max(SignedDuration::ZERO));
}

/// Whether every step of every round has been taken.
fn is_exhausted(ladder: &Ladder, escalation: &Escalation) -> bool {
    let steps = u32::try_from(escalation.steps.len()).unwrap_or(u32::MAX);
    ladder.next >= steps && ladder.round >= escalation.repeat
}

fn take_steps(
    id: &IncidentId,
    incident: &mut GroupIncident,
    escalation: &Escalation,
    policy: &Policy,
    now: Timestamp,
    climbed: &mut Climbed,
) {
    let Some(ladder) = &mut incident.ladder else {
        return;
    };
    loop {
        let Some(step) = usize::try_from(ladder.next)
            .ok()
            .and_then(|next| escalation.steps.get(next))
        else {
            if ladder.round >= escalation.repeat {
                ladder.due_at = None;
                return;
            }
            let last = escalation.steps.last();
            let round = last.map_or(SignedDuration::ZERO, |last| signed(last.after));
            let round = round.saturating_add(signed(escalation.repeat_after));
            ladder.started_at = later(ladder.started_at, round);
            ladder.round += 1;
            ladder.next = 0;
            if round.is_zero() {
                ladder.due_at = None;
                return;
            }
            continue;
        };
        let due = later(ladder.started_at, signed(step.after));
        ladder.due_at = Some(due);
        if due > now {
            return;
        }
        let to = reached(&step.to, policy, now);
        incident.steps.push(StepTaken {
            at: now,
            escalation: escalation.name.clone(),
            round: ladder.round,
            step: ladder.next,
            to: to
                .iter()
                .filter_map(|(at, _)| policy.routing().receivers.get(*at))
                .map(|receiver| receiver.name.clone())
                .collect(),
        });
        if incident.steps.len() > MAX_STEPS {
            incident.steps.remove(0);
        }
        climbed.due.push(DueStep {
            incident: id.clone(),
            escalation: escalation.name.clone(),
            step: ladder.next,
            to,
        });
        ladder.next += 1;
    }
}

/// Who a step reaches now: whom no channel of this deployment reaches is nobody.
fn reached(to: &[Target], policy: &Policy, now: Timestamp) -> Vec<(usize, Option<CompactString>)> {
    let routing = policy.routing();
    let deployed = |at: usize| {
        let receiver = routing.receivers.get(at);
        let mut integrations = receiver.into_iter().flat_map(|known| &known.integrations);
        integrations.any(|integration| policy.has(integration.channel))
    };
    let mut reached: Vec<(usize, Option<CompactString>)> = Vec::new();
    for target in to {
        let found = match target {
            Target::Receiver(at) => Some((*at, None)),
            Target::Rotation(at) => routing.rotations.get(*at).and_then(|rotation| {
                let member = rotation.members.get(rotation.rotation.on_call(now))?;
                Some((*member, Some(rotation.name.clone())))
            }),
        };
        if let Some(found) = found.filter(|(at, _)| deployed(*at))
            && reached.iter().all(|(at, _)| *at != found.0)
        {
            reached.push(found);
        }
    }
    reached
}

/// After a person's act the ladder looks again at once.
pub(crate) fn restart_on_act(group: &mut GroupState, id: &IncidentId, now: Timestamp) {
    let ladder = group
        .incidents
        .get_mut(id)
        .and_then(|incident| incident.ladder.as_mut());
    if let Some(ladder) = ladder {
        ladder.held_since.get_or_insert(now);
        ladder.due_at = Some(now);
    }
}

fn later(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.checked_add(span).unwrap_or(Timestamp::MAX)
}
