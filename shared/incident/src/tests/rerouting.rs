//! What is open on a route that a deployment takes away goes on with the routes that there are then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use settings::Channel;

use super::history::{Town, record};
use super::{anna, batch, fingerprint, policy_of, second};
use crate::{
    Act, Effects, GroupState, IncidentKey, Notification, NotificationEvent, Policy, Record,
    RecordName, SuppressionReason, World,
};

/// Orders has a route of its own, with these matchers, receiver and wait.
fn routed(matchers: &str, receiver: &str, wait: &str) -> Policy {
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

const OLD: &str = "service=\"orders\"";
const NEW: &str = "service=~\"orders|pay\"";

fn orders() -> IncidentKey {
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

/// Records as they lie in the table, and functions that load what they need of them.
struct Table {
    policy: Arc<Policy>,
    records: BTreeMap<RecordName, Record>,
    told: Vec<Notification>,
    /// Which records were loaded because a decision asked for them.
    asked_for: BTreeSet<RecordName>,
}

impl Table {
    fn new(policy: Policy) -> Self {
        Self {
            policy: Arc::new(policy),
            records: BTreeMap::new(),
            told: Vec::new(),
            asked_for: BTreeSet::new(),
        }
    }

    fn run(&mut self, first: &[RecordName], run: impl Fn(&mut World)) -> Effects {
        let mut names: BTreeSet<RecordName> = first.iter().cloned().collect();
        for _ in 0..8 {
            let records = names
                .iter()
                .map(|name| (name.clone(), self.records.get(name).cloned()));
            let mut part = World::part(Arc::clone(&self.policy), records);
            run(&mut part);
            if part.missing().is_empty() {
                for name in part.take_changed() {
                    assert!(names.contains(&name), "{name:?}");
                    self.records.insert(name.clone(), record(&part, &name));
                }
                let effects = part.take_effects();
                self.told.extend(effects.notifications.clone());
                return effects;
            }
            self.asked_for.extend(part.missing().iter().cloned());
            names.extend(part.missing().iter().cloned());
        }
        panic!("it wants more and more");
    }

    fn say(&mut self, script: &str, at: i64) -> Effects {
        let arrivals = batch(script);
        let names: Vec<_> = World::needs(&self.policy, &arrivals).into_iter().collect();
        self.asked_for.clear();
        self.run(&names, |world| {
            world.arrive(arrivals.clone(), second(at));
        })
    }

    fn wake(&mut self, name: &RecordName, at: i64) -> Effects {
        self.asked_for.clear();
        self.run(&[name.clone(), RecordName::Silences], |world| {
            world.wake(name, second(at));
        })
    }

    fn groups(&self) -> Vec<&GroupState> {
        let records = self.records.values();
        records
            .filter_map(|record| match record {
                Record::Group(group) => Some(&**group),
                Record::Incident(_) | Record::Inhibition(_) | Record::Silences(..) => None,
            })
            .collect()
    }

    /// The groups that have something, and when something is due.
    fn open(&self) -> Vec<(RecordName, Option<Timestamp>)> {
        let groups = self.groups().into_iter();
        groups
            .filter(|group| !group.is_empty())
            .map(|group| (RecordName::Group(group.key.clone()), group.due_at))
            .collect()
    }

    /// Tells of `a`, and then nothing is due any more: what was told is never told again.
    fn quiet(policy: Policy) -> (Self, RecordName) {
        let mut table = Self::new(policy);
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
}

#[test]
fn an_end_finds_the_group_that_nothing_wakes() {
    let (mut table, old) = Table::quiet(routed(OLD, "team", "10s"));
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
    let (mut table, old) = Table::quiet(routed(OLD, "team", "10s"));
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
    let (mut table, old) = Table::quiet(routed(OLD, "team", "10s"));
    table.policy = Arc::new(routed(NEW, "other", "10s"));
    let key = orders();
    table.wake(&RecordName::Incident(key), 100);
    assert!(table.asked_for.contains(&old));
    assert_eq!(table.told.last().unwrap().receiver, "other");
}

#[test]
fn an_act_is_told_by_the_new_route() {
    let (mut table, old) = Table::quiet(routed(OLD, "team", "10s"));
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
