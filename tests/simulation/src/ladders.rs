//! How often each step of a ladder may be taken, found out from what the table says of incidents and
//! not from what it says of ladders.
//!
//! A ladder of an incident in a group begins when the first of the incident's alerts fires there, be it
//! because a person has raised its priority and so brought it there. It may begin anew when that happens
//! again, when a more urgent alert joins less urgent ones, and when an acknowledgement ends after the last
//! step was taken. Nothing else lets a step be taken again.

use std::collections::{BTreeMap, BTreeSet};

use alert_classification::Fingerprint;
use incident::{Episode, GroupKey, IncidentState, Notification};
use jiff::Timestamp;
use settings::Priority;

use crate::configurations::policy;

/// A group and an incident.
type Place = (String, String);
/// A place, a receiver, an escalation and its step.
type Step = (Place, String, String, u32);

/// How often ladders began, and their steps were taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ladders {
    states: BTreeMap<String, IncidentState>,
    begun: BTreeMap<Place, Begun>,
    taken: BTreeMap<Step, u32>,
    /// By incident: when it was acknowledged, and until when that counted.
    acknowledged: BTreeMap<String, BTreeMap<Timestamp, Option<Timestamp>>>,
    /// The acknowledgements whose end let a ladder begin anew.
    ended: BTreeSet<(Place, Timestamp)>,
}

#[derive(Clone, Copy, Debug)]
struct Begun {
    times: u32,
    /// The least urgent priority that it can have begun with.
    least: Priority,
}

impl Ladders {
    /// Looks at a state that was written.
    pub(crate) fn look(&mut self, state: IncidentState) {
        let key = state.key.to_string();
        let before = self.states.remove(&key);
        if let Some(episode) = &state.episode {
            let id = episode.id.to_string();
            self.note_acknowledgement(&id, episode);
            let same = before
                .as_ref()
                .filter(|before| before.episode.as_ref().is_some_and(|e| e.id == episode.id));
            // The most urgent first: what is told together begins one ladder.
            let mut firing: Vec<(Priority, Fingerprint)> = state
                .firing()
                .map(|(fingerprint, alert)| {
                    let priority = episode.set_priority.unwrap_or(alert.priority);
                    (priority, fingerprint)
                })
                .collect();
            firing.sort_unstable();
            let mut begun: BTreeSet<&GroupKey> = BTreeSet::new();
            for (priority, fingerprint) in firing {
                let Some(alert) = state.alerts.get(&fingerprint) else {
                    continue;
                };
                let known = same.and_then(|before| before.alerts.get(&fingerprint));
                let known = known.filter(|known| known.is_firing());
                let rose = known.is_some_and(|known| alert.priority < known.priority);
                for group in &alert.groups {
                    // Whoever raises a priority brings its alerts to other groups.
                    let stays = known.is_some_and(|known| known.groups.contains(group));
                    if stays && !rose {
                        continue;
                    }
                    let alone = begun.insert(group)
                        && same.is_none_or(|before| {
                            let mut others = before.firing();
                            !others.any(|(_, other)| other.groups.contains(group))
                        });
                    self.begin(&(group.to_string(), id.clone()), priority, alone);
                }
            }
        }
        self.states.insert(key, state);
    }

    /// Notes until when an acknowledgement counts; what is not there any more was given back.
    fn note_acknowledgement(&mut self, id: &str, episode: &Episode) {
        let known = self.acknowledged.entry(id.to_owned()).or_default();
        let held = episode.acknowledgement.as_ref();
        for (at, until) in known.iter_mut() {
            if held.is_none_or(|held| held.at != *at) {
                let end = until.map_or(episode.updated_at, |until| until.min(episode.updated_at));
                *until = Some(end);
            }
        }
        if let Some(held) = held {
            known.insert(held.at, held.until);
        }
    }

    /// Lets a ladder begin anew of which every step was taken, when an acknowledgement has ended.
    fn begin_anew(&mut self, place: &Place, escalation: &str, at: Timestamp) {
        // Its steps are the same in all.
        let policy = policy(0);
        let escalations = &policy.routing().escalations;
        let steps = escalations.iter().find(|known| known.name == escalation);
        let last = steps.map_or(0, |known| known.steps.len().saturating_sub(1));
        let Some(begun) = self.begun.get_mut(place) else {
            return;
        };
        let exhausted = self.taken.iter().any(|((other, _, name, step), taken)| {
            let is_last = usize::try_from(*step).is_ok_and(|step| step == last);
            other == place && name == escalation && is_last && *taken >= begun.times
        });
        if !exhausted {
            return;
        }
        let ends = self.acknowledged.get(&place.1).into_iter().flatten();
        for (since, until) in ends {
            let over = until.is_some_and(|until| until <= at);
            if over && self.ended.insert((place.clone(), *since)) {
                begun.times += 1;
                return;
            }
        }
    }

    fn begin(&mut self, place: &Place, priority: Priority, alone: bool) {
        match self.begun.get_mut(place) {
            None => {
                let least = priority;
                self.begun.insert(place.clone(), Begun { times: 1, least });
            }
            Some(begun) => {
                begun.times += u32::from(alone || priority < begun.least);
                begun.least = begun.least.max(priority);
            }
        }
    }

    /// Notes a step; gives the incidents for which it has been taken too often.
    pub(crate) fn climb(&mut self, notification: &Notification) -> Vec<String> {
        let Some(step) = &notification.step else {
            return Vec::new();
        };
        let mut again = Vec::new();
        for incident in std::iter::once(&notification.incident).chain(&notification.incidents) {
            let place: Place = (
                notification.group_key.to_string(),
                incident.id.as_str().to_owned(),
            );
            let escalation = step.escalation.to_string();
            if step.step == 0 {
                self.begin_anew(&place, &escalation, notification.at);
            }
            let begun = self.begun.get(&place).map_or(0, |begun| begun.times);
            let step = (
                place,
                notification.receiver.to_string(),
                escalation,
                step.step,
            );
            let taken = self.taken.entry(step).or_default();
            *taken += 1;
            if *taken > begun {
                again.push(format!(
                    "{}, for the {taken}. time, and the ladder began {begun} times",
                    incident.id
                ));
            }
        }
        again
    }
}
