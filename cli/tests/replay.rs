//! `tocsin replay` as a person and as a script use it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop with the place"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const SCENARIO: &str = "
name: one
settings:
  route: {receiver: w, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}
  receivers: [{name: w, webhook: [{send_resolved: true}]}]
steps:
  - {at: 1, push: [{labels: {alertname: a}, starts_at: 1}]}
  - {at: 3.5, push: [{labels: {alertname: a}, starts_at: 1, ends_at: 3}]}
expect:
  - {receiver: w, from: 2, until: 2.5, alerts: [{labels: {alertname: a}, status: firing, starts_at: 1.1}]}
  - {receiver: w, from: 4, until: 4.5, alerts: [{labels: {alertname: a}, status: resolved, ends_at: 3}]}
until: 6
";

/// P1 at once and P3 after two minutes, to two receivers; an hour later the pager.
const A: &str = "
project: test
route:
  receiver: team
  group_by: [service, category]
  group_wait: 2m
  group_interval: 15m
  repeat_interval: 12h
  routes:
    - {matchers: ['priority=\"P1\"'], receiver: everybody, group_wait: 0s, escalation: late}
receivers:
  - {name: everybody, email: [{}], slack: [{}]}
  - {name: team, email: [{}]}
  - {name: on-call, pagerduty: [{}]}
escalation:
  - {name: late, steps: [{after: 1h, to: [on-call]}]}
rules:
  - {name: payments, match: ['alertname=~\"payments.*\"'], priority: P1, category: errors}
  - {name: rest, match: ['source=~\".*\"'], priority: P3, category: any}
";

fn tocsin(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tocsin"));
    command
        .arg("replay")
        .args(arguments)
        .env_remove("TOCSIN_CONFIG");
    command.output().unwrap()
}

fn file(name: &str, content: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replay");
    std::fs::create_dir_all(&folder).unwrap();
    let path: PathBuf = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

fn text(bytes: &[u8]) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replay/");
    String::from_utf8_lossy(bytes).replace(folder.to_str().unwrap(), "")
}

fn lines(output: &Output) -> Vec<Value> {
    let text = text(&output.stdout);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn alarm(name: &str, state: &str, minute: u32) -> String {
    format!(
        r#"{{"at":"2026-11-23T21:{minute:02}:00Z","event":{{"version":"0","id":"{name}-{minute}","detail-type":"CloudWatch Alarm State Change","source":"aws.cloudwatch","account":"123456789012","time":"2026-11-23T21:{minute:02}:00Z","region":"eu-west-1","resources":["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{name}"],"detail":{{"alarmName":"{name}","state":{{"value":"{state}","reason":"Threshold Crossed","timestamp":"2026-11-23T21:{minute:02}:00.000+0000"}},"previousState":{{"value":"OK"}},"configuration":{{"metrics":[]}}}}}}}}"#
    )
}

fn events(name: &str) -> String {
    let lines = [
        alarm("payments-errors", "ALARM", 10),
        alarm("menu-latency", "ALARM", 12),
        alarm("menu-latency", "ALARM", 12),
        alarm("menu-latency", "OK", 50),
    ];
    file(name, &lines.join("\n"))
}

#[test]
fn prints_a_json_line_for_each_notification() {
    let output = tocsin(&[&file("lines.yaml", SCENARIO)]);
    assert_eq!(output.status.code(), Some(0));
    let told = lines(&output);
    assert_eq!(told.len(), 2);
    assert_eq!(told[0]["at"], 2.0);
    assert_eq!(told[0]["receiver"], "w");
    let alert = &told[1]["alerts"][0];
    assert_eq!(alert["labels"], serde_json::json!({"alertname": "a"}));
    assert_eq!(
        (&alert["status"], &alert["ends_at"]),
        (&"resolved".into(), &3.0.into())
    );
    assert_eq!(text(&output.stderr), "lines.yaml: 2 notifications\n");
}

#[test]
fn a_check_that_passes_says_so_and_exits_0() {
    let output = tocsin(&["--check", &file("passes.yaml", SCENARIO)]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stdout), "");
    assert_eq!(
        text(&output.stderr),
        "passes.yaml: passes, 2 notifications\n"
    );
}

