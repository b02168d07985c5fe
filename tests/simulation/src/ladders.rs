//! How often each step of a ladder may be taken, found out from what the table says of incidents and
//! not from what it says of ladders.
//!
//! A ladder of an incident in a group begins when the first of the incident's alerts fires there, be it
//! because a person has raised its priority and so brought it there. It may begin anew when that happens
//! again, and when a more urgent alert joins less urgent ones. Nothing else lets a step be taken again.

use std::collections::{BTreeMap, BTreeSet};

use alert_classification::Fingerprint;
use incident::{GroupKey, IncidentState, Notification};
use settings::Priority;

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
            let begun = self.begun.get(&place).map_or(0, |begun| begun.times);
            let escalation = step.escalation.to_string();
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
