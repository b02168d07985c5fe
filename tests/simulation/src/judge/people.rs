//! People hear of what is critical at once, and of the end of whatever they heard of.

use std::collections::{BTreeMap, BTreeSet};

use alert_classification::{Fingerprint, Status};
use incident::{IncidentId, IncidentState, Notification, NotificationEvent, TrackedAlert};
use jiff::{SignedDuration, Timestamp};
use settings::Priority;

use super::{End, Violation, broken};
use crate::plan::{Input, Plan, SimAct, SimAlert};
use crate::witness::{Seen, Told};

/// How far clocks differ, and a little more.
const SKEW: SignedDuration = SignedDuration::from_secs(4);
/// So long after a silence at most it is looked at what still fires.
const AFTER_SILENCE: SignedDuration = SignedDuration::from_mins(10);

/// Whether a notification is about an incident.
pub(super) fn names(notification: &Notification, id: &IncidentId) -> bool {
    let mut all = std::iter::once(&notification.incident).chain(&notification.incidents);
    all.any(|incident| incident.id == *id)
}

/// How urgent an alert is: as a person has said of its incident, or else as it says itself.
fn urgency(state: &IncidentState, alert: &TrackedAlert) -> Priority {
    let said = state
        .episode
        .as_ref()
        .and_then(|episode| episode.set_priority);
    said.unwrap_or(alert.priority)
}

/// Whether something that fires at the end of the day explains an alert: the configuration's only rule.
pub(super) fn is_inhibited(end: &End, service: &str, priority: Priority) -> bool {
    let explains = || {
        let mut states = end.incidents.iter();
        states.any(|state| {
            state.key.as_str().starts_with("database/")
                && state
                    .firing()
                    .any(|(_, alert)| urgency(state, alert) == Priority::P1)
        })
    };
    service != "database" && matches!(priority, Priority::P3 | Priority::P4) && explains()
}

/// What a source said of one alert, in its order.
#[derive(Clone, Copy)]
struct Said<'p> {
    at: u64,
    alert: &'p SimAlert,
    received: Timestamp,
    accepted: Timestamp,
}

/// Whoever is to be called for a P1 is told of each one as it is decided upon, and that reaches them.
///
/// Excused is what the day itself excuses: that a silence held it back until it was over, that it was
/// flapping, and that its events overtook each other on their way, so that it was over or not yet over
/// the time before as far as anybody knew.
pub(super) fn critical(plan: &Plan, end: &End, violations: &mut Vec<Violation>) {
    let mut alerts: BTreeMap<Fingerprint, Vec<Said<'_>>> = BTreeMap::new();
    for (number, input) in plan.inputs.iter().enumerate() {
        let (Input::Alert(at, alert), Some(seen)) = (input, end.witness.events.get(&number)) else {
            continue;
        };
        let Seen {
            received, accepted, ..
        } = *seen;
        // What was never decided upon is work that is not done.
        let Some(accepted) = accepted.filter(|_| alert.priority == Priority::P1) else {
            continue;
        };
        let said = Said {
            at: *at,
            alert,
            received,
            accepted,
        };
        alerts.entry(alert.fingerprint()).or_default().push(said);
    }
    for (fingerprint, said) in &mut alerts {
        said.sort_by_key(|said| (said.at, said.alert.firing));
        for (place, now) in said.iter().enumerate() {
            let (before, rest) = said.split_at(place);
            let after = rest.get(1..).unwrap_or_default();
            let began = now.alert.firing && before.last().is_none_or(|last| !last.alert.firing);
            let in_order = before
                .iter()
                .all(|b| b.accepted <= now.received && b.at < now.at)
                && after.iter().all(|a| a.received >= now.accepted);
            if !began || !in_order || is_flapping(before, now) {
                continue;
            }
            let over = after.iter().find(|after| !after.alert.firing);
            let Some(until) = told_until(plan, end, now, over.map(|over| over.received)) else {
                continue;
            };
            let from = now.received.checked_sub(SKEW).unwrap_or(now.received);
            let is_it = |told: &&Told| {
                let mut named = told.notification.alerts.iter();
                (from..=until).contains(&told.at)
                    && told.notification.receiver == "people"
                    && named.any(|a| a.fingerprint == *fingerprint && a.status == Status::Firing)
            };
            let mut told = end.witness.told.iter().filter(is_it).peekable();
            let decided = told.peek().is_some();
            if !told.any(|told| reaches(end, &told.notification)) {
                let what = format!(
                    "{} of {} ({fingerprint}), received {}, told by {until}: decided on: {decided}",
                    now.alert.name, now.alert.service, now.received
                );
                violations.push(broken("every P1 reaches somebody", what));
            }
        }
    }
}

