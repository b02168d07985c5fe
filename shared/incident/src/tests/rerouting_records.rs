//! What is open on a route that a deployment takes away, as functions that load a few records see it:
//! nothing tells them of the deployment, and what they decide fits into one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alert_classification::Status;
use jiff::SignedDuration;
use serde_json::{Value, json};
use settings::{Channel, Priority};

use super::rerouting::{NEW, OLD, orders, routed};
use super::table::Table;
use super::{anna, arrival_of, fingerprint, policy_of, second};
use crate::{Act, GroupState, MAX_IN_GROUP, NotificationEvent, Policy, Record, RecordName};

/// Tells of `a`, and then nothing is due any more: what was told is never told again.
fn quiet(policy: Policy) -> (Table, RecordName) {
    let mut table = Table::new(policy);
    table.say("+a@0", 0);
    let (group, due) = table.open()[0].clone();
    assert_eq!(due, Some(second(10)));
    table.wake(&group, 10);
    for record in table.records.values_mut() {
        if let Record::Group(group) = record {
            group.due_at = None;
        }
    }
    (table, group)
}
#[test]
fn an_end_finds_the_group_that_nothing_wakes() {
    let (mut table, old) = quiet(routed(OLD, "team", "10s"));
    table.policy = Arc::new(routed(NEW, "other", "10s"));
    table.say("-a@100", 100);
    assert!(table.asked_for.contains(&old));
    let told: Vec<_> = table
        .told
        .iter()
        .map(|told| (told.receiver.as_str(), told.event))
        .collect();
    assert_eq!(
        told,
        [
            ("team", NotificationEvent::Opened),
            ("team", NotificationEvent::Resolved)
        ]
    );
    assert_eq!(table.open(), []);
}

#[test]
fn what_arrives_for_its_incident_brings_what_fires_to_the_new_route() {
    let (mut table, old) = quiet(routed(OLD, "team", "10s"));
    table.policy = Arc::new(routed(NEW, "other", "10s"));
    // The very same again: it is no news, and yet its incident is looked at.
    table.say("+a@0", 100);
    assert!(table.asked_for.contains(&old));
    let receivers: Vec<_> = table
        .told
        .iter()
        .map(|told| told.receiver.as_str())
        .collect();
    assert_eq!(receivers, ["team", "other"]);
    let key = RecordName::Incident(orders());
    let Some(Record::Incident(state)) = table.records.get(&key) else {
        panic!("there is an incident");
    };
    let groups = &state.alerts[&fingerprint("a")].groups;
    let groups: Vec<_> = groups.iter().cloned().map(RecordName::Group).collect();
    assert_eq!(groups, [table.open()[0].0.clone()]);
    // Once is enough.
    table.say("+a@0", 101);
    assert!(!table.asked_for.contains(&old));
    assert_eq!(table.told.len(), 2);
}

#[test]
fn an_incident_that_wakes_brings_what_fires_to_the_new_route() {
    let (mut table, old) = quiet(routed(OLD, "team", "10s"));
    table.policy = Arc::new(routed(NEW, "other", "10s"));
    let key = orders();
    table.wake(&RecordName::Incident(key), 100);
    assert!(table.asked_for.contains(&old));
    assert_eq!(table.told.last().unwrap().receiver, "other");
}

#[test]
fn an_act_is_told_by_the_new_route() {
    let (mut table, old) = quiet(routed(OLD, "team", "10s"));
    table.policy = Arc::new(routed(NEW, "team", "10s"));
    let key = orders();
    let name = RecordName::Incident(key.clone());
    let Some(Record::Incident(state)) = table.records.get(&name) else {
        panic!("there is an incident");
    };
    let id = state.episode.as_ref().unwrap().id.clone();
    let act = Act::Acknowledge { until: None };
    table.run(std::slice::from_ref(&name), |world| {
        world.act(&key, &id, &act, &anna(), second(100)).unwrap();
    });
    assert!(table.asked_for.contains(&old));
    let last = table.told.last().unwrap();
    let told = (last.receiver.as_str(), last.event, last.channels.as_slice());
    let acknowledged = NotificationEvent::Acknowledged;
    assert_eq!(told, ("team", acknowledged, &[Channel::Slack][..]));
    let Some(Record::Incident(state)) = table.records.get(&name) else {
        panic!("there is an incident");
    };
    let ack = state.episode.as_ref().unwrap().acknowledgement.as_ref();
    assert_eq!(ack.unwrap().until, Some(second(100 + 20 * 60)));
}

