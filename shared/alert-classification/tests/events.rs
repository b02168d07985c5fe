//! The real events: each gives something that a person can act on; firing and resolve pair
//! up; the envelope makes no difference.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on should stop with the place"
)]

mod support;

use std::fmt::Write as _;

use alert_classification::{Status, read};
use serde_json::{Value, json};
use support::{Alarm, classifier, events, now, only, sns, sqs};
use test_case::test_case;

#[test]
fn every_event_says_what_a_person_can_act_on() {
    let classifier = classifier();
    let mut table = String::new();
    for (name, body) in events() {
        let reading = read(&body, now());
        assert_eq!(reading.fault, None, "{name}");
        for alert in reading.alerts {
            let classified = classifier.classify(alert);
            let (alert, decided) = (&classified.alert, &classified.classification);
            assert!(alert.title.chars().count() >= 5, "{name}: {}", alert.title);
            assert!(!alert.title.contains('{'), "{name}: {}", alert.title);
            assert!(alert.labels.get("alertname").is_some(), "{name}");
            let _ = writeln!(
                table,
                "{name}\n  {} {} {} by {}: {}\n  {} {:?}\n  {}",
                decided.priority,
                alert.status.as_str(),
                decided.service,
                decided.rule.as_deref().unwrap_or("no rule"),
                alert.title,
                alert.changed_at,
                alert.labels.iter().collect::<Vec<_>>(),
                alert.console_url.as_deref().unwrap_or("-"),
            );
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn an_alarm_is_the_same_by_every_road() {
    let classifier = classifier();
    for alarm in [Alarm::default(), Alarm::default().ok()] {
        let by_sns = only(classifier.read(&alarm.by_sns(), now()));
        for other in [
            alarm.by_eventbridge(),
            alarm.by_lambda(),
            alarm.message(),
            sqs(&[&alarm.by_sns()]),
            sqs(&[&alarm.by_eventbridge()]),
            sns(&alarm.by_eventbridge()),
            sns(&sns(&alarm.message())),
        ] {
            let other = only(classifier.read(&other, now()));
            assert_eq!(by_sns.alert.fingerprint, other.alert.fingerprint);
            assert_eq!(by_sns.alert.changed_at, other.alert.changed_at);
            assert_eq!(by_sns.alert.status, other.alert.status);
            assert_eq!(by_sns.alert.labels, other.alert.labels);
            assert_eq!(by_sns.alert.title, other.alert.title);
            assert_eq!(by_sns.classification, other.classification);
        }
    }
}

#[test]
fn firing_and_resolved_alarms_pair_up() {
    let (firing, resolved) = (Alarm::default(), Alarm::default().ok());
    let firing = only(read(&firing.by_sns(), now()).alerts);
    let resolved = only(read(&resolved.by_eventbridge(), now()).alerts);
    assert_eq!(
        (firing.status, resolved.status),
        (Status::Firing, Status::Resolved)
    );
    assert_eq!(firing.fingerprint, resolved.fingerprint);
    assert!(firing.changed_at < resolved.changed_at);
    assert_eq!(resolved.ends_at, Some(resolved.changed_at));
    let other = Alarm {
        name: "another",
        ..Alarm::default()
    };
    let other = only(read(&other.by_sns(), now()).alerts);
    assert_ne!(firing.fingerprint, other.fingerprint);
}

/// The event with one of its texts replaced.
fn with(name: &str, from: &str, to: &str) -> String {
    let events = events();
    let (_, body) = events.iter().find(|(event, _)| event == name).unwrap();
    let compact: Value = serde_json::from_str(body).unwrap();
    let compact = compact.to_string();
    assert!(compact.contains(from), "{name} has no {from}");
    compact.replace(from, to)
}

#[test_case(
    "eb-codebuild-build-state-change-1",
    r#""build-status":"SUCCEEDED""#,
    r#""build-status":"FAILED""#
)]
#[test_case(
    "eb-codedeploy-deployment-state-change-notification-1",
    r#""state":"SUCCESS""#,
    r#""state":"FAILURE""#
)]
#[test_case(
    "eb-step-functions-execution-status-change-3",
    r#""status":"SUCCEEDED""#,
    r#""status":"FAILED""#
)]
#[test_case(
    "eb-glue-job-state-change-1",
    r#""state":"SUCCEEDED""#,
    r#""state":"FAILED""#
)]
#[test_case(
    "eb-configuration-compliance-state-change-1",
    r#""compliant""#,
    r#""non_compliant""#
)]
#[test_case(
    "eb-security-hub-findings-custom-action-1",
    r#""Status":"PASSED""#,
    r#""Status":"FAILED""#
)]
#[test_case(
    "sns-http-text-3",
    r#""complianceType":"COMPLIANT""#,
    r#""complianceType":"NON_COMPLIANT""#
)]
#[test_case(
    "eb-inventory-resource-state-change-1",
    r#""action-status":"succeeded""#,
    r#""action-status":"failed""#
)]
fn success_resolves_what_failure_fired(name: &str, good: &str, bad: &str) {
    let resolved = only(read(&with(name, good, good), now()).alerts);
    let firing = only(read(&with(name, good, bad), now()).alerts);
    assert_eq!(resolved.status, Status::Resolved);
    assert_eq!(firing.status, Status::Firing);
    assert_eq!(firing.fingerprint, resolved.fingerprint);
}

