//! How many alarms a second one core classifies, from the raw body of an SQS message to the
//! decision. `cargo xtask bench` runs it and prints the figure.

#![expect(
    clippy::expect_used,
    reason = "a benchmark without its input has nothing to measure"
)]

use alert_classification::Classifier;
use divan::Bencher;
use divan::counter::ItemsCount;
use jiff::Timestamp;
use settings::Settings;

const CONFIGURATION: &str = include_str!("../../../config/monitoring.yaml");

fn main() {
    divan::main();
}

fn classifier() -> Classifier {
    Classifier::new(Settings::from_yaml(CONFIGURATION).expect("the shipped configuration is right"))
}

/// An alarm as an SQS message carries it: CloudWatch's JSON in a string of SNS's JSON.
fn alarm(name: &str, metric: &str, namespace: &str) -> String {
    let alarm = serde_json::json!({
        "AlarmName": name,
        "AlarmDescription": "More than 5 % of the requests failed within 10 minutes",
        "AWSAccountId": "123456789012",
        "AlarmConfigurationUpdatedTimestamp": "2026-09-25T18:48:56.505+0000",
        "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed: 1 out of the last 1 datapoints [6.2 (25/09/26 18:49:00)] was greater than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition).",
        "StateChangeTime": "2026-09-25T18:50:37.811+0000",
        "Region": "Asia Pacific (Mumbai)",
        "AlarmArn": format!("arn:aws:cloudwatch:ap-south-1:123456789012:alarm:{name}"),
        "OldStateValue": "OK",
        "OKActions": ["arn:aws:sns:ap-south-1:123456789012:alerts"],
        "AlarmActions": ["arn:aws:sns:ap-south-1:123456789012:alerts"],
        "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": metric, "Namespace": namespace, "StatisticType": "Statistic",
            "Statistic": "AVERAGE", "Unit": null,
            "Dimensions": [{"value": "hasivu-menu-list", "name": "FunctionName"}],
            "Period": 300, "EvaluationPeriods": 2, "DatapointsToAlarm": 1,
            "ComparisonOperator": "GreaterThanThreshold", "Threshold": 5.0,
            "TreatMissingData": "missing", "EvaluateLowSampleCountPercentile": ""
        }
    });
    serde_json::json!({
        "Type": "Notification",
        "MessageId": "2d3a994f-adb5-5d6f-ab5e-c2e508881361",
        "TopicArn": "arn:aws:sns:ap-south-1:123456789012:alerts",
        "Subject": format!("ALARM: \"{name}\" in Asia Pacific (Mumbai)"),
        "Message": alarm.to_string(),
        "Timestamp": "2026-09-25T18:50:37.868Z",
        "SignatureVersion": "1",
        "Signature": "e+khMfZriwAOTkF0OVm3tmdVq9eY6s5Bj6rXZty4B2TYssx7SSSBpvsDCiDuzgeHe++MNsGLDDT+5OpGEFBqCcd/K7iXhofz+KabMEtvM2Ku3aXcFixjOCAY1BF8hH6zU6nKzOy",
        "SigningCertURL": "https://sns.ap-south-1.amazonaws.com/SimpleNotificationService-d6d679a1d18e95c2f9ffcf11f4f9e198.pem",
        "UnsubscribeURL": "https://sns.ap-south-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:ap-south-1:123456789012:alerts:228cc6c9-dcd8-4c92-9f3a-77f55176b9e3"
    })
    .to_string()
}

/// A mix: an error rate, a payment failure, a full resource and one that no rule knows.
fn alarms() -> Vec<String> {
    vec![
        alarm("hasivu-menu-error-rate", "ErrorRate", "HASIVU"),
        alarm("hasivu-payment-failures", "PaymentFailures", "HASIVU"),
        alarm("hasivu-menu-cpu", "CPUUtilization", "AWS/ECS"),
        alarm("hasivu-unheard-of", "Bananas", "HASIVU"),
    ]
}

#[divan::bench]
fn classify_sns_wrapped_alarms(bencher: Bencher<'_, '_>) {
    let (classifier, alarms) = (classifier(), alarms());
    let now = Timestamp::UNIX_EPOCH;
    bencher
        .counter(ItemsCount::new(alarms.len()))
        .bench_local(|| {
            for alarm in &alarms {
                divan::black_box(classifier.read(divan::black_box(alarm), now));
            }
        });
}

#[divan::bench]
fn read_sns_wrapped_alarms(bencher: Bencher<'_, '_>) {
    let alarms = alarms();
    let now = Timestamp::UNIX_EPOCH;
    bencher
        .counter(ItemsCount::new(alarms.len()))
        .bench_local(|| {
            for alarm in &alarms {
                divan::black_box(alert_classification::read(divan::black_box(alarm), now));
            }
        });
}