#[test]
fn a_group_of_many_incidents_is_handed_on_in_parts() {
    let mut old = Table::new(policy_of(json!({
        "incident_by": ["alertname"],
        "receivers": [{"name": "team", "slack": [{}]}],
        "route": {"receiver": "team", "routes": [
            {"matchers": [OLD], "group_by": ["service"], "group_wait": "10s"}]},
    })));
    let script: Vec<String> = (0..100).map(|at| format!("+many-{at}@0")).collect();
    old.say(&script.join(" "), 0);
    let (group, _) = old.open()[0].clone();
    old.wake(&group, 10);
    old.policy = Arc::new(policy_of(json!({
        "incident_by": ["alertname"],
        "receivers": [{"name": "team", "slack": [{}]}],
        "route": {"receiver": "team", "routes": [
            {"matchers": [NEW], "group_by": ["alertname"], "group_wait": "10s"}]},
    })));
    // Something wakes it, and a second later it rings again.
    old.wake(&group, 100);
    let mut now = second(100);
    let mut rounds = 0;
    loop {
        let Some(Record::Group(state)) = old.records.get(&group) else {
            panic!("it is there");
        };
        let Some(due) = state.due_at else { break };
        assert!(due == now + SignedDuration::from_secs(1));
        now = due;
        rounds += 1;
        let before: BTreeMap<_, _> = old.records.clone();
        let at = now.duration_since(super::start()).as_secs();
        old.wake(&group, at);
        let changed = old.records.iter();
        let changed = changed.filter(|(name, now)| before.get(*name) != Some(*now));
        assert!(changed.count() <= 25);
        assert!(rounds < 100);
    }
    assert!(rounds > 3, "{rounds}");
    assert_eq!(old.open().len(), 100);
    assert_eq!(old.told.len(), 1, "nobody is told again");
}

/// Every alert may be an incident of its own; orders have a route with these matchers and labels.
fn many(incident_by: &str, matchers: &str, group_by: &str) -> Policy {
    policy_of(json!({
        "incident_by": [incident_by],
        "receivers": [{"name": "team", "slack": [{}]}],
        "route": {"receiver": "team", "routes": [
            {"matchers": [matchers], "group_by": [group_by], "group_wait": "10s"}]},
    }))
}

fn hundred() -> String {
    let words: Vec<String> = (0..100).map(|at| format!("+many-{at}@0")).collect();
    words.join(" ")
}

#[test]
fn many_incidents_that_come_to_one_group_are_loaded_in_parts() {
    let mut table = Table::new(many("alertname", OLD, "service"));
    table.say(&hundred(), 0);
    table.ring(10);
    table.policy = Arc::new(many("alertname", NEW, "service"));
    let (group, _) = table.open()[0].clone();
    table.wake(&group, 100);
    assert!(table.asked_for.len() <= 25, "{}", table.asked_for.len());
    let (wrote, loaded) = table.ring(200);
    assert!(wrote <= 25 && loaded <= 25, "{wrote} {loaded}");
    assert_eq!((table.left(), table.open().len()), (0, 1));
    assert_eq!(table.told.len(), 1, "nobody is told again");
}

#[test]
fn an_incident_of_many_groups_is_brought_to_new_routes_in_parts() {
    let mut table = Table::new(many("service", OLD, "alertname"));
    table.say(&hundred(), 0);
    table.ring(10);
    assert_eq!((table.open().len(), table.told.len()), (100, 100));
    for record in table.records.values_mut() {
        if let Record::Group(group) = record {
            group.due_at = None;
        }
    }
    table.policy = Arc::new(many("service", NEW, "alertname"));
    let before = table.records.clone();
    table.say("+many-0@0", 100);
    let changed = table.records.iter();
    let changed = changed.filter(|(name, now)| before.get(*name) != Some(*now));
    assert!(changed.count() <= 45);
    assert!(table.asked_for.len() <= 65, "{}", table.asked_for.len());
    // Nothing more arrives, and yet the others follow.
    let (wrote, loaded) = table.ring(200);
    assert!(wrote <= 45 && loaded <= 65, "{wrote} {loaded}");
    assert_eq!((table.left(), table.open().len()), (0, 100));
    assert_eq!(table.told.len(), 100, "nobody is told again");
}

