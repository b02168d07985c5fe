//! Folds a batch into what is known about each alert.
//!
//! For each alert the newest event wins, whatever the order of arrival: the
//! result of any permutation and repetition of the same events is the same. It
//! does not know the episode and tells nobody.

use std::collections::BTreeSet;

use alert_classification::{Fingerprint, Status};
use jiff::Timestamp;
use settings::Priority;

use super::summary::{annotations, details};
use super::{Placed, Suppressed, same_time};
use crate::arrival::{Arrival, SuppressionReason};
use crate::state::{AlertPhase, IncidentState, TrackedAlert, Turns};

/// What a batch did to the alerts.
#[derive(Default)]
pub(super) struct Fold<'a> {
    /// Alerts for which the batch, as a whole, made a difference to the episode.
    pub(super) moves: Vec<Move<'a>>,
    /// Arrivals that made none, or are not the ones that decided.
    pub(super) suppressed: Vec<Suppressed>,
    /// Alerts that ended without having been known.
    pub(super) unseen: Vec<&'a Arrival>,
    /// How many alerts have a new state.
    pub(super) changed_alerts: usize,
}

/// An alert's net step in one batch, and the arrival that decided it.
#[derive(Clone, Copy)]
pub(super) struct Move<'a> {
    pub(super) fingerprint: Fingerprint,
    pub(super) deciding: Placed<'a>,
    pub(super) kind: MoveKind,
}

/// The steps that concern the episode.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum MoveKind {
    /// It did not fire before, and does now. `new` when it was not tracked before.
    Began { new: bool },
    /// It fired before, and its source says that it was over in between.
    BeganAgain,
    /// It fired before, and is more urgent now.
    Rose,
    /// It fired before, and does not any more.
    Ended,
    /// It fired before and still does; what is known about it may be newer.
    StillFires,
    /// It was over before and still is; what is known about its end may be newer.
    StillOver,
}

/// What one event means for what is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    Duplicate,
    OutOfOrder,
    Began,
    BeganAgain,
    StillFiring,
    Ended,
    StillResolved,
}

#[derive(Clone, Copy)]
struct Event<'a> {
    fingerprint: Fingerprint,
    changed_at: Timestamp,
    phase: AlertPhase,
    /// Whether the source says that the problem was over before.
    anew: bool,
    placed: Placed<'a>,
}

/// Folds the firing and resolved arrivals of a batch into `state.alerts`.
pub(super) fn fold<'a>(
    state: &mut IncidentState,
    input: &'a [Arrival],
    version: u64,
    now: Timestamp,
) -> Fold<'a> {
    let mut events: Vec<Event<'a>> = input
        .iter()
        .enumerate()
        .filter_map(|(place, arrival)| event(Placed { place, arrival }))
        .collect();
    let key = |event: &Event<'_>| {
        let fires = event.phase == AlertPhase::Firing;
        (event.fingerprint, event.changed_at, fires)
    };
    events.sort_by(|a, b| {
        let order = key(a).cmp(&key(b));
        order.then_with(|| same_time(&a.placed, &b.placed))
    });
    let mut fold = Fold::default();
    for events in events.chunk_by(|a, b| a.fingerprint == b.fingerprint) {
        fold_alert(state, events, version, now, &mut fold);
    }
    fold
}

