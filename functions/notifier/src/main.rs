//! The function: one channel, as the environment says.

use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use lambda_support::LambdaEvent;
use lambda_support::batch::{self, BatchResponse};
use lambda_support::deadline;
use notifier::aws::{Deliveries, SecretsManager, Ses, Sns, Sqs};
use notifier::channel::{
    ChannelSender, EmailSender, PagerDutySender, SlackSender, SmsSender, WebhookSender,
};
use notifier::environment::Target;
use notifier::http::HttpClient;
use notifier::linker::Linker;
use notifier::ports::Ambient;
use notifier::vault::Vault;
use notifier::{Notifier, Settings};
use serde_json::value::RawValue;

/// An event that does not come from the queue.
#[derive(Debug, thiserror::Error)]
#[error(
    "the event is no SQS event: invoke the function with `{{\"Records\": […]}}` whose bodies are notifications"
)]
struct NoSqsEvent;

type RealSender = ChannelSender<Ses, Sns, SecretsManager, Deliveries>;
type RealNotifier = Notifier<Deliveries, Sqs, RealSender, SecretsManager>;

fn main() -> ExitCode {
    lambda_support::start(|environment| {
        let notifier = Arc::new(notifier(Settings::read(environment)?));
        Ok::<_, lambda_support::env::Faults>(move |event| handle(Arc::clone(&notifier), event))
    })
}

async fn handle(
    notifier: Arc<RealNotifier>,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<BatchResponse, NoSqsEvent> {
    let records = batch::records(&event.payload).ok_or(NoSqsEvent)?;
    let deadline = deadline::end_of_invocation(event.context.deadline);
    let (response, mut metrics) = notifier.handle(&records, deadline).await;
    metrics.emit(Timestamp::now());
    Ok(response)
}

fn notifier(settings: Settings) -> RealNotifier {
    let channel = settings.target.channel();
    let ambient = Ambient::real();
    let log = Deliveries::new(settings.table);
    let vault = |arn| Vault::new(SecretsManager::new(arn));
    let sender = match settings.target {
        Target::Email { from, to } => ChannelSender::Email(EmailSender {
            from,
            to,
            mailer: Ses::default(),
            log: log.clone(),
            ambient,
        }),
        Target::Sms { to, segments } => ChannelSender::Sms(SmsSender {
            to,
            segments,
            texter: Sns::default(),
            log: log.clone(),
            ambient,
        }),
        Target::Slack { secret_arn, api } => ChannelSender::Slack(SlackSender {
            vault: vault(secret_arn),
            api,
            http: HttpClient::default(),
            ambient,
        }),
        Target::PagerDuty { secret_arn, events } => ChannelSender::PagerDuty(PagerDutySender {
            vault: vault(secret_arn),
            events,
            http: HttpClient::default(),
            ambient,
        }),
        Target::Webhook { secret_arn } => ChannelSender::Webhook(WebhookSender {
            vault: vault(secret_arn),
            http: HttpClient::default(),
            ambient,
        }),
    };
    Notifier {
        channel,
        max_age: settings.max_age,
        max_attempts: settings.max_attempts,
        log,
        queues: Sqs::new(channel, settings.queue_url, settings.dead_letter_queue_url),
        sender,
        linker: settings
            .links
            .map(|links| Linker::new(SecretsManager::new(links.secret_arn), links.api, links.ttl)),
        ambient,
    }
}
