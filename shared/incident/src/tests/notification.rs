//! The document that is handed to the channels: its shape on the wire and its size.

use alert_classification::{Measurement, Status};
use proptest::prelude::*;
use serde_json::{Value, json};
use settings::Priority;

use super::history::Town;
use super::{arrival, policy_of, second};
use crate::{Arrival, MAX_NOTIFICATION_BYTES, Notification, NotificationEvent, Policy};

fn policy() -> Policy {
    policy_of(json!({
        "receivers": [{"name": "team", "slack": [{"to": ["#alerts"]}], "pagerduty": [{}]}],
        "route": {"receiver": "team", "group_by": ["service"], "group_wait": "0s",
                  "group_interval": "0s"},
    }))
}

fn full_arrival() -> Arrival {
    let mut arrival = arrival("orders-5xx", Status::Firing, second(0), Priority::P1);
    let alert = &mut arrival.alert.alert;
    alert.title = "Error rate of orders is 7.2 %".to_owned();
    alert.description = "More than 5 % of the requests failed.".to_owned();
    alert.annotations.set("metric", "5XXError");
    alert.measurement = Some(Measurement {
        value: Some(7.2),
        threshold: Some(5.0),
        comparison: ">".into(),
        unit: "Percent".into(),
        period_seconds: Some(60),
        window_seconds: Some(600),
    });
    alert.console_url = Some("https://console.aws.amazon.com/cloudwatch/home#alarmsV2".to_owned());
    arrival.alert.classification.runbook = Some("https://runbooks.example.com/5xx".to_owned());
    arrival
}

fn last(town: &Town) -> &Notification {
    &town.told.last().expect("somebody was told").1
}

/// Its beginning, and its end a minute later.
fn opened_and_resolved() -> [Notification; 2] {
    let mut town = Town::in_parts(policy());
    town.arrive(&[full_arrival()]);
    let opened = last(&town).clone();
    town.pass(60);
    // The measured value is fine again, so the resolve alone would be classified as harmless.
    town.say("-orders-5xx@60/P4");
    [opened, last(&town).clone()]
}

#[test]
fn a_full_notification_looks_like_this() {
    let [opened, resolved] = opened_and_resolved();
    insta::assert_json_snapshot!("opened", opened);
    insta::assert_json_snapshot!("resolved", resolved);
}

#[test]
fn the_resolve_of_a_p1_is_told_as_a_p1() {
    let [_, resolved] = opened_and_resolved();
    let alert = &resolved.alerts[0];
    assert_eq!(
        (resolved.event, alert.priority),
        (NotificationEvent::Resolved, Priority::P1)
    );
    assert_eq!(
        (alert.starts_at, alert.ends_at),
        (second(0), Some(second(60)))
    );
    assert_eq!(alert.reason, "the error rate is over 5 %");
}

/// The kinds of values instead of the values, so that only a change of the document shows.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "bool".into(),
        Value::Number(number) if number.is_f64() => "number".into(),
        Value::Number(_) => "integer".into(),
        Value::String(_) => "text".into(),
        Value::Array(values) => values.first().map(shape).into_iter().collect(),
        Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), shape(v))).collect(),
    }
}

#[test]
fn the_document_has_this_shape() {
    let [opened, _] = opened_and_resolved();
    insta::assert_json_snapshot!(shape(&serde_json::to_value(opened).unwrap()));
}

#[test]
fn what_is_written_is_read_again() {
    for told in opened_and_resolved() {
        let json = serde_json::to_string(&told).unwrap();
        assert_eq!(serde_json::from_str::<Notification>(&json).unwrap(), told);
    }
}

#[test]
fn alerts_come_most_urgent_first_then_oldest() {
    let mut town = Town::new(policy());
    town.say("+a@-3/P3 +b@-4/P3 +c@-1/P1 +d@-9/P4");
    let titles: Vec<&str> = last(&town)
        .alerts
        .iter()
        .map(|a| a.title.as_str())
        .collect();
    assert_eq!(
        titles,
        ["c is firing", "b is firing", "a is firing", "d is firing"]
    );
}

