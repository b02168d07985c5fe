//! `tocsin logs` as a person and as a script use it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop with the place"
)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// Runs `tocsin logs mine -` with these options on these bytes.
fn mine(options: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tocsin"))
        .args(["logs", "mine", "-"])
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // The command may answer before it has read everything.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output
}

fn lines(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{output:?}");
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const DEVICES: &str = "the device oven is offline\nthe device fridge is offline\npayment 17 failed\r\n\
    the device mixer is offline\nthe device scale is offline\npayment 4711 failed\nthe device printer is offline\n";

#[test]
fn each_line_gets_its_final_pattern() {
    let lines = lines(&mine(&[], DEVICES.as_bytes()));
    let numbers: Vec<u64> = lines
        .iter()
        .map(|line| line["line"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
    let device = &lines[0];
    assert_eq!(device["template"], "the device <*> is offline");
    for at in [1, 3, 4, 6] {
        assert_eq!(lines[at]["template_id"], device["template_id"]);
    }
    assert_eq!(lines[2]["template"], "payment <*> failed");
    assert_eq!(lines[2]["template_id"], lines[5]["template_id"]);
    assert_eq!(lines[2].as_object().unwrap().len(), 3);
}

#[test]
fn online_each_line_is_answered_with_what_is_known_then() {
    let lines = lines(&mine(&["--online"], DEVICES.as_bytes()));
    assert_eq!(lines[0]["template"], "the device oven is offline");
    assert_eq!(lines[6]["template"], "the device <*> is offline");
}

#[test]
fn templates_are_counted() {
    let found = lines(&mine(&["--templates", "--json"], DEVICES.as_bytes()));
    let summary: Vec<Value> = found
        .iter()
        .map(|one| json!([one["count"], one["first_line"], one["template"]]))
        .collect();
    assert_eq!(
        summary,
        [
            json!([5, 1, "the device <*> is offline"]),
            json!([2, 3, "payment <*> failed"])
        ]
    );
    let table = mine(&["--templates"], DEVICES.as_bytes());
    let text = String::from_utf8(table.stdout).unwrap();
    assert!(text.starts_with("LINES  FIRST  TEMPLATE ID"), "{text}");
    assert_eq!(text.lines().count(), 3);
}

#[test]
fn any_bytes_are_answered_line_by_line() {
    let mut input = b"\xff\xfe broken\n\n\x1b[31mred\x1b[0m\x00\x07\n".to_vec();
    input.extend(std::iter::repeat_n(b'x', 3_000_000));
    input.extend(b"\nlast without an end");
    let lines = lines(&mine(&[], &input));
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[1]["template"], "");
    assert_eq!(lines[2]["template"], "red");
    assert_eq!(lines[4]["template"], "last without an end");
}

#[test]
fn what_makes_room_is_answered_too() {
    let words = ["oven", "fridge", "mixer", "scale"];
    let input: String = (0..400)
        .map(|at| {
            format!(
                "{} number{} {}\n",
                words[at % 4],
                "x".repeat(at % 97),
                words[at / 4 % 4]
            )
        })
        .collect();
    let lines = lines(&mine(&["--max-patterns", "16"], input.as_bytes()));
    assert_eq!(lines.len(), 400);
    assert!(
        lines
            .iter()
            .all(|line| line["template"].as_str().unwrap().contains("number"))
    );
}

#[test]
fn nothing_is_answered_by_nothing() {
    assert!(lines(&mine(&[], b"")).is_empty());
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let output = Command::new(env!("CARGO_BIN_EXE_tocsin"))
        .args(["logs", "mine", "no/such.log"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("no/such.log cannot be read"), "{error}");
    assert!(!Path::new("no/such.log").exists());
}
