//! What goes to the topic: attributes and batches.

use std::collections::BTreeMap;

use store::OutboxRef;

use super::{alarm, bench};
use engine::Outgoing;

#[tokio::test]
async fn the_attributes_are_what_the_filters_look_at() {
    let bench = bench();
    bench
        .batch(&[alarm("urgent-1", "orders", "ALARM", 1)])
        .await;
    let taken = bench.ports.publisher.taken.lock().unwrap();
    let attributes: BTreeMap<&str, (&str, &str)> = taken[0]
        .attributes
        .iter()
        .map(|a| (a.name, (a.kind, a.value.as_str())))
        .collect();
    let expected = BTreeMap::from([
        ("channels", ("String.Array", r#"["email","slack","sms"]"#)),
        ("priority", ("String", "P1")),
        ("event", ("String", "opened")),
        ("service", ("String", "orders")),
        ("category", ("String", "availability")),
    ]);
    assert_eq!(attributes, expected);
}

#[tokio::test]
async fn an_empty_attribute_is_left_out_and_control_characters_are_blanks() {
    let bench = bench();
    bench
        .batch(&[alarm("urgent-1", "orders", "ALARM", 1)])
        .await;
    let mut notification = bench.ports.publisher.told().remove(0);
    notification.incident.service = "".into();
    notification.incident.category = "a\nb".into();
    let message = Outgoing::new(&notification, reference(0), String::new());
    let of = |name: &str| message.attributes.iter().find(|a| a.name == name);
    assert_eq!(of("service"), None);
    assert_eq!(of("category").unwrap().value, "a b");
}

fn reference(n: usize) -> OutboxRef {
    OutboxRef {
        key: "orders".to_owned(),
        id: n.to_string(),
    }
}

#[tokio::test]
async fn characters_that_the_topic_refuses_are_escaped_and_read_again() {
    let bench = bench();
    bench
        .batch(&[alarm("urgent-\u{ffff}1\u{fffe}", "orders", "ALARM", 1)])
        .await;
    let taken = bench.ports.publisher.taken.lock().unwrap().remove(0);
    let refused = |c: char| matches!(c, '\u{fffe}' | '\u{ffff}');
    assert!(!taken.body.contains(refused), "{}", taken.body);
    assert!(
        taken.body.contains(r"urgent-\uffff1\ufffe"),
        "{}",
        taken.body
    );
    let mut notification: incident::Notification = serde_json::from_str(&taken.body).unwrap();
    assert!(
        notification.alerts[0]
            .title
            .contains("urgent-\u{ffff}1\u{fffe}")
    );
    notification.incident.service = "a\u{ffff}b".into();
    let message = Outgoing::new(&notification, reference(0), String::new());
    let service = message.attributes.iter().find(|a| a.name == "service");
    assert_eq!(service.unwrap().value, "a b");
}
