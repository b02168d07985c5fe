//! What became of a ladder, and which steps come.

use incident::{Acknowledgement, Episode, GroupIncident, GroupState, Ladder};
use jiff::Timestamp;
use settings::{Escalation, Route, Step, Target};

use super::document::{Coming, ComingKind, LadderState, LadderStory, StepStory};
use crate::case::Case;
use crate::facts::climbs;
use crate::words::{self, later, signed};

/// The most steps that are looked ahead.
const AHEAD: usize = 8;

/// The ladder of the episode in a group, and what comes of it.
pub(super) fn explain(
    case: &Case<'_>,
    route: &Route,
    group: &GroupState,
    episode: &Episode,
    begins: Option<Timestamp>,
) -> Option<(LadderStory, Vec<Coming>)> {
    let routing = case.policy.routing();
    let of_route = route.escalation.and_then(|at| routing.escalations.get(at));
    let incident = group.incidents.get(&episode.id);
    let ladder = incident.and_then(|incident| incident.ladder.as_ref());
    let taken = incident.map(taken).unwrap_or_default();
    let name = ladder
        .map(|ladder| ladder.escalation.to_string())
        .or_else(|| of_route.map(|escalation| escalation.name.to_string()))?;
    // The policy may have been renamed since the ladder began; it begins anew then.
    let escalation = routing.escalations.iter().find(|e| e.name == name.as_str());
    let escalation = escalation.or(of_route);
    let mut story = LadderStory {
        escalation: name,
        state: LadderState::Over,
        round: ladder.map_or(0, |ladder| ladder.round),
        step: ladder.map_or(0, |ladder| ladder.next),
        held_by: None,
        taken,
        sentence: String::new(),
    };
    let held = episode.acknowledged(case.now);
    let mut coming = Vec::new();
    if !episode.is_open() {
        story.sentence = "the incident is over, and so is its ladder".to_owned();
        return Some((story, coming));
    }
    let Some(ladder) = ladder else {
        return not_begun(case, escalation, begins, story);
    };
    let climbing = climbs(group, &episode.id, case.now);
    if let Some(ack) = held {
        story.state = LadderState::Acknowledged;
        story.held_by = Some(ack.by.who.to_string());
        story.sentence = held_sentence(case, ack);
        if let Some(until) = ack.until {
            coming.push(resumes(case, ack, until, climbing));
        }
    } else if ladder.due_at.is_none() {
        story.state = LadderState::Exhausted;
        story.sentence = format!(
            "all steps of {} were taken; nobody more is told by it",
            story.escalation
        );
        return Some((story, coming));
    } else if climbing {
        story.state = LadderState::Climbing;
    } else {
        story.state = LadderState::HeldBack;
        story.sentence =
            "it does not climb as long as all alerts of the incident are held back; a step that is overdue then is taken at once, and the others follow at their distances"
                .to_owned();
        return Some((story, coming));
    }
    let ahead = escalation.map(|escalation| ahead(case, escalation, ladder, held));
    coming.extend(ahead.unwrap_or_default());
    if story.sentence.is_empty() {
        story.sentence = match coming.first() {
            Some(next) => format!("nobody has acknowledged; {}", next.sentence),
            None => "nobody has acknowledged, and no further step is known".to_owned(),
        };
    }
    Some((story, coming))
}

fn not_begun(
    case: &Case<'_>,
    escalation: Option<&Escalation>,
    begins: Option<Timestamp>,
    mut story: LadderStory,
) -> Option<(LadderStory, Vec<Coming>)> {
    let escalation = escalation?;
    story.state = LadderState::NotBegun;
    story.sentence = match begins {
        Some(at) => format!(
            "it begins with the first word about the incident, at {}",
            words::time(at, case.now)
        ),
        None => "it begins with the first word about the incident".to_owned(),
    };
    let coming = begins.map(|at| {
        let mut coming = Vec::new();
        for (place, step) in escalation.steps.iter().enumerate().take(AHEAD) {
            let due = later(at, signed(step.after));
            coming.push(step_comes(case, escalation, step, (0, place), due));
        }
        coming
    });
    Some((story, coming.unwrap_or_default()))
}

fn taken(incident: &GroupIncident) -> Vec<StepStory> {
    let steps = incident.steps.iter();
    steps
        .map(|step| StepStory {
            at: step.at.into(),
            round: step.round,
            step: step.step,
            to: step.to.iter().map(ToString::to_string).collect(),
        })
        .collect()
}

