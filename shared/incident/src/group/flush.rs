//! What a group does when something is due.
//!
//! The order is Alertmanager's: what is held back is taken out, what is left is compared with what
//! each target was last told, and whoever has something to learn is told. Then ladders are climbed.

use std::collections::{BTreeMap, BTreeSet};

use alert_classification::Fingerprint;
use jiff::{SignedDuration, Timestamp};
use settings::{Priority, Route};

use super::ladder::{self, Climbed};
use super::state::{Ghost, GroupAlert, GroupEvent, GroupState, Muted, TargetLog};
use super::tell::{Message, Teller};
use super::timing;
use crate::arrival::SuppressionReason;
use crate::id::IncidentId;
use crate::key::IncidentKey;
use crate::notification::Notification;
use crate::policy::{Policy, signed};
use crate::state::IncidentState;
use crate::subject::Subject;

/// What a flush asks others.
pub(crate) trait Facts {
    /// What fires elsewhere and explains an alert.
    fn inhibited(&mut self, subject: &Subject<'_>, now: Timestamp) -> Option<Muted>;
    /// The silence that holds it back.
    fn silenced(&mut self, subject: &Subject<'_>, now: Timestamp) -> Option<Muted>;
    /// The state of an incident.
    fn incident(&mut self, key: &IncidentKey) -> Option<&IncidentState>;
}

/// What a flush did.
#[derive(Debug, Default)]
pub(crate) struct Flushed {
    pub(crate) notifications: Vec<Notification>,
    pub(crate) notified: u64,
    pub(crate) suppressed: BTreeMap<SuppressionReason, u64>,
}

/// Why a target is told by the route.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Telling {
    /// There is nothing to say.
    Nothing,
    /// What it knows changes without a word, because it is not told of ends.
    Silently,
    /// Something is new.
    News,
    /// Nothing is new, and `repeat_interval` has passed.
    Repeat,
}

/// How an alert stands at a flush.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) over: bool,
    /// Whether it takes part: it is not held back, or it is the end of what somebody was told.
    pub(super) shown: bool,
}

/// Does what is due. The version is the one that this decision makes.
pub(crate) fn flush(
    group: &mut GroupState,
    version: u64,
    route: &Route,
    policy: &Policy,
    facts: &mut impl Facts,
    now: Timestamp,
) -> Flushed {
    let mut flushed = Flushed::default();
    let routing = policy.routing();
    let closed = route_mute(route, policy, now);
    let standings = look(group, version, closed.as_ref(), facts, now);
    let on_beat = timing::is_on_beat(group, now);

    // Ladders begin with the first word of their incident, which is said on a beat.
    let mut climbing: BTreeMap<IncidentId, Priority> = BTreeMap::new();
    for (fingerprint, alert) in &group.alerts {
        let stands = standings.get(fingerprint);
        let climbs = stands.is_some_and(|s| !s.over) && alert.climbs();
        let Some(id) = alert.incident.as_ref().filter(|_| climbs) else {
            continue;
        };
        let began = group.incidents.get(id).is_some_and(|i| i.ladder.is_some());
        if on_beat || began {
            let priority = climbing.entry(id.clone()).or_insert(alert.summary.priority);
            *priority = priority.most_urgent(alert.summary.priority);
        }
    }
    let climbed = ladder::climb(group, version, &climbing, route, policy, facts, now);

    let receiver = routing.receivers.get(route.receiver);
    let name = receiver.map(|receiver| receiver.name.clone());
    let targets: Vec<(usize, bool)> = receiver
        .into_iter()
        .flat_map(|receiver| receiver.integrations.iter().enumerate())
        .filter(|(_, integration)| policy.has(integration.channel))
        .filter_map(|(place, integration)| {
            let receiver = name.clone()?;
            let target = target(group, receiver, place, integration.channel)?;
            Some((target, integration.send_resolved))
        })
        .collect();

    let mut teller = Teller::new(group, version, policy, now, &standings);
    if on_beat {
        let tellings: Vec<(usize, bool, Telling)> = targets
            .iter()
            .map(|(target, ends)| {
                let telling = telling(
                    teller.group,
                    *target,
                    *ends,
                    &standings,
                    route,
                    facts,
                    &climbed,
                    now,
                );
                (*target, *ends, telling)
            })
            .collect();
        // What is over is said before what is new.
        teller.closings();
        teller.route(route, &tellings, &climbed);
        teller.ends(route);
        if closed.is_none() {
            teller.infos(route, facts);
        }
    }
    teller.steps(&climbed, route.receiver);
    let Message {
        notifications,
        told,
        told_infos,
        suppressed_infos,
    } = teller.finish();
    flushed.notifications = notifications;
    if on_beat {
        account(group, &standings, &told, &targets, &mut flushed);
        flushed.notified += told_infos;
        group.counters.notified += told_infos;
        for (reason, count) in suppressed_infos {
            *flushed.suppressed.entry(reason).or_default() += count;
            *group.counters.suppressed.entry(reason).or_default() += count;
        }
        forget(group, &standings, now);
        group.overflow = 0;
        timing::advance(group, route, now);
    }
    timing::plan(group, route, now);
    flushed
}

