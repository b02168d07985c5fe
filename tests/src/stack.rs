//! A deployed stack: the names that the template gives to things, and what an operator or an AWS service does to it.

use std::env;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::aws::{ACCOUNT, Aws, REGION};
use crate::sink::Sink;

/// The names of the variables by which `cargo xtask test` tells the tests where the stack is.
pub const VARIABLES: [&str; 3] = ["TOCSIN_ENDPOINT", "TOCSIN_STACK", "TOCSIN_SINK"];

/// A deployed stack, the sink that its channels send to, and the AWS that it is in.
#[derive(Clone, Debug)]
pub struct Stack {
    aws: Aws,
    name: String,
    sink: Sink,
}

impl Stack {
    /// A stack by its name.
    #[must_use]
    pub fn new(aws: Aws, name: &str, sink: Sink) -> Self {
        Self {
            aws,
            name: name.to_owned(),
            sink,
        }
    }

    /// The stack that [`VARIABLES`] name.
    ///
    /// # Errors
    /// When one is missing.
    pub fn from_environment() -> Result<Self> {
        let [endpoint, name, sink] = VARIABLES.map(|variable| {
            env::var(variable)
                .with_context(|| format!("{variable} is not set: these tests need a deployed stack; run `cargo xtask test`"))
        });
        Ok(Self::new(Aws::new(&endpoint?), &name?, Sink::new(&sink?)))
    }

    /// Calls to the AWS that it is in.
    #[must_use]
    pub const fn aws(&self) -> &Aws {
        &self.aws
    }

    /// The sink that its channels send to.
    #[must_use]
    pub const fn sink(&self) -> &Sink {
        &self.sink
    }

    /// The stack's name, which is the prefix of its resources.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The full name of a queue: `ingest`, `ingest-dlq`, `slack`, `slack-dlq`, …
    #[must_use]
    pub fn queue_name(&self, name: &str) -> String {
        format!("{}-{name}", self.name)
    }

    /// The URL of a queue.
    #[must_use]
    pub fn queue_url(&self, name: &str) -> String {
        format!(
            "{}/{ACCOUNT}/{}",
            self.aws.endpoint(),
            self.queue_name(name)
        )
    }

    /// The ARN of a topic: `alerts`, `notify` or `operator`.
    #[must_use]
    pub fn topic_arn(&self, name: &str) -> String {
        format!("arn:aws:sns:{REGION}:{ACCOUNT}:{}-{name}", self.name)
    }

    /// The full name of a function: `alert-fanout`, `notifier-slack`, …
    #[must_use]
    pub fn function_name(&self, name: &str) -> String {
        format!("{}-{name}", self.name)
    }

    /// The value of an environment variable of a function.
    ///
    /// # Errors
    /// When there is no such function or no such variable.
    pub fn function_variable(&self, function: &str, variable: &str) -> Result<String> {
        let path = format!(
            "/2015-03-31/functions/{}/configuration",
            self.function_name(function)
        );
        let configuration = self.aws.rest("lambda", "GET", &path, b"")?;
        let value = configuration.pointer(&format!("/Environment/Variables/{variable}"));
        let value = value.and_then(Value::as_str);
        value
            .map(str::to_owned)
            .with_context(|| format!("{function} has no variable {variable}"))
    }

    /// Invokes a function and gives its answer.
    ///
    /// # Errors
    /// When the invocation fails; an error of the function itself is an answer with `errorType`.
    pub fn invoke(&self, function: &str, event: &Value) -> Result<Value> {
        let path = format!(
            "/2015-03-31/functions/{}/invocations",
            self.function_name(function)
        );
        self.aws
            .rest("lambda", "POST", &path, &serde_json::to_vec(event)?)
    }

    /// Publishes to a topic of the stack.
    ///
    /// # Errors
    /// When SNS refuses.
    pub fn publish(&self, topic: &str, subject: &str, message: &str) -> Result<()> {
        let arn = self.topic_arn(topic);
        let parameters = [
            ("TopicArn", arn.as_str()),
            ("Subject", subject),
            ("Message", message),
        ];
        self.aws
            .query("sns", "2010-03-31", "Publish", &parameters)?;
        Ok(())
    }

    /// Subscribes a queue of the stack's account to one of its topics.
    ///
    /// # Errors
    /// When SNS refuses.
    pub fn subscribe_queue(&self, topic: &str, queue: &str) -> Result<()> {
        let arn = self.topic_arn(topic);
        let endpoint = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{}", self.queue_name(queue));
        let parameters = [
            ("TopicArn", arn.as_str()),
            ("Protocol", "sqs"),
            ("Endpoint", endpoint.as_str()),
        ];
        self.aws
            .query("sns", "2010-03-31", "Subscribe", &parameters)?;
        Ok(())
    }

