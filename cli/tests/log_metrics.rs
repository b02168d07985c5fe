//! `tocsin logs metrics` as a person and as a script use it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop with the place"
)]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

const CAPTURED: &str = r#"{"time":"2026-11-24T00:00:01Z","event":"payment.captured","amount":49900,"gateway":"razorpay","user_id":"u1"}"#;
const UNREACHABLE: &str = "2026-11-24T00:00:04.000Z\t8f5f2b0a-1c2d-4e3f-9a0b-9876543210ab\tERROR\tprisma: code=P1001 for asha@example.org";

/// Runs `tocsin logs metrics` with these arguments on this input.
fn metrics(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tocsin"))
        .args(["logs", "metrics"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What comes out of the two lines, whatever form they come in.
fn check(output: &Output) {
    assert!(output.status.success(), "{output:?}");
    let lines = lines(output);
    let metric = |name: &str| {
        lines
            .iter()
            .find(|line| line["metric"] == name && line["dimensions"] == json!({}))
    };
    assert_eq!(metric("Revenue").unwrap()["sum"], 499.0);
    assert_eq!(metric("DailyActiveUsers").unwrap()["sum"], 1.0);
    assert_eq!(metric("DbConnectionErrors").unwrap()["sum"], 1.0);
    let finding = lines
        .iter()
        .find(|line| line["schema"] == "tocsin.finding/1")
        .unwrap();
    assert_eq!(finding["labels"]["service"], "database");
    assert!(!finding.to_string().contains("asha@"), "{finding}");
    let totals = lines.last().unwrap();
    assert_eq!(
        (&totals["lines"], &totals["findings"]),
        (&json!(2), &json!(1))
    );
}

#[test]
fn raw_lines() {
    check(&metrics(&["-"], &format!("{CAPTURED}\n\n{UNREACHABLE}\n")));
}

#[test]
fn what_the_aws_command_prints() {
    let events = json!({ "events": [
        { "logStreamName": "s", "timestamp": 1_795_478_401_000_u64, "message": CAPTURED, "eventId": "1" },
        { "logStreamName": "s", "timestamp": 1_795_478_404_000_u64, "message": UNREACHABLE, "eventId": "2" },
    ], "searchedLogStreams": [] });
    check(&metrics(
        &["-", "--group", "/aws/lambda/hasivu-payments"],
        &format!("{events:#}"),
    ));
}

#[test]
fn what_a_subscription_delivers() {
    let delivery = json!({ "messageType": "DATA_MESSAGE", "logGroup": "/aws/lambda/hasivu-payments", "logStream": "s", "logEvents": [
        { "id": "1", "timestamp": 1_795_478_401_000_u64, "message": CAPTURED },
        { "id": "2", "timestamp": 1_795_478_404_000_u64, "message": UNREACHABLE },
    ] });
    check(&metrics(&["-"], &delivery.to_string()));
}

#[test]
fn the_lines_of_the_embedded_metric_format() {
    let output = metrics(&["-", "--emf"], CAPTURED);
    let lines = lines(&output);
    assert!(
        lines
            .iter()
            .all(|line| line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "HASIVU")
    );
    assert!(
        lines.iter().any(
            |line| line["Revenue"] == 499 && line["_aws"]["Timestamp"] == 1_795_478_400_000_u64
        )
    );
}

#[test]
fn an_explanation_says_why_and_why_not() {
    let output = metrics(&["--explain", CAPTURED], "");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(
        text.contains("format: json")
            && text.contains("matches payment-captured: PaymentsSucceeded"),
        "{text}"
    );
    assert!(
        text.contains(r#"not payment-failed: event="payment.failed": it is "payment.captured""#),
        "{text}"
    );
    let nothing = metrics(&["--explain", "hello"], "");
    assert_eq!(nothing.status.code(), Some(1), "no rule matches");
}

#[test]
fn a_broken_delivery_is_said() {
    let output = metrics(&["-"], "H4sIAAAA");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("gzip"));
}
