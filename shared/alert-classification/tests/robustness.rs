//! Whatever arrives: no panic, at least one alert, everything bounded, and no influence of
//! one message on another.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on should stop with the place"
)]

mod support;

use alert_classification::{Alert, read};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{classifier, events, now, sqs};

/// What holds for every alert.
fn is_sound(alert: &Alert) {
    assert!(!alert.title.is_empty());
    assert!(alert.title.chars().count() <= 200);
    assert!(!alert.title.contains(char::is_control), "{:?}", alert.title);
    assert!(alert.description.chars().count() <= 2_000);
    assert!(alert.labels.len() <= 41);
    assert!(alert.annotations.len() <= 40);
    assert!(
        alert
            .labels
            .iter()
            .all(|(n, v)| n.len() <= 128 && v.len() <= 512)
    );
    assert!(
        alert
            .annotations
            .iter()
            .all(|(n, v)| n.len() <= 128 && v.chars().count() <= 1_000)
    );
    assert!(alert.starts_at <= alert.changed_at);
    // An alert goes into a table and over queues as JSON.
    let json = serde_json::to_string(alert).unwrap();
    assert_eq!(&serde_json::from_str::<Alert>(&json).unwrap(), alert);
}

fn reads_soundly(body: &str) {
    let classifier = classifier();
    let reading = read(body, now());
    assert!(!reading.alerts.is_empty());
    for alert in reading.alerts {
        is_sound(&alert);
        let classified = classifier.classify(alert);
        assert!(!classified.classification.reason.is_empty());
        assert!(!classified.classification.service.is_empty());
    }
}

#[test]
fn real_events_cut_anywhere_are_still_told() {
    for (_, body) in events() {
        for at in (0..body.len())
            .step_by(97)
            .filter(|at| body.is_char_boundary(*at))
        {
            reads_soundly(&body[..at]);
        }
    }
}

/// The event with the scalar number `at` replaced.
fn replace(value: &mut Value, at: &mut usize, by: &Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, at, by)),
        Value::Object(map) => map.values_mut().for_each(|item| replace(item, at, by)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            if *at == 0 {
                *value = by.clone();
            }
            *at = at.wrapping_sub(1);
        }
    }
}

fn odd_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[1], {"a": null}])),
        Just(json!(-1)),
        Just(json!(1e308)),
        Just(json!(u64::MAX)),
        Just(json!(true)),
        Just(json!("")),
        Just(json!("\u{0}\u{202e}\u{1f514}<script>")),
        Just(json!("x".repeat(100_000))),
        any::<String>().prop_map(Value::String),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn real_events_with_wrong_types_are_still_told(
        event in 0..139_usize, places in prop::collection::vec((0..60_usize, odd_value()), 1..4)
    ) {
        static EVENTS: std::sync::OnceLock<Vec<(String, String)>> = std::sync::OnceLock::new();
        let (_, body) = &EVENTS.get_or_init(events)[event];
        let mut value: Value = serde_json::from_str(body).unwrap();
        for (mut at, by) in places {
            replace(&mut value, &mut at, &by);
        }
        reads_soundly(&value.to_string());
    }

    #[test]
    fn any_text_is_told(body in any::<String>()) {
        reads_soundly(&body);
    }

    #[test]
    fn any_json_is_told(
        keys in prop::collection::vec("(Records|Message|Type|TopicArn|detail-type|source|detail|AlarmName|NewStateValue|Trigger|alarmData|awslogs|schema|findings|[a-z]{1,8})", 1..8),
        values in prop::collection::vec(odd_value(), 8)
    ) {
        let map: serde_json::Map<_, _> = keys.into_iter().zip(values).collect();
        reads_soundly(&Value::Object(map).to_string());
    }

    #[test]
    fn the_order_of_a_batch_makes_no_difference(
        picks in prop::collection::vec(0..139_usize, 2..8), swaps in any::<u64>()
    ) {
        static EVENTS: std::sync::OnceLock<Vec<(String, String)>> = std::sync::OnceLock::new();
        let events = EVENTS.get_or_init(events);
        let bodies: Vec<&str> = picks.iter().map(|at| events[*at].1.as_str()).collect();
        let mut shuffled = bodies.clone();
        for at in (1..shuffled.len()).rev() {
            shuffled.swap(at, usize::try_from(swaps >> at).unwrap_or_default() % (at + 1));
        }
        let told = |bodies: &[&str]| {
            let mut told: Vec<String> = classifier()
                .read(&sqs(bodies), now())
                .iter()
                .map(|classified| serde_json::to_string(classified).unwrap())
                .collect();
            told.sort();
            told
        };
        prop_assert_eq!(told(&bodies), told(&shuffled));
    }
}

#[test]
fn a_megabyte_is_cut_and_told() {
    let long = "9".repeat(1024 * 1024);
    for (_, body) in events() {
        let mut value: Value = serde_json::from_str(&body).unwrap();
        let mut at = 3;
        replace(&mut value, &mut at, &json!(long));
        reads_soundly(&value.to_string());
    }
    reads_soundly(&long);
    reads_soundly(
        &json!({"AlarmName": long, "NewStateValue": "ALARM", "Trigger": long}).to_string(),
    );
}

#[test]
fn deep_nesting_is_told() {
    for depth in [100, 127, 128, 129, 1_000, 100_000] {
        reads_soundly(&("[".repeat(depth) + &"]".repeat(depth)));
        reads_soundly(&("[".repeat(depth)));
        let nested = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        reads_soundly(&nested);
        reads_soundly(&format!(
            r#"{{"detail-type":"x","source":"y","detail":{nested}}}"#
        ));
        reads_soundly(&format!(
            r#"{{"AlarmName":"x","NewStateValue":"ALARM","Trigger":{nested}}}"#
        ));
        reads_soundly(&format!(r#"{{"Type":"Notification","Message":{nested}}}"#));
    }
    // Envelopes in envelopes.
    let mut body = "the message".to_owned();
    for _ in 0..12 {
        body = support::sns(&body);
        reads_soundly(&body);
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_fault() {
    let reading = read(r#"{"AlarmName": "payments", "NewStateVa"#, now());
    assert!(reading.fault.unwrap().contains("not JSON"));
    assert_eq!(
        reading.alerts[0].title,
        r#"A message cannot be read: {"AlarmName": "payments", "NewStateVa"#
    );
}
