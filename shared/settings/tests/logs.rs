//! What is read out of logs: every fault with its remedy, and what is left out has a meaning.
#![cfg(feature = "yaml")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop with the place"
)]

use settings::logs::{Dimension, LogLimits, MetricKind, MetricUnit, Period};
use settings::{SecurityField, Settings};
use test_case::test_case;

fn with_logs(logs: &str) -> Result<Settings, String> {
    let text = format!("project: HASIVU\nrules: []\nlogs: {logs}");
    Settings::from_yaml(&text).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        lines.join("\n")
    })
}

#[test]
fn without_a_section_nothing_is_read() {
    let logs = Settings::from_yaml("project: HASIVU\nrules: []")
        .unwrap()
        .logs;
    assert!(!logs.reads("/aws/lambda/pay") && logs.rules.is_empty());
    assert_eq!(logs.limits, LogLimits::default());
    assert_eq!(
        (logs.namespace.as_str(), logs.time_zone.as_str()),
        ("HASIVU", "UTC")
    );
}

#[test]
fn what_is_left_out_has_a_meaning() {
    let settings = with_logs(
        r#"{groups: ['/aws/lambda/*'], exclude: ['*-test'], time_zone: Asia/Kolkata, limits: {line_kilobytes: 1}, rules: [
        {name: paid, match: ['event="paid"'], metrics: [
          {name: Paid, kind: count}, {name: Revenue, kind: sum, of: amount, scale: 0.01, by: [[], [by=pay.method]]},
          {name: Users, kind: distinct, of: user, per: month}],
         security: {event: payment_succeeded, account: user}}]}"#,
    )
    .unwrap();
    let logs = settings.logs;
    assert!(logs.reads("/aws/lambda/pay") && !logs.reads("/aws/lambda/pay-test"));
    assert_eq!(logs.limits.line_bytes, 1_024);
    let [paid, revenue, users] = &logs.rules[0].metrics[..] else {
        unreachable!("three were written")
    };
    assert_eq!(
        (paid.kind, paid.unit, paid.by.as_slice()),
        (MetricKind::Count, MetricUnit::Count, &[vec![]][..])
    );
    assert_eq!(revenue.unit, MetricUnit::None);
    let dimension = Dimension {
        name: "by".into(),
        field: "pay.method".into(),
    };
    assert_eq!(revenue.by, [vec![], vec![dimension]]);
    assert_eq!(users.per, Period::Month);
    let fields = &logs.rules[0].security.as_ref().unwrap().fields;
    let expected = [
        (SecurityField::Account, "user".into()),
        (SecurityField::Reference, "@requestId".into()),
    ];
    assert_eq!(fields, &expected);
}

#[test_case("{rules: [{name: a, metrics: [{name: A, kind: count}]}]}", "no log group is read"; "no groups")]
#[test_case("{groups: ['/aws/lambda/ pay']}", "no name of a log group"; "a group")]
#[test_case("{time_zone: Asia/Bombai}", "no time zone"; "a time zone")]
#[test_case("{namespace: AWS/Lambda}", "no namespace"; "the namespace of another")]
#[test_case("{limits: {payload_megabytes: 0}}", "out of bounds"; "a limit of nothing")]
#[test_case("{groups: [a], rules: [{name: a, match: [b=c]}]}", "nothing comes out"; "a rule for nothing")]
#[test_case("{groups: [a], rules: [{name: a, finding: {title: x}}, {name: a, finding: {title: x}}]}", "stands at logs.rules[0] already"; "a rule given twice")]
#[test_case("{groups: [a], rules: [{name: a, finding: {title: 'x {y'}}]}", "a brace has no partner"; "a template")]
#[test_case("{groups: [a], rules: [{name: a, finding: {title: x, labels: {service: '{'}}}]}", "a brace has no partner"; "a template of a label")]
#[test_case("{extract: [{name: a, pattern: '(x'}]}", "no regular expression"; "a broken expression")]
#[test_case("{extract: [{name: a, pattern: 'x'}]}", "names no field"; "an expression without a name")]
#[test_case("{groups: [a], rules: [{name: a, metrics: [{name: A, kind: counter}]}]}", "did you mean `count`"; "a kind")]
#[test_case("{groups: [a], rules: [{name: a, metrics: [{name: A, kind: count, of: b}]}]}", "counts records"; "a count of a field")]
#[test_case("{groups: [a], rules: [{name: a, metrics: [{name: A, kind: sum}]}]}", "which number is meant"; "a sum of nothing")]
#[test_case("{groups: [a], rules: [{name: a, metrics: [{name: A, kind: distinct, of: u}]}]}", "within what time"; "distinct for ever")]
#[test_case("{groups: [a], rules: [{name: a, metrics: [{name: A, kind: count, per: day}]}]}", "only `distinct`"; "a count by the day")]
#[test_case("{groups: [a], rules: [{name: a, metrics: [{name: A, kind: count, unit: Pounds}]}]}", "`Pounds` is not allowed"; "a unit")]
#[test_case("{groups: [a], rules: [{name: a, metrics: [{name: A, kind: count, by: [[a],[b],[c],[d],[e]]}]}]}", "1 too many"; "too many sets")]
#[test_case("{groups: [a], rules: [{name: a, metrics: [{name: A, kind: count, by: [[A]]}]}]}", "no dimension"; "a dimension of the metric's name")]
#[test_case("{groups: [a], rules: [{name: a, metrics: [{name: A, kind: count}]}, {name: b, metrics: [{name: A, kind: count, by: [[c]]}]}]}", "another `by`"; "two that disagree")]
#[test_case("{groups: [a], rules: [{name: a, security: {event: login_fialed}}]}", "did you mean `login_failed`"; "an event")]
#[test_case("{groups: [a], rules: [{name: a, security: {event: login_failed, ip: b}}]}", "no field `ip` here"; "a field of an event")]
fn names_the_fault(logs: &str, expected: &str) {
    let faults = with_logs(logs).unwrap_err();
    assert!(faults.contains(expected), "{faults}");
}
