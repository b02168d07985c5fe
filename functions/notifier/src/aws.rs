//! The ports on AWS. Each client is made when it is first needed; a process uses only its channel's.

use std::sync::Arc;

use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader};
use aws_sdk_sns::types::MessageAttributeValue as SnsAttribute;
use aws_sdk_sqs::types::MessageAttributeValue as SqsAttribute;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::{SignedDuration, Timestamp};
use lambda_support::error::chain;
use notification::email::Email;
use notification::outcome::TransportFault;
use notification::text;
use settings::Channel;
use store::{Claim, DynamoStore, StoreError, StreamLog};
use tokio::sync::OnceCell;

use crate::ports::{DeadLetter, Fault, Mailer, Queues, SecretSource, Texter};
use crate::secret::Hidden;

/// Amazon SES.
#[derive(Debug, Default)]
pub struct Ses(OnceCell<aws_sdk_sesv2::Client>);

impl Mailer for Ses {
    async fn mail(&self, from: &str, to: &str, email: &Email) -> Result<(), Fault> {
        let client = self
            .0
            .get_or_init(async || aws_sdk_sesv2::Client::new(lambda_support::aws::config().await))
            .await;
        let message = message(email).map_err(|error| Fault::Unsent(error.to_string()))?;
        let sent = client
            .send_email()
            .from_email_address(from)
            .destination(Destination::builder().to_addresses(to).build())
            .content(EmailContent::builder().simple(message).build());
        sent.send().await.map(drop).map_err(|error| fault(&error))
    }
}

fn message(email: &Email) -> Result<Message, aws_smithy_types::error::operation::BuildError> {
    let content = |text: &str| Content::builder().data(text).charset("UTF-8").build();
    let body = Body::builder()
        .html(content(&email.html)?)
        .text(content(&email.text)?)
        .build();
    let mut message = Message::builder()
        .subject(content(&email.subject)?)
        .body(body);
    for (name, value) in &email.headers {
        message = message.headers(MessageHeader::builder().name(*name).value(value).build()?);
    }
    Ok(message.build())
}

/// Text messages through Amazon SNS.
#[derive(Debug, Default)]
pub struct Sns(OnceCell<aws_sdk_sns::Client>);

impl Texter for Sns {
    async fn text(&self, number: &str, text: &str) -> Result<(), Fault> {
        let client = self
            .0
            .get_or_init(async || aws_sdk_sns::Client::new(lambda_support::aws::config().await))
            .await;
        // Transactional messages take the dearer, more reliable route.
        let transactional = SnsAttribute::builder()
            .data_type("String")
            .string_value("Transactional")
            .build()
            .map_err(|error| Fault::Unsent(error.to_string()))?;
        let sent = client
            .publish()
            .phone_number(number)
            .message(text)
            .message_attributes("AWS.SNS.SMS.SMSType", transactional);
        sent.send().await.map(drop).map_err(|error| fault(&error))
    }
}

/// A secret in AWS Secrets Manager.
#[derive(Debug)]
pub struct SecretsManager {
    arn: String,
    client: OnceCell<aws_sdk_secretsmanager::Client>,
}

impl SecretsManager {
    /// The secret of this name.
    #[must_use]
    pub fn new(arn: String) -> Self {
        Self {
            arn,
            client: OnceCell::new(),
        }
    }
}

impl SecretSource for SecretsManager {
    async fn fetch(&self) -> Result<Hidden, Fault> {
        let client = self
            .client
            .get_or_init(async || {
                aws_sdk_secretsmanager::Client::new(lambda_support::aws::config().await)
            })
            .await;
        let value = client.get_secret_value().secret_id(&self.arn).send().await;
        let value = value.map_err(|error| fault(&error))?;
        let text = value.secret_string.map(Hidden::new);
        text.ok_or_else(|| Fault::Unsent("the secret is binary: store it as text".to_owned()))
    }
}

/// The channel's queues in Amazon SQS.
#[derive(Debug)]
pub struct Sqs {
    /// The channel.
    channel: Channel,
    queue_url: String,
    dead_letter_queue_url: String,
    client: OnceCell<aws_sdk_sqs::Client>,
}

impl Sqs {
    /// These queues.
    #[must_use]
    pub fn new(channel: Channel, queue_url: String, dead_letter_queue_url: String) -> Self {
        Self {
            channel,
            queue_url,
            dead_letter_queue_url,
            client: OnceCell::new(),
        }
    }

    async fn client(&self) -> &aws_sdk_sqs::Client {
        self.client
            .get_or_init(async || aws_sdk_sqs::Client::new(lambda_support::aws::config().await))
            .await
    }
}

impl Queues for Sqs {
    async fn postpone(&self, receipt_handle: &str, seconds: i32) -> Result<(), Fault> {
        let change = self.client().await.change_message_visibility();
        let change = change
            .queue_url(&self.queue_url)
            .receipt_handle(receipt_handle)
            .visibility_timeout(seconds);
        change.send().await.map(drop).map_err(|error| fault(&error))
    }

