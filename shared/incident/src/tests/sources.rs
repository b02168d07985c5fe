//! What inhibits others does so only as long as it fires and its rule says so, whatever it looks like
//! when it is over.

use alert_classification::Measurement;
use serde_json::{Value, json};
use settings::Priority;

use super::history::Town;
use super::{anna, batch, fingerprint, policy_of, second};
use crate::{
    Act, Arrival, IncidentKey, IncidentState, Inhibition, Policy, Source, Span, TrackedAlert,
};

/// Each alert is an incident and a group of its own; a `switch` explains `b`.
fn network(sources: &[&str], equal: &[&str]) -> Policy {
    policy_of(json!({
        "incident_by": ["alertname"],
        "receivers": [{"name": "team", "slack": [{}]}],
        "route": {"receiver": "team", "group_by": ["alertname"], "group_wait": "0s",
                  "group_interval": "1m"},
        "inhibit_rules": [{
            "name": "network", "source_matchers": sources, "equal": equal,
            "target_matchers": ["alertname=\"b\""],
        }],
    }))
}

fn switch(script: &str, change: impl Fn(&mut Arrival)) -> Vec<Arrival> {
    let mut arrivals = batch(script);
    arrivals.iter_mut().for_each(change);
    arrivals
}

fn measured(value: f64) -> impl Fn(&mut Arrival) {
    move |arrival| {
        arrival.alert.alert.measurement = Some(Measurement {
            value: Some(value),
            ..Measurement::default()
        });
    }
}

fn categorised(category: &'static str) -> impl Fn(&mut Arrival) {
    move |arrival| arrival.alert.classification.category = category.into()
}

/// Whether anybody hears of `b`, which fires now.
fn is_heard(town: &mut Town) -> bool {
    let second = town.now.duration_since(super::start()).as_secs();
    town.say(&format!("+b@{second}"));
    town.pass(70);
    let told = town.told.iter().flat_map(|(_, told)| &told.alerts);
    let heard = told.filter(|alert| alert.fingerprint == fingerprint("b"));
    heard.count() > 0
}

fn tracked(town: &Town, name: &str) -> TrackedAlert {
    let key = IncidentKey::try_new(name).unwrap();
    town.world.incident(&key).unwrap().alerts[&fingerprint(name)].clone()
}

fn sources(town: &Town) -> usize {
    tracked(town, "a").sources.len()
}

#[test]
fn what_is_over_inhibits_nothing_though_its_end_measured_something_else() {
    let mut town = Town::in_parts(network(&["alertname=\"a\"", "value > 90"], &[]));
    town.arrive(&switch("+a@0", measured(95.0)));
    assert_eq!(sources(&town), 1);
    town.pass(60);
    town.arrive(&switch("-a@60", measured(10.0)));
    assert_eq!(sources(&town), 0);
    town.pass(3_600);
    assert!(is_heard(&mut town));
}

#[test]
fn what_fires_and_no_longer_matches_inhibits_nothing() {
    let mut town = Town::in_parts(network(&["alertname=\"a\"", "value > 90"], &[]));
    town.arrive(&switch("+a@0", measured(95.0)));
    town.arrive(&switch("+a@10", measured(10.0)));
    assert_eq!(sources(&town), 0);
    town.pass(60);
    assert!(is_heard(&mut town));
}

#[test]
fn what_fires_with_other_equal_values_inhibits_there_alone() {
    let mut town = Town::in_parts(network(&["alertname=\"a\""], &["category"]));
    town.arrive(&switch("+a@0", categorised("errors")));
    let before = tracked(&town, "a").sources;
    town.arrive(&switch("+a@10", categorised("latency")));
    assert_eq!(sources(&town), 1);
    assert!(before.is_disjoint(&tracked(&town, "a").sources));
    town.pass(60);
    assert!(is_heard(&mut town));
}

#[test]
fn what_fired_anew_as_something_else_leaves_no_source_behind() {
    let mut town = Town::in_parts(network(&["category=\"errors\""], &[]));
    town.arrive(&switch("+a@0", categorised("errors")));
    let mut anew = switch("+a@10", categorised("latency"));
    anew[0].alert.alert.fired_anew = true;
    town.arrive(&anew);
    assert_eq!(sources(&town), 0);
    town.arrive(&switch("-a@20", categorised("latency")));
    town.pass(60);
    assert!(is_heard(&mut town));
}

#[test]
fn what_a_person_makes_less_urgent_inhibits_nothing_if_the_rule_says_so() {
    let mut town = Town::in_parts(network(&["priority=\"P1\""], &[]));
    town.say("+a@0/P1");
    assert_eq!(sources(&town), 1);
    let lower = Act::SetPriority {
        priority: Priority::P3,
    };
    town.act(&IncidentKey::try_new("a").unwrap(), &anna(), &lower)
        .unwrap();
    assert_eq!(sources(&town), 0);
    town.pass(60);
    assert!(is_heard(&mut town));
    town.say("-a@60/P1");
    town.pass(60);
    assert_eq!(sources(&town), 0);
}