/// Whether it had changed too often when it fired: six times in twenty minutes, and then not calm for ten.
fn is_flapping(before: &[Said<'_>], now: &Said<'_>) -> bool {
    let mut changes: Vec<Timestamp> = before.iter().map(|said| said.accepted).collect();
    changes.push(now.accepted);
    changes.sort_unstable();
    changes.windows(6).any(|six| {
        let (Some(first), Some(last)) = (six.first(), six.last()) else {
            return false;
        };
        last.duration_since(*first) <= SignedDuration::from_mins(21)
            && now.accepted.duration_since(*last) <= SignedDuration::from_mins(11)
    })
}

/// Until when it must have been told; `None` when a silence holds it back until it is over.
fn told_until(
    plan: &Plan,
    end: &End,
    now: &Said<'_>,
    over: Option<Timestamp>,
) -> Option<Timestamp> {
    let later = |at: Timestamp, by: SignedDuration| at.checked_add(by).unwrap_or(Timestamp::MAX);
    let matcher = format!("alertname=\"{}\"", now.alert.name);
    let silences = end.witness.silences.values();
    let mut silences: Vec<(Timestamp, Timestamp)> = silences
        .filter(|silence| silence.matchers.iter().any(|m| *m == matcher))
        .map(|silence| (silence.starts_at, later(silence.ends_at, SKEW)))
        .filter(|(_, ends_at)| *ends_at >= now.received)
        .collect();
    silences.sort_unstable();
    let at_once = later(now.accepted, SKEW);
    let mut until = at_once;
    for (starts_at, ends_at) in silences {
        if starts_at <= until {
            until = until.max(later(ends_at, AFTER_SILENCE));
        }
    }
    if until == at_once {
        return Some(until);
    }
    let resolved = plan.inputs.iter().any(|input| {
        matches!(input, Input::Act(_, SimAct::Resolve(service)) if *service == now.alert.service)
    });
    (!resolved && over.is_none_or(|over| over > until)).then_some(until)
}

/// Whether somebody got a message, it was given up where somebody looks, or something newer came first.
fn reaches(end: &End, notification: &Notification) -> bool {
    let delivered = end.witness.delivered.iter().map(|d| &d.notification);
    let mut delivered = delivered.chain(&end.dead);
    delivered.any(|letter| {
        letter.id == notification.id
            || (letter.stream == notification.stream
                && letter.event == notification.event
                && letter.sequence > notification.sequence)
    })
}

/// Whoever was told that an alert fires is told that it does not any more: by the group that told so, or,
/// when a deployment may have taken its route away, by any. PagerDuty knows by which group it was told.
pub(super) fn ends(plan: &Plan, end: &End, violations: &mut Vec<Violation>) {
    let mut fires: BTreeSet<Fingerprint> = BTreeSet::new();
    for group in &end.groups {
        fires.extend(group.alerts.keys());
    }
    for ((receiver, group, _, fingerprint), (status, at)) in beliefs(end, |receiver, group| {
        let by_any = plan.deploys() && receiver != "pager";
        if by_any {
            String::new()
        } else {
            group.to_owned()
        }
    }) {
        if status == Status::Firing && !fires.contains(&fingerprint) {
            let what = format!(
                "{receiver} in {group} was told at {at} that {fingerprint} fires, and no end"
            );
            violations.push(broken("a told firing has its told end", what));
        }
    }
}

/// A receiver in a group, the place of its integration, and an alert.
type Belief = (String, String, u32, Fingerprint);

/// What everybody was told last of each alert. Of one decision what fires counts: it may also close an
/// earlier incident of the same alert, whose end it had not told.
pub(super) fn beliefs(
    end: &End,
    group: impl Fn(&str, &str) -> String,
) -> BTreeMap<Belief, (Status, Timestamp)> {
    let mut last: BTreeMap<Belief, (Status, Timestamp)> = BTreeMap::new();
    for told in &end.witness.told {
        let notification = &told.notification;
        match notification.event {
            NotificationEvent::Acknowledged
            | NotificationEvent::Unacknowledged
            | NotificationEvent::Info => continue,
            NotificationEvent::Opened
            | NotificationEvent::Updated
            | NotificationEvent::Resolved
            | NotificationEvent::Escalated
            | NotificationEvent::Reminder
            | NotificationEvent::Flapping => {}
        }
        for alert in &notification.alerts {
            for delivery in &notification.deliveries {
                let place = (
                    notification.receiver.to_string(),
                    group(&notification.receiver, &notification.group_key),
                    delivery.integration,
                    alert.fingerprint,
                );
                let known = last.entry(place).or_insert((alert.status, told.at));
                if *known != (Status::Firing, told.at) {
                    *known = (alert.status, told.at);
                }
            }
        }
    }
    last
}
