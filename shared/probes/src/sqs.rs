//! A queue: what waits in it and in its dead-letter queue.

use health::{Fault, FaultKind};
use serde_json::{Value, json};
use settings::Measured;

use crate::aws::{Api, AwsApi, greatest};
use crate::connection::Ask;
use crate::lambda::wants;
use crate::trace::Trace;

pub(crate) async fn ask(
    ask: &Ask<'_>,
    aws: &impl AwsApi,
    trace: &mut Trace,
    now: jiff::Timestamp,
) -> Result<(), Fault> {
    let url = url_of(aws, trace, ask.target).await?;
    let name = url.rsplit('/').next().unwrap_or_default().to_owned();
    let attributes = attributes(aws, trace, &url).await?;
    for (what, attribute) in [
        (Measured::Depth, "ApproximateNumberOfMessages"),
        (Measured::InFlight, "ApproximateNumberOfMessagesNotVisible"),
    ] {
        if let Some(value) = number(&attributes, attribute) {
            trace.measure(what, value);
        }
    }
    let redrive = attributes.get("RedrivePolicy").and_then(Value::as_str);
    let redrive = redrive.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let dead = redrive
        .as_ref()
        .and_then(|policy| policy.get("deadLetterTargetArn")?.as_str());
    if let Some(dead) = dead.and_then(|arn| arn.rsplit(':').next()) {
        // Both are in one account and region, so their addresses differ in the name.
        let base = url.strip_suffix(name.as_str()).unwrap_or_default();
        let waiting = self::attributes(aws, trace, &format!("{base}{dead}")).await?;
        if let Some(value) = number(&waiting, "ApproximateNumberOfMessages") {
            trace.measure(Measured::DeadLetters, value);
        }
    }
    // No attribute says it, so CloudWatch is asked, only where somebody compares it.
    if wants(ask, Measured::AgeSeconds) {
        let dimension = Some(("QueueName", name.as_str()));
        let age = greatest(
            aws,
            "AWS/SQS",
            "ApproximateAgeOfOldestMessage",
            dimension,
            now,
        );
        let age = trace.step(FaultKind::AwsUnavailable, age).await??;
        // A queue that nothing is in has no data.
        trace.measure(Measured::AgeSeconds, age.unwrap_or(0.0));
    }
    Ok(())
}

async fn url_of(aws: &impl AwsApi, trace: &Trace, target: &str) -> Result<String, Fault> {
    if target.contains("://") {
        return Ok(target.to_owned());
    }
    let name = target.rsplit(':').next().unwrap_or(target);
    let answer = call(
        aws,
        trace,
        "AmazonSQS.GetQueueUrl",
        &json!({ "QueueName": name }),
    )
    .await?;
    let url = answer.get("QueueUrl").and_then(Value::as_str);
    url.map(str::to_owned)
        .ok_or_else(|| Fault::new(FaultKind::AwsUnavailable, "SQS's answer has no address"))
}

async fn attributes(aws: &impl AwsApi, trace: &Trace, url: &str) -> Result<Value, Fault> {
    let body = json!({
        "QueueUrl": url,
        "AttributeNames": ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "RedrivePolicy"],
    });
    let mut answer = call(aws, trace, "AmazonSQS.GetQueueAttributes", &body).await?;
    let attributes = answer.get_mut("Attributes").map(Value::take);
    Ok(attributes.unwrap_or_default())
}

fn number(attributes: &Value, name: &str) -> Option<f64> {
    attributes.get(name)?.as_str()?.parse().ok()
}

async fn call(
    aws: &impl AwsApi,
    trace: &Trace,
    target: &str,
    body: &Value,
) -> Result<Value, Fault> {
    let call = aws.call(Api {
        service: "sqs",
        method: "POST",
        path: "/",
        target: Some(target),
        content_type: "application/x-amz-json-1.0",
        body: body.to_string(),
    });
    let answer = trace.step(FaultKind::AwsUnavailable, call).await??;
    serde_json::from_str(&answer)
        .map_err(|error| Fault::new(FaultKind::AwsUnavailable, format!("SQS's answer: {error}")))
}
