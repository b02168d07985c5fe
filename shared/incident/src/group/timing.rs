//! When a group has something to do next.
//!
//! A group has a beat: `group_wait` after its first alert and then every `group_interval`, as with
//! Alertmanager. Beats at which nothing can change are passed over, so that a group that waits costs
//! nothing; those that are not fall on the same instants as if every one had been looked at. Ladders
//! do not wait for the beat.

use std::collections::BTreeMap;

use alert_classification::Fingerprint;
use jiff::{SignedDuration, Timestamp};
use settings::Route;

use super::state::{GroupAlert, GroupState, Muted};
use crate::id::IncidentId;
use crate::policy::signed;

/// Alertmanager looks for empty groups this often, and forgets them.
const FORGETTING: i64 = 30_000;
/// How often a group without an interval looks whether what holds an alert back is gone.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(60);

/// When an empty group is forgotten: what comes until then waits for its next beat.
pub(super) fn forgotten_at(group: &GroupState) -> Option<Timestamp> {
    let since = group.emptied_at?.as_millisecond();
    let next = since.div_euclid(FORGETTING).checked_add(1)?;
    Timestamp::from_millisecond(next.checked_mul(FORGETTING)?).ok()
}

/// The first beat at or after a time.
fn beat(group: &GroupState, route: &Route, at: Timestamp) -> Timestamp {
    let interval = signed(route.group_interval);
    let Some(tick) = group.tick else { return at };
    if interval.is_zero() {
        return tick.max(at);
    }
    if at <= tick {
        return tick;
    }
    let behind = at.duration_since(tick).as_nanos();
    let beats = behind.div_euclid(interval.as_nanos())
        + i128::from(behind.rem_euclid(interval.as_nanos()) != 0);
    let ahead = i32::try_from(beats)
        .ok()
        .and_then(|beats| interval.checked_mul(beats));
    ahead
        .and_then(|ahead| tick.checked_add(ahead).ok())
        .unwrap_or(at)
}

/// Moves the beat past a flush.
pub(super) fn advance(group: &mut GroupState, route: &Route, now: Timestamp) {
    let interval = signed(route.group_interval);
    group.flushed = true;
    group.tick = if interval.is_zero() {
        None
    } else {
        let tick = group.tick.unwrap_or(now);
        let next = tick.checked_add(interval).unwrap_or(Timestamp::MAX);
        group.tick = Some(next);
        // Whoever comes late keeps the beat.
        Some(if next > now {
            next
        } else {
            let just_after = now.checked_add(SignedDuration::from_nanos(1));
            beat(group, route, just_after.unwrap_or(now))
        })
    };
}

/// Finds out when something is due. A beat whose timer is late is not put off by what comes meanwhile.
pub(crate) fn reschedule(group: &mut GroupState, route: &Route, now: Timestamp) {
    reschedule_for(group, None, route, now);
}

/// The same after one alert has changed: where its news decides, the others are not looked at.
pub(super) fn reschedule_for(
    group: &mut GroupState,
    alert: Option<Fingerprint>,
    route: &Route,
    now: Timestamp,
) {
    let overdue = |known: Option<Timestamp>| known.filter(|due| *due <= now);
    let (message, step) = due(group, alert, route, now);
    group.message_at = overdue(group.message_at).or(message);
    group.due_at = overdue(group.due_at).or_else(|| sooner(group.message_at, step));
}

/// Finds out when something is due after all that was due has been done.
pub(super) fn plan(group: &mut GroupState, route: &Route, now: Timestamp) {
    let again = now.checked_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX);
    let ahead = |due: Timestamp| if due > now { due } else { again };
    let (message, step) = due(group, None, route, now);
    group.message_at = message.map(ahead);
    group.due_at = sooner(group.message_at, step.map(ahead));
}

/// Whether the route's own message is due.
pub(super) fn is_on_beat(group: &GroupState, now: Timestamp) -> bool {
    match group.tick {
        // Without an interval every time is a beat: repeats and ends fall due by themselves.
        None => group.flushed,
        // Beats that were passed over lie behind.
        Some(_) if group.flushed => group.message_at.is_some_and(|at| at <= now),
        Some(tick) => tick <= now,
    }
}

fn sooner(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    a.into_iter().chain(b).min()
}

