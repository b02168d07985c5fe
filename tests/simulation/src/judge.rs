//! What must be true at the end of every day.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alert_classification::{Fingerprint, Status};
use incident::{
    AlertPhase, GroupState, IncidentState, IncidentStatus, Notification, NotificationEvent,
};
use jiff::Timestamp;
use settings::{Channel, Priority};
use store::RecordKey;

use crate::channel::Letter;
use crate::chaos::Chaos;
use crate::plan::{Input, Plan, SimAct};

/// What was seen during the day.
#[derive(Clone, Debug, Default)]
pub(crate) struct Witness {
    /// What was decided, in the order of the table.
    pub(crate) told: Vec<Told>,
    /// What reached people.
    pub(crate) delivered: Vec<Delivered>,
}

/// A notification that was decided on.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) at: Timestamp,
    pub(crate) notification: Notification,
    /// For a step of a ladder: the incidents that somebody had taken on when it was written.
    pub(crate) acknowledged: Vec<String>,
}

/// A message that reached somebody.
#[derive(Clone, Debug)]
pub(crate) struct Delivered {
    pub(crate) channel: Channel,
    pub(crate) notification: Arc<Notification>,
    /// Whether the sender lived to note it.
    pub(crate) noted: bool,
}

/// A promise that was broken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// Which promise.
    pub promise: &'static str,
    /// What is wrong.
    pub what: String,
}

fn broken(promise: &'static str, what: String) -> Violation {
    Violation { promise, what }
}

pub(crate) fn judge(
    plan: &Plan,
    witness: &Witness,
    store: &Chaos,
    dead: &[Letter],
    left: &[String],
) -> Vec<Violation> {
    let mut violations: Vec<Violation> = left
        .iter()
        .map(|what| broken("all work is done in the end", what.clone()))
        .collect();
    let (incidents, groups) = states(store);
    books(&incidents, &groups, &mut violations);
    critical(&incidents, witness, dead, &mut violations);
    steps(plan, witness, &mut violations);
    acknowledged(witness, &mut violations);
    ends(witness, &groups, &mut violations);
    deliveries(witness, dead, &mut violations);
    violations
}

/// The states of the table.
fn states(store: &Chaos) -> (Vec<IncidentState>, Vec<GroupState>) {
    let (mut incidents, mut groups) = (Vec::new(), Vec::new());
    for (key, record) in store.table().records() {
        let Some(body) = record.body else { continue };
        match key {
            RecordKey::Incident(_) => incidents.extend(serde_json::from_str(&body).ok()),
            RecordKey::Group(_) => groups.extend(serde_json::from_str(&body).ok()),
            RecordKey::Inhibition(_)
            | RecordKey::Silences
            | RecordKey::Episode(_)
            | RecordKey::Once(_) => {}
        }
    }
    (incidents, groups)
}

fn books(incidents: &[IncidentState], groups: &[GroupState], violations: &mut Vec<Violation>) {
    const PROMISE: &str = "the books balance";
    for state in incidents {
        let counters = &state.counters;
        if counters.received != counters.grouped + counters.suppressed_total() {
            violations.push(broken(PROMISE, format!("{}: {counters:?}", state.key)));
        }
    }
    for group in groups {
        let counters = &group.counters;
        let sum = counters.notified + counters.suppressed_total() + group.pending();
        if counters.received != sum {
            let pending = group.pending();
            let what = format!("{}: {counters:?}, {pending} pending", group.key);
            violations.push(broken(PROMISE, what));
        }
    }
}

/// Every critical episode reached somebody, or is a dead letter, or was held back for a reason.
fn critical(
    incidents: &[IncidentState],
    witness: &Witness,
    dead: &[Letter],
    violations: &mut Vec<Violation>,
) {
    let names = |notification: &Notification, id: &str| {
        notification.incident.id.as_str() == id
            || notification
                .incidents
                .iter()
                .any(|incident| incident.id.as_str() == id)
    };
    for state in incidents {
        let now = state
            .episode
            .iter()
            .map(|e| (e.id.as_str(), e.priority, e.verdict.is_some()));
        let past = state
            .past
            .iter()
            .map(|e| (e.id.as_str(), e.priority, e.verdict.is_some()));
        for (id, priority, judged) in now.chain(past) {
            if priority != Priority::P1 || judged {
                continue;
            }
            let reached = witness.delivered.iter().any(|d| names(&d.notification, id));
            let given_up = dead.iter().any(|letter| names(letter, id));
            let decided = witness
                .told
                .iter()
                .any(|told| names(&told.notification, id));
            let silenced = state.counters.received > 0 && !decided && silences(witness);
            if !reached && !given_up && !silenced {
                let what = format!("{id} of {}: decided on: {decided}", state.key);
                violations.push(broken("every P1 reaches somebody", what));
            }
        }
    }
}

/// Whether there may have been silences: then not everything is told.
fn silences(_witness: &Witness) -> bool {
    true
}

