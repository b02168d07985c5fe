//! What people's acts do to the groups.

use alert_classification::Status;
use serde_json::json;
use settings::Priority;

use super::history::Town;
use super::{anna, arrival, ben, fingerprint, policy_of, second};
use crate::{
    Act, ActError, Arrival, Change, IncidentId, IncidentKey, NotificationEvent, Policy, Transition,
    World,
};

const ACK: Act = Act::Acknowledge { until: None };

fn orders() -> IncidentKey {
    IncidentKey::try_new("orders/errors").unwrap()
}

fn resolve() -> Act {
    Act::Resolve {
        verdict: None,
        why: "fixed".into(),
    }
}

/// P1 is told at once and climbs; the rest waits.
fn policy() -> Policy {
    policy_of(json!({
        "receivers": [
            {"name": "team", "slack": [{}]}, {"name": "page", "pagerduty": [{}]},
            {"name": "boss", "email": [{}]},
        ],
        "escalation": [{"name": "climb", "ack_timeout": "10m", "steps": [
            {"after": "5m", "to": ["boss"]}, {"after": "15m", "to": ["boss"]},
        ]}],
        "route": {"receiver": "team", "group_by": ["service"], "group_wait": "10s",
                  "group_interval": "1m", "repeat_interval": "4h", "routes": [
            {"matchers": ["priority=\"P1\""], "receiver": "page", "group_wait": "0s",
             "group_interval": "0s", "escalation": "climb"},
        ]},
    }))
}

fn told(town: &Town, from: usize) -> Vec<(i64, &str, NotificationEvent)> {
    let since = |at: &jiff::Timestamp| at.duration_since(super::start()).as_secs();
    let told = town.told.iter().skip(from);
    told.map(|(at, told)| (since(at), told.receiver.as_str(), told.event))
        .collect()
}

#[test]
fn an_acknowledgement_stops_the_ladder_until_it_runs_out() {
    use NotificationEvent::{Acknowledged, Escalated, Opened, Reminder};
    let mut town = Town::in_parts(policy());
    town.say("+a@0/P1");
    town.pass(240);
    assert_eq!(town.act(&orders(), &anna(), &ACK), Ok(Change::Changed));
    assert_eq!(town.act(&orders(), &anna(), &ACK), Ok(Change::Unchanged));
    let ack = town
        .world
        .incident(&orders())
        .unwrap()
        .episode
        .as_ref()
        .unwrap();
    let until = ack.acknowledgement.as_ref().unwrap().until;
    assert_eq!(until, Some(second(240 + 600)));
    town.pass(3_600);
    assert_eq!(
        told(&town, 0),
        [
            (0, "page", Opened),
            (240, "page", Acknowledged),
            (840, "page", Reminder),
            // What was left of the five minutes is left again.
            (900, "boss", Opened),
            (1_500, "boss", Escalated),
        ]
    );
}

#[test]
fn whoever_is_no_longer_on_it_lets_the_ladder_go_on() {
    let mut town = Town::in_parts(policy());
    town.say("+a@0/P1");
    town.pass(60);
    town.act(&orders(), &anna(), &ACK).unwrap();
    town.pass(120);
    town.act(&orders(), &ben(), &Act::Unacknowledge).unwrap();
    let boss = |town: &Town| told(town, 0).iter().filter(|told| told.1 == "boss").count();
    town.pass(239);
    assert_eq!(boss(&town), 0);
    town.pass(1);
    assert_eq!(boss(&town), 1);
}

#[test]
fn an_act_on_what_is_unknown_changes_nothing() {
    let mut world = World::whole(policy());
    let id = IncidentId::of("x", second(0), 1);
    let error = world
        .act(&orders(), &id, &ACK, &anna(), second(0))
        .unwrap_err();
    assert_eq!(error, ActError::Unknown(id));
    assert!(world.take_changed().is_empty());
}

#[test]
fn what_somebody_resolves_is_told_at_once() {
    let mut town = Town::in_parts(policy());
    town.say("+a@0 +b@0");
    town.pass(15);
    town.act(&orders(), &anna(), &resolve()).unwrap();
    assert_eq!(told(&town, 1), [(15, "team", NotificationEvent::Resolved)]);
    assert!(
        town.told[1]
            .1
            .alerts
            .iter()
            .all(|alert| alert.status == Status::Resolved)
    );
    assert_eq!(town.told[1].1.alerts.len(), 2);
    // What is repeated, late or said by the sources themselves tells nobody anything.
    town.say("+a@0 +b@0");
    town.say("-a@16 -b@16");
    town.pass(600);
    assert_eq!(town.told.len(), 2);
    assert_eq!(town.reports.len(), 1);
    // A new firing is another incident.
    town.say("+a@600");
    town.pass(60);
    assert_eq!(told(&town, 2).len(), 1);
    assert_ne!(town.told[2].1.incident.id, town.told[1].1.incident.id);
}

#[test]
fn what_is_resolved_before_it_was_told_is_not_told() {
    let mut town = Town::in_parts(policy());
    town.say("+a@0");
    town.act(&orders(), &anna(), &resolve()).unwrap();
    town.pass(600);
    assert!(town.told.is_empty());
    assert_eq!(town.pending(), 0);
}

