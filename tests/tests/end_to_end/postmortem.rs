//! What is written down and told once an incident is over for good.

use std::time::Duration;

use anyhow::{Context, Result};
use harness::wait;
use jiff::Timestamp;
use serde_json::Value;

use crate::messages::AlarmMessage;
use crate::scene::Scene;

/// A report waits half a minute in its queue, so that the end is told first.
const REPORT: Duration = Duration::from_secs(150);

#[test]
fn what_became_of_an_incident_is_in_the_bucket_and_told() -> Result<()> {
    let scene = Scene::new()?;
    let alarm = AlarmMessage::payments("hasivu-wait-report");
    scene.alert(&alarm.body())?;
    scene.wait_for("e-mail", 1, Scene::emails)?;
    let ended = AlarmMessage {
        state: "OK",
        value: 0.4,
        at: Timestamp::now(),
        ..alarm
    };
    scene.alert(&ended.body())?;
    scene.wait_for("e-mail", 2, Scene::emails)?;

    let mut letter = None;
    wait::until("the letter about the report", REPORT, || {
        let mut letters = scene.emails()?.into_iter();
        letter = letters.find(|letter| letter.subject.contains("Post-mortem"));
        Ok(letter.as_ref().map(drop))
    })?;
    let text = letter.context("no letter")?.body_text;
    let bucket = scene
        .stack
        .function_variable("postmortem", "REPORTS_BUCKET")?;
    let (_, rest) = text
        .split_once(&format!("s3://{bucket}/"))
        .context("the letter does not say where the report is")?;
    let key = rest.split(".md").next().unwrap_or_default();
    assert!(key.starts_with("postmortems/"), "{text}");

    let file = |ending: &str| {
        let found = scene
            .stack
            .aws()
            .object(&bucket, &format!("{key}.{ending}"))?;
        found.with_context(|| format!("there is no {key}.{ending}"))
    };
    assert!(file("md")?.contains("hasivu-wait-report"));
    assert!(file("html")?.contains("<html"));
    let report: Value = serde_json::from_str(&file("json")?)?;
    assert_eq!(report["schema"], "tocsin.postmortem/1");
    let told: Vec<&Value> = report["told"].as_array().into_iter().flatten().collect();
    assert!(told.iter().any(|row| row["event"] == "opened"), "{report}");
    assert!(
        told.iter().any(|row| row["event"] == "resolved"),
        "{report}"
    );
    scene.assert_balanced(2.0)?;
    let letters = scene.emails()?.into_iter();
    let told = letters.filter(|letter| letter.subject.contains("Post-mortem"));
    assert_eq!(told.count(), 1);
    assert!(scene.queued("postmortems-dlq")?.is_empty());
    Ok(())
}