#[test]
fn a_check_that_fails_says_what_was_expected_and_what_was_told_instead() {
    let late = SCENARIO.replace("from: 2, until: 2.5", "from: 1, until: 1.2");
    let wrong = late.replace(
        "status: resolved, ends_at: 3",
        "status: resolved, ends_at: 2.5",
    );
    let good = file("good.yaml", SCENARIO);
    let output = tocsin(&["--check", &file("wrong.yaml", &wrong), &good]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(text(&output.stdout));
    insta::assert_snapshot!(text(&output.stderr));

    let output = tocsin(&["--check", "--json", &file("wrong.yaml", &wrong)]);
    let differences = lines(&output);
    assert_eq!(differences[0]["difference"], "missing");
    assert_eq!(differences[0]["file"], "wrong.yaml");
}

#[test]
fn what_cannot_be_run_exits_2_whatever_else_passes() {
    let good = file("fine.yaml", SCENARIO);
    let faulty = file("faulty.yaml", "until: soon\n");
    let unroutable = file(
        "unroutable.yaml",
        &SCENARIO.replace("receiver: w, group_by", "receiver: x, group_by"),
    );
    for wrong in ["no-such.yaml", &faulty, &unroutable] {
        let output = tocsin(&["--check", &good, wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(text(&output.stderr).contains("cannot be run"), "{wrong}");
    }
    assert_eq!(tocsin(&[]).status.code(), Some(2));
}

#[test]
fn a_scenario_runs_under_a_configuration_that_is_named() {
    let scenario = SCENARIO.replace("alertname: a", "alertname: payments-errors");
    let output = tocsin(&[
        &file("named.yaml", &scenario),
        "--config",
        &file("a.yaml", A),
    ]);
    assert_eq!(lines(&output)[0]["receiver"], "everybody");
    assert_eq!(lines(&output)[0]["at"], 1.0);
}

#[test]
fn events_are_told_as_a_table_with_totals() {
    let arguments = [
        "--events",
        &events("table.jsonl"),
        "--config",
        &file("b.yaml", A),
        "--time-zone",
        "Europe/Berlin",
    ];
    let output = tocsin(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    insta::assert_snapshot!(text(&output.stdout));
}

#[test]
fn events_are_told_as_json_lines_and_times_choose_what_is_shown() {
    let path = events("json.jsonl");
    let configuration = file("c.yaml", A);
    let all = ["--events", &path, "--config", &configuration, "--json"];
    let lines_of_all = lines(&tocsin(&all));
    assert_eq!(lines_of_all[0]["at"], "2026-11-23T21:10:00Z");
    assert_eq!(
        lines_of_all[0]["channels"],
        serde_json::json!(["email", "slack"])
    );
    let totals = &lines_of_all.last().unwrap()["totals"];
    assert_eq!(
        (&totals["events"], &totals["incidents"]),
        (&4.into(), &2.into())
    );
    assert_eq!(totals["suppressed"]["duplicate"], 1);

    let some = [
        &all[..],
        &[
            "--from",
            "2026-11-23T21:12",
            "--until",
            "2026-11-23T21:30:00Z",
        ],
    ]
    .concat();
    let some = lines(&tocsin(&some));
    assert_eq!(some.len(), 2, "{some:?}");
    assert_eq!(some[0]["at"], "2026-11-23T21:14:00Z");
    assert_eq!(some[1]["totals"]["events"], 2);
}

#[test]
fn an_event_without_a_time_is_named_and_the_rest_is_told() {
    let some = format!(
        "{}\n{{\"source\": \"x\", \"detail-type\": \"y\", \"detail\": {{}}}}\n",
        alarm("menu", "ALARM", 1)
    );
    let output = tocsin(&[
        "--events",
        &file("timeless.jsonl", &some),
        "--config",
        &file("d.yaml", A),
        "--totals",
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("timeless.jsonl:2: it does not say when it happened"));
    assert!(text(&output.stdout).contains("events            1\n"));
    let output = tocsin(&[
        "--events",
        &file("none.jsonl", ""),
        "--config",
        &file("d.yaml", A),
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("there is no event to replay"));
}

#[test]
fn two_configurations_are_held_against_each_other() {
    let path = events("against.jsonl");
    let a = file("one.yaml", A);
    let same = tocsin(&[
        "--events",
        &path,
        "--config",
        &a,
        "--against",
        &file("same.yaml", A),
    ]);
    assert_eq!(same.status.code(), Some(0), "{}", text(&same.stdout));

    let other = A
        .replace("  group_wait: 2m", "  group_wait: 5m")
        .replace("email: [{}], slack: [{}]", "email: [{}]")
        .replace("after: 1h", "after: 30m");
    let b = file("other.yaml", &other);
    let different = ["--events", &path, "--config", &a, "--against", &b];
    let output = tocsin(&different);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    insta::assert_snapshot!(text(&output.stdout));

    let changes = lines(&tocsin(&[&different[..], &["--json"]].concat()));
    assert_eq!(changes[0]["difference"], "only_in_a");
    assert_eq!(changes[0]["channels"], serde_json::json!(["slack"]));
    assert!(changes.last().unwrap()["comparison"]["later"].as_u64() >= Some(1));
    let faulty = tocsin(&[
        "--events",
        &path,
        "--config",
        &a,
        "--against",
        "no-such.yaml",
    ]);
    assert_eq!(faulty.status.code(), Some(2));
}

#[test]
fn scenarios_are_held_against_another_configuration() {
    let scenario = file(
        "held.yaml",
        &SCENARIO.replace("alertname: a", "alertname: payments-errors"),
    );
    let output = tocsin(&[&scenario, "--against", &file("e.yaml", A)]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(text(&output.stdout));
}

#[test]
fn what_does_not_go_together_is_refused() {
    for arguments in [
        &["--check", "--events", "x"][..],
        &["a.yaml", "--from", "2026-11-23"],
        &["--events", "x", "--time-zone", "Mars/Olympus"],
    ] {
        assert_eq!(tocsin(arguments).status.code(), Some(2), "{arguments:?}");
    }
}