#[test]
fn a_closed_health_event_resolves_its_issue() {
    let issue = with("eb-aws-health-event-3", "\"scheduledChange\"", "\"issue\"");
    let firing = only(read(&issue, now()).alerts);
    let closed = issue.replace(
        "\"service\":\"EC2\"",
        "\"service\":\"EC2\",\"statusCode\":\"closed\"",
    );
    let resolved = only(read(&closed, now()).alerts);
    assert_eq!(
        (firing.status, resolved.status),
        (Status::Firing, Status::Resolved)
    );
    assert_eq!(firing.fingerprint, resolved.fingerprint);
}

#[test]
fn every_finding_and_every_record_is_an_alert() {
    let finding = |id: &str| json!({"Id": id, "Title": id, "Compliance": {"Status": "FAILED"}});
    let event = json!({
        "detail-type": "Security Hub Findings - Imported", "source": "aws.securityhub",
        "detail": {"findings": [finding("a"), finding("b"), finding("c")]}
    });
    let alerts = read(&event.to_string(), now()).alerts;
    let titles: Vec<_> = alerts.iter().map(|alert| alert.title.as_str()).collect();
    assert_eq!(
        titles,
        ["Security Hub: a", "Security Hub: b", "Security Hub: c"]
    );
    let batch = sqs(&[&Alarm::default().by_sns(), "some words", &event.to_string()]);
    assert_eq!(read(&batch, now()).alerts.len(), 5);
}

#[test]
fn an_anomaly_band_and_metric_math_are_understood() {
    let message = Alarm::default().message();
    let band = message
        .replace("\"Threshold\":5.0", "\"ThresholdMetricId\":\"ad1\"")
        .replace(
            "GreaterThanThreshold",
            "LessThanLowerOrGreaterThanUpperThreshold",
        );
    let alert = only(read(&band, now()).alerts);
    assert_eq!(alert.measurement.unwrap().comparison, "outside");

    let mut math: Value = serde_json::from_str(&message).unwrap();
    math["Trigger"] = json!({
        "Period": 60, "EvaluationPeriods": 10, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 5.0,
        "Metrics": [
            {"Expression": "100 * errors / invocations", "Id": "rate", "Label": "Error rate", "ReturnData": true},
            {"Id": "errors", "ReturnData": false, "MetricStat": {"Period": 60, "Stat": "Sum", "Metric": {
                "Namespace": "AWS/Lambda", "MetricName": "Errors",
                "Dimensions": [{"name": "FunctionName", "value": "hasivu-menu-list"}]}}}
        ]
    });
    let classified = only(classifier().read(&math.to_string(), now()));
    assert_eq!(
        classified.classification.rule.as_deref(),
        Some("error-rate-high")
    );
    assert_eq!(classified.classification.service, "menus");
    assert_eq!(
        classified.alert.measurement.unwrap().window_seconds,
        Some(600)
    );
    assert_eq!(
        classified.alert.title,
        "hasivu-unheard-of: Error rate 6.2 > 5"
    );
}