#[test]
fn where_the_new_group_is_full_the_old_one_tells_the_end() {
    let with = |groups: [&str; 2], group_by: Value| {
        policy_of(json!({
            "receivers": [{"name": "team", "slack": [{}]}],
            "route": {"receiver": "team", "routes": groups.map(|matchers| json!(
                {"matchers": [matchers], "group_by": group_by, "group_wait": "10s"}))},
        }))
        .naming_all_alerts()
    };
    let mut table = Table::new(with(
        ["service=\"orders\"", "service=\"pay\""],
        json!(["service"]),
    ));
    let each = MAX_IN_GROUP / 2 + 20;
    let alerts = |status: Status, at: i64| {
        let all = ["orders", "pay"]
            .into_iter()
            .flat_map(|service| (0..each).map(move |n| (service, n)));
        all.map(|(service, n)| {
            arrival_of(
                service,
                &format!("many-{n}"),
                status,
                second(at),
                Priority::P3,
            )
        })
        .collect::<Vec<_>>()
    };
    table.arrive(&alerts(Status::Firing, 0), 0);
    table.ring(10);
    let old: Vec<RecordName> = table.open().into_iter().map(|(name, _)| name).collect();
    assert_eq!((old.len(), table.told.len()), (2, 2));
    table.policy = Arc::new(with(
        ["service=~\"orders|pay\"", "service=\"other\""],
        json!([]),
    ));
    for group in &old {
        table.wake(group, 100);
    }
    table.ring(200);
    table.arrive(&alerts(Status::Resolved, 300), 300);
    table.ring(10_000);
    let mut fires = BTreeSet::new();
    for alert in table.told.iter().flat_map(|told| &told.alerts) {
        match alert.status {
            Status::Firing => fires.insert(alert.fingerprint),
            Status::Resolved => fires.remove(&alert.fingerprint),
            Status::Info => false,
        };
    }
    assert_eq!(
        fires.len(),
        0,
        "whoever was told that they fire is told that they are over"
    );
    assert_eq!(table.open(), []);
    let pending: u64 = table.groups().into_iter().map(GroupState::pending).sum();
    assert_eq!(pending, 0);
}

#[test]
fn a_ladder_goes_on_where_it_still_is_one() {
    let with = |routes: Value| {
        let names = ["team", "log", "boss", "late"];
        policy_of(json!({
            "receivers": names.map(|name| json!({"name": name, "slack": [{}]})),
            "escalation": [{"name": "climb", "steps": [
                {"after": "10m", "to": ["boss"]}, {"after": "30m", "to": ["late"]}]}],
            "route": {"receiver": "log", "group_by": ["service"], "group_wait": "10s",
                "group_interval": "1m", "routes": routes},
        }))
    };
    let mut table = Table::new(with(json!([
        {"matchers": [OLD], "receiver": "log", "escalation": "climb"}])));
    table.say("+a@0", 0);
    table.ring(15 * 60);
    table.policy = Arc::new(with(json!([
        {"matchers": [NEW], "receiver": "log", "continue": true},
        {"matchers": [NEW], "receiver": "team", "escalation": "climb"},
    ])));
    table.say("+a@0", 16 * 60);
    table.ring(3_600);
    table.say("-a@3700", 3_700);
    table.ring(4_000);
    let of = |name: &str| -> Vec<NotificationEvent> {
        let told = table.told.iter().filter(|told| told.receiver == name);
        told.map(|told| told.event).collect()
    };
    let both = [NotificationEvent::Opened, NotificationEvent::Resolved];
    assert_eq!((of("log"), of("team")), (both.to_vec(), both.to_vec()));
    assert_eq!(of("boss"), both, "a step that was taken is not taken again");
    assert_eq!(
        of("late"),
        [NotificationEvent::Escalated, NotificationEvent::Resolved]
    );
}