fn event(placed: Placed<'_>) -> Option<Event<'_>> {
    let alert = &placed.arrival.alert.alert;
    let phase = match alert.status {
        Status::Firing => AlertPhase::Firing,
        Status::Resolved => AlertPhase::Resolved,
        Status::Info => return None,
    };
    Some(Event {
        fingerprint: alert.fingerprint,
        changed_at: alert.changed_at,
        phase,
        anew: alert.fired_anew,
        placed,
    })
}

fn step(known: Option<&TrackedAlert>, event: &Event<'_>) -> Step {
    use AlertPhase::{Firing, Resolved};
    use std::cmp::Ordering::{Equal, Greater, Less};
    let Some(known) = known else {
        return match event.phase {
            Firing => Step::Began,
            Resolved => Step::StillResolved,
        };
    };
    match (
        event.changed_at.cmp(&known.changed_at),
        known.phase,
        event.phase,
    ) {
        (Less, _, _) | (Equal, Firing, Resolved) => Step::OutOfOrder,
        (Equal, Firing, Firing) | (Equal, Resolved, Resolved) => Step::Duplicate,
        // The very firing that lapsed.
        (Equal, Resolved, Firing) if known.lapsed => Step::Duplicate,
        (Equal | Greater, Resolved, Firing) => Step::Began,
        // Its recovery was lost: whoever looked at the problem may think that it is over.
        (Greater, Firing, Firing) if event.anew => Step::BeganAgain,
        (Greater, Firing, Firing) => Step::StillFiring,
        (Greater, Firing, Resolved) => Step::Ended,
        (Greater, Resolved, Resolved) => Step::StillResolved,
    }
}

/// Folds the events of one alert, oldest first.
fn fold_alert<'a>(
    state: &mut IncidentState,
    events: &[Event<'a>],
    version: u64,
    now: Timestamp,
    fold: &mut Fold<'a>,
) {
    let Some(fingerprint) = events.first().map(|event| event.fingerprint) else {
        return;
    };
    let before = state.alerts.get(&fingerprint).map(Before::of);
    let mut known = state.alerts.remove(fingerprint);
    let mut accepted: Vec<Placed<'a>> = Vec::new();
    let (mut began, mut again) = (false, false);
    for event in events {
        let step = step(known.as_ref(), event);
        let refused = match step {
            Step::Duplicate => Some(SuppressionReason::Duplicate),
            Step::OutOfOrder => Some(SuppressionReason::OutOfOrder),
            Step::Began
            | Step::BeganAgain
            | Step::StillFiring
            | Step::Ended
            | Step::StillResolved => None,
        };
        if let Some(reason) = refused {
            fold.suppressed.push((event.placed.place, reason));
            continue;
        }
        began |= step == Step::Began;
        again |= step == Step::BeganAgain;
        known = Some(apply(known.take(), event, step, now));
        accepted.push(event.placed);
    }
    let Some(mut after) = known else { return };
    if let Some(deciding) = accepted.pop() {
        fold.changed_alerts += 1;
        let net = Net {
            before,
            began,
            again,
        };
        judge(net, &mut after, deciding, version, fold);
        let early = match (before.map(|before| before.phase), after.phase, began) {
            // It was over before anybody could be told.
            (None | Some(AlertPhase::Resolved), AlertPhase::Resolved, true) => {
                SuppressionReason::ResolvedBeforeTold
            }
            (_, AlertPhase::Firing | AlertPhase::Resolved, _) => SuppressionReason::Superseded,
        };
        fold.suppressed
            .extend(accepted.iter().map(|placed| (placed.place, early)));
    }
    state.alerts.insert(fingerprint, after);
}

/// What was known before the batch, so far as the net step depends on it.
#[derive(Clone, Copy)]
struct Before {
    phase: AlertPhase,
    priority: Priority,
    joined: u64,
}

impl Before {
    fn of(alert: &TrackedAlert) -> Self {
        Self {
            phase: alert.phase,
            priority: alert.priority,
            joined: alert.joined,
        }
    }
}

/// What the events of one alert come to.
#[derive(Clone, Copy)]
struct Net {
    before: Option<Before>,
    /// It began within the batch, even if it ended as well.
    began: bool,
    /// It began again within the batch, without having been heard to end.
    again: bool,
}

/// Finds the net step of an alert and what becomes of the arrival that decided it.
fn judge<'a>(
    Net {
        before,
        began,
        again,
    }: Net,
    after: &mut TrackedAlert,
    deciding: Placed<'a>,
    version: u64,
    fold: &mut Fold<'a>,
) {
    use AlertPhase::{Firing, Resolved};
    after.joined = before.map_or(0, |before| before.joined);
    let kind = match (before.map(|before| before.phase), after.phase) {
        (None | Some(Resolved), Firing) => {
            after.joined = version;
            MoveKind::Began {
                new: before.is_none(),
            }
        }
        (Some(Firing), Firing) if again => {
            after.joined = version;
            MoveKind::BeganAgain
        }
        (Some(Firing), Firing) => {
            let rose = before.is_some_and(|before| after.priority < before.priority);
            if rose {
                MoveKind::Rose
            } else {
                fold.suppressed
                    .push((deciding.place, SuppressionReason::StillFiring));
                MoveKind::StillFires
            }
        }
        (Some(Firing), Resolved) => MoveKind::Ended,
        (known @ (None | Some(Resolved)), Resolved) => {
            let reason = if began {
                SuppressionReason::ResolvedBeforeTold
            } else if known.is_none() {
                fold.unseen.push(deciding.arrival);
                SuppressionReason::ResolveWithoutFiring
            } else {
                SuppressionReason::AlreadyResolved
            };
            fold.suppressed.push((deciding.place, reason));
            MoveKind::StillOver
        }
    };
    fold.moves.push(Move {
        fingerprint: deciding.arrival.alert.alert.fingerprint,
        deciding,
        kind,
    });
}

/// What is known about an alert after an event that is news.
fn apply(
    known: Option<TrackedAlert>,
    event: &Event<'_>,
    step: Step,
    now: Timestamp,
) -> TrackedAlert {
    let classified = &event.placed.arrival.alert;
    let alert = &classified.alert;
    let span = event.placed.arrival.span(now);
    let fresh = || TrackedAlert {
        phase: event.phase,
        changed_at: event.changed_at,
        seen_at: now,
        span,
        lapsed: false,
        priority: classified.classification.priority,
        joined: 0,
        turns: Turns::default(),
        groups: BTreeSet::new(),
        sources: BTreeSet::new(),
        title: super::text::clip(&alert.title, super::summary::TITLE_CHARS),
        details: Some(Box::new(details(classified))),
    };
    let Some(known) = known else { return fresh() };
    match step {
        Step::Began => TrackedAlert {
            span: known.span.put(span, now),
            turns: known.turns,
            groups: known.groups,
            sources: known.sources,
            ..fresh()
        },
        Step::BeganAgain => TrackedAlert {
            turns: known.turns,
            groups: known.groups,
            sources: known.sources,
            ..fresh()
        },
        Step::StillFiring => TrackedAlert {
            span: known.span.put(span, now),
            priority: known
                .priority
                .most_urgent(classified.classification.priority),
            joined: known.joined,
            turns: known.turns,
            groups: known.groups,
            sources: known.sources,
            ..fresh()
        },
        // What the alert was about when it fired is worth more than how its end was put.
        Step::Ended | Step::StillResolved => {
            let mut ended = TrackedAlert {
                phase: AlertPhase::Resolved,
                changed_at: event.changed_at,
                seen_at: now,
                span: known.span.put(span, now),
                lapsed: false,
                ..known
            };
            if let Some(details) = &mut ended.details {
                details.annotations = annotations(classified);
            }
            ended
        }
        Step::Duplicate | Step::OutOfOrder => known,
    }
}