#[test]
fn an_act_leaves_groups_alone_that_have_nothing_of_the_incident() {
    let mut town = Town::in_parts(policy());
    town.say("+a@0/P3");
    town.pass(60);
    town.say("-a@60");
    town.pass(600);
    // The alert is known still, and was in the group of the others.
    town.say("+b@660/P1");
    let versions = |town: &Town| {
        let mut versions: Vec<_> = town
            .world
            .groups()
            .map(|g| (g.key.clone(), g.version))
            .collect();
        versions.sort();
        versions
    };
    let before = versions(&town);
    town.act(&orders(), &anna(), &resolve()).unwrap();
    let after = versions(&town);
    assert_eq!(before.iter().zip(&after).filter(|(a, b)| a != b).count(), 1);
}

#[test]
fn a_raised_priority_goes_where_it_belongs_and_ends_where_it_was() {
    let mut town = Town::in_parts(policy());
    town.say("+a@0/P3");
    town.pass(10);
    let raise = Act::SetPriority {
        priority: Priority::P1,
    };
    town.act(&orders(), &anna(), &raise).unwrap();
    assert_eq!(told(&town, 1), [(10, "page", NotificationEvent::Opened)]);
    assert_eq!(town.told[1].1.alerts[0].priority, Priority::P1);
    assert_eq!(town.act(&orders(), &ben(), &raise), Ok(Change::Unchanged));
    town.say("-a@20");
    town.pass(120);
    let mut ends = told(&town, 2);
    ends.sort_by_key(|told| told.1);
    let receivers: Vec<&str> = ends.iter().map(|told| told.1).collect();
    assert_eq!(receivers, ["page", "team"]);
    assert!(
        ends.iter()
            .all(|told| told.2 == NotificationEvent::Resolved)
    );
}

#[test]
fn a_lowered_priority_is_kept_for_what_joins() {
    let mut town = Town::in_parts(policy());
    town.say("+a@0/P2");
    let lower = Act::SetPriority {
        priority: Priority::P3,
    };
    town.act(&orders(), &anna(), &lower).unwrap();
    town.say("+b@1/P4");
    town.pass(60);
    let priorities: Vec<Priority> = town.told[0].1.alerts.iter().map(|a| a.priority).collect();
    assert_eq!(priorities, [Priority::P3, Priority::P3]);
}

/// So many that there is no room for all that is said of them.
fn many() -> Vec<Arrival> {
    (0..300)
        .map(|i| {
            let mut arrival = arrival(&format!("m-{i}"), Status::Firing, second(0), Priority::P3);
            arrival.alert.alert.description = "x".repeat(400);
            arrival
        })
        .collect()
}

#[test]
fn what_somebody_resolves_is_over_even_where_its_texts_were_given_up() {
    let mut town = Town::in_parts(policy());
    town.arrive(&many());
    town.pass(10);
    let state = town.world.incident(&orders()).unwrap();
    assert!(
        state
            .alerts
            .values()
            .filter(|alert| alert.details.is_none())
            .count()
            > 50
    );
    town.act(&orders(), &anna(), &resolve()).unwrap();
    let group = town.world.groups().next().unwrap();
    assert!(group.alerts.is_empty(), "{} are left", group.alerts.len());
    let last = &town.told.last().unwrap().1;
    assert_eq!(
        (last.event, last.incident.resolved),
        (NotificationEvent::Resolved, 300)
    );
    assert_eq!(last.alerts_omitted, 280);
}

#[test]
fn a_raised_priority_reaches_even_those_whose_texts_were_given_up() {
    let mut town = Town::in_parts(policy());
    town.arrive(&many());
    town.pass(10);
    town.act(
        &orders(),
        &anna(),
        &Act::SetPriority {
            priority: Priority::P1,
        },
    )
    .unwrap();
    let page = &town.told.last().unwrap().1;
    assert_eq!((page.receiver.as_str(), page.alerts_omitted), ("page", 280));
    let state = town.world.incident(&orders()).unwrap();
    assert!(state.alerts.values().all(|alert| alert.groups.len() == 2));
}

#[test]
fn the_effects_say_what_became_of_the_episode() {
    let mut world = World::whole(policy());
    world.arrive(
        vec![arrival("a", Status::Firing, second(0), Priority::P3)],
        second(0),
    );
    world.take_effects();
    let episode = world.incident(&orders()).unwrap().episode.clone().unwrap();
    world
        .act(&orders(), &episode.id, &resolve(), &anna(), second(5))
        .unwrap();
    let effects = world.take_effects();
    assert_eq!(effects.episodes.len(), 1);
    let change = &effects.episodes[0];
    assert_eq!(change.transition, Transition::Resolved);
    assert_eq!((change.summary.firing, change.summary.resolved), (0, 1));
    assert_eq!(change.summary.resolved_at, Some(second(5)));
    let alert = &world.incident(&orders()).unwrap().alerts[&fingerprint("a")];
    assert!(alert.lapsed);
}