#[test]
fn what_is_more_urgent_by_then_is_told_again() {
    let mut table = Table::new(routed(OLD, "team", "10s"));
    table.say("+a@0", 0);
    table.ring(60);
    table.policy = Arc::new(routed(NEW, "team", "10s"));
    table.say("+a@100/P1", 100);
    table.ring(300);
    let told: Vec<_> = table
        .told
        .iter()
        .map(|told| (told.receiver.as_str(), told.event))
        .collect();
    let expected = [NotificationEvent::Opened, NotificationEvent::Updated];
    assert_eq!(told, expected.map(|event| ("team", event)));
}

#[test]
fn one_of_many_that_is_heard_of_again_is_not_told_again() {
    let mut table = Table::new(many("alertname", OLD, "service"));
    table.say(&hundred(), 0);
    table.ring(10);
    table.policy = Arc::new(many("alertname", NEW, "alertname"));
    for name in ["many-99", "many-50", "many-0"] {
        table.say(&format!("+{name}@100"), 100);
    }
    table.ring(300);
    assert_eq!((table.left(), table.open().len()), (0, 100));
    assert_eq!(table.told.len(), 1, "nobody is told again");
}

#[test]
fn who_is_kept_by_many_groups_is_looked_at_once_for_each_arrival() {
    let with = |matchers: &str| {
        policy_of(json!({
            "receivers": [{"name": "page", "pagerduty": [{}]}],
            "route": {"receiver": "page", "routes": [
                {"matchers": [matchers], "group_by": ["alertname"], "group_wait": "10s"}]},
        }))
    };
    let mut table = Table::new(with(OLD));
    let script: Vec<String> = (0..35).map(|at| format!("+many-{at}@0")).collect();
    table.say(&script.join(" "), 0);
    table.ring(10);
    table.policy = Arc::new(with(NEW));
    table.say("+many-0@0", 100);
    table.ring(200);
    assert_eq!((table.left(), table.open().len()), (35, 70));
    table.say("+many-0@1", 300);
    table.ring(400);
    let Some(Record::Incident(state)) = table.records.get(&RecordName::Incident(orders())) else {
        panic!("there is an incident");
    };
    assert_eq!(state.moving, None);
    assert_eq!(table.told.len(), 35, "nobody is told again");
    let over: Vec<String> = (0..35).map(|at| format!("-many-{at}@500")).collect();
    table.say(&over.join(" "), 500);
    table.ring(1_000);
    assert_eq!(table.open(), []);
    let ends = |told: &&crate::Notification| told.event == NotificationEvent::Resolved;
    let names: BTreeSet<_> = table
        .told
        .iter()
        .filter(ends)
        .map(|told| told.group_key.clone())
        .collect();
    assert!(
        table.told[..35]
            .iter()
            .all(|told| names.contains(&told.group_key))
    );
}

#[test]
fn what_several_groups_knew_is_known_at_once() {
    let with = |matchers: &str| {
        policy_of(json!({
            "receivers": [{"name": "log", "slack": [{}]}, {"name": "team", "slack": [{}]}],
            "route": {"receiver": "log", "group_wait": "10s", "routes": [
                {"matchers": [matchers], "receiver": "log", "continue": true},
                {"matchers": [matchers], "receiver": "team", "group_by": ["service"]}]},
        }))
    };
    let mut table = Table::new(with(OLD));
    table.say("+a@0", 0);
    table.ring(60);
    let open = table.open();
    assert_eq!((open.len(), table.told.len()), (2, 2));
    table.policy = Arc::new(with(NEW));
    // Only one of the two is woken, and the alert comes to both that take their places.
    table.wake(&open[0].0, 100);
    table.ring(600);
    assert_eq!((table.left(), table.open().len()), (0, 2));
    assert_eq!(table.told.len(), 2, "nobody is told again");
}
