//! The document that is handed to the channels: its shape on the wire and its size.

use alert_classification::{Measurement, Status};
use proptest::prelude::*;
use serde_json::Value;
use settings::Priority;

use super::{Bench, arrival, batches, second};
use crate::{Arrival, MAX_NOTIFICATION_BYTES};

fn full_arrival() -> Arrival {
    let mut arrival = arrival("orders-5xx", Status::Firing, second(1), Priority::P1);
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

#[test]
fn a_full_notification_looks_like_this() {
    let mut bench = Bench::new();
    bench.send(&[full_arrival()]);
    insta::assert_json_snapshot!("opened", bench.last());
    bench.send(&batches("-orders-5xx@60")[0]);
    insta::assert_json_snapshot!("resolved", bench.last());
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
    let mut bench = Bench::new();
    bench.send(&[full_arrival()]);
    bench.send(&batches("-orders-5xx@60")[0]);
    let document = serde_json::to_value(bench.last()).unwrap();
    insta::assert_json_snapshot!(shape(&document));
}

#[test]
fn what_is_written_is_read_again() {
    let mut bench = Bench::new();
    bench.send(&[full_arrival()]);
    let json = serde_json::to_string(bench.last()).unwrap();
    assert_eq!(
        &serde_json::from_str::<crate::Notification>(&json).unwrap(),
        bench.last()
    );
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
            any_text(300_000),
            any_text(9_000),
        ],
        prop::collection::vec((any_text(200), any_text(4_000)), 0..40),
        any::<bool>(),
    )
        .prop_map(
            |(name, [title, description, reason, link], pairs, firing)| {
                let status = if firing { Status::Firing } else { Status::Info };
                let mut arrival = arrival(&name, status, second(1), Priority::P2);
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
                classification.service = reason.clone().into();
                classification.category = reason.clone().into();
                classification.rule = Some(reason.clone().into());
                classification.reason = reason;
                classification.runbook = Some(link);
                arrival
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_notification_is_never_too_large(batch in prop::collection::vec(any_large_arrival(), 1..30)) {
        let mut bench = Bench::new();
        bench.send(&batch);
        for told in &bench.told {
            let size = serde_json::to_vec(told).unwrap().len();
            prop_assert!(size <= MAX_NOTIFICATION_BYTES, "{} bytes", size);
            prop_assert!(!told.alerts.is_empty());
        }
        let stored = serde_json::to_vec(&bench.state).unwrap().len();
        prop_assert!(stored <= 1024 * 1024, "{} bytes", stored);
    }
}

#[test]
fn an_alert_of_ordinary_size_is_told_in_full() {
    let mut arrival = full_arrival();
    arrival.alert.alert.description = "x".repeat(2_000);
    for i in 0..20 {
        arrival
            .alert
            .alert
            .annotations
            .set(format!("name-{i:02}"), "y".repeat(200));
    }
    let mut bench = Bench::new();
    bench.send(std::slice::from_ref(&arrival));
    let told = &bench.last().alerts[0];
    assert_eq!(told.description, arrival.alert.alert.description);
    assert_eq!(told.annotations, arrival.alert.alert.annotations);
    assert_eq!(told.labels, arrival.alert.alert.labels);
}