#[test]
fn a_message_names_what_else_fires_after_what_is_news() {
    let mut town = Town::new(policy());
    town.say("+a@0/P2 +b@0/P1 +c@0");
    town.say("+d@0/P4");
    let titles: Vec<&str> = last(&town)
        .alerts
        .iter()
        .map(|a| a.title.as_str())
        .collect();
    assert_eq!(
        titles,
        ["d is firing", "b is firing", "a is firing", "c is firing"]
    );
    assert_eq!(last(&town).alerts_omitted, 0);
    assert_eq!(last(&town).alerts[1], town.told[0].1.alerts[0]);
}

#[test]
fn what_finds_no_place_in_a_message_is_counted() {
    let mut town = Town::new(policy());
    let fifty: Vec<String> = (0..50).map(|i| format!("+many-{i}@0")).collect();
    town.say(&fifty.join(" "));
    town.say("+x@0");
    assert_eq!(last(&town).alerts[0].title, "x is firing");
    assert_eq!(last(&town).alerts.len(), crate::ALERTS_IN_A_NOTIFICATION);
    assert_eq!(last(&town).alerts_omitted, 31);
}

fn any_text(chars: usize) -> impl Strategy<Value = String> {
    let repeated = prop::sample::select(vec!['a', '\u{1}', '"', '漢', '🔥']);
    (repeated, prop::sample::select(vec![0, 1, chars / 8, chars]))
        .prop_map(|(character, count)| character.to_string().repeat(count))
}

fn any_large_arrival() -> impl Strategy<Value = Arrival> {
    (
        "[a-z]{6}",
        [
            any_text(200),
            any_text(2_000),
            any_text(30_000),
            any_text(9_000),
        ],
        prop::collection::vec((any_text(200), any_text(4_000)), 0..40),
        any::<bool>(),
    )
        .prop_map(
            |(name, [title, description, reason, link], pairs, firing)| {
                let status = if firing { Status::Firing } else { Status::Info };
                let mut arrival = arrival(&name, status, second(0), Priority::P2);
                let alert = &mut arrival.alert.alert;
                alert.title = title;
                alert.description = description;
                alert.console_url = Some(link.clone());
                for (at, (name, value)) in pairs.into_iter().enumerate() {
                    let name = format!("{at}{name}");
                    alert.annotations.set(name.clone(), value.clone());
                    alert.labels.set(name, value);
                }
                alert.kind = reason.clone().into();
                let classification = &mut arrival.alert.classification;
                classification.category = reason.clone().into();
                classification.rule = Some(reason.clone().into());
                classification.reason = reason;
                classification.runbook = Some(link);
                arrival
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_notification_is_never_too_large(batch in prop::collection::vec(any_large_arrival(), 1..30)) {
        let mut town = Town::new(policy());
        town.arrive(&batch);
        for (_, told) in &town.told {
            let size = serde_json::to_vec(told).unwrap().len();
            prop_assert!(size <= MAX_NOTIFICATION_BYTES, "{} bytes", size);
            prop_assert!(!told.alerts.is_empty());
        }
        for state in town.world.incidents() {
            let stored = serde_json::to_vec(state).unwrap().len();
            prop_assert!(stored <= 1024 * 1024, "{} bytes", stored);
        }
    }
}

#[test]
fn an_alert_of_ordinary_size_is_told_in_full() {
    let mut arrival = full_arrival();
    arrival.alert.alert.description = "x".repeat(2_000);
    for i in 0..20 {
        let name = format!("name-{i:02}");
        arrival.alert.alert.annotations.set(name, "y".repeat(200));
    }
    let mut town = Town::new(policy());
    town.arrive(&[arrival.clone()]);
    let told = &last(&town).alerts[0];
    assert_eq!(told.description, arrival.alert.alert.description);
    assert_eq!(told.annotations, arrival.alert.alert.annotations);
    assert_eq!(told.labels, arrival.alert.alert.labels);
}
