//! What a log group says becomes a finding and an incident.

use std::env;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::aws::{ACCESS_KEY, REGION, SECRET_KEY};
use harness::visitor::COMMAND_LINE;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::scene::Scene;

const GROUP: &str = "/aws/lambda/hasivu-end-to-end-payments";
const STREAM: &str = "2026/11/24/[$LATEST]end-to-end";

fn logs(scene: &Scene, action: &str, body: &Value) -> Result<Value> {
    let target = format!("Logs_20140328.{action}");
    scene.stack.aws().json("logs", &target, body)
}

/// `tocsin logs ACT --stack … --yes` with the shipped configuration.
fn tocsin(scene: &Scene, act: &str) -> Result<()> {
    let [program, _] = COMMAND_LINE;
    let output = Command::new(env::var(program)?)
        .args(["logs", act, "--yes", "--stack", scene.stack.name()])
        .args([
            "--config",
            concat!(env!("CARGO_MANIFEST_DIR"), "/../config/monitoring.yaml"),
        ])
        .env("AWS_ENDPOINT_URL", scene.stack.aws().endpoint())
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .env("AWS_REGION", REGION)
        .output()?;
    ensure!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn say(scene: &Scene, lines: &[Value]) -> Result<()> {
    let now = Timestamp::now().as_millisecond();
    let events: Vec<Value> = lines
        .iter()
        .map(|line| json!({"timestamp": now, "message": line.to_string()}))
        .collect();
    let body = json!({"logGroupName": GROUP, "logStreamName": STREAM, "logEvents": events});
    logs(scene, "PutLogEvents", &body).map(drop)
}

#[test]
fn what_a_log_group_says_becomes_an_incident() -> Result<()> {
    let scene = Scene::new()?;
    logs(&scene, "CreateLogGroup", &json!({"logGroupName": GROUP}))?;
    let stream = json!({"logGroupName": GROUP, "logStreamName": STREAM});
    logs(&scene, "CreateLogStream", &stream)?;
    tocsin(&scene, "subscribe")?;

    let paid = |amount: u64| json!({"level": "info", "event": "payment.captured", "gateway": "razorpay", "amount": amount, "user_id": "u-1"});
    let failed =
        json!({"level": "error", "event": "db.error", "code": "P1001", "message": "no connection"});
    say(&scene, &[paid(12_000), paid(8_000), failed])?;

    let letters = scene.wait_for("e-mail", 1, Scene::emails)?;
    let letter = letters.first().context("a letter")?;
    assert!(
        letter.subject.starts_with("[P1] OPENED database"),
        "{}",
        letter.subject
    );
    assert!(letter.body_text.contains("P1001"), "{}", letter.body_text);
    // The local AWS keeps no log of what a subscription invokes: that the metrics are right is held to the truth by
    // `tests/log-day`.
    tocsin(&scene, "unsubscribe")?;
    logs(&scene, "DeleteLogGroup", &json!({"logGroupName": GROUP}))?;
    Ok(())
}
