//! What the function is told, and how it says that it was told nonsense.

use lambda_support::env::MapEnvironment;

use crate::{Environment, Event};

#[test]
fn events_are_told_apart() {
    let tick = r#"{"source":"tocsin.schedule","detail-type":"Tick"}"#;
    assert_eq!(Event::read(tick).unwrap(), Event::Tick);
    let demand = Event::read(r#"{"probes":["door"]}"#).unwrap();
    assert_eq!(demand, Event::Demand(vec!["door".to_owned()]));
    assert_eq!(
        Event::read(r#"{"probes":[]}"#).unwrap(),
        Event::Demand(Vec::new())
    );
    for nonsense in [
        "{}",
        "null",
        r#"{"source":"aws.ec2","probes":[]}"#,
        r#"{"probes":"door"}"#,
    ] {
        let error = Event::read(nonsense).unwrap_err();
        assert!(error.to_string().contains(r#"{"probes": []}"#), "{error}");
    }
}

#[test]
fn all_faults_of_the_environment_are_reported_together() {
    let variables = MapEnvironment::from([("PROBE_TARGETS", "api=https://x database")]);
    let text = Environment::read(&variables).unwrap_err().to_string();
    for part in ["TABLE_NAME", "ALERTS_TOPIC_ARN", "`database` has no value"] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}

#[test]
fn targets_are_pairs() {
    let variables = MapEnvironment::from([
        ("TABLE_NAME", "t"),
        ("ALERTS_TOPIC_ARN", "a"),
        ("PROBE_TARGETS", " api=https://x/?a=b  db=postgres://u@d/x "),
    ]);
    let read = Environment::read(&variables).unwrap();
    assert_eq!(read.targets["api"], "https://x/?a=b");
    assert_eq!(read.targets.len(), 2);
}