fn held_sentence(case: &Case<'_>, ack: &Acknowledgement) -> String {
    let who = &ack.by.who;
    match ack.until {
        None => format!("{who} has taken it on for good, so it stands still"),
        Some(until) => format!(
            "{who} has taken it on, so it stands still until {}",
            words::time(until, case.now)
        ),
    }
}

fn resumes(case: &Case<'_>, ack: &Acknowledgement, until: Timestamp, climbing: bool) -> Coming {
    let then = if climbing {
        "people are asked whether somebody is still on it, and the ladder goes on"
    } else {
        "the ladder goes on when its alerts are not held back"
    };
    Coming {
        at: Some(until.into()),
        what: ComingKind::AcknowledgementEnds,
        to: Vec::new(),
        sentence: format!(
            "the acknowledgement of {} runs out at {}: {then}",
            ack.by.who,
            words::time(until, case.now)
        ),
    }
}

/// The steps to come, as long as nothing changes.
fn ahead(
    case: &Case<'_>,
    escalation: &Escalation,
    ladder: &Ladder,
    held: Option<&Acknowledgement>,
) -> Vec<Coming> {
    let mut started = ladder.started_at;
    let mut earliest = case.now;
    if let Some(ack) = held {
        let Some(until) = ack.until else {
            return Vec::new();
        };
        // What was left of the time before the next step will be left again.
        let since = ladder.held_since.unwrap_or(ack.at);
        let stood = until.duration_since(since);
        started = later(started, stood.max(jiff::SignedDuration::ZERO));
        earliest = until;
    }
    let (mut round, mut next) = (
        ladder.round,
        usize::try_from(ladder.next).unwrap_or(usize::MAX),
    );
    let mut coming = Vec::new();
    // Each turn names a step or begins a round.
    for _ in 0..2 * AHEAD {
        if coming.len() >= AHEAD {
            break;
        }
        if let Some(step) = escalation.steps.get(next) {
            let due = later(started, signed(step.after)).max(earliest);
            coming.push(step_comes(case, escalation, step, (round, next), due));
            next += 1;
            continue;
        }
        let last = escalation.steps.last().map(|step| signed(step.after));
        let length = last
            .unwrap_or_default()
            .saturating_add(signed(escalation.repeat_after));
        if round >= escalation.repeat || length.is_zero() {
            break;
        }
        started = later(started, length);
        round += 1;
        next = 0;
    }
    coming
}

fn step_comes(
    case: &Case<'_>,
    escalation: &Escalation,
    step: &Step,
    (round, place): (u32, usize),
    due: Timestamp,
) -> Coming {
    let to = reached(case, step, due);
    let names = if to.is_empty() {
        "nobody".to_owned()
    } else {
        words::list(&to)
    };
    let again = match round {
        0 => String::new(),
        round => format!(", round {}", u64::from(round) + 1),
    };
    Coming {
        at: Some(due.into()),
        what: ComingKind::Step,
        sentence: format!(
            "step {} of {} in {}{again} tells {names} at {}",
            place + 1,
            escalation.steps.len(),
            escalation.name,
            words::time(due, case.now)
        ),
        to,
    }
}

/// Whom a step reaches at a time, and by which rotation.
fn reached(case: &Case<'_>, step: &Step, at: Timestamp) -> Vec<String> {
    let routing = case.policy.routing();
    let name = |place: usize| {
        routing
            .receivers
            .get(place)
            .map(|receiver| receiver.name.to_string())
    };
    let mut seen = Vec::new();
    let mut names = Vec::new();
    for target in &step.to {
        let (place, rotation) = match target {
            Target::Receiver(place) => (Some(*place), None),
            Target::Rotation(turn) => {
                let rotation = routing.rotations.get(*turn);
                let member = rotation.and_then(|rotation| rotation.on_call(at));
                (member, rotation.map(|rotation| rotation.name.as_str()))
            }
        };
        let Some(place) = place.filter(|place| !seen.contains(place)) else {
            continue;
        };
        seen.push(place);
        if let Some(name) = name(place) {
            names.push(match rotation {
                Some(rotation) => format!("{name} (on call in {rotation})"),
                None => name,
            });
        }
    }
    names
}