    /// Makes a queue that takes whatever this account's topics publish.
    ///
    /// # Errors
    /// When SQS refuses.
    pub fn make_queue(&self, name: &str) -> Result<()> {
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{}", self.queue_name(name)),
            }]
        });
        let body = json!({
            "QueueName": self.queue_name(name),
            "Attributes": {"Policy": policy.to_string()},
        });
        self.aws.json("sqs", "AmazonSQS.CreateQueue", &body)?;
        Ok(())
    }

    /// Puts messages into a queue of the stack.
    ///
    /// # Errors
    /// When SQS refuses one.
    pub fn send(&self, queue: &str, bodies: &[String]) -> Result<()> {
        let url = self.queue_url(queue);
        for ten in bodies.chunks(10) {
            let entries: Vec<Value> = ten
                .iter()
                .enumerate()
                .map(|(at, body)| json!({"Id": at.to_string(), "MessageBody": body}))
                .collect();
            let body = json!({"QueueUrl": url, "Entries": entries});
            let answer = self.aws.json("sqs", "AmazonSQS.SendMessageBatch", &body)?;
            if let Some(failed) = answer.get("Failed").and_then(Value::as_array)
                && !failed.is_empty()
            {
                bail!("SQS refused messages: {failed:?}");
            }
        }
        Ok(())
    }

    /// Stops or starts the handing out of a queue's messages to its function.
    ///
    /// # Errors
    /// When Lambda refuses, or nobody reads the queue.
    pub fn deliver(&self, queue: &str, enabled: bool) -> Result<()> {
        let source = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{}", self.queue_name(queue));
        let path = "/2015-03-31/event-source-mappings/";
        let answer = self.aws.rest("lambda", "GET", path, b"")?;
        let mappings = answer.get("EventSourceMappings").and_then(Value::as_array);
        let mapping = mappings.into_iter().flatten().find(|mapping| {
            mapping
                .get("EventSourceArn")
                .is_some_and(|arn| *arn == source)
        });
        let id = mapping.and_then(|mapping| mapping.get("UUID")?.as_str());
        let id = id.with_context(|| format!("nobody reads {queue}"))?;
        let body = serde_json::to_vec(&json!({"Enabled": enabled}))?;
        self.aws
            .rest("lambda", "PUT", &format!("{path}{id}"), &body)?;
        Ok(())
    }

    /// Takes everything out of a queue of the stack.
    ///
    /// # Errors
    /// When SQS refuses.
    pub fn purge(&self, queue: &str) -> Result<()> {
        let body = json!({"QueueUrl": self.queue_url(queue)});
        self.aws.json("sqs", "AmazonSQS.PurgeQueue", &body)?;
        Ok(())
    }

    /// Forgets every incident and every delivery, as if the stack were new.
    ///
    /// # Errors
    /// When DynamoDB refuses.
    pub fn forget_incidents(&self) -> Result<()> {
        let table = self.function_variable("alert-fanout", "TABLE_NAME")?;
        loop {
            let request =
                json!({"TableName": table, "ProjectionExpression": "pk, sk", "Limit": 25});
            let page = self
                .aws
                .json("dynamodb", "DynamoDB_20120810.Scan", &request)?;
            let items = page
                .get("Items")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            if items.is_empty() {
                return Ok(());
            }
            let deletes: Vec<Value> = items
                .iter()
                .map(|key| json!({"DeleteRequest": {"Key": key}}))
                .collect();
            let request = json!({"RequestItems": {table.as_str(): deletes}});
            self.aws
                .json("dynamodb", "DynamoDB_20120810.BatchWriteItem", &request)?;
        }
    }

    /// Every item of the table.
    ///
    /// # Errors
    /// When DynamoDB refuses.
    pub fn items(&self) -> Result<Vec<Value>> {
        let table = self.function_variable("alert-fanout", "TABLE_NAME")?;
        let request = json!({"TableName": table, "ConsistentRead": true});
        let page = self
            .aws
            .json("dynamodb", "DynamoDB_20120810.Scan", &request)?;
        Ok(page
            .get("Items")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default())
    }

    /// A channel's secret, as JSON.
    ///
    /// # Errors
    /// When it cannot be read or is no JSON.
    pub fn secret(&self, channel: &str) -> Result<Value> {
        let id = self.function_variable(&format!("notifier-{channel}"), "SECRET_ARN")?;
        let secret = self.aws.json(
            "secretsmanager",
            "secretsmanager.GetSecretValue",
            &json!({"SecretId": id}),
        )?;
        let text = secret
            .get("SecretString")
            .and_then(Value::as_str)
            .context("a secret without text")?;
        serde_json::from_str(text).context("the secret")
    }
}
