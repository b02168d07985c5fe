//! The keys of incidents, groups and inhibitions, and the ids of episodes.

use std::collections::BTreeSet;

use alert_classification::{Labels, Status};
use jiff::SignedDuration;
use proptest::prelude::*;
use settings::Priority;
use test_case::test_case;

use super::{arrival, second};
use crate::{GroupKey, IncidentId, IncidentKey, InhibitionKey};

fn key(labels: &[(&str, &str)], by: &[&str]) -> String {
    let mut alert = arrival("a", Status::Firing, second(0), Priority::P2).alert;
    for (name, value) in labels {
        alert.alert.labels.set(*name, *value);
    }
    IncidentKey::of(&alert, by.iter().copied()).to_string()
}

#[test_case(&[], &["service", "category"], "orders/errors"; "service and category come from the classification")]
#[test_case(&[("service", "other")], &["service"], "orders"; "the classification wins over a label")]
#[test_case(&[], &["priority", "alertname"], "P2/a"; "labels come after")]
#[test_case(&[], &["region", "service"], "-/orders"; "a missing label is a dash")]
#[test_case(&[("region", "-")], &["region"], "%2D"; "a dash is not a missing label")]
#[test_case(&[("path", "a/b%c~d\n")], &["path"], "a%2Fb%25c%7Ed%0A"; "what has a meaning is escaped")]
#[test_case(&[("name", "größe")], &["name"], "größe"; "letters of any script stay")]
#[test_case(&[], &[], "-"; "without names all is one incident")]
fn a_key_is(labels: &[(&str, &str)], by: &[&str], expected: &str) {
    assert_eq!(key(labels, by), expected);
}

#[test]
fn a_key_without_a_service_takes_the_label() {
    let mut alert = arrival("a", Status::Firing, second(0), Priority::P2).alert;
    alert.classification.service = "".into();
    assert_eq!(IncidentKey::of(&alert, ["service"]).as_str(), "orders");
}

#[test]
fn what_no_rule_knows_is_an_incident_of_its_own_by_its_name() {
    let mut alert = arrival("a", Status::Firing, second(0), Priority::P2).alert;
    alert.classification.stable_category = "latency".into();
    assert_eq!(IncidentKey::of(&alert, ["category"]).as_str(), "latency");
    alert.classification.rule = None;
    assert_eq!(IncidentKey::of(&alert, ["category"]).as_str(), "a");
}

#[test_case(""; "empty")]
#[test_case("a\nb"; "a control character")]
#[test_case(&"x".repeat(257); "too long")]
fn no_key(text: &str) {
    let error = IncidentKey::try_new(text).unwrap_err().to_string();
    assert!(error.contains("1 to 256 bytes"), "{error}");
    let json = serde_json::to_string(text).unwrap();
    assert!(serde_json::from_str::<IncidentKey>(&json).is_err());
}

#[test]
fn the_longest_key_is_a_key() {
    let text = "x".repeat(256);
    assert_eq!(IncidentKey::try_new(&text).unwrap().as_str(), text);
}

fn group(route: &str, labels: &[(&str, &str)]) -> GroupKey {
    let labels: Labels = labels.iter().copied().collect();
    GroupKey::of(route, &labels)
}

#[test_case(&[], "{}:{}"; "no label")]
#[test_case(&[("a", "b")], r#"{}:{a="b"}"#; "one label")]
#[test_case(&[("a", "b"), ("c", "d")], r#"{}:{a="b",c="d"}"#; "two labels")]
#[test_case(&[("a", "\"\\\n\t/~%")], "{}:{a=\"\\\"\\\\\\n\t/~%\"}"; "escapes are Alertmanager's")]
fn a_group_key_is(labels: &[(&str, &str)], expected: &str) {
    let key = group("{}", labels);
    assert_eq!(key.as_str(), expected);
    assert_eq!(key.to_string(), expected);
    assert_eq!(GroupKey::from_text(expected), key);
}

#[test]
fn a_group_key_is_bounded_and_its_digest_short() {
    let long = "x".repeat(300);
    let (a, b) = (group("{}", &[("a", &long)]), group("{}", &[("b", &long)]));
    assert_eq!((a.as_str().len(), b.as_str().len()), (256, 256));
    assert_eq!(a.as_str().as_bytes()[239], b'~');
    let short = group("{}", &[]);
    let digests = BTreeSet::from([&a, &b, &short].map(GroupKey::digest));
    assert_eq!(digests.len(), 3);
    for digest in digests {
        assert_eq!(digest.len(), 16);
        assert!(digest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}

#[test_case(&[], "rule"; "no value")]
#[test_case(&["orders", ""], "rule/orders/-"; "a missing value is a dash")]
#[test_case(&["-", "a/b%~"], "rule/%2D/a%2Fb%25%7E"; "what has a meaning is escaped")]
fn an_inhibition_key_is(values: &[&str], expected: &str) {
    let key = InhibitionKey::of("rule", values.iter().copied());
    assert_eq!(key.as_str(), expected);
    assert_eq!(key.to_string(), expected);
    assert_eq!(InhibitionKey::from_text(expected), key);
}

#[test]
fn ids_are_sorted_by_time_and_differ_by_key_and_version() {
    let at = second(0);
    let id = IncidentId::of("a", at, 1);
    assert_eq!(id, IncidentId::of("a", at, 1));
    assert_ne!(id, IncidentId::of("a", at, 2));
    assert_ne!(id, IncidentId::of("b", at, 1));
    assert!(id < IncidentId::of("a", at + SignedDuration::from_millis(1), 1));
    assert_eq!(id.as_str().len(), 20);
    assert_eq!(IncidentId::try_new(id.as_str()).unwrap(), id);
    assert_eq!(id.to_string(), id.as_str());
    insta::assert_snapshot!(id.as_str());
}

#[test_case("INC-01KJPR2YG0ABCDE"; "too short")]
#[test_case("INC-01KJPR2YG0ABCDEFG"; "too long")]
#[test_case("INC-01KJPR2YG0ABCDEU"; "a letter that looks like another")]
#[test_case("01KJPR2YG0ABCDEF"; "without its beginning")]
fn no_id(text: &str) {
    assert!(IncidentId::try_new(text).is_err());
    let json = serde_json::to_string(text).unwrap();
    assert!(serde_json::from_str::<IncidentId>(&json).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_key_is_bounded_and_is_read_again(values in prop::collection::vec(".{0,200}", 1..4)) {
        let labels: Vec<(&str, &str)> = ["x", "y", "z"]
            .into_iter()
            .zip(values.iter().map(String::as_str))
            .collect();
        let text = key(&labels, &["x", "y", "z"]);
        prop_assert!(text.len() <= IncidentKey::MAX_BYTES);
        prop_assert_eq!(IncidentKey::try_new(&text).unwrap().to_string(), text);
    }

    #[test]
    fn different_values_have_different_keys(
        a in prop::array::uniform2("[-/%~a\",=\\\\]{0,4}|[/a]{140,160}"),
        b in prop::array::uniform2("[-/%~a\",=\\\\]{0,4}|[/a]{140,160}"),
    ) {
        let of = |values: &[String; 2]| key(&[("x", &values[0]), ("y", &values[1])], &["x", "y"]);
        prop_assert_eq!(a == b, of(&a) == of(&b));
        let of = |values: &[String; 2]| group("{}", &[("x", &values[0]), ("y", &values[1])]);
        prop_assert_eq!(a == b, of(&a) == of(&b));
        let of = |values: &[String; 2]| InhibitionKey::of("r", values.iter().map(String::as_str));
        prop_assert_eq!(a == b, of(&a) == of(&b));
    }
}