/// Whether the route tells nothing at this time.
fn route_mute(route: &Route, policy: &Policy, now: Timestamp) -> Option<Muted> {
    let named = |at: &usize| policy.routing().time_intervals.get(*at);
    let active = &route.active_time_intervals;
    if !active.is_empty() {
        let is_active = active
            .iter()
            .filter_map(named)
            .any(|named| named.intervals.iter().any(|times| times.contains(now)));
        if !is_active {
            let until = active
                .iter()
                .filter_map(named)
                .flat_map(|named| &named.intervals)
                .filter_map(|times| times.next_change(now))
                .min();
            return Some(Muted::InactiveTime { until });
        }
    }
    route
        .mute_time_intervals
        .iter()
        .filter_map(named)
        .find(|named| named.intervals.iter().any(|times| times.contains(now)))
        .map(|named| Muted::MuteTime {
            interval: named.name.clone(),
        })
}

/// Looks at each alert: whether it is over and what holds it back, which is written down.
fn look(
    group: &mut GroupState,
    version: u64,
    closed: Option<&Muted>,
    facts: &mut impl Facts,
    now: Timestamp,
) -> BTreeMap<Fingerprint, Standing> {
    let mut standings = BTreeMap::new();
    let mut log = Vec::new();
    for (fingerprint, alert) in &mut group.alerts {
        let over = alert.span.is_over(now);
        let flapping = alert.flapping_until.filter(|until| now < *until);
        if flapping.is_none() {
            alert.flapping_until = None;
        }
        let subject = Subject::remembered(&alert.summary, &alert.service);
        // What is held back anyway is not told to flap either.
        let muted = facts
            .inhibited(&subject, now)
            .or_else(|| closed.cloned())
            .or_else(|| facts.silenced(&subject, now))
            .or_else(|| flapping.map(|until| Muted::Flapping { until }));
        let title = || alert.summary.title.clone();
        match (&alert.muted, &muted) {
            (None, Some(muted)) => log.push(GroupEvent::Held {
                fingerprint: *fingerprint,
                title: title(),
                muted: muted.clone(),
            }),
            (Some(_), None) if !over => log.push(GroupEvent::Released {
                fingerprint: *fingerprint,
                title: title(),
            }),
            (Some(_) | None, None) | (Some(_), Some(_)) => {}
        }
        let shown = match &muted {
            None => true,
            Some(Muted::Flapping { .. }) => alert.flap_untold,
            // Who was told that it fires is told that it is over.
            Some(_) => over && alert.told != 0,
        };
        alert.muted = muted;
        standings.insert(*fingerprint, Standing { over, shown });
    }
    for event in log {
        group.push_log(now, version, event);
    }
    standings
}