    async fn dead_letter(&self, letter: DeadLetter<'_>) -> Result<(), Fault> {
        // SQS takes no empty body.
        let body = if letter.body.is_empty() {
            "(empty)"
        } else {
            letter.body
        };
        let mut send = self
            .client()
            .await
            .send_message()
            .queue_url(&self.dead_letter_queue_url)
            .message_body(body);
        for (name, kind, value) in attributes(self.channel, &letter) {
            let attribute = SqsAttribute::builder()
                .data_type(kind)
                .string_value(value)
                .build();
            send = send.message_attributes(
                name,
                attribute.map_err(|error| Fault::Unsent(error.to_string()))?,
            );
        }
        send.send().await.map(drop).map_err(|error| fault(&error))
    }
}

/// What a person needs to know about a message that was given up. SQS takes no empty values.
fn attributes(
    channel: Channel,
    letter: &DeadLetter<'_>,
) -> Vec<(&'static str, &'static str, String)> {
    let reason = text::clipped_line(&letter.failure.to_string(), 900);
    let status = letter
        .failure
        .status
        .map(|status| ("status", "Number", status.to_string()));
    let id = letter
        .notification_id
        .map(|id| ("notification_id", "String", text::clipped_line(id, 200)));
    let mut attributes = vec![
        ("reason", "String", reason),
        ("channel", "String", channel.as_str().to_owned()),
        ("attempts", "Number", letter.attempts.to_string()),
    ];
    attributes.extend(status);
    attributes.extend(id);
    attributes.retain(|(_, _, value)| !value.is_empty());
    attributes
}

/// The table, connected to when the first delivery is claimed. Clones share the connection.
#[derive(Clone, Debug)]
pub struct Deliveries {
    table: String,
    store: Arc<OnceCell<DynamoStore>>,
}

impl Deliveries {
    /// The deliveries in this table.
    #[must_use]
    pub fn new(table: String) -> Self {
        Self {
            table,
            store: Arc::default(),
        }
    }

    async fn store(&self) -> &DynamoStore {
        let connect = async || {
            let client = aws_sdk_dynamodb::Client::new(lambda_support::aws::config().await);
            DynamoStore::new(client, self.table.clone())
        };
        self.store.get_or_init(connect).await
    }
}

impl StreamLog for Deliveries {
    async fn claim_stream(
        &self,
        stream: &str,
        channel: Channel,
        version: u64,
        now: Timestamp,
        lease: SignedDuration,
    ) -> Result<Claim, StoreError> {
        let store = self.store().await;
        store
            .claim_stream(stream, channel, version, now, lease)
            .await
    }

    async fn complete_stream(
        &self,
        stream: &str,
        channel: Channel,
        version: u64,
        reference: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let store = self.store().await;
        store
            .complete_stream(stream, channel, version, reference, now)
            .await
    }

    async fn release_stream(
        &self,
        stream: &str,
        channel: Channel,
        version: u64,
    ) -> Result<(), StoreError> {
        self.store()
            .await
            .release_stream(stream, channel, version)
            .await
    }
}

/// What an SDK error means to us.
fn fault<E>(error: &SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error {
        SdkError::ServiceError(answer) => Fault::Service {
            code: answer.err().code().unwrap_or("Unknown").to_owned(),
            status: answer.raw().status().as_u16(),
            message: answer.err().message().unwrap_or_default().to_owned(),
        },
        SdkError::TimeoutError(_) => Fault::Nothing(TransportFault::TimedOut),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            Fault::Nothing(TransportFault::TimedOut)
        }
        SdkError::DispatchFailure(failure) if failure.is_io() => {
            Fault::Nothing(TransportFault::Unreachable)
        }
        SdkError::ResponseError(_) => Fault::Nothing(TransportFault::Unreachable),
        SdkError::ConstructionFailure(_) | SdkError::DispatchFailure(_) | _ => {
            Fault::Unsent(chain(error).to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use notification::outcome::{Cause, Failure};

    use super::*;

    #[test]
    fn a_dead_letter_says_why() {
        let failure = Failure::new(Cause::Rejected, Some(400), "status 400: refused\r\nreally");
        let letter = DeadLetter {
            body: "{}",
            notification_id: Some("INC-1.2"),
            failure: &failure,
            attempts: 3,
        };
        let expected = [
            ("reason", "String", "rejected: status 400: refused really"),
            ("channel", "String", "slack"),
            ("attempts", "Number", "3"),
            ("status", "Number", "400"),
            ("notification_id", "String", "INC-1.2"),
        ]
        .map(|(name, kind, value)| (name, kind, value.to_owned()));
        assert_eq!(attributes(Channel::Slack, &letter), expected);
    }

    #[test]
    fn an_email_fits_what_ses_takes() {
        let email = Email {
            subject: "s".to_owned(),
            html: "h".to_owned(),
            text: "t".to_owned(),
            headers: vec![("References", "<a@b.invalid>".to_owned())],
        };
        let message = message(&email).unwrap();
        assert_eq!(message.headers()[0].value(), "<a@b.invalid>");
    }
}
