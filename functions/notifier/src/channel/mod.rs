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

use incident::Notification;
use notification::outcome::{Cause, Outcome, judge_aws};
use store::DeliveryLog;

use crate::ports::{Ambient, Fault, Grant, Mailer, SecretSource, Sender, Sent, Texter};
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

impl<M: Mailer, T: Texter, S: SecretSource, L: DeliveryLog> Sender for ChannelSender<M, T, S, L> {
    async fn send(&self, notification: &Notification, grant: Grant<'_>, attempt: u32) -> Sent {
        match self {
            Self::Email(sender) => sender.send(notification, grant, attempt).await,
            Self::Slack(sender) => sender.send(notification, grant, attempt).await,
            Self::Sms(sender) => sender.send(notification, grant, attempt).await,
            Self::PagerDuty(sender) => sender.send(notification, grant, attempt).await,
            Self::Webhook(sender) => sender.send(notification, grant, attempt).await,
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
    attempt: u32,
    sending: &impl Sending,
) -> Sent {
    let unavailable =
        |fault: Fault| Sent::Outcome(judge_aws(fault.as_aws(), &ambient.situation(attempt)));
    let secret = match vault.secret((ambient.now)()).await {
        Ok(secret) => secret,
        Err(fault) => return unavailable(fault),
    };
    let sent = sending.with(&secret).await;
    if !is_refused(&sent) {
        return sent;
    }
    match vault.rotated(&secret, (ambient.now)()).await {
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