#[test]
fn what_a_person_makes_more_urgent_inhibits_until_it_is_over() {
    let mut town = Town::in_parts(network(&["priority=\"P1\""], &[]));
    town.say("+a@0/P3");
    let raise = Act::SetPriority {
        priority: Priority::P1,
    };
    let key = IncidentKey::try_new("a").unwrap();
    town.act(&key, &anna(), &raise).unwrap();
    assert_eq!(sources(&town), 1);
    assert!(!is_heard(&mut town));
    let over = Act::Resolve {
        verdict: None,
        why: String::new(),
    };
    town.act(&key, &anna(), &over).unwrap();
    assert_eq!(sources(&town), 0);
    town.say("-b@20");
    town.pass(60);
    assert!(is_heard(&mut town));
}

#[test]
fn what_lapses_inhibits_nothing() {
    let mut town = Town::in_parts(network(&["alertname=\"a\""], &[]));
    let mut mortal = batch("+a@0");
    mortal[0].alert.alert.lifetime_minutes = Some(5);
    town.arrive(&mortal);
    town.pass(200);
    assert!(!is_heard(&mut town));
    town.pass(3_600);
    town.say("-b@3600");
    town.pass(60);
    assert!(is_heard(&mut town));
}

#[test]
fn a_state_of_before_places_were_remembered_is_read() {
    let mut town = Town::in_parts(network(&["alertname=\"a\""], &[]));
    town.say("+a@0");
    let key = IncidentKey::try_new("a").unwrap();
    let mut state: Value = serde_json::to_value(town.world.incident(&key).unwrap()).unwrap();
    let alerts = state["alerts"].as_object_mut().unwrap();
    for alert in alerts.values_mut() {
        assert!(alert.as_object_mut().unwrap().remove("sources").is_some());
    }
    let read: IncidentState = serde_json::from_value(state).unwrap();
    assert!(read.alerts.values().all(|alert| alert.sources.is_empty()));
}

#[test]
fn an_alert_is_a_source_of_no_more_rules_than_can_be_remembered() {
    let rule = |at: usize| {
        json!({
            "name": format!("rule-{at}"), "source_matchers": ["alertname=\"a\""],
            "target_matchers": ["alertname=\"b\""],
        })
    };
    let mut town = Town::in_parts(policy_of(json!({
        "incident_by": ["alertname"],
        "receivers": [{"name": "team", "slack": [{}]}],
        "route": {"receiver": "team"},
        "inhibit_rules": (0..40).map(rule).collect::<Vec<_>>(),
    })));
    town.say("+a@0");
    assert_eq!(sources(&town), 32);
    town.say("-a@1");
    assert_eq!(sources(&town), 0);
    let mut inhibitions = tracked_places(&town);
    inhibitions.retain(|count| *count > 0);
    assert_eq!(inhibitions, Vec::<usize>::new());
}

/// How many sources each of the rules has.
fn tracked_places(town: &Town) -> Vec<usize> {
    let rules = &town.world.policy().routing().inhibit_rules;
    let keys = rules
        .iter()
        .map(|rule| crate::InhibitionKey::of(&rule.id, []));
    keys.filter_map(|key| town.world.inhibition(&key))
        .map(|inhibition| inhibition.sources.len())
        .collect()
}

#[test]
fn of_too_many_sources_those_are_remembered_that_end_last() {
    let source = |ends_at: Option<i64>| Source {
        span: Span {
            ends_at: ends_at.map(second),
            ..Span::from(second(0))
        },
        both: false,
        title: String::new(),
    };
    let mut inhibition = Inhibition::new();
    for at in 0..500 {
        let name = fingerprint(&format!("source-{at}"));
        assert!(inhibition.put(name, source(Some(1_000 + at)), second(0)));
    }
    // One that ends before all of them is not worth remembering…
    assert!(!inhibition.put(fingerprint("soon"), source(Some(999)), second(0)));
    // …one that outlives the first of them is, and one that has no end more than any.
    assert!(inhibition.put(fingerprint("late"), source(Some(9_000)), second(0)));
    assert!(inhibition.put(fingerprint("endless"), source(None), second(0)));
    assert_eq!(inhibition.sources.len(), 500);
    for gone in ["source-0", "source-1", "soon"] {
        assert!(!inhibition.sources.contains_key(&fingerprint(gone)));
    }
    let last = inhibition.inhibits(false, second(9_001)).unwrap();
    assert_eq!(last.0, fingerprint("endless"));
    // What is known is renewed without anything else having to go.
    assert!(inhibition.put(fingerprint("source-2"), source(None), second(0)));
    assert_eq!(inhibition.sources.len(), 500);
}