/// No step is taken twice, unless its ladder began anew: because people were told that it was over,
/// or somebody raised the priority or gave it back.
fn steps(plan: &Plan, witness: &Witness, violations: &mut Vec<Violation>) {
    let again = plan.inputs.iter().any(|input| {
        matches!(
            input,
            Input::Act(_, SimAct::Raise(_) | SimAct::Unacknowledge(_))
        )
    });
    if again {
        return;
    }
    let mut taken: BTreeMap<(&str, &str, &str, u32), &str> = BTreeMap::new();
    for told in &witness.told {
        let notification = &told.notification;
        let group = notification.group_key.as_str();
        let all = std::iter::once(&notification.incident).chain(&notification.incidents);
        for incident in all {
            let id = incident.id.as_str();
            if incident.status == IncidentStatus::Resolved {
                taken.retain(|(known, other, _, _), _| *known != group || *other != id);
            }
            let Some(step) = notification.step.as_ref().filter(|step| step.step > 0) else {
                continue;
            };
            let place = (group, id, notification.receiver.as_str(), step.step);
            let first = *taken.entry(place).or_insert(notification.id.as_str());
            if first != notification.id.as_str() {
                let what = format!(
                    "step {} for {id} in {group}: {first} and {}",
                    step.step, notification.id
                );
                violations.push(broken("no step is taken twice", what));
            }
        }
    }
}

fn acknowledged(witness: &Witness, violations: &mut Vec<Violation>) {
    for told in &witness.told {
        for id in &told.acknowledged {
            let what = format!("{} at {} by {}", id, told.at, told.notification.id);
            violations.push(broken("what somebody has taken on does not climb", what));
        }
    }
}

/// Who was told last that an alert fires that does not any more?
fn ends(witness: &Witness, groups: &[GroupState], violations: &mut Vec<Violation>) {
    let mut fires: BTreeSet<Fingerprint> = BTreeSet::new();
    for group in groups {
        fires.extend(group.alerts.keys());
    }
    let mut last: BTreeMap<(String, u32, Fingerprint), (Status, Timestamp)> = BTreeMap::new();
    for told in &witness.told {
        let notification = &told.notification;
        match notification.event {
            NotificationEvent::Acknowledged | NotificationEvent::Info => continue,
            NotificationEvent::Opened
            | NotificationEvent::Updated
            | NotificationEvent::Resolved
            | NotificationEvent::Escalated
            | NotificationEvent::Reminder
            | NotificationEvent::Flapping => {}
        }
        for alert in &notification.alerts {
            for delivery in &notification.deliveries {
                let who = format!("{}@{}", notification.receiver, notification.group_key);
                let place = (who, delivery.integration, alert.fingerprint);
                last.insert(place, (alert.status, told.at));
            }
        }
    }
    for ((who, _, fingerprint), (status, at)) in last {
        if status == Status::Firing && !fires.contains(&fingerprint) {
            let what = format!("{who} was told at {at} that {fingerprint} fires, and no end");
            violations.push(broken("a told firing has its told end", what));
        }
    }
}

/// What was decided on was delivered, is a dead letter, or is old news; and mostly once.
fn deliveries(witness: &Witness, dead: &[Letter], violations: &mut Vec<Violation>) {
    // How often it was sent, and how often that was noted.
    let mut count: BTreeMap<(String, Channel), (usize, usize)> = BTreeMap::new();
    let mut newest: BTreeMap<(String, String, Channel), u64> = BTreeMap::new();
    for delivered in &witness.delivered {
        let notification = &delivered.notification;
        let (sent, noted) = count
            .entry((notification.id.to_string(), delivered.channel))
            .or_default();
        *sent += 1;
        *noted += usize::from(delivered.noted);
        let stream = (
            notification.stream.to_string(),
            notification.event.as_str().to_owned(),
            delivered.channel,
        );
        let newest = newest.entry(stream).or_default();
        *newest = (*newest).max(notification.sequence);
    }
    for told in &witness.told {
        let notification = &told.notification;
        for channel in &notification.channels {
            let id = (notification.id.to_string(), *channel);
            let stream = (
                notification.stream.to_string(),
                notification.event.as_str().to_owned(),
                *channel,
            );
            let (sent, noted) = count.get(&id).copied().unwrap_or_default();
            let is_dead = dead.iter().any(|letter| letter.id == notification.id);
            let is_old = newest
                .get(&stream)
                .is_some_and(|newest| *newest > notification.sequence);
            if sent == 0 && !is_dead && !is_old {
                let what = format!("{} was not sent by {channel}", notification.id);
                violations.push(broken("what is decided is delivered", what));
            }
            // Who dies between sending and noting it cannot know; whoever comes after a note does.
            if noted > 1 {
                let what = format!("{} was sent {noted} times by {channel}", notification.id);
                violations.push(broken("what is delivered is not delivered again", what));
            }
        }
    }
}

/// Whether the day can be compared with a calm one: what people do depends on what they see.
pub(crate) fn is_comparable(plan: &Plan) -> bool {
    plan.inputs
        .iter()
        .all(|input| matches!(input, Input::Alert(..)))
}

/// The end of a bad day is that of a calm one.
pub(crate) fn compare(
    bad: &Chaos,
    calm: &Chaos,
    _told: &Witness,
    _calm_told: &Witness,
) -> Vec<Violation> {
    type Picture = BTreeMap<String, BTreeMap<Fingerprint, (AlertPhase, Timestamp)>>;
    let picture = |store: &Chaos| -> Picture {
        let (incidents, _) = states(store);
        incidents
            .into_iter()
            .map(|state| {
                let alerts = state.alerts.iter();
                let alerts = alerts.map(|(f, alert)| (*f, (alert.phase, alert.changed_at)));
                (state.key.to_string(), alerts.collect())
            })
            .collect()
    };
    let (bad, calm) = (picture(bad), picture(calm));
    if bad == calm {
        return Vec::new();
    }
    let what = format!("{bad:?} instead of {calm:?}");
    vec![broken("the order of arrival changes nothing", what)]
}