/// When the route's own message is due, and when a step of a ladder is, if that is sooner.
fn due(
    group: &GroupState,
    first: Option<Fingerprint>,
    route: &Route,
    now: Timestamp,
) -> (Option<Timestamp>, Option<Timestamp>) {
    if group.is_empty() {
        return (None, None);
    }
    if !group.flushed {
        return (group.tick, None);
    }
    let message = message_due(group, first, route, now);
    (message, step_due(group, message, now))
}

/// When the route's own message may have something to say.
fn message_due(
    group: &GroupState,
    first: Option<Fingerprint>,
    route: &Route,
    now: Timestamp,
) -> Option<Timestamp> {
    let continuous = signed(route.group_interval).is_zero();
    let soonest = beat(group, route, now);
    let mut due: Option<Timestamp> = None;
    if !group.infos.is_empty() || group.overflow > 0 {
        due = Some(soonest);
    }
    let mut repeats = false;
    let first = first.and_then(|fingerprint| group.alerts.get(&fingerprint));
    for alert in first.into_iter().chain(group.alerts.values()) {
        // No beat is sooner than the next one.
        if !continuous && due == Some(soonest) {
            return due;
        }
        let mut at = |time: Timestamp| due = Some(due.map_or(time, |known| known.min(time)));
        let over = alert.span.is_over(now);
        if news(alert, over) {
            at(soonest);
        }
        match &alert.muted {
            Some(muted) if !over || matches!(muted, Muted::Flapping { .. }) => {
                at(released(group, route, muted, now, continuous));
            }
            Some(_) => {}
            None => repeats |= !over && !alert.left,
        }
        if let (false, Some(end)) = (over, alert.span.ends_at) {
            at(beat(group, route, end));
        }
    }
    let told_at = group.targets.iter().filter_map(|t| t.told_at).min();
    let repeat = told_at
        .filter(|_| repeats)
        .map(|told_at| repeated(group, route, told_at, now, continuous));
    due.into_iter().chain(repeat).min()
}

/// When what was told is told again.
fn repeated(
    group: &GroupState,
    route: &Route,
    told_at: Timestamp,
    now: Timestamp,
    continuous: bool,
) -> Timestamp {
    // Strictly later than the interval, as Alertmanager has it.
    let later = signed(route.repeat_interval).saturating_add(SignedDuration::from_nanos(1));
    let again = told_at.checked_add(later).unwrap_or(Timestamp::MAX);
    // What is overdue by now is not said as long as somebody is on it.
    if continuous && again <= now {
        return now.checked_add(LOOK_AGAIN).unwrap_or(now);
    }
    beat(group, route, again.max(now))
}

/// When a ladder has a step to take before `before`.
fn step_due(group: &GroupState, before: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    let sooner: BTreeMap<&IncidentId, Timestamp> = group
        .incidents
        .iter()
        .filter_map(|(id, incident)| Some((id, incident.ladder.as_ref()?.due_at?)))
        .filter(|(_, next)| before.is_none_or(|before| *next < before))
        .collect();
    if sooner.is_empty() {
        return None;
    }
    group
        .alerts
        .values()
        .filter(|alert| alert.climbs() && !alert.span.is_over(now))
        .filter_map(|alert| sooner.get(alert.incident.as_ref()?).copied())
        .min()
}

/// Whether the next beat may have something to tell or to forget.
fn news(alert: &GroupAlert, over: bool) -> bool {
    let held = matches!(alert.muted, Some(Muted::Flapping { .. }));
    alert.flap_untold
        || (!alert.unclosed.is_empty() && !held)
        || (over && !held)
        || (alert.pending > 0 && alert.muted.is_none())
        || (alert.firing == 0 && alert.muted.is_none() && !alert.left)
}

/// When to look whether an alert is still held back.
fn released(
    group: &GroupState,
    route: &Route,
    muted: &Muted,
    now: Timestamp,
    continuous: bool,
) -> Timestamp {
    let until = match muted {
        Muted::Flapping { until } => return beat(group, route, *until),
        Muted::Silence { until, .. } => Some(*until),
        Muted::InactiveTime { until } => *until,
        Muted::Inhibition { .. } | Muted::MuteTime { .. } => None,
    };
    if !continuous {
        let just_after = now.checked_add(SignedDuration::from_nanos(1));
        return beat(group, route, just_after.unwrap_or(now));
    }
    let again = now.checked_add(LOOK_AGAIN).unwrap_or(now);
    until.map_or(again, |until| until.min(again))
}
