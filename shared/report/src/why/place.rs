//! Explains what became of an alert in one group.

use incident::{GroupAlert, GroupEvent, GroupState};
use jiff::Timestamp;
use settings::{Channel, Route};

use super::document::{Coming, ComingKind, Knows, Place, Telling};
use super::{hold, ladder, next};
use crate::case::Case;
use crate::facts::{Known, Placing};
use crate::words;

/// The most that is told of what was told.
const TELLINGS: usize = 30;

pub(super) fn explain(case: &Case<'_>, known: Known<'_>, placing: &Placing<'_>) -> Place {
    let route = placing.route;
    let routing = case.policy.routing();
    let receiver = routing.receivers.get(route.receiver);
    let group = case.group(&placing.key);
    let kept = group.and_then(|group| group.alerts.get(&known.fingerprint));
    let escalation = route.escalation.and_then(|at| routing.escalations.get(at));
    let mut place = Place {
        route: route.id.to_string(),
        matchers: case.path(route),
        group: placing.key.to_string(),
        labels: placing
            .labels
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        receiver: receiver.map(|r| r.name.to_string()).unwrap_or_default(),
        channels: channels(case, route),
        group_wait: route.group_wait.to_string(),
        group_interval: route.group_interval.to_string(),
        repeat_interval: route.repeat_interval.to_string(),
        escalation: escalation.map(|escalation| escalation.name.to_string()),
        left: placing.left,
        knows: group
            .zip(kept)
            .map(|(group, kept)| knows(group, kept))
            .unwrap_or_default(),
        told: tellings(case, known, group),
        held: kept.and_then(|kept| hold::of(case, route, kept)),
        ladder: None,
        because: Vec::new(),
        next: Vec::new(),
    };
    if place.channels.is_empty() {
        place
            .because
            .push(if receiver.is_some_and(|r| r.integrations.is_empty()) {
                format!(
                    "receiver {} has no channel, so the route tells nobody",
                    place.receiver
                )
            } else {
                format!(
                    "no channel of receiver {} is deployed, so the route tells nobody",
                    place.receiver
                )
            });
    }
    if place.left {
        place.because.push(
            "the routes bring it elsewhere now, so that only its end is told here".to_owned(),
        );
    }
    match (group, kept) {
        (None, _) => place
            .because
            .push("nothing is known of the group".to_owned()),
        (Some(group), None) => place.because.push(gone(case, known, group, &place.told)),
        (Some(group), Some(kept)) => standing(case, route, group, kept, &mut place),
    }
    if let (Some(group), Some(episode)) = (group, case.episode()) {
        let tells = place
            .next
            .iter()
            .find(|coming| coming.what == ComingKind::Tell);
        let begins = tells.and_then(|coming| coming.at).map(crate::Moment::get);
        let told = ladder::explain(case, route, group, episode, begins);
        if let Some((story, coming)) = told {
            place.ladder = Some(story);
            place.next.extend(coming);
        }
    }
    next::sort(&mut place.next);
    place
}

fn channels(case: &Case<'_>, route: &Route) -> Vec<String> {
    let receiver = case.policy.routing().receivers.get(route.receiver);
    let mut channels: Vec<Channel> = receiver
        .into_iter()
        .flat_map(settings::Receiver::channels)
        .filter(|channel| case.policy.has(*channel))
        .collect();
    channels.sort_unstable();
    channels.dedup();
    channels.iter().map(ToString::to_string).collect()
}

fn knows(group: &GroupState, kept: &GroupAlert) -> Vec<Knows> {
    let marked = |place: usize| {
        let bit = u32::try_from(place)
            .ok()
            .and_then(|place| 1_u64.checked_shl(place));
        bit.is_some_and(|bit| kept.told & bit != 0)
    };
    group
        .targets
        .iter()
        .enumerate()
        .filter(|(place, _)| marked(*place))
        .map(|(_, target)| Knows {
            receiver: target.receiver.to_string(),
            channel: target.channel.to_string(),
            told_at: target.told_at.map(Into::into),
        })
        .collect()
}

/// What was told of the incident since the alert began.
fn tellings(case: &Case<'_>, known: Known<'_>, group: Option<&GroupState>) -> Vec<Telling> {
    let (Some(group), Some(episode)) = (group, case.episode()) else {
        return Vec::new();
    };
    let since = known.alert.span.starts_at.min(episode.opened_at);
    let told = group.log.iter().filter_map(|entry| {
        let GroupEvent::Told {
            notification: _,
            receiver,
            channels,
            event,
            reason,
            step,
            incidents,
        } = &entry.event
        else {
            return None;
        };
        let ours = incidents.contains(&episode.id) && entry.at >= since;
        ours.then(|| Telling {
            at: entry.at.into(),
            receiver: receiver.to_string(),
            channels: channels.iter().map(ToString::to_string).collect(),
            event: event.as_str().to_owned(),
            reason: reason.clone(),
            step: *step,
        })
    });
    let mut told: Vec<Telling> = told.collect();
    let excess = told.len().saturating_sub(TELLINGS);
    told.drain(..excess);
    told
}

