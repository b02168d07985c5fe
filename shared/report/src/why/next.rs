//! When a group tells next, and what comes of the incident itself.

use incident::{Episode, GroupState};
use jiff::{SignedDuration, Timestamp};
use settings::Route;

use super::document::{Coming, ComingKind};
use super::hold::beat;
use crate::case::Case;
use crate::words::{self, later, signed};

/// By time; what has none stands last.
pub(super) fn sort(coming: &mut [Coming]) {
    coming.sort_by(|a, b| {
        let key = |coming: &Coming| (coming.at.is_none(), coming.at, coming.what);
        key(a)
            .cmp(&key(b))
            .then_with(|| a.sentence.cmp(&b.sentence))
    });
}

/// What comes of the incident whatever its groups do.
pub(super) fn of_incident(case: &Case<'_>) -> Vec<Coming> {
    let Some(episode) = case.episode() else {
        return Vec::new();
    };
    let Some(at) = episode.report_at else {
        return Vec::new();
    };
    vec![Coming {
        at: Some(at.into()),
        what: ComingKind::Report,
        to: Vec::new(),
        sentence: format!(
            "the report is written at {}, unless it goes on before",
            words::time(at, case.now)
        ),
    }]
}

/// When a group tells next what is new and not held back.
pub(super) fn tells_at(case: &Case<'_>, route: &Route, group: &GroupState) -> Timestamp {
    if group.due_at.is_some_and(|due| due <= case.now) {
        // It is late, and does what it has to do as soon as it is woken.
        case.now
    } else if group.flushed {
        beat(group, route, case.now)
    } else {
        group.tick.unwrap_or(case.now)
    }
}

/// When a group tells again what still fires: strictly later than the interval, on its beat, and not
/// as long as somebody has taken it on.
pub(super) fn repeats_at(
    case: &Case<'_>,
    route: &Route,
    group: &GroupState,
    episode: &Episode,
) -> Option<Timestamp> {
    let told = group
        .targets
        .iter()
        .filter_map(|target| target.told_at)
        .min()?;
    let wait = signed(route.repeat_interval).saturating_add(SignedDuration::from_nanos(1));
    let mut at = later(told, wait).max(case.now);
    let others = group.alerts.values().any(|alert| {
        alert.incident.as_ref() != Some(&episode.id)
            && alert.muted.is_none()
            && !alert.left
            && !alert.span.is_over(case.now)
    });
    if let Some(ack) = episode.acknowledged(case.now)
        && !others
    {
        at = at.max(ack.until?);
    }
    Some(beat(group, route, at))
}
