//! Incident keys.

use alert_classification::Status;
use proptest::prelude::*;
use settings::Priority;
use test_case::test_case;

use super::{arrival, second};
use crate::IncidentKey;

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

#[test_case(""; "empty")]
#[test_case("a\nb"; "a control character")]
#[test_case(&"x".repeat(257); "too long")]
fn no_key(text: &str) {
    let error = IncidentKey::try_new(text).unwrap_err().to_string();
    assert!(error.contains("1 to 256 bytes"), "{error}");
}

proptest! {
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
        a in prop::array::uniform2("[-/%~a]{0,4}|[/a]{140,160}"),
        b in prop::array::uniform2("[-/%~a]{0,4}|[/a]{140,160}"),
    ) {
        let of = |values: &[String; 2]| key(&[("x", &values[0]), ("y", &values[1])], &["x", "y"]);
        prop_assert_eq!(a == b, of(&a) == of(&b));
    }
}
