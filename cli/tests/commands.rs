//! The command as a person and as a script use it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop with the place"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn tocsin(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tocsin"));
    command.args(arguments).env_remove("TOCSIN_CONFIG");
    command
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn events() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/alert-classification/tests/events")
}

fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).unwrap();
    path
}

#[test]
fn classify_prints_one_line_an_alert_for_a_folder() {
    let output = tocsin(&["classify", events().to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    let lines = lines(&output);
    assert!(lines.len() >= 139);
    for line in &lines {
        for field in [
            "file",
            "source",
            "kind",
            "status",
            "priority",
            "category",
            "response_minutes",
            "rule",
            "reason",
            "title",
            "service",
            "labels",
            "fingerprint",
        ] {
            assert!(line.get(field).is_some(), "{field} is missing in {line}");
        }
        assert!(line.get("error").is_none(), "{line}");
    }
}

#[test]
fn classify_goes_on_after_what_cannot_be_read_and_exits_1() {
    let cut = file("cut.json", br#"{"AlarmName": "payments", "NewSt"#);
    let good = events().join("eb-guardduty-finding-3.json");
    let missing = "no-such-file.json";
    let output = tocsin(&[
        "classify",
        cut.to_str().unwrap(),
        missing,
        good.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    let lines = lines(&output);
    assert_eq!(lines.len(), 3);
    assert!(lines[0]["error"].as_str().unwrap().contains("not JSON"));
    // A mangled event is told all the same.
    assert_eq!(lines[0]["priority"], "P3");
    assert_eq!(lines[1]["file"], missing);
    assert!(
        lines[1]["error"]
            .as_str()
            .unwrap()
            .contains("cannot be read")
    );
    assert_eq!(lines[2]["priority"], "P1");
    assert!(lines[2].get("error").is_none());
}

#[test]
fn classify_reads_standard_input_json_lines_and_text() {
    let mut child = command(&["classify", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let body = "{\"detail-type\":\"A\",\"source\":\"x\",\"detail\":{}}\n{\"cut\n{\"detail-type\":\"B\",\"source\":\"x\",\"detail\":{}}\n";
    child
        .stdin
        .take()
        .unwrap()
        .write_all(body.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let lines = lines(&output);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(lines[0]["kind"], "A");
    assert!(lines[1]["error"].is_string());
    assert_eq!(lines[2]["kind"], "B");

    let words = file("words.txt", "the reader at gate 3 is broken\n".as_bytes());
    let lines = self::lines(&tocsin(&["classify", words.to_str().unwrap()]));
    assert_eq!(lines[0]["title"], "the reader at gate 3 is broken");
    let bytes = file("bytes.bin", &[0xff, 0xfe, 0x00]);
    let output = tocsin(&["classify", bytes.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(self::lines(&output)[0]["error"], "the event is not UTF-8");
}

#[test]
fn classify_says_when_there_was_nothing_to_read() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("empty-folder");
    std::fs::create_dir_all(&folder).unwrap();
    let empty = file("empty.json", b" \n");
    let output = tocsin(&[
        "classify",
        folder.to_str().unwrap(),
        empty.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    let lines = lines(&output);
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| {
        line["error"]
            .as_str()
            .unwrap()
            .contains("there is no event")
    }));
}

#[test]
fn classify_goes_by_the_configuration_that_is_named() {
    let configuration = file(
        "other.yaml",
        b"project: other\nrules:\n  - { name: all, match: ['source=~\".*\"'], priority: P2, category: any }\n",
    );
    let event = events().join("eb-usersignup-1.json");
    let arguments = [
        "classify",
        event.to_str().unwrap(),
        "--config",
        configuration.to_str().unwrap(),
    ];
    let lines = lines(&tocsin(&arguments));
    assert_eq!(
        (&lines[0]["priority"], &lines[0]["rule"]),
        (&"P2".into(), &"all".into())
    );
}

#[test]
fn check_says_that_all_is_fine() {
    let output = tocsin(&[
        "check",
        concat!(env!("CARGO_MANIFEST_DIR"), "/../config/monitoring.yaml"),
    ]);
    assert!(output.status.success());
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("fine (12 services")
    );
}

#[test]
fn check_prints_every_fault_with_its_place_and_exits_1() {
    let faulty = file(
        "faulty.yaml",
        b"project: x\nrules:\n  - name: a\n    priority: P7\n    categroy: b\n",
    );
    let output = tocsin(&["check", faulty.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("faulty.yaml:4:5: rules[0].priority: `P7` is not allowed here"),
        "{text}"
    );
    assert!(text.contains("faulty.yaml:5:5: rules[0].categroy: there is no field `categroy` here; did you mean `category`?"), "{text}");

    let output = tocsin(&["check", "--json", faulty.to_str().unwrap()]);
    assert_eq!(lines(&output)[0]["line"], 3);
}

#[test]
fn a_file_that_is_not_there_is_a_fault_of_the_surroundings() {
    let output = tocsin(&["check", "no-such.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("cannot read the configuration no-such.yaml")
    );
}

#[test]
fn the_committed_schema_is_what_the_command_prints() {
    let output = tocsin(&["schema"]);
    let committed = include_str!("../../docs/monitoring.schema.json");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        printed, committed,
        "renew it: tocsin schema > docs/monitoring.schema.json"
    );
    let schema: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(schema["title"], "Tocsin monitoring.yaml");
}
