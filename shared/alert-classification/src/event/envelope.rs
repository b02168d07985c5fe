//! Envelopes: Lambda's record lists, SQS bodies, SNS messages, EventBridge events.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::alarm::{self, SnsAlarm, Trigger};
use super::scalar::{Map, Number, Text};
use super::{Context, Reading, detail, finding, logs, text, time};

/// Every field that tells one kind of envelope from another, read in one pass.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Probe<'a> {
    #[serde(borrow, rename = "Records")]
    records: Option<&'a RawValue>,

    // SNS, as its HTTP and SQS subscriptions and Lambda's `Sns` write it.
    #[serde(borrow, rename = "Type")]
    kind: Text<'a>,
    #[serde(borrow, rename = "TopicArn")]
    topic_arn: Text<'a>,
    #[serde(borrow, rename = "Subject")]
    subject: Text<'a>,
    #[serde(borrow, rename = "Message")]
    message: Option<Text<'a>>,
    #[serde(borrow, rename = "Timestamp")]
    timestamp: Text<'a>,
    #[serde(borrow, rename = "MessageAttributes")]
    attributes: Option<&'a RawValue>,
    #[serde(borrow, rename = "SubscribeURL")]
    subscribe_url: Text<'a>,

    // EventBridge.
    #[serde(borrow, rename = "detail-type")]
    detail_type: Text<'a>,
    #[serde(borrow)]
    source: Text<'a>,
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
    #[serde(borrow)]
    account: Text<'a>,
    #[serde(borrow)]
    region: Text<'a>,
    #[serde(borrow)]
    time: Text<'a>,
    #[serde(borrow)]
    resources: Option<&'a RawValue>,

    // CloudWatch's direct Lambda action.
    #[serde(borrow, rename = "alarmData")]
    alarm_data: Option<&'a RawValue>,
    #[serde(borrow, rename = "alarmArn")]
    lambda_alarm_arn: Text<'a>,
    #[serde(borrow, rename = "accountId")]
    account_id: Text<'a>,

    // CloudWatch's SNS message.
    #[serde(borrow, rename = "AlarmName")]
    alarm_name: Text<'a>,
    #[serde(borrow, rename = "AlarmArn")]
    alarm_arn: Text<'a>,
    #[serde(borrow, rename = "AlarmDescription")]
    alarm_description: Text<'a>,
    #[serde(borrow, rename = "AWSAccountId")]
    aws_account_id: Text<'a>,
    #[serde(borrow, rename = "Region")]
    alarm_region: Text<'a>,
    #[serde(borrow, rename = "NewStateValue")]
    new_state: Text<'a>,
    #[serde(borrow, rename = "NewStateReason")]
    reason: Text<'a>,
    #[serde(borrow, rename = "StateChangeTime")]
    changed: Text<'a>,
    #[serde(borrow, rename = "OldStateValue")]
    old_state: Text<'a>,
    #[serde(borrow, rename = "AlarmRule")]
    alarm_rule: Text<'a>,
    #[serde(borrow, rename = "Trigger")]
    trigger: Map<Trigger<'a>>,

    // Lambda's destination for an alarm that invoked a function and was not handled.
    #[serde(borrow, rename = "requestPayload")]
    request_payload: Option<&'a RawValue>,

    // CloudWatch Logs' subscription, and our own findings.
    #[serde(borrow)]
    awslogs: Option<&'a RawValue>,
    #[serde(borrow)]
    schema: Text<'a>,
}

/// One record of a Lambda event: SNS's has `Sns`, SQS's has `body`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Record<'a> {
    #[serde(borrow, rename = "Sns")]
    sns: Option<&'a RawValue>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    attributes: RecordAttributes,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RecordAttributes {
    #[serde(rename = "SentTimestamp")]
    sent: Number,
}