#[test]
fn our_own_findings_are_taken_at_their_word() {
    let finding = json!({
        "schema": "tocsin.finding/1", "source": "tocsin.health-check", "kind": "Probe failed",
        "title": "payments-api does not answer", "labels": {"service": "payments", "probe": "payments-api"},
        "changed_at": "2026-11-23T09:59:00Z", "status": "firing"
    });
    let firing = only(classifier().read(&finding.to_string(), now()));
    assert_eq!(firing.classification.rule.as_deref(), Some("system-down"));
    assert_eq!(firing.alert.changed_at.to_string(), "2026-11-23T09:59:00Z");
    let resolved = finding.to_string().replace("\"firing\"", "\"resolved\"");
    let resolved = only(classifier().read(&resolved, now()));
    assert_eq!(firing.alert.fingerprint, resolved.alert.fingerprint);

    let faulty = finding.to_string().replace("\"firing\"", "\"on fire\"");
    let reading = read(&faulty, now());
    assert!(reading.fault.unwrap().contains("unknown variant `on fire`"));
    assert!(reading.alerts[0].title.contains("cannot be read"));
}

#[test]
fn a_budget_tells_its_numbers() {
    let events = events();
    let (_, body) = events
        .iter()
        .find(|(name, _)| name == "sns-http-text-5")
        .unwrap();
    let classified = only(classifier().read(body, now()));
    assert_eq!(
        classified.alert.title,
        "Budget Test Budget: ACTUAL cost $0.59 is > $0.16"
    );
    assert_eq!(
        classified.alert.annotations.get("budget_used_percent"),
        Some("295")
    );
    assert_eq!(classified.classification.rule.as_deref(), Some("cost"));
}

#[test_case("dimensionValue"; "as EventBridge writes it")]
#[test_case("dimensionalValue"; "as SNS writes it")]
fn a_cost_anomaly_names_its_dimension(field: &str) {
    let anomaly = json!({
        "anomalyId": "a-1", "monitorName": "services", field: "Amazon Elastic Compute Cloud",
        "impact": {"totalImpact": 123.4}, "anomalyDetailsLink": "https://console.aws.amazon.com/cost"
    });
    let alert = only(read(&anomaly.to_string(), now()).alerts);
    assert_eq!(
        alert.annotations.get("dimension"),
        Some("Amazon Elastic Compute Cloud")
    );
    assert_eq!(alert.source, "aws.ce");
    assert_eq!(
        alert.title,
        "Cost anomaly: services $123.4 above the expected"
    );
    let event = json!({"detail-type": "Anomaly Detected", "source": "aws.ce", "account": "123456789012", "detail": anomaly});
    let alert = only(read(&event.to_string(), now()).alerts);
    assert_eq!(
        alert.annotations.get("dimension"),
        Some("Amazon Elastic Compute Cloud")
    );
}

#[test]
fn the_schema_of_a_finding_names_every_field() {
    let schema: Value =
        serde_json::from_str(include_str!("../../../docs/finding.schema.json")).unwrap();
    let names =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    let complete = json!({
        "schema": alert_classification::FINDING_SCHEMA, "title": "t", "source": "s", "kind": "k", "status": "info",
        "description": "d", "labels": {"a": "b"}, "annotations": {"a": "b"}, "starts_at": support::NOW,
        "changed_at": support::NOW, "url": "https://example.com",
        "measurement": {"value": 1.0, "threshold": 1.0, "comparison": ">", "unit": "Count", "period_seconds": 1, "window_seconds": 1}
    });
    let finding: alert_classification::Finding = serde_json::from_value(complete.clone()).unwrap();
    assert_eq!(serde_json::to_value(&finding).unwrap(), complete);
    assert_eq!(names(&schema["properties"]), names(&complete));
    assert_eq!(
        names(&schema["properties"]["measurement"]["properties"]),
        names(&complete["measurement"])
    );
    assert_eq!(schema["properties"]["schema"]["const"], complete["schema"]);
}

