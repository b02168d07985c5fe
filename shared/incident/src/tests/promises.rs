//! What people can rely on, whatever happens.

use std::collections::{BTreeMap, BTreeSet};

use alert_classification::{Fingerprint, Status};
use proptest::prelude::*;
use settings::Channel;

use super::history::Town;
use super::town::{any_history, moving_town, town};
use crate::{IncidentId, IncidentStatus, NotificationEvent, StepTaken};

/// Who is told: a group's receiver, by one of its ways.
type Target = (String, String, Channel, u32);

/// Those who are told of ends.
fn wants_ends(target: &Target) -> bool {
    !matches!(
        (target.1.as_str(), target.2),
        ("team", Channel::Email) | ("page", Channel::Sms)
    )
}

/// What each target believes after all that it was told.
#[derive(Debug, Default)]
struct Beliefs {
    firing: BTreeSet<(Target, Fingerprint)>,
    open: BTreeSet<(Target, IncidentId)>,
}

impl Beliefs {
    fn of(town: &Town) -> Self {
        Self::with(town, |_, group| group.to_owned())
    }

    /// Where groups take the place of others, a person hears of the end from whatever group; PagerDuty
    /// knows the incidents of each group by themselves.
    fn of_people(town: &Town) -> Self {
        Self::with(town, |channel, group| match channel {
            Channel::Pagerduty => group.to_owned(),
            Channel::Slack | Channel::Email | Channel::Sms | Channel::Webhook => String::new(),
        })
    }

    fn with(town: &Town, group: fn(Channel, &str) -> String) -> Self {
        let mut beliefs = Self::default();
        for (_, told) in &town.told {
            if told.event == NotificationEvent::Info {
                continue;
            }
            for delivery in &told.deliveries {
                let target = (
                    group(delivery.channel, &told.group_key),
                    told.receiver.to_string(),
                    delivery.channel,
                    delivery.integration,
                );
                for alert in &told.alerts {
                    let belief = (target.clone(), alert.fingerprint);
                    match alert.status {
                        Status::Firing => beliefs.firing.insert(belief),
                        Status::Resolved => beliefs.firing.remove(&belief),
                        Status::Info => unreachable!("{told:?}"),
                    };
                }
                for incident in [&told.incident].into_iter().chain(&told.incidents) {
                    let belief = (target.clone(), incident.id.clone());
                    // All that is known of it may be over while what nobody is told of still fires.
                    match (told.event, incident.status) {
                        (NotificationEvent::Resolved, _) | (_, IncidentStatus::Resolved) => {
                            beliefs.open.remove(&belief);
                        }
                        (_, IncidentStatus::Open) => {
                            beliefs.open.insert(belief);
                        }
                        (_, IncidentStatus::Info) => unreachable!("{told:?}"),
                    }
                }
            }
        }
        beliefs
    }
}

/// The steps of each incident in each group, and how often its ladder was begun.
#[derive(Default)]
struct Ladders(BTreeMap<(String, IncidentId), Seen>);

/// The ladder as it was last seen, how often it was begun, and its steps.
type Seen = (Option<String>, usize, Vec<StepTaken>);

impl Ladders {
    fn look(&mut self, town: &Town) {
        for group in town.world.groups() {
            for (id, incident) in &group.incidents {
                let seen = self
                    .0
                    .entry((group.key.to_string(), id.clone()))
                    .or_default();
                let ladder = incident.ladder.as_ref();
                let ladder =
                    ladder.map(|ladder| format!("{} {}", ladder.escalation, ladder.priority));
                seen.1 += usize::from(ladder.is_some() && ladder != seen.0);
                seen.0 = ladder;
                seen.2.clone_from(&incident.steps);
            }
        }
    }
}

