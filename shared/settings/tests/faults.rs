//! Every fault of a configuration is named with its place and its remedy.
#![cfg(feature = "yaml")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on should stop with the place"
)]

use settings::{Channel, Priority, Settings};
use test_case::test_case;

const SHIPPED: &str = include_str!("../../../config/monitoring.yaml");

fn faults(text: &str) -> String {
    let faults = Settings::from_yaml(text).unwrap_err();
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn the_shipped_configuration_is_right() {
    let settings = Settings::from_yaml(SHIPPED).unwrap();
    assert_eq!(settings.project, "HASIVU");
    assert_eq!(settings.policy(Priority::P1).response_minutes, 5);
    assert!(settings.policy(Priority::P1).notify.contains(&Channel::Sms));
    assert_eq!(settings.policy(Priority::P4).notify, [Channel::Email]);
}

#[test]
fn what_the_build_writes_is_what_the_function_reads() {
    let raw = settings::check::read_yaml(SHIPPED).unwrap();
    let json = serde_json::to_string(&raw).unwrap();
    let settings = Settings::from_json(&json).unwrap();
    let direct = Settings::from_yaml(SHIPPED).unwrap();
    assert_eq!(format!("{settings:?}"), format!("{direct:?}"));
}

#[test]
fn every_fault_is_named_at_once() {
    let text = r#"
project: HASIVU
runbook_bsae: https://runbooks.example
priorities:
  P1: { response: soon, notify: [email, pigeon] }
  P5: { response: 1h }
services:
  - name: payments
    match: ['resource=~"(payment"']
  - name: payments
    match: ['resource']
rules:
  - name: slow
    match: ['latency_seconds > three']
    priority: P9
    category: latency
    runbook: slow
  - priority: 2
    category: errors
    matches: []
"#;
    insta::assert_snapshot!(faults(text));
}

#[test_case("", "the file is empty"; "empty")]
#[test_case("a: [", "no YAML"; "broken")]
#[test_case("- a", "a list where a map"; "a list")]
#[test_case("project: x\nproject: y\nrules: []", "no YAML: duplicated key"; "a key given twice")]
#[test_case("project: x\nrules: []\n---\nproject: y", "second YAML document"; "two documents")]
#[test_case("project: x", "the field `rules` is missing"; "a field is missing")]
#[test_case("project: ' '\nrules: []", "empty"; "an empty name")]
#[test_case("project: x\nrules: {}", "a map where a list"; "a map for a list")]
#[test_case("project: 1\nrules: []", "a number where a text"; "a number for a text")]
#[test_case("project: x\nrules: []\nservices: [{name: a}]", "no condition"; "a service that has every alert")]
#[test_case("project: x\nrules: [{name: a, priority: P1, category: b, runbook: c}]", "no `runbook_base`"; "a relative runbook")]
#[test_case("project: x\nrules: [{name: a, priority: P1, category: b}, {name: c, match: [d=e], priority: P1, category: b}]", "can never decide"; "a rule in the shadow of another")]
#[test_case("project: x\nrules: [{name: a, match: [a=b], priority: P1, category: b}, {name: a, match: [c=d], priority: P1, category: b}]", "stands at rules[0] already"; "a name given twice")]
#[test_case("project: x\nrules: []\nmeasures: [{name: value, match: [a=b]}]", "a field `value` of its own"; "a measure that hides a field")]
#[test_case("project: x\nrules: []\npriorities: {P1: {notify: []}}", "nobody is told about P1"; "nobody is told")]
#[test_case("project: x\nrules: [{name: a, priority: P1, category: b, response: 10s}]", "at least 1m"; "a promise nobody can keep")]
#[test_case("project: x\nrules: []\nrunbook_base: runbooks.example", "no web address"; "an address without a scheme")]
fn names_the_fault(text: &str, expected: &str) {
    let faults = faults(text);
    assert!(faults.contains(expected), "{faults}");
}

#[test]
fn every_fault_of_a_probe_is_named() {
    let text = r#"
project: x
rules: []
services: [{ name: api, match: [a=b] }]
probes:
  - { name: api, service: ap, kind: http, target: 'ftp://api.example', timeout: 1m, fail_after: 3 of 2, depends_on: [db, api, databse] }
  - { name: api, service: api, kind: tcp, target: 'reader.example', expect: { status: ['2xx', ok] }, echo: x }
  - { name: db, service: api, kind: postgres, target: 'postgres://u:secret@${host/db', depends_on: [api] }
  - name: queue
    service: api
    kind: sqs
    target: 'orders queue'
    recover_after: 0
    degraded_when: ['depht > 5', 'total_ms > 1', 'depth="5"', 'tls_ms > 3']
  - { name: mail, service: api, kind: smtp, target: 'x:1' }
"#;
    insta::assert_snapshot!(faults(text));
}
