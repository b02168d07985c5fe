//! Messages as AWS sends them.

use jiff::Timestamp;
use serde_json::{Value, json};

/// An alarm on a metric, as CloudWatch describes it to SNS.
#[derive(Clone, Debug)]
pub(crate) struct AlarmMessage<'a> {
    pub(crate) name: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) metric: &'a str,
    pub(crate) unit: &'a str,
    pub(crate) threshold: f64,
    pub(crate) value: f64,
    pub(crate) state: &'a str,
    pub(crate) at: Timestamp,
}

impl AlarmMessage<'_> {
    /// Payments that fail: P1, so everybody is told.
    pub(crate) fn payments(name: &str) -> AlarmMessage<'_> {
        AlarmMessage {
            name,
            namespace: "HASIVU",
            metric: "PaymentFailureRate",
            unit: "Percent",
            threshold: 5.0,
            value: 12.4,
            state: "ALARM",
            at: Timestamp::now(),
        }
    }

    pub(crate) fn reason(&self) -> String {
        let (relation, value, threshold) = match self.state {
            "ALARM" => ("was greater than", self.value, self.threshold),
            _ => ("was not greater than", self.value, self.threshold),
        };
        let at = self.at.strftime("%d/%m/%y %H:%M:%S");
        format!(
            "Threshold Crossed: 1 out of the last 1 datapoints [{value} ({at})] {relation} the threshold ({threshold}) (minimum 1 datapoint for OK -> ALARM transition)."
        )
    }

    /// The message.
    pub(crate) fn body(&self) -> String {
        let old = if self.state == "ALARM" { "OK" } else { "ALARM" };
        json!({
            "AlarmName": self.name,
            "AlarmDescription": "An alarm of the end-to-end tests.",
            "AWSAccountId": "000000000000",
            "NewStateValue": self.state,
            "NewStateReason": self.reason(),
            "StateChangeTime": self.at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string(),
            "Region": "US East (N. Virginia)",
            "AlarmArn": self.arn(),
            "OldStateValue": old,
            "OKActions": [],
            "AlarmActions": [],
            "InsufficientDataActions": [],
            "Trigger": {
                "MetricName": self.metric,
                "Namespace": self.namespace,
                "StatisticType": "Statistic",
                "Statistic": "AVERAGE",
                "Unit": self.unit,
                "Dimensions": [],
                "Period": 60,
                "EvaluationPeriods": 1,
                "DatapointsToAlarm": 1,
                "ComparisonOperator": "GreaterThanThreshold",
                "Threshold": self.threshold,
                "TreatMissingData": "notBreaching",
                "EvaluateLowSampleCountPercentile": "",
            },
        })
        .to_string()
    }

    /// The event with which CloudWatch invokes a function that is an alarm's action.
    pub(crate) fn direct(&self) -> Value {
        let at = self.at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string();
        json!({
            "source": "aws.cloudwatch",
            "alarmArn": self.arn(),
            "accountId": "000000000000",
            "time": at,
            "region": "us-east-1",
            "alarmData": {
                "alarmName": self.name,
                "state": {"value": self.state, "reason": self.reason(), "timestamp": at},
                "previousState": {"value": "OK", "reason": "", "timestamp": at},
                "configuration": {
                    "description": "An alarm of the end-to-end tests.",
                    "metrics": [{
                        "id": "m1",
                        "metricStat": {
                            "metric": {"namespace": self.namespace, "name": self.metric, "dimensions": {}},
                            "period": 60,
                            "stat": "Average",
                            "unit": self.unit,
                        },
                        "returnData": true,
                    }],
                },
            },
        })
    }

    fn arn(&self) -> String {
        format!(
            "arn:aws:cloudwatch:us-east-1:000000000000:alarm:{}",
            self.name
        )
    }
}
