//! `tocsin import` as a person and as a script use it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop with the place"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use settings::Settings;
use test_case::test_case;

fn tocsin(arguments: &[&str]) -> Output {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    Command::new(env!("CARGO_BIN_EXE_tocsin"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test_case("kubernetes", 0)]
#[test_case("teams", 1)]
#[test_case("everything", 1)]
fn makes_a_configuration_and_names_what_has_no_counterpart(name: &str, code: i32) {
    let output = tocsin(&[
        "import",
        &format!("{name}.yml"),
        "--project",
        "Example Inc.",
    ]);
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let (configuration, notes) = (text(&output.stdout), text(&output.stderr));
    Settings::from_yaml(configuration).unwrap();
    assert!(
        !configuration.to_lowercase().contains("hunter2"),
        "a secret was copied"
    );
    assert!(
        !notes.to_lowercase().contains("hunter2"),
        "a secret was told"
    );
    insta::assert_snapshot!(format!("{name}_configuration"), configuration);
    insta::assert_snapshot!(format!("{name}_notes"), notes);
}

#[test]
fn what_is_written_passes_the_check() {
    let path = scratch("imported.yaml");
    let path = path.to_str().unwrap();
    let output = tocsin(&["import", "teams.yml", "--output", path, "--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.is_empty(), "{output:?}");
    let lines: Vec<Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(lines.iter().any(|line| {
        line["path"] == "receivers[1].pagerduty_configs[0].service_key"
            && line["what"] == "a secret or an address"
            && line["instead"].as_str().unwrap().starts_with("not copied")
    }));
    let check = tocsin(&["check", path]);
    assert!(check.status.success(), "{check:?}");
}

#[test_case("", "the file is empty"; "nothing")]
#[test_case("groups: []\n", "there is no `route`"; "another file of Prometheus")]
#[test_case("- a\n", "a map is expected here"; "a list")]
#[test_case("route: [", "this is no YAML"; "no yaml")]
#[test_case("route: {receiver: a}\n", "route: there is no receiver `a`"; "a receiver that there is not")]
#[test_case("route: {}\nreceivers: [{name: a}]\n", "route: there is no `receiver`"; "no receiver")]
#[test_case("route: {receiver: a, matchers: [b=c]}\nreceivers: [{name: a}]\n", "route: the root can have no matchers"; "matchers in the root")]
#[test_case("route: {receiver: a, routes: [{matchers: [b]}]}\nreceivers: [{name: a}]\n", "route.routes[0].matchers[0]: `b` is no matcher"; "no matcher")]
#[test_case("route: {receiver: a, routes: [{mute_time_intervals: [b]}]}\nreceivers: [{name: a}]\n", "there is no time interval `b`"; "an interval that there is not")]
#[test_case("route: {receiver: a, group_wait: soon}\nreceivers: [{name: a}]\n", "route.group_wait: `soon` is no duration"; "no duration")]
#[test_case("route: {receiver: a, group_interval: 0s}\nreceivers: [{name: a}]\n", "route.group_interval: it cannot be zero"; "no group interval")]
#[test_case("route: {receiver: a, routes: [{group_interval: 0m}]}\nreceivers: [{name: a}]\n", "route.routes[0].group_interval: it cannot be zero"; "no group interval below")]
#[test_case("route: {receiver: a, mute_time_intervals: [b]}\nreceivers: [{name: a}]\ntime_intervals: [{name: b}]\n", "route: the root can have no `mute_time_intervals`"; "a mute root")]
#[test_case("route: {receiver: a, active_time_intervals: [b]}\nreceivers: [{name: a}]\ntime_intervals: [{name: b}]\n", "route: the root can have no `active_time_intervals`"; "a root that sleeps")]
#[test_case("route: {receiver: a}\nreceivers: [{name: a}, {name: a}]\n", "there are two receivers `a`"; "a receiver twice")]
#[test_case("route: {receiver: a}\nreceivers: [{name: a}]\ntime_intervals: [{name: b, time_intervals: [{weekdays: [someday]}]}]\n", "time_intervals[0].time_intervals[0]"; "no weekday")]
fn refuses_what_alertmanager_would_refuse(content: &str, expected: &str) {
    let path = scratch(&format!("refused-{}.yml", content.len()));
    std::fs::write(&path, content).unwrap();
    let output = tocsin(&["import", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty());
    assert!(text(&output.stderr).contains(expected), "{output:?}");
}

#[test]
fn a_file_that_there_is_not_is_named() {
    let output = tocsin(&["import", "no-such.yml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("cannot read no-such.yml"));
}
