//! What is open on a route that a deployment takes away goes on with the routes that there are then.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};
use settings::Channel;

use super::history::Town;
use super::{anna, policy_of, second};
use crate::{Act, GroupState, IncidentKey, NotificationEvent, Policy, SuppressionReason};

/// Orders has a route of its own, with these matchers, receiver and wait.
pub(super) fn routed(matchers: &str, receiver: &str, wait: &str) -> Policy {
    routed_among(matchers, receiver, wait, &["team", "other", "boss", "late"])
}

fn routed_among(matchers: &str, receiver: &str, wait: &str, receivers: &[&str]) -> Policy {
    let receivers: Vec<Value> = receivers
        .iter()
        .map(|name| json!({"name": name, "slack": [{}]}))
        .collect();
    policy_of(json!({
        "receivers": receivers,
        "escalation": [{"name": "climb", "ack_timeout": "20m",
                        "steps": [{"after": "10m", "to": ["boss"]}, {"after": "30m", "to": ["late"]}]}],
        "route": {
            "receiver": "late", "group_by": ["service"], "group_wait": "10s",
            "group_interval": "1m", "repeat_interval": "4h",
            "routes": [{"matchers": [matchers], "receiver": receiver, "group_wait": wait,
                        "escalation": "climb"}],
        },
    }))
}

pub(super) const OLD: &str = "service=\"orders\"";
pub(super) const NEW: &str = "service=~\"orders|pay\"";

pub(super) fn orders() -> IncidentKey {
    IncidentKey::try_new("orders/errors").unwrap()
}

fn told(town: &Town) -> Vec<(i64, String, NotificationEvent)> {
    let since = |at: &Timestamp| at.duration_since(super::start()).as_secs();
    town.told
        .iter()
        .map(|(at, told)| (since(at), told.receiver.to_string(), told.event))
        .collect()
}

fn is(told: &[(i64, String, NotificationEvent)], expected: &[(i64, &str, NotificationEvent)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(at, to, event)| (*at, (*to).to_owned(), *event))
        .collect();
    assert_eq!(told, expected);
}

/// The group of the route that is gone.
fn left(town: &Town) -> &GroupState {
    let gone = |group: &&GroupState| town.world.policy().route(&group.route).is_none();
    town.world.groups().find(gone).unwrap()
}

#[test]
fn the_first_word_is_said_by_the_route_that_there_is_then() {
    let mut town = Town::in_parts(routed(OLD, "team", "5m"));
    town.say("+a@0 ~b@0");
    town.pass(60);
    town.reload(routed(NEW, "other", "2m"));
    town.pass(600);
    is(
        &told(&town)[..2],
        &[
            (180, "other", NotificationEvent::Opened),
            (180, "other", NotificationEvent::Info),
        ],
    );
    assert!(left(&town).is_empty());
    assert_eq!((left(&town).due_at, left(&town).pending()), (None, 0));
    assert_eq!(town.pending(), 0);
}

#[test]
fn who_was_told_is_not_told_again_and_hears_of_the_end() {
    let mut town = Town::in_parts(routed(OLD, "team", "10s"));
    town.say("+a@0");
    town.pass(60);
    town.reload(routed(NEW, "team", "10s"));
    town.pass(200);
    town.say("-a@200");
    town.pass(300);
    let said = told(&town);
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(
        (said[0].1.as_str(), said[0].2),
        ("team", NotificationEvent::Opened)
    );
    assert_eq!(
        (said[1].1.as_str(), said[1].2),
        ("team", NotificationEvent::Resolved)
    );
    assert!(town.world.groups().all(GroupState::is_empty));
}

#[test]
fn another_receiver_is_told_and_both_hear_of_the_end() {
    let mut town = Town::in_parts(routed(OLD, "team", "10s"));
    town.say("+a@0");
    town.pass(60);
    town.reload(routed(NEW, "other", "10s"));
    town.pass(100);
    town.say("-a@160");
    town.pass(300);
    let said = told(&town);
    let to = |name: &str| {
        let own = said.iter().filter(|(_, to, _)| to == name);
        own.map(|(_, _, event)| *event).collect::<Vec<_>>()
    };
    let both = [NotificationEvent::Opened, NotificationEvent::Resolved];
    assert_eq!(to("team"), both, "{said:?}");
    assert_eq!(to("other"), both, "{said:?}");
}

#[test]
fn an_end_that_waits_is_told_to_whoever_was_told_of_the_beginning() {
    let mut town = Town::in_parts(routed(OLD, "team", "10s"));
    town.say("+a@0");
    town.pass(20);
    town.say("-a@20");
    town.pass(10);
    town.reload(routed(NEW, "other", "10s"));
    town.pass(300);
    let said = told(&town);
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(
        (said[1].1.as_str(), said[1].2),
        ("team", NotificationEvent::Resolved)
    );
    assert_eq!(town.pending(), 0);
}

