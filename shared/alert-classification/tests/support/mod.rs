//! What the tests of this crate share: the shipped classifier, the real events, and alarms
//! in the three forms in which CloudWatch sends them.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(
    clippy::unwrap_used,
    reason = "a test without its input has nothing to test"
)]

use std::path::PathBuf;
use std::sync::OnceLock;

use alert_classification::Classifier;
use jiff::Timestamp;
use serde_json::{Value, json};
use settings::Settings;

pub(crate) const NOW: &str = "2026-11-23T10:00:00Z";

pub(crate) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// The shipped rule book; compiled once, for its expressions take a while without optimisation.
pub(crate) fn classifier() -> &'static Classifier {
    static CLASSIFIER: OnceLock<Classifier> = OnceLock::new();
    CLASSIFIER.get_or_init(|| {
        let text = include_str!("../../../../config/monitoring.yaml");
        Classifier::new(Settings::from_yaml(text).unwrap())
    })
}

/// The real events, by name, in order.
pub(crate) fn events() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/events");
    let mut events: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    events.sort();
    assert!(events.len() >= 139, "the events are missing");
    events
}

pub(crate) fn only<T: std::fmt::Debug>(mut alerts: Vec<T>) -> T {
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    alerts.remove(0)
}

/// A CloudWatch alarm on one metric, to be sent in any of the three forms.
#[derive(Clone, Debug)]
pub(crate) struct Alarm {
    pub(crate) name: &'static str,
    pub(crate) namespace: &'static str,
    pub(crate) metric: &'static str,
    pub(crate) unit: Option<&'static str>,
    pub(crate) statistic: &'static str,
    pub(crate) dimension: (&'static str, &'static str),
    pub(crate) value: f64,
    pub(crate) threshold: f64,
    pub(crate) operator: &'static str,
    pub(crate) state: &'static str,
    pub(crate) changed: &'static str,
}

impl Default for Alarm {
    fn default() -> Self {
        Self {
            name: "hasivu-unheard-of",
            namespace: "HASIVU",
            metric: "Bananas",
            unit: None,
            statistic: "Average",
            dimension: ("Stage", "production"),
            value: 6.2,
            threshold: 5.0,
            operator: "GreaterThanThreshold",
            state: "ALARM",
            changed: "2026-11-23T09:58:37.811+0000",
        }
    }
}

impl Alarm {
    pub(crate) fn ok(self) -> Self {
        Self {
            state: "OK",
            value: if self.operator.starts_with("Less") {
                self.threshold + 1.0
            } else {
                0.0
            },
            changed: "2026-11-23T10:08:37.811+0000",
            ..self
        }
    }

    fn reason(&self) -> String {
        let words = match self.operator {
            "GreaterThanThreshold" => "greater than",
            "GreaterThanOrEqualToThreshold" => "greater than or equal to",
            "LessThanThreshold" => "less than",
            _ => "less than or equal to",
        };
        let (not, change) = if self.state == "ALARM" {
            ("", "OK -> ALARM")
        } else {
            ("not ", "ALARM -> OK")
        };
        format!(
            "Threshold Crossed: 1 out of the last 1 datapoints [{:?} (23/11/26 09:48:00)] was {not}{words} the threshold ({:?}) (minimum 1 datapoint for {change} transition).",
            self.value, self.threshold
        )
    }

    /// The bare message that CloudWatch hands to SNS.
    pub(crate) fn message(&self) -> String {
        json!({
            "AlarmName": self.name,
            "AlarmDescription": null,
            "AWSAccountId": "123456789012",
            "NewStateValue": self.state,
            "NewStateReason": self.reason(),
            "StateChangeTime": self.changed,
            "Region": "Asia Pacific (Mumbai)",
            "AlarmArn": self.arn(),
            "OldStateValue": if self.state == "OK" { "ALARM" } else { "OK" },
            "Trigger": {
                "MetricName": self.metric, "Namespace": self.namespace, "StatisticType": "Statistic",
                "Statistic": self.statistic.to_uppercase(), "Unit": self.unit,
                "Dimensions": [{"value": self.dimension.1, "name": self.dimension.0}],
                "Period": 300, "EvaluationPeriods": 2, "ComparisonOperator": self.operator,
                "Threshold": self.threshold, "TreatMissingData": "missing",
            }
        })
        .to_string()
    }

    fn arn(&self) -> String {
        format!(
            "arn:aws:cloudwatch:ap-south-1:123456789012:alarm:{}",
            self.name
        )
    }

    pub(crate) fn by_sns(&self) -> String {
        sns(&self.message())
    }

    fn data(&self) -> Value {
        json!({
            "alarmName": self.name,
            "state": {
                "value": self.state, "reason": self.reason(), "timestamp": self.changed,
                "reasonData": json!({
                    "version": "1.0", "statistic": self.statistic, "period": 300,
                    "recentDatapoints": [self.value], "threshold": self.threshold
                }).to_string(),
            },
            "previousState": {"value": "OK", "reason": "", "timestamp": "2026-11-23T08:00:00.000+0000"},
            "configuration": {"metrics": [{
                "id": "m1", "returnData": true,
                "metricStat": {
                    "metric": {
                        "namespace": self.namespace, "name": self.metric,
                        "dimensions": {self.dimension.0: self.dimension.1}
                    },
                    "period": 300, "stat": self.statistic, "unit": self.unit
                }
            }]}
        })
    }

    pub(crate) fn by_eventbridge(&self) -> String {
        json!({
            "version": "0", "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
            "detail-type": "CloudWatch Alarm State Change", "source": "aws.cloudwatch",
            "account": "123456789012", "time": "2026-11-23T09:58:38Z", "region": "ap-south-1",
            "resources": [self.arn()], "detail": self.data()
        })
        .to_string()
    }

    pub(crate) fn by_lambda(&self) -> String {
        json!({
            "source": "aws.cloudwatch", "alarmArn": self.arn(), "accountId": "123456789012",
            "time": self.changed, "region": "ap-south-1", "alarmData": self.data()
        })
        .to_string()
    }
}

/// SNS around a message.
pub(crate) fn sns(message: &str) -> String {
    json!({
        "Type": "Notification", "MessageId": "2d3a994f-adb5-5d6f-ab5e-c2e508881361",
        "TopicArn": "arn:aws:sns:ap-south-1:123456789012:alerts",
        "Message": message, "Timestamp": "2026-11-23T09:58:38.000Z", "SignatureVersion": "1"
    })
    .to_string()
}

/// Lambda's SQS event around message bodies.
pub(crate) fn sqs(bodies: &[&str]) -> String {
    let records: Vec<Value> = bodies
        .iter()
        .map(|body| json!({
            "messageId": "19dd0b57-b21e-4ac1-bd88-01bbb068cb78", "eventSource": "aws:sqs", "body": body,
            "attributes": {"SentTimestamp": "1795427918000", "ApproximateReceiveCount": "1"}
        }))
        .collect();
    json!({"Records": records}).to_string()
}