/// Opens one envelope and adds the alerts that are in it.
pub(super) fn open(body: &str, context: &Context<'_>, reading: &mut Reading) {
    let trimmed = body.trim();
    if !trimmed.starts_with(['{', '[']) {
        // A JSON text around a message: some senders encode twice.
        if context.depth > 0
            && trimmed.starts_with('"')
            && let Ok(inner) = serde_json::from_str::<String>(trimmed)
        {
            let inside = Context {
                depth: context.depth - 1,
                ..*context
            };
            return open(&inner, &inside, reading);
        }
        reading.alerts.push(text::message(trimmed, context));
        return;
    }
    match serde_json::from_str::<Probe<'_>>(trimmed) {
        Ok(probe) => open_probe(&probe, trimmed, context, reading),
        // A list, a field given twice, or not JSON at all.
        Err(error) => match serde_json::from_str::<Value>(trimmed) {
            Ok(Value::Array(items)) if context.depth > 0 => {
                let inside = Context {
                    depth: context.depth - 1,
                    ..*context
                };
                for item in &items {
                    open(&item.to_string(), &inside, reading);
                }
            }
            Ok(value) => reading.alerts.push(detail::json(&value, context)),
            Err(_) => {
                reading.fault = Some(format!("the event is not JSON: {error}"));
                reading
                    .alerts
                    .push(text::unreadable(trimmed, &error.to_string(), context));
            }
        },
    }
}

fn open_probe(probe: &Probe<'_>, body: &str, context: &Context<'_>, reading: &mut Reading) {
    if context.depth > 0 {
        let inside = Context {
            depth: context.depth - 1,
            ..*context
        };
        if let Some(records) = probe.records {
            return open_records(records, body, &inside, reading);
        }
        if let Some(message) = &probe.message
            && (probe.topic_arn.is_there() || probe.kind.is_there())
        {
            return open_sns(probe, message, body, &inside, reading);
        }
        // Our own function's: the alarm in it is what people must hear of.
        if let Some(payload) = probe.request_payload
            && payload.get().contains("\"alarmData\"")
        {
            return open(payload.get(), &inside, reading);
        }
    }
    if probe.alarm_name.is_there() && probe.new_state.is_there() {
        let alarm = SnsAlarm {
            name: &probe.alarm_name,
            arn: &probe.alarm_arn,
            description: &probe.alarm_description,
            account: &probe.aws_account_id,
            region: &probe.alarm_region,
            state: &probe.new_state,
            reason: &probe.reason,
            changed: &probe.changed,
            previous_state: &probe.old_state,
            rule: &probe.alarm_rule,
            trigger: &probe.trigger.0,
        };
        reading.alerts.push(alarm::from_sns(&alarm, context));
        return;
    }
    // `alarmData` is Lambda's; AWS's own sample of an EventBridge event has it, too.
    let data = probe.alarm_data.or_else(|| {
        probe
            .detail
            .filter(|_| probe.detail_type.as_str() == alarm::KIND)
    });
    if let Some(data) = data {
        let first_resource = first_text(probe.resources);
        let arn = probe.lambda_alarm_arn.get().unwrap_or(&first_resource);
        let account = probe.account.get().or(probe.account_id.get());
        let context = Context {
            at: time::read(probe.time.as_str()).unwrap_or(context.at),
            ..*context
        };
        if let Some(alert) = alarm::from_event(
            data,
            arn,
            account.unwrap_or_default(),
            probe.region.as_str(),
            &context,
        ) {
            reading.alerts.push(alert);
            return;
        }
    }
    if let Some(data) = probe.awslogs {
        reading.alerts.push(logs::alert(data, context));
        return;
    }
    if finding::is_finding(probe.schema.as_str()) {
        match finding::read(body, context) {
            Ok(alert) => reading.alerts.push(alert),
            Err(error) => {
                reading.alerts.push(text::unreadable(body, &error, context));
                reading.fault = Some(error);
            }
        }
        return;
    }
    let value: Value = match serde_json::from_str(body) {
        Ok(value) => value,
        Err(error) => {
            // Only what is nested too deeply gets here: the probe skipped it without recursion.
            let error = error.to_string();
            reading.alerts.push(text::unreadable(body, &error, context));
            reading.fault = Some(format!("the event cannot be read: {error}"));
            return;
        }
    };
    if probe.detail_type.is_there() {
        detail::event(&value, context, &mut reading.alerts);
    } else {
        reading.alerts.push(detail::json(&value, context));
    }
}