#[test]
fn what_ends_a_trouble_has_the_name_of_what_began_it() {
    let event = |kind: &str| {
        json!({
            "detail-type": kind, "source": "aws.autoscaling", "account": "123456789012", "region": "ap-south-1",
            "detail": {"AutoScalingGroupName": "web", "EC2InstanceId": "i-1", "StatusMessage": "no capacity"}
        })
    };
    let bad = only(
        read(
            &event("EC2 Instance Launch Unsuccessful").to_string(),
            now(),
        )
        .alerts,
    );
    let good = only(read(&event("EC2 Instance Launch Successful").to_string(), now()).alerts);
    assert_eq!(
        (bad.status, good.status),
        (Status::Firing, Status::Resolved)
    );
    assert_eq!(bad.fingerprint, good.fingerprint);
}

#[test]
fn a_task_that_ends_well_was_meant_to_end() {
    let task = |exit: u8| {
        json!({
            "detail-type": "ECS Task State Change", "source": "aws.ecs",
            "detail": {
                "group": "family:hasivu-payments-reconciliation", "lastStatus": "STOPPED",
                "stopCode": "EssentialContainerExited", "containers": [{"exitCode": exit}]
            }
        })
    };
    assert_eq!(
        only(read(&task(0).to_string(), now()).alerts).status,
        Status::Info
    );
    let failed = only(classifier().read(&task(1).to_string(), now()));
    assert_eq!(
        failed.classification.rule.as_deref(),
        Some("payments-failing")
    );
}

#[test]
fn a_function_that_gave_up_is_told_without_what_it_was_given() {
    let record = json!({
        "version": "1.0", "timestamp": "2026-11-23T09:00:00.000Z",
        "requestContext": {
            "requestId": "r", "condition": "RetriesExhausted", "approximateInvokeCount": 3,
            "functionArn": "arn:aws:lambda:ap-south-1:123456789012:function:hasivu-payment-capture:$LATEST"
        },
        "requestPayload": {"card": "4111111111111111"},
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "gateway timed out", "errorType": "Timeout"}
    });
    let classified = only(classifier().read(&record.to_string(), now()));
    assert_eq!(
        classified.classification.rule.as_deref(),
        Some("payments-failing")
    );
    assert!(!serde_json::to_string(&classified).unwrap().contains("4111"));
    // An alarm that invoked our own function comes back in such a record.
    let alarm = Alarm::default();
    let payload: Value = serde_json::from_str(&alarm.by_lambda()).unwrap();
    let mut record = record;
    record["requestPayload"] = payload;
    let direct = only(read(&alarm.by_lambda(), now()).alerts);
    assert_eq!(only(read(&record.to_string(), now()).alerts), direct);
}

#[test]
fn fields_that_may_be_secret_do_not_leave() {
    let event = json!({
        "detail-type": "Order Placed", "source": "shop",
        "detail": {"orderName": "o-1", "cardNumber": "4111111111111111", "accessToken": "t0ps3cret", "state": "FAILED"}
    });
    let alert = serde_json::to_string(&only(read(&event.to_string(), now()).alerts)).unwrap();
    assert!(
        !alert.contains("4111") && !alert.contains("t0ps3cret"),
        "{alert}"
    );
    assert!(alert.contains("o-1"));
}

#[test_case("Threshold Crossed: 1 datapoint (10.0) was greater than or equal to the threshold (10.0).", Some(10.0); "older words")]
#[test_case("Threshold Crossed: 2 out of the last 3 datapoints [7.5 (23/11/26 09:48:00), 1.0 (23/11/26 09:43:00)] were greater", Some(7.5); "several")]
#[test_case("Threshold Crossed: Average 12.4 GreaterThanThreshold 5.0", Some(12.4); "a local endpoint")]
#[test_case("test", None; "anybodys words")]
fn the_value_is_read_from_the_reason(reason: &str, expected: Option<f64>) {
    let mut message: Value = serde_json::from_str(&Alarm::default().message()).unwrap();
    message["NewStateReason"] = reason.into();
    let alert = only(read(&message.to_string(), now()).alerts);
    assert_eq!(
        alert.measurement.and_then(|measured| measured.value),
        expected
    );
}
