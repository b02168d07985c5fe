//! What arrived: e-mails and text messages in the local AWS's inboxes, and what waits in a queue.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::aws::{ACCOUNT, Aws};
use crate::stack::Stack;

/// An e-mail as it would have arrived.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Email {
    /// The sender.
    pub source: String,
    /// The recipients.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The text part.
    pub body_text: String,
    /// The HTML part.
    #[serde(default)]
    pub body_html: Option<String>,
}

/// A text message as it would have arrived.
#[derive(Clone, Debug)]
pub struct Sms {
    /// The number.
    pub to: String,
    /// The text.
    pub text: String,
}

/// Every e-mail that was sent, oldest first.
///
/// # Errors
/// When the inbox cannot be read.
pub fn emails(aws: &Aws) -> Result<Vec<Email>> {
    let page = aws.page("/_ministack/ses/messages")?;
    let messages = page.pointer(&format!("/messages/{ACCOUNT}"));
    let messages = messages.cloned().unwrap_or(Value::Array(Vec::new()));
    serde_json::from_value(messages).context("the inbox of e-mails")
}

/// Every text message that was sent, oldest first.
///
/// # Errors
/// When the inbox cannot be read.
pub fn sms(aws: &Aws) -> Result<Vec<Sms>> {
    let page = aws.page("/_ministack/sns/sms-messages")?;
    let mut messages = Vec::new();
    collect_sms(&page, &mut messages);
    Ok(messages)
}

/// The page nests messages by account, region and number; what a message is shows by its text.
fn collect_sms(page: &Value, messages: &mut Vec<Sms>) {
    match page {
        Value::Array(items) => items.iter().for_each(|item| collect_sms(item, messages)),
        Value::Object(fields) => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str);
            match (text("PhoneNumber"), text("Message")) {
                (Some(to), Some(message)) => messages.push(Sms {
                    to: to.to_owned(),
                    text: message.to_owned(),
                }),
                _ => fields
                    .values()
                    .for_each(|field| collect_sms(field, messages)),
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A message in a queue, seen without receiving it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Queued {
    /// The body.
    pub body: String,
    /// The attributes that its sender gave it.
    #[serde(default)]
    pub message_attributes: Value,
    /// How often it was received.
    #[serde(default)]
    pub receive_count: u32,
}

/// What is in a queue of the stack, waiting or in flight. `name` is without the stack's prefix.
///
/// # Errors
/// When the queue cannot be looked into.
pub fn queued(stack: &Stack, name: &str) -> Result<Vec<Queued>> {
    let messages = find(&queues(stack)?, stack, name)?.clone();
    serde_json::from_value(messages).with_context(|| format!("the messages of {name}"))
}

/// How many messages are in several queues of the stack at one moment, waiting or in flight.
///
/// # Errors
/// When one of them cannot be looked into.
pub fn waiting(stack: &Stack, names: &[&str]) -> Result<usize> {
    let queues = queues(stack)?;
    let mut sum = 0;
    for name in names {
        sum += find(&queues, stack, name)?.as_array().map_or(0, Vec::len);
    }
    Ok(sum)
}

fn queues(stack: &Stack) -> Result<Value> {
    let mut page = stack.aws().page("/_ministack/sqs/messages")?;
    let queues = page.pointer_mut(&format!("/messages/{ACCOUNT}/{}", crate::aws::REGION));
    queues
        .map(Value::take)
        .context("the page of queues has no queues")
}

fn find<'a>(queues: &'a Value, stack: &Stack, name: &str) -> Result<&'a Value> {
    let wanted = format!("/{}", stack.queue_name(name));
    let mut queues = queues.as_object().into_iter().flatten();
    let found = queues.find_map(|(url, messages)| url.ends_with(&wanted).then_some(messages));
    found.with_context(|| format!("there is no queue {wanted}"))
}
