//! A CloudWatch alarm as somebody would make it who points alarms at Tocsin.

use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::stack::Stack;
use crate::wait;

/// An alarm on a metric without dimensions: above the threshold is bad.
#[derive(Clone, Debug)]
pub struct Alarm<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it says about itself.
    pub description: &'a str,
    /// The metric's namespace.
    pub namespace: &'a str,
    /// The metric.
    pub metric: &'a str,
    /// The metric's unit.
    pub unit: &'a str,
    /// It fires when the average of one period is above this.
    pub threshold: f64,
    /// The length of a period.
    pub period_seconds: u32,
}

impl Alarm<'_> {
    /// Makes it, with the stack's alerts topic as the action for both states.
    ///
    /// # Errors
    /// When CloudWatch refuses.
    pub fn put(&self, stack: &Stack) -> Result<()> {
        let topic = stack.topic_arn("alerts");
        let body = json!({
            "AlarmName": self.name,
            "AlarmDescription": self.description,
            "Namespace": self.namespace,
            "MetricName": self.metric,
            "Statistic": "Average",
            "Period": self.period_seconds,
            "EvaluationPeriods": 1,
            "Threshold": self.threshold,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [topic],
            "OKActions": [topic],
        });
        cloudwatch(stack, "PutMetricAlarm", &body)?;
        Ok(())
    }

    /// Puts `count` equal data points.
    ///
    /// # Errors
    /// When CloudWatch refuses.
    pub fn measure(&self, stack: &Stack, value: f64, count: u32) -> Result<()> {
        let body = json!({
            "Namespace": self.namespace,
            "MetricData": [{
                "MetricName": self.metric,
                "Unit": self.unit,
                "Values": [value],
                "Counts": [count],
            }],
        });
        cloudwatch(stack, "PutMetricData", &body)?;
        Ok(())
    }
}

/// Waits until the next change of an alarm has another time than the last one: the local AWS stamps changes with whole seconds, and two
/// of the same second have no order.
///
/// # Errors
/// When the clock stands still.
pub fn next_second() -> Result<()> {
    let now = Timestamp::now().as_second();
    wait::until("the next second", Duration::from_secs(5), || {
        Ok((Timestamp::now().as_second() > now).then_some(()))
    })
}

/// Makes an alarm believe that it is in a state, which carries its actions out.
///
/// # Errors
/// When CloudWatch refuses.
pub fn set_state(stack: &Stack, alarm: &str, state: &str, reason: &str) -> Result<()> {
    let body = json!({"AlarmName": alarm, "StateValue": state, "StateReason": reason});
    cloudwatch(stack, "SetAlarmState", &body)?;
    Ok(())
}

/// What CloudWatch knows of an alarm.
///
/// # Errors
/// When there is none of this name.
pub fn describe(stack: &Stack, alarm: &str) -> Result<Value> {
    let answer = cloudwatch(stack, "DescribeAlarms", &json!({"AlarmNames": [alarm]}))?;
    let found = answer.pointer("/MetricAlarms/0").cloned();
    found.with_context(|| format!("there is no alarm {alarm}"))
}

fn cloudwatch(stack: &Stack, operation: &str, body: &Value) -> Result<Value> {
    let target = format!("GraniteServiceVersion20100801.{operation}");
    stack.aws().json("monitoring", &target, body)
}