/// The place of a target in the group's list.
pub(super) fn target(
    group: &mut GroupState,
    receiver: compact_str::CompactString,
    place: usize,
    channel: settings::Channel,
) -> Option<usize> {
    let integration = u32::try_from(place).ok()?;
    let known = group.targets.iter().position(|target| {
        target.receiver == receiver
            && target.integration == integration
            && target.channel == channel
    });
    if known.is_some() {
        return known;
    }
    // An alert's marks are 64 bits.
    if group.targets.len() >= 64 {
        return None;
    }
    group.targets.push(TargetLog {
        receiver,
        integration,
        channel,
        told_at: None,
    });
    Some(group.targets.len() - 1)
}

/// Compares what a target was last told with what there is to say (Alertmanager's `needsUpdate`).
#[expect(
    clippy::too_many_arguments,
    reason = "one comparison of everything that counts"
)]
fn telling(
    group: &GroupState,
    target: usize,
    ends: bool,
    standings: &BTreeMap<Fingerprint, Standing>,
    route: &Route,
    facts: &mut impl Facts,
    climbed: &Climbed,
    now: Timestamp,
) -> Telling {
    let bit = 1_u64 << target;
    let shown = || {
        group.alerts.iter().filter_map(|(fingerprint, alert)| {
            let standing = standings.get(fingerprint)?;
            standing.shown.then_some((alert, standing.over))
        })
    };
    let firing = || shown().filter(|(alert, over)| !over && !alert.left);
    let told_at = group.targets.get(target).and_then(|target| target.told_at);
    let flaps = shown().any(|(alert, _)| alert.flap_untold);
    let Some(told_at) = told_at else {
        return if flaps || firing().next().is_some() {
            Telling::News
        } else {
            Telling::Nothing
        };
    };
    if flaps || firing().any(|(alert, _)| alert.firing & bit == 0) {
        return Telling::News;
    }
    let over = || shown().filter(|(_, over)| *over);
    let unended = over().any(|(alert, _)| alert.told & bit != 0);
    if firing().next().is_none() {
        let knew = group.alerts.values().any(|alert| alert.firing & bit != 0)
            || group.ghosts.values().any(|ghost| ghost.firing & bit != 0);
        return match (ends, over().next().is_some() && (knew || unended)) {
            (true, true) => Telling::News,
            (false, true) => Telling::Silently,
            (true | false, false) => Telling::Nothing,
        };
    }
    if ends && over().any(|(alert, _)| alert.resolved & bit == 0) {
        return Telling::News;
    }
    if told_at
        < now
            .checked_sub(signed(route.repeat_interval))
            .unwrap_or(Timestamp::MIN)
    {
        // What somebody has taken on is not repeated.
        let ids: BTreeSet<&IncidentId> = firing()
            .filter_map(|(alert, _)| alert.incident.as_ref())
            .collect();
        let mut unattended = ids.is_empty();
        for id in ids {
            let Some(incident) = group.incidents.get(id) else {
                unattended = true;
                continue;
            };
            let state = facts.incident(&incident.key);
            let episode = state.and_then(|state| state.episode.as_ref());
            let acknowledged = climbed.acknowledged.contains(id)
                || episode.is_some_and(|e| e.id == *id && e.acknowledged(now).is_some());
            unattended |= !acknowledged;
        }
        if unattended {
            return Telling::Repeat;
        }
    }
    Telling::Nothing
}

