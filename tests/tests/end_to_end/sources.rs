//! What comes by EventBridge.
//!
//! Nobody but AWS may put events of AWS on a bus, and the local AWS holds to that. So the deployed rules judge whole events
//! (`TestEventPattern`), and what they let through is put into the ingest queue as EventBridge would. That a rule reaches the queue
//! is proved by the tick, in `watching`.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::scene::Scene;

fn event(source: &str, kind: &str, detail: &Value) -> Value {
    json!({
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": kind,
        "source": source,
        "account": "000000000000",
        "time": "2026-01-02T10:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    })
}

/// Whether a rule of the stack lets an event through.
fn passes(scene: &Scene, rule: &str, event: &Value) -> Result<bool> {
    let aws = scene.stack.aws();
    let name = format!("{}-{rule}", scene.stack.name());
    let found = aws.json("events", "AWSEvents.DescribeRule", &json!({"Name": name}))?;
    let pattern = found
        .get("EventPattern")
        .and_then(Value::as_str)
        .context("a pattern")?;
    let question = json!({"EventPattern": pattern, "Event": event.to_string()});
    let answer = aws.json("events", "AWSEvents.TestEventPattern", &question)?;
    answer
        .get("Result")
        .and_then(Value::as_bool)
        .context("a result")
}

#[test]
fn a_finding_of_guardduty_is_told() -> Result<()> {
    let scene = Scene::new()?;
    let finding = event(
        "aws.guardduty",
        "GuardDuty Finding",
        &json!({
            "schemaVersion": "2.0", "accountId": "000000000000", "region": "us-east-1",
            "id": "16afba5c5c43e07c9e3e5e2e544e95df",
            "type": "CryptoCurrency:EC2/BitcoinTool.B!DNS",
            "resource": {"resourceType": "Instance", "instanceDetails": {"instanceId": "i-99999999"}},
            "service": {"serviceName": "guardduty", "count": 5},
            "severity": 8,
            "title": "Bitcoin-related domain name queried by EC2 instance i-99999999.",
            "description": "EC2 instance i-99999999 is querying a domain name that is associated with Bitcoin-related activity.",
        }),
    );
    assert!(passes(&scene, "guardduty", &finding)?);
    scene.stack.send("ingest", &[finding.to_string()])?;
    let email = scene.wait_for("e-mail", 1, Scene::emails)?.remove(0);
    assert!(
        email.body_text.contains("i-99999999"),
        "{}",
        email.body_text
    );
    let notification = &scene.wait_for("webhook document", 1, Scene::notifications)?[0];
    assert_eq!(notification["incident"]["category"], "security");
    scene.settle()?;
    scene.assert_balanced(1.0)
}

#[test]
fn alarms_pass_when_they_say_something_and_are_not_our_own() -> Result<()> {
    let scene = Scene::new()?;
    let own = format!("{}-heartbeat", scene.stack.name());
    for (name, state, wanted) in [
        ("hasivu-payments", "ALARM", true),
        ("hasivu-payments", "OK", true),
        ("hasivu-payments", "INSUFFICIENT_DATA", false),
        (own.as_str(), "ALARM", false),
    ] {
        let detail =
            json!({"alarmName": name, "state": {"value": state}, "previousState": {"value": "OK"}});
        let change = event("aws.cloudwatch", "CloudWatch Alarm State Change", &detail);
        assert_eq!(passes(&scene, "alarms", &change)?, wanted, "{name} {state}");
    }
    Ok(())
}

#[test]
fn rules_let_trouble_through_and_keep_noise_out() -> Result<()> {
    let scene = Scene::new()?;
    let ecs = |kind: &str, event_type: &str, name: &str| {
        event(
            "aws.ecs",
            kind,
            &json!({"eventType": event_type, "eventName": name}),
        )
    };
    let task = |code: &str| {
        let detail = json!({"lastStatus": "STOPPED", "stopCode": code});
        event("aws.ecs", "ECS Task State Change", &detail)
    };
    let security_hub = |label: &str, workflow: &str| {
        let finding = json!({"Severity": {"Label": label}, "Workflow": {"Status": workflow}, "RecordState": "ACTIVE"});
        event(
            "aws.securityhub",
            "Security Hub Findings - Imported",
            &json!({"findings": [finding]}),
        )
    };
    let custom = event(
        "aws.securityhub",
        "Security Hub Findings - Custom Action",
        &json!({"actionName": "ask", "findings": []}),
    );
    let rds = |category: &str| {
        event(
            "aws.rds",
            "RDS DB Instance Event",
            &json!({"EventCategories": [category]}),
        )
    };
    let build = |status: &str| {
        event(
            "aws.codebuild",
            "CodeBuild Build State Change",
            &json!({"build-status": status}),
        )
    };
    let pipeline = |state: &str| {
        event(
            "aws.codepipeline",
            "CodePipeline Pipeline Execution State Change",
            &json!({"state": state}),
        )
    };
    let deploy = |state: &str| {
        event(
            "aws.codedeploy",
            "CodeDeploy Deployment State-change Notification",
            &json!({"state": state}),
        )
    };
    let machine = |status: &str| {
        event(
            "aws.states",
            "Step Functions Execution Status Change",
            &json!({"status": status}),
        )
    };
    let advisor = |status: &str| {
        event(
            "aws.trustedadvisor",
            "Trusted Advisor Check Item Refresh Notification",
            &json!({"status": status}),
        )
    };
    let backup = |state: &str| {
        event(
            "aws.backup",
            "Backup Job State Change",
            &json!({"state": state}),
        )
    };
    let sign_in = |who: &str| {
        event(
            "aws.signin",
            "AWS Console Sign In via CloudTrail",
            &json!({"userIdentity": {"type": who}}),
        )
    };

    for (rule, event, wanted) in [
        (
            "ecs",
            ecs(
                "ECS Deployment State Change",
                "ERROR",
                "SERVICE_DEPLOYMENT_FAILED",
            ),
            true,
        ),
        (
            "ecs",
            ecs(
                "ECS Deployment State Change",
                "INFO",
                "SERVICE_DEPLOYMENT_COMPLETED",
            ),
            true,
        ),
        (
            "ecs",
            ecs(
                "ECS Deployment State Change",
                "INFO",
                "SERVICE_DEPLOYMENT_IN_PROGRESS",
            ),
            false,
        ),
        (
            "ecs",
            ecs("ECS Service Action", "WARN", "SERVICE_TASK_START_IMPAIRED"),
            true,
        ),
        ("ecs", task("EssentialContainerExited"), true),
        ("ecs", task("UserInitiated"), false),
        ("security-hub", security_hub("CRITICAL", "NEW"), true),
        ("security-hub", security_hub("LOW", "NEW"), false),
        // What is settled must be heard of, or its trouble would never end; it has lost its severity.
        (
            "security-hub",
            security_hub("INFORMATIONAL", "RESOLVED"),
            true,
        ),
        ("security-hub", security_hub("CRITICAL", "NOTIFIED"), false),
        ("security-hub", custom, true),
        ("rds", rds("failover"), true),
        ("rds", rds("backup"), false),
        ("codebuild", build("FAILED"), true),
        ("codebuild", build("IN_PROGRESS"), false),
        ("codepipeline", pipeline("FAILED"), true),
        ("codepipeline", pipeline("STARTED"), false),
        ("codedeploy", deploy("FAILURE"), true),
        ("codedeploy", deploy("START"), false),
        ("step-functions", machine("TIMED_OUT"), true),
        ("step-functions", machine("RUNNING"), false),
        ("step-functions", machine("ABORTED"), false),
        ("trusted-advisor", advisor("ERROR"), true),
        ("trusted-advisor", advisor("OK"), true),
        ("backup", backup("FAILED"), true),
        ("backup", backup("RUNNING"), false),
        (
            "synthetics",
            event(
                "aws.synthetics",
                "Synthetics Canary TestRun Failure",
                &json!({}),
            ),
            true,
        ),
        ("root-sign-in", sign_in("Root"), true),
        ("root-sign-in", sign_in("IAMUser"), false),
        (
            "health",
            event("aws.health", "AWS Health Event", &json!({})),
            true,
        ),
        (
            "config",
            event("aws.config", "Config Rules Compliance Change", &json!({})),
            true,
        ),
        (
            "cost-anomaly",
            event("aws.ce", "Anomaly Detected", &json!({})),
            true,
        ),
    ] {
        assert_eq!(passes(&scene, rule, &event)?, wanted, "{rule}: {event}");
    }
    Ok(())
}
