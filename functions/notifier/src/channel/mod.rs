//! The senders, one a channel, and the one that this process is.

mod email;
mod pagerduty;
mod recipients;
mod slack;
mod sms;
mod webhook;

pub use email::EmailSender;
pub use pagerduty::PagerDutySender;
pub use slack::SlackSender;
pub use sms::SmsSender;
pub use webhook::WebhookSender;

use lambda_support::deadline::Deadline;
use notification::outcome::{Cause, Outcome, judge_aws};
use store::StreamLog;

use crate::ports::{Ambient, Fault, Mailer, Order, SecretSource, Sender, Sent, Texter};
use crate::secret::Hidden;
use crate::vault::Vault;

/// The sender of the one channel that this process serves.
#[derive(Debug)]
pub enum ChannelSender<M, T, S, L> {
    /// E-mail.
    Email(EmailSender<M, L>),
    /// Slack.
    Slack(SlackSender<S>),
    /// Text messages.
    Sms(SmsSender<T, L>),
    /// PagerDuty.
    PagerDuty(PagerDutySender<S>),
    /// The user's own endpoint.
    Webhook(WebhookSender<S>),
}

impl<M: Mailer, T: Texter, S: SecretSource, L: StreamLog> Sender for ChannelSender<M, T, S, L> {
    async fn send(&self, order: Order<'_>) -> Sent {
        match self {
            Self::Email(sender) => sender.send(order).await,
            Self::Slack(sender) => sender.send(order).await,
            Self::Sms(sender) => sender.send(order).await,
            Self::PagerDuty(sender) => sender.send(order).await,
            Self::Webhook(sender) => sender.send(order).await,
        }
    }
}

/// A message that only lacks the secret.
trait Sending: Sync {
    /// Sends it with this secret.
    fn with(&self, secret: &Hidden) -> impl Future<Output = Sent> + Send;
}

/// Sends with the secret, and once more when it was refused and another is there by now.
async fn with_secret<S: SecretSource>(
    vault: &Vault<S>,
    ambient: &Ambient,
    order: &Order<'_>,
    sending: &impl Sending,
) -> Sent {
    let attempt = order.attempt;
    let unavailable =
        |fault: Fault| Sent::Outcome(judge_aws(fault.as_aws(), &ambient.situation(attempt)));
    let known = vault.secret((ambient.now)());
    let secret = match in_time(order.deadline, known).await {
        Ok(secret) => secret,
        Err(fault) => return unavailable(fault),
    };
    let sent = sending.with(&secret).await;
    if !is_refused(&sent) {
        return sent;
    }
    let rotated = vault.rotated(&secret, (ambient.now)());
    match in_time(order.deadline, rotated).await {
        Ok(Some(rotated)) => {
            tracing::info!(
                stage = "secret",
                "the secret was refused and has been rotated: sending again"
            );
            sending.with(&rotated).await
        }
        Ok(None) => sent,
        Err(fault) => unavailable(fault),
    }
}

async fn in_time<T>(
    deadline: Deadline,
    call: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    deadline.work(call).await?
}

fn is_refused(sent: &Sent) -> bool {
    match sent {
        // A secret that was incomplete may have been completed.
        Sent::Outcome(Outcome::Permanent(failure)) => {
            matches!(failure.cause, Cause::Unauthorized | Cause::Configuration)
        }
        Sent::Outcome(Outcome::Delivered { .. } | Outcome::Retry { .. }) | Sent::Suppressed(_) => {
            false
        }
    }
}