#[test]
fn where_nobody_is_left_to_be_told_the_end_is_counted() {
    let mut town = Town::in_parts(routed(OLD, "team", "10s"));
    town.say("+a@0 +b@0");
    town.pass(20);
    town.say("-a@20");
    town.pass(10);
    town.reload(routed_among(
        NEW,
        "other",
        "10s",
        &["other", "boss", "late"],
    ));
    town.pass(300);
    town.say("-b@330");
    town.pass(300);
    let gone = &left(&town).counters.suppressed;
    assert_eq!(gone[&SuppressionReason::NoChannel], 1, "{gone:?}");
    // Of what fires somebody else is told, and of its end.
    let to: BTreeSet<String> = told(&town).into_iter().skip(1).map(|told| told.1).collect();
    assert_eq!(to, BTreeSet::from(["other".to_owned()]));
    assert_eq!(town.pending(), 0);
}

#[test]
fn ladders_go_on_and_whom_they_reached_hears_of_the_end() {
    let mut town = Town::in_parts(routed(OLD, "team", "10s"));
    town.say("+a@0");
    town.pass(15 * 60);
    town.reload(routed(NEW, "team", "10s"));
    town.pass(3_600);
    town.say("-a@4500");
    town.pass(300);
    is(
        &told(&town),
        &[
            (10, "team", NotificationEvent::Opened),
            (610, "boss", NotificationEvent::Opened),
            (1_810, "late", NotificationEvent::Escalated),
            (4_500, "team", NotificationEvent::Resolved),
            (4_500, "boss", NotificationEvent::Resolved),
            (4_500, "late", NotificationEvent::Resolved),
        ],
    );
}

#[test]
fn what_the_group_did_goes_with_it() {
    let mut town = Town::in_parts(routed(OLD, "team", "10s"));
    town.say("+a@0");
    town.pass(15 * 60);
    let before: Vec<_> = town.world.groups().flat_map(|g| g.log.clone()).collect();
    town.reload(routed(NEW, "team", "10s"));
    let heir = town.world.groups().find(|group| !group.is_empty()).unwrap();
    assert!(heir.log.starts_with(&before), "{:?}", heir.log);
    let incident = heir.incidents.values().next().unwrap();
    assert_eq!(incident.first_told_at, Some(second(10)));
    assert_eq!(incident.steps.len(), 1);
}

#[test]
fn a_deployment_that_is_taken_back_tells_nobody_twice() {
    let mut town = Town::in_parts(routed(OLD, "team", "10s"));
    town.say("+a@0");
    town.pass(60);
    town.reload(routed(NEW, "team", "10s"));
    town.pass(60);
    town.reload(routed(OLD, "team", "10s"));
    town.pass(60);
    town.say("-a@180");
    town.pass(300);
    let events: Vec<_> = told(&town).into_iter().map(|told| told.2).collect();
    let once = [NotificationEvent::Opened, NotificationEvent::Resolved];
    assert_eq!(events, once);
}

#[test]
fn what_pagerduty_was_told_is_ended_by_the_name_that_it_has_there() {
    let with = |matchers: &str| {
        policy_of(json!({
            "receivers": [{"name": "page", "pagerduty": [{}], "slack": [{}]}],
            "route": {"receiver": "page", "routes": [
                {"matchers": [matchers], "group_wait": "10s", "group_interval": "1m"}]},
        }))
    };
    let mut town = Town::in_parts(with(OLD));
    town.say("+a@0");
    town.pass(60);
    let opened = town.told.clone();
    town.reload(with(NEW));
    town.pass(100);
    assert_eq!(town.told.len(), opened.len(), "nobody is paged again");
    assert!(!left(&town).is_empty());
    let now = town.now.duration_since(super::start()).as_secs();
    town.act(&orders(), &anna(), &Act::Acknowledge { until: None })
        .unwrap();
    town.say(&format!("-a@{now}"));
    town.pass(300);
    let of = |event: NotificationEvent, channel: Channel| -> Vec<&str> {
        let told = town.told.iter().map(|(_, told)| told);
        told.filter(|told| told.event == event && told.channels.contains(&channel))
            .map(|told| told.group_key.as_str())
            .collect()
    };
    let first = of(NotificationEvent::Opened, Channel::Pagerduty);
    assert_eq!(
        of(NotificationEvent::Acknowledged, Channel::Pagerduty),
        first
    );
    assert!(of(NotificationEvent::Resolved, Channel::Pagerduty).contains(&first[0]));
    assert_eq!(of(NotificationEvent::Resolved, Channel::Slack).len(), 1);
    assert!(town.world.groups().all(GroupState::is_empty));
    assert_eq!(town.pending(), 0);
}