/// How often somebody took an incident on of whose ladder every step had been taken.
fn taken_on_after_the_last_step(town: &Town, id: &IncidentId, steps: &[StepTaken]) -> usize {
    let escalations = &town.world.policy().routing().escalations;
    let is_last = |taken: &&StepTaken| {
        let escalation = escalations
            .iter()
            .find(|known| known.name == taken.escalation);
        escalation.is_some_and(|known| taken.step as usize + 1 == known.steps.len())
    };
    let Some(last) = steps.iter().find(is_last).map(|taken| taken.at) else {
        return 0;
    };
    let entries = town
        .world
        .incidents()
        .filter(|state| {
            let episode = state.episode.as_ref();
            episode.is_some_and(|episode| episode.id == *id)
                || state.past.iter().any(|past| past.id == *id)
        })
        .flat_map(|state| state.timeline.iter());
    entries
        .filter(|entry| entry.at >= last)
        .filter(|entry| {
            let crate::TimelineEvent::Acted { act, .. } = &entry.event else {
                return false;
            };
            matches!(act, crate::Act::Acknowledge { .. })
        })
        .count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whoever_is_told_that_it_fires_is_told_that_it_is_over(history in any_history(40)) {
        let mut town = Town::new(town(0));
        town.run(&history);
        town.end();
        prop_assert!(town.world.incidents().all(|state| state.open_episode().is_none()));
        let beliefs = Beliefs::of(&town);
        let wrong: Vec<_> = beliefs.firing.iter().filter(|(target, _)| wants_ends(target)).collect();
        prop_assert!(wrong.is_empty(), "{:?}", wrong);
        let wrong: Vec<_> = beliefs.open.iter().filter(|(target, _)| wants_ends(target)).collect();
        prop_assert!(wrong.is_empty(), "{:?}", wrong);
        prop_assert_eq!(town.pending(), 0);
        prop_assert_eq!(town.next_due(), None);
    }

    #[test]
    fn whoever_is_told_hears_of_the_end_whatever_becomes_of_the_routes(history in any_history(40)) {
        let mut town = Town::in_parts(moving_town(0));
        town.reloads = moving_town;
        town.run(&history);
        town.end();
        let beliefs = Beliefs::of_people(&town);
        let wrong: Vec<_> = beliefs.firing.iter().filter(|(target, _)| wants_ends(target)).collect();
        prop_assert!(wrong.is_empty(), "{:?}", wrong);
        prop_assert_eq!(town.pending(), 0);
        prop_assert_eq!(town.next_due(), None);
    }

    #[test]
    fn no_step_is_taken_twice_and_each_message_has_its_own_name(history in any_history(40)) {
        let mut town = Town::new(town(0));
        let mut ladders = Ladders::default();
        for event in &history {
            // In small pieces, so that no beginning of a ladder is overlooked.
            if let super::town::Event::Pass(seconds) = event {
                for _ in 0..seconds / 10 {
                    town.pass(10);
                    ladders.look(&town);
                }
            } else {
                town.happen(event);
            }
            ladders.look(&town);
        }
        for ((group, id), (_, begun, steps)) in &ladders.0 {
            let place = |step: &StepTaken| (step.round, step.step);
            let back = steps.windows(2).filter(|two| place(&two[0]) >= place(&two[1])).count();
            // An acknowledgement that ends after the last step lets them begin anew.
            let again = taken_on_after_the_last_step(&town, id, steps);
            prop_assert!(back < (*begun).max(1) + again, "{} {}: {:?}", group, id, steps);
        }
        let names: BTreeSet<_> = town.told.iter().map(|(_, told)| told.id.clone()).collect();
        prop_assert_eq!(names.len(), town.told.len());
    }

    #[test]
    fn each_episode_has_one_report(history in any_history(30)) {
        let mut town = Town::new(town(0));
        town.run(&history);
        town.end();
        let mut over: Vec<String> = Vec::new();
        for state in town.world.incidents() {
            over.extend(state.past.iter().map(|past| past.id.to_string()));
            over.extend(state.episode.iter().map(|episode| episode.id.to_string()));
        }
        over.sort();
        town.reports.sort();
        prop_assert_eq!(over, town.reports);
    }

    #[test]
    fn the_same_history_comes_to_the_same(history in any_history(30)) {
        let run = || {
            let mut town = Town::new(town(0));
            town.run(&history);
            (town.told, town.reports)
        };
        prop_assert_eq!(run(), run());
    }
}