fn open_records(records: &RawValue, body: &str, context: &Context<'_>, reading: &mut Reading) {
    let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(records.get()) else {
        let value = serde_json::from_str(body).unwrap_or(Value::Null);
        reading.alerts.push(detail::json(&value, context));
        return;
    };
    for raw in list {
        let record: Record<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
        if let Some(sns) = record.sns {
            open(sns.get(), context, reading);
        } else if let Some(body) = record.body {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "milliseconds of the epoch fit"
            )]
            let sent = record
                .attributes
                .sent
                .0
                .and_then(|millis| time::epoch(millis as i64));
            let context = Context {
                at: sent.unwrap_or(context.at),
                ..*context
            };
            open(&decode(body), &context, reading);
        } else {
            match serde_json::from_str::<Value>(raw.get()) {
                Ok(value) => reading.alerts.push(detail::json(&value, context)),
                Err(error) => {
                    let error = error.to_string();
                    reading
                        .alerts
                        .push(text::unreadable(raw.get(), &error, context));
                }
            }
        }
    }
}

fn open_sns(
    probe: &Probe<'_>,
    message: &Text<'_>,
    body: &str,
    context: &Context<'_>,
    reading: &mut Reading,
) {
    let state = probe.attributes.and_then(state_attribute);
    let context = Context {
        at: time::read(probe.timestamp.as_str()).unwrap_or(context.at),
        topic_arn: probe.topic_arn.get(),
        subject: probe.subject.get(),
        state: state.as_deref(),
        depth: context.depth,
    };
    if matches!(
        probe.kind.as_str(),
        "SubscriptionConfirmation" | "UnsubscribeConfirmation"
    ) {
        reading.alerts.push(text::confirmation(
            probe.kind.as_str(),
            probe.subscribe_url.as_str(),
            &context,
        ));
        return;
    }
    match message.0.as_deref() {
        Some(message) => open(message, &context, reading),
        // AWS Config's samples have an object where SNS has a string.
        None => open(raw_message(body), &context, reading),
    }
}

fn raw_message(body: &str) -> &str {
    #[derive(Deserialize)]
    struct Raw<'a> {
        #[serde(borrow, rename = "Message")]
        message: &'a RawValue,
    }
    serde_json::from_str::<Raw<'_>>(body).map_or("", |raw| raw.message.get())
}

/// The text that a JSON string stands for; any other JSON as it is.
fn decode(raw: &RawValue) -> Cow<'_, str> {
    if raw.get().starts_with('"') {
        serde_json::from_str::<Text<'_>>(raw.get())
            .ok()
            .and_then(|text| text.0)
            .unwrap_or(Cow::Borrowed(raw.get()))
    } else {
        Cow::Borrowed(raw.get())
    }
}

fn state_attribute(raw: &RawValue) -> Option<String> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Attributes<'a> {
        #[serde(borrow, rename = "State")]
        state: Option<Attribute<'a>>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Attribute<'a> {
        #[serde(borrow, rename = "Value")]
        value: Text<'a>,
    }
    let attributes: Attributes<'_> = serde_json::from_str(raw.get()).ok()?;
    attributes.state?.value.get().map(str::to_owned)
}

fn first_text(raw: Option<&RawValue>) -> Cow<'_, str> {
    raw.and_then(|raw| serde_json::from_str::<Vec<Text<'_>>>(raw.get()).ok())
        .and_then(|list| list.into_iter().next()?.0)
        .unwrap_or_default()
}
