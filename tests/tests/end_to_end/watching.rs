//! Who watches the watcher, and what each part of it may do.

use std::time::Duration;

use anyhow::{Context, Result};
use harness::alarm;
use harness::aws::Aws;
use harness::books::Books;
use harness::wait;
use serde_json::Value;

use crate::messages::AlarmMessage;
use crate::scene::Scene;

#[test]
fn the_heart_beats() -> Result<()> {
    let scene = Scene::new()?;
    // A tick a minute, by the schedule's rule.
    let beats = wait::until("a heartbeat", Duration::from_secs(100), || {
        let beats = Books::of(&scene.stack, "alert-fanout")?.total("Heartbeat");
        Ok((beats >= 1.0).then_some(beats))
    })?;
    assert!(beats >= 1.0);
    wait::until(
        "a heartbeat of the timers",
        Duration::from_secs(100),
        || {
            let beats = Books::of(&scene.stack, "escalation")?.total("EscalationHeartbeat");
            Ok((beats >= 1.0).then_some(()))
        },
    )?;
    let alarm = alarm::describe(&scene.stack, &format!("{}-heartbeat", scene.stack.name()))?;
    assert_eq!(alarm["TreatMissingData"], "breaching", "silence is trouble");
    Ok(())
}

#[test]
fn every_part_has_an_alarm_that_reaches_the_operator() -> Result<()> {
    let scene = Scene::new()?;
    let operator = scene.stack.topic_arn("operator");
    let mut names = vec![
        "ingest-dead-letters",
        "ingest-age",
        "heartbeat",
        "alerts-dead-lettered",
        "escalation-heartbeat",
        "timers-dead-letters",
        "timers-swept",
        "timers-failed",
        "records-unreadable",
        "health-check-heartbeat",
        "health-check-errors",
        "health-check-findings-untold",
        "health-check-dead-letters",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect::<Vec<_>>();
    for part in [
        "alert-fanout",
        "escalation",
        "email",
        "sms",
        "slack",
        "pagerduty",
        "webhook",
    ] {
        names.push(format!("{part}-errors"));
        names.push(format!("{part}-throttles"));
        if !["alert-fanout", "escalation"].contains(&part) {
            names.push(format!("{part}-dead-letters"));
        }
    }
    for name in names {
        let alarm = alarm::describe(&scene.stack, &format!("{}-{name}", scene.stack.name()))?;
        assert_eq!(alarm["AlarmActions"][0], operator.as_str(), "{name}");
        assert!(
            !alarm["AlarmDescription"].as_str().unwrap().is_empty(),
            "{name} says what to do"
        );
    }
    Ok(())
}

/// A test of the tests: without it, a local AWS that allows everything would pass for least privilege.
#[test]
fn a_function_may_do_only_what_its_role_allows() -> Result<()> {
    let scene = Scene::new()?;
    let path = format!(
        "/2015-03-31/functions/{}/configuration",
        scene.stack.function_name("notifier-sms")
    );
    let configuration = scene.stack.aws().rest("lambda", "GET", &path, b"")?;
    let role = configuration["Role"]
        .as_str()
        .and_then(|arn| arn.rsplit('/').next());
    let role = role.context("a role")?;
    let policy = iam(scene.stack.aws(), "GetRolePolicy", role, &[])?;
    let document = between(&policy, "<PolicyDocument>", "</PolicyDocument>").context("a policy")?;
    let document = decode(document);
    // Without the permission to publish to phones, all else as it was.
    let mut cut: Value = serde_json::from_str(&document)?;
    let statements = cut["Statement"].as_array_mut().context("statements")?;
    statements.retain(|statement| statement["Sid"] != "Send");
    iam(
        scene.stack.aws(),
        "PutRolePolicy",
        role,
        &[("PolicyDocument", &cut.to_string())],
    )?;

    let result = (|| {
        scene.alert(&AlarmMessage::payments("hasivu-payment-failures-forbidden").body())?;
        scene.wait_for("e-mail", 1, Scene::emails)?;
        let letters = scene.wait_for("dead letter", 1, |scene| scene.queued("sms-dlq"))?;
        let reason = letters[0].message_attributes["reason"]["StringValue"].to_string();
        assert!(reason.contains("not authorized"), "{reason}");
        assert_eq!(scene.sms()?.len(), 0);
        Ok(())
    })();
    // Whatever came of it, the other tests need the role as it was.
    iam(
        scene.stack.aws(),
        "PutRolePolicy",
        role,
        &[("PolicyDocument", &document)],
    )?;
    result
}

fn iam(aws: &Aws, action: &str, role: &str, more: &[(&str, &str)]) -> Result<String> {
    let mut parameters = vec![("RoleName", role), ("PolicyName", "notifier")];
    parameters.extend(more);
    aws.query("iam", "2010-05-08", action, &parameters)
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    text.split_once(from)?
        .1
        .split_once(to)
        .map(|(inner, _)| inner)
}

/// IAM gives its documents percent-encoded, inside XML.
fn decode(text: &str) -> String {
    let text = text.replace("&quot;", "\"").replace("&amp;", "&");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex: Vec<u8> = rest.by_ref().take(2).collect();
            let code = std::str::from_utf8(&hex)
                .ok()
                .and_then(|hex| u8::from_str_radix(hex, 16).ok());
            bytes.push(code.unwrap_or(b'?'));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
