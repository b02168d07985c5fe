//! What holds an alert back, and when it no longer does.

use incident::{GroupAlert, GroupState, Muted};
use jiff::{SignedDuration, Timestamp};
use settings::{NamedTimeInterval, Route};

use super::document::{Hold, HoldKind};
use crate::case::Case;
use crate::facts::silence_ends;
use crate::words;

/// How often it is asked when a route is told in again, at most.
const CHANGES: usize = 200;

/// What holds an alert of a group back.
pub(super) fn of(case: &Case<'_>, route: &Route, alert: &GroupAlert) -> Option<Hold> {
    let muted = alert.muted.as_ref()?;
    let until = ends(case, route, alert);
    let when = |until: Option<Timestamp>| match until {
        Some(until) => format!("until {}", words::time(until, case.now)),
        None => "and nobody knows for how long".to_owned(),
    };
    let mut hold = Hold {
        by: HoldKind::Silence,
        id: None,
        who: None,
        source: None,
        until: until.map(Into::into),
        sentence: String::new(),
    };
    match muted {
        Muted::Silence { id, who, .. } => {
            let silence = case.silences.iter().find(|silence| silence.id == *id);
            let comment = silence.map(|silence| silence.comment.as_str());
            let comment = comment.filter(|comment| !comment.is_empty());
            let comment = comment.map(|comment| format!(" ({})", words::line(comment)));
            hold.id = Some(id.to_string());
            hold.who = Some(who.to_string());
            hold.sentence = format!(
                "silence {id} of {who} holds it back {}{}",
                when(until),
                comment.unwrap_or_default()
            );
        }
        Muted::Inhibition {
            rule,
            source,
            title,
        } => {
            hold.by = HoldKind::Inhibition;
            hold.id = Some(rule.to_string());
            hold.source = Some(title.clone());
            hold.sentence = format!(
                "the alert {} ({source}) explains it by the inhibit rule {rule}, which holds it back as long as that fires",
                words::line(title)
            );
        }
        Muted::MuteTime { interval } => {
            hold.by = HoldKind::MuteTime;
            hold.id = Some(interval.to_string());
            hold.sentence = format!(
                "route {} is mute in the time interval {interval}, {}",
                route.id,
                when(until)
            );
        }
        Muted::InactiveTime { .. } => {
            hold.by = HoldKind::InactiveTime;
            let active: Vec<&str> = named(case, &route.active_time_intervals)
                .map(|named| named.name.as_str())
                .collect();
            hold.sentence = format!(
                "route {} tells only in {}; it is held back {}",
                route.id,
                words::list(&active),
                when(until)
            );
        }
        Muted::Flapping { .. } => {
            hold.by = HoldKind::Flapping;
            hold.sentence = format!(
                "it changes too often, so nothing more is told of it {}, and longer if it changes again",
                when(until)
            );
        }
    }
    Some(hold)
}

/// When something no longer holds back, if that is known.
pub(super) fn ends(case: &Case<'_>, route: &Route, alert: &GroupAlert) -> Option<Timestamp> {
    match alert.muted.as_ref()? {
        Muted::Silence { id, until, .. } => {
            let silence = case.silences.iter().find(|silence| silence.id == *id);
            Some(silence.map_or(*until, |silence| silence_ends(silence, case.now)))
        }
        Muted::Inhibition { source, .. } => case
            .groups
            .iter()
            .find_map(|group| group.alerts.get(source))
            .and_then(|source| source.span.ends_at)
            .filter(|end| *end > case.now),
        Muted::MuteTime { .. } | Muted::InactiveTime { .. } => route_opens(case, route),
        // It has changed again since the group last looked.
        Muted::Flapping { until } => alert.flapping_until.max(Some(*until)),
    }
}

/// When a route that is mute now tells again.
fn route_opens(case: &Case<'_>, route: &Route) -> Option<Timestamp> {
    let mut at = case.now;
    for _ in 0..CHANGES {
        let intervals = named(case, &route.mute_time_intervals)
            .chain(named(case, &route.active_time_intervals));
        at = intervals
            .flat_map(|named| &named.intervals)
            .filter_map(|times| times.next_change(at))
            .min()?;
        if opens(case, route, at) {
            return Some(at);
        }
    }
    None
}

/// Whether a route tells at a time.
fn opens(case: &Case<'_>, route: &Route, at: Timestamp) -> bool {
    let active = &route.active_time_intervals;
    (active.is_empty() || named(case, active).any(|named| named.contains(at)))
        && !named(case, &route.mute_time_intervals).any(|named| named.contains(at))
}

fn named<'c>(case: &Case<'c>, places: &'c [usize]) -> impl Iterator<Item = &'c NamedTimeInterval> {
    let intervals = &case.policy.routing().time_intervals;
    places.iter().filter_map(move |place| intervals.get(*place))
}

/// The first beat of a group at or after a time.
pub(super) fn beat(group: &GroupState, route: &Route, at: Timestamp) -> Timestamp {
    let interval = words::signed(route.group_interval);
    let Some(tick) = group.tick else { return at };
    if at <= tick {
        return tick;
    }
    if interval <= SignedDuration::ZERO {
        return at;
    }
    let behind = at.duration_since(tick).as_nanos();
    let step = interval.as_nanos();
    let beats = behind.div_euclid(step) + i128::from(behind.rem_euclid(step) != 0);
    let ahead = i32::try_from(beats)
        .ok()
        .and_then(|beats| interval.checked_mul(beats));
    ahead
        .and_then(|ahead| tick.checked_add(ahead).ok())
        .unwrap_or(at)
}
