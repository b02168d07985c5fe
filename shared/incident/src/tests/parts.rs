//! A world of which only some records are loaded decides as the whole would.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::history::{Town, record};
use super::town::{any_history, town};
use super::{anna, batch, second};
use crate::{Act, IncidentKey, RecordName, World};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_part_decides_as_the_whole(history in any_history(30)) {
        let mut town = Town::in_parts(town(0));
        town.run(&history);
        town.end();
    }
}

#[test]
fn what_alerts_need_is_known_before() {
    let mut town = Town::in_parts(town(0));
    for script in [
        "+a@0/P1 +b@0 +pay:a@0/P4 ~c@1",
        "-a@1/P1 -pay:a@2/P4",
        "+a@3/P1",
        "-a@4/P1 -b@4",
    ] {
        town.say(script);
        assert_eq!(town.missed, 0, "{script}");
    }
}

#[test]
fn a_part_without_anything_says_what_it_needs() {
    let policy = std::sync::Arc::new(town(0));
    let arrivals = batch("+a@1/P1");
    let mut part = World::part(std::sync::Arc::clone(&policy), []);
    part.arrive(arrivals.clone(), second(1));
    let mut needed = World::needs(&policy, &arrivals);
    assert!(part.missing().is_subset(&needed));
    needed.retain(|name| !part.missing().contains(name));
    assert_eq!(needed, BTreeSet::new());
    let names = |name: fn(&&RecordName) -> bool| part.missing().iter().filter(name).count();
    assert_eq!(names(|name| matches!(name, RecordName::Incident(_))), 1);
    assert_eq!(names(|name| matches!(name, RecordName::Group(_))), 1);
    assert_eq!(names(|name| matches!(name, RecordName::Inhibition(_))), 2);
    assert_eq!(names(|name| matches!(name, RecordName::Silences)), 1);
}

#[test]
fn a_whole_world_misses_nothing() {
    let mut world = World::whole(town(0));
    world.arrive(batch("+a@1/P1 +b@2"), second(2));
    assert!(world.missing().is_empty());
}

#[test]
fn each_act_needs_its_incident_and_the_groups_of_it() {
    let policy = std::sync::Arc::new(town(0));
    let mut whole = World::whole(std::sync::Arc::clone(&policy));
    whole.arrive(batch("+a@1/P1"), second(1));
    let key = IncidentKey::try_new("orders/errors").unwrap();
    let id = whole
        .incident(&key)
        .unwrap()
        .episode
        .as_ref()
        .unwrap()
        .id
        .clone();
    let name = RecordName::Incident(key.clone());
    let groups: Vec<RecordName> = whole
        .groups()
        .map(|group| RecordName::Group(group.key.clone()))
        .collect();
    let loaded = [(name.clone(), Some(record(&whole, &name)))];
    let mut part = World::part(policy, loaded);
    let act = Act::Acknowledge { until: None };
    part.act(&key, &id, &act, &anna(), second(2)).unwrap();
    let missing: Vec<RecordName> = part.missing().iter().cloned().collect();
    assert_eq!(
        missing,
        groups
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    );
}