/// Why a group does not have an alert.
fn gone(case: &Case<'_>, known: Known<'_>, group: &GroupState, told: &[Telling]) -> String {
    let at = |time| words::time(time, case.now);
    if known.alert.is_firing() {
        return if group.alerts.len() >= incident::MAX_IN_GROUP {
            "the group is full and has no room for it; it is only counted".to_owned()
        } else {
            "the group does not have it".to_owned()
        };
    }
    let end = known.alert.span.ends_at.unwrap_or(known.alert.changed_at);
    let mut tellings = told.iter().rev();
    match tellings.find(|telling| telling.at.get() >= end) {
        Some(last) => format!(
            "it is over, and {} was told so at {}",
            last.receiver,
            at(last.at.get())
        ),
        None if told.is_empty() => "it is over, and nobody was told of it here".to_owned(),
        None => "it is over, and nobody was told so: its receivers do not want to hear of ends, or did not know of it"
            .to_owned(),
    }
}

/// How an alert of a group stands, and what comes.
fn standing(
    case: &Case<'_>,
    route: &Route,
    group: &GroupState,
    kept: &GroupAlert,
    place: &mut Place,
) {
    let at = |time| words::time(time, case.now);
    let over = kept.span.is_over(case.now);
    let tells = next::tells_at(case, route, group);
    if place.channels.is_empty() {
        return;
    }
    if let Some(hold) = place.held.clone() {
        place.because.push(hold.sentence.clone());
        released(case, route, group, kept, place);
        if over && kept.told != 0 {
            place
                .because
                .push("who was told that it fires is told that it is over all the same".into());
            tells_that(case, place, "is over", tells);
        }
        return;
    }
    if over {
        if kept.told == 0 {
            place
                .because
                .push("it is over, and nobody knew of it".to_owned());
        } else {
            place.because.push(format!(
                "it is over, and {} is told so at {}",
                place.receiver,
                at(tells)
            ));
            tells_that(case, place, "is over", tells);
        }
        return;
    }
    if place.left {
        return;
    }
    let waits = if !group.flushed {
        Some(("group_wait", route.group_wait))
    } else if kept.firing == 0 {
        Some(("group_interval", route.group_interval))
    } else {
        None
    };
    let Some((name, wait)) = waits else {
        return repeats(case, route, group, place);
    };
    place.because.push(format!(
        "nobody is told before {} because {name} of route {} is {wait}",
        at(tells),
        route.id,
    ));
    tells_that(case, place, "fires", tells);
}

/// What comes when what holds an alert back ends.
fn released(
    case: &Case<'_>,
    route: &Route,
    group: &GroupState,
    kept: &GroupAlert,
    place: &mut Place,
) {
    let Some(hold) = &place.held else { return };
    let until = hold::ends(case, route, kept);
    let Some(until) = until else {
        place.next.push(Coming {
            at: None,
            what: ComingKind::Release,
            to: Vec::new(),
            sentence: format!("when that ends is not known: {}", hold.sentence),
        });
        return;
    };
    let fires_on = !kept.span.is_over(until);
    let told = hold::beat(group, route, until.max(case.now));
    let then = if fires_on && kept.firing == 0 && !place.left {
        format!(
            "{} is told at {} if it still fires",
            place.receiver,
            words::time(told, case.now)
        )
    } else if fires_on {
        "nothing new is to be told then".to_owned()
    } else {
        "it counts as over by then".to_owned()
    };
    place.next.push(Coming {
        at: Some(until.into()),
        what: ComingKind::Release,
        to: vec![place.receiver.clone()],
        sentence: format!(
            "what holds it back ends at {}: {then}",
            words::time(until, case.now)
        ),
    });
}

/// What was told is told again.
fn repeats(case: &Case<'_>, route: &Route, group: &GroupState, place: &mut Place) {
    let at = |time| words::time(time, case.now);
    let Some(episode) = case.episode() else {
        return;
    };
    let last = group
        .targets
        .iter()
        .filter(|target| target.receiver == place.receiver.as_str())
        .filter_map(|target| target.told_at)
        .max();
    let known = last.map_or_else(
        || format!("{} knows that it fires", place.receiver),
        |last| {
            format!(
                "{} knows that it fires and was last told at {}",
                place.receiver,
                at(last)
            )
        },
    );
    match (
        next::repeats_at(case, route, group, episode),
        episode.acknowledged(case.now),
    ) {
        (None, Some(ack)) => place.because.push(format!(
            "{known}; nothing is repeated because {} has taken it on",
            ack.by.who
        )),
        (None, None) => place.because.push(known),
        (Some(again), ack) => {
            let held = ack.map(|ack| format!(", as long as {} does not give it back", ack.by.who));
            place.because.push(format!(
                "{known}; nothing is new, so it is not told again before {} (repeat_interval of route {} is {}){}",
                at(again),
                route.id,
                route.repeat_interval,
                held.unwrap_or_default()
            ));
            place.next.push(Coming {
                at: Some(again.into()),
                what: ComingKind::Repeat,
                to: vec![place.receiver.clone()],
                sentence: format!(
                    "{} is told again at {} if it still fires",
                    place.receiver,
                    at(again)
                ),
            });
        }
    }
}

/// Its receiver is to be told of news.
fn tells_that(case: &Case<'_>, place: &mut Place, news: &str, at: Timestamp) {
    let receiver = &place.receiver;
    place.next.push(Coming {
        at: Some(at.into()),
        what: ComingKind::Tell,
        to: vec![receiver.clone()],
        sentence: format!(
            "{receiver} is told that it {news} at {}",
            words::time(at, case.now)
        ),
    });
}