/// Says what became of the arrivals that were waiting.
fn account(
    group: &mut GroupState,
    standings: &BTreeMap<Fingerprint, Standing>,
    told: &BTreeSet<Fingerprint>,
    targets: &[(usize, bool)],
    flushed: &mut Flushed,
) {
    for (fingerprint, alert) in &mut group.alerts {
        if alert.pending == 0 {
            continue;
        }
        let over = standings.get(fingerprint).is_some_and(|s| s.over);
        let held = alert.muted.as_ref().map(Muted::reason);
        let reason = match (told.contains(fingerprint), over, held) {
            (true, _, _) => {
                flushed.notified += u64::from(alert.pending);
                group.counters.notified += u64::from(alert.pending);
                alert.pending = 0;
                continue;
            }
            // Its time may come.
            (false, false, Some(_)) | (false, true, Some(SuppressionReason::Flapping)) => continue,
            (false, true, Some(reason)) => reason,
            (false, _, None) if targets.is_empty() => SuppressionReason::NoChannel,
            (false, true, None) if alert.told != 0 => SuppressionReason::SendResolvedOff,
            (false, true, None) => SuppressionReason::ResolvedBeforeTold,
            (false, false, None) => SuppressionReason::StillFiring,
        };
        *flushed.suppressed.entry(reason).or_default() += u64::from(alert.pending);
        group.counters.suppress(reason, alert.pending);
        alert.pending = 0;
    }
}

/// Forgets what is over and done with.
fn forget(group: &mut GroupState, standings: &BTreeMap<Fingerprint, Standing>, now: Timestamp) {
    let mut ghosts = Vec::new();
    group.alerts.retain(|fingerprint, alert| {
        let over = standings.get(fingerprint).is_some_and(|s| s.over);
        let waits = matches!(alert.muted, Some(Muted::Flapping { .. }));
        let keep = !over || waits;
        let ghost = Ghost {
            firing: alert.firing,
            resolved: alert.resolved,
        };
        if !keep && ghost != Ghost::default() {
            ghosts.push((*fingerprint, ghost));
        }
        keep
    });
    group.ghosts.extend(ghosts);
    while group.ghosts.len() > super::MAX_IN_GROUP {
        group.ghosts.pop_first();
    }
    let alive: BTreeSet<IncidentId> = group
        .alerts
        .values()
        .flat_map(|alert| {
            let unclosed = alert.unclosed.iter().map(|unclosed| &unclosed.incident);
            alert.incident.iter().chain(unclosed)
        })
        .cloned()
        .collect();
    // For the post-mortem and for whoever asks later.
    let kept = now
        .checked_sub(SignedDuration::from_hours(24))
        .unwrap_or(Timestamp::MIN);
    group.incidents.retain(|id, incident| {
        let lives = alive.contains(id);
        if !lives {
            incident.ladder = None;
        }
        lives || incident.last_told_at.is_some_and(|at| at > kept)
    });
    if group.is_empty() {
        group.emptied_at = Some(now);
    }
}

/// Sets what a target knows after it was told by the route, or would have been.
pub(super) fn mark(
    group: &mut GroupState,
    target: usize,
    standings: &BTreeMap<Fingerprint, Standing>,
    now: Timestamp,
) {
    let bit = 1_u64 << target;
    for (fingerprint, alert) in &mut group.alerts {
        let standing = standings.get(fingerprint);
        let shown = standing.is_some_and(|s| s.shown);
        let over = standing.is_some_and(|s| s.over);
        set(&mut alert.firing, bit, shown && !over && !alert.left);
        set(&mut alert.resolved, bit, shown && over);
        match (shown, over) {
            (true, true) => set(&mut alert.told, bit, false),
            (true, false) if !alert.left => set(&mut alert.told, bit, true),
            (true | false, true | false) => {}
        }
    }
    for ghost in group.ghosts.values_mut() {
        set(&mut ghost.firing, bit, false);
        set(&mut ghost.resolved, bit, false);
    }
    group.ghosts.retain(|_, ghost| *ghost != Ghost::default());
    if let Some(target) = group.targets.get_mut(target) {
        target.told_at = Some(now);
    }
}

fn set(marks: &mut u64, bit: u64, on: bool) {
    if on {
        *marks |= bit;
    } else {
        *marks &= !bit;
    }
}

pub(super) fn is_told(alert: &GroupAlert, target: usize) -> bool {
    alert.told & (1_u64 << target) != 0
}
