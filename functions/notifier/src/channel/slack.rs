//! Slack: `chat.postMessage` with one thread an incident, or an incoming webhook.

use incident::Notification;
use notification::outcome::{Cause, Outcome, Protocol, judge};
use notification::slack::{self, Message, Place};

use super::{Sending, with_secret};
use crate::http::{HttpClient, Post};
use crate::ports::{Ambient, Grant, SecretSource, Sender, Sent};
use crate::secret::{Endpoint, Hidden, SlackSecret};
use crate::vault::Vault;

/// Posts to Slack.
#[derive(Debug)]
pub struct SlackSender<S> {
    /// The secret.
    pub vault: Vault<S>,
    /// The Web API, unless the secret says otherwise.
    pub api: Endpoint,
    /// The way out.
    pub http: HttpClient,
    /// Time and chance.
    pub ambient: Ambient,
}

impl<S: SecretSource> Sender for SlackSender<S> {
    async fn send(&self, notification: &Notification, grant: Grant<'_>, attempt: u32) -> Sent {
        let message = slack::render(notification);
        let sending = Prepared {
            sender: self,
            notification,
            message,
            reference: grant.reference,
            attempt,
        };
        with_secret(&self.vault, &self.ambient, attempt, &sending).await
    }
}

struct Prepared<'a, S> {
    sender: &'a SlackSender<S>,
    notification: &'a Notification,
    message: Message,
    reference: Option<&'a str>,
    attempt: u32,
}

impl<S: SecretSource> Sending for Prepared<'_, S> {
    async fn with(&self, secret: &Hidden) -> Sent {
        match SlackSecret::parse(secret) {
            Ok(SlackSecret::Webhook(endpoint)) => {
                let body = self.message.webhook_body();
                let post = self.sender.post(
                    Protocol::SlackWebhook,
                    &endpoint,
                    Vec::new(),
                    body,
                    self.attempt,
                );
                post.await
            }
            Ok(SlackSecret::Bot {
                token,
                channel,
                api,
            }) => {
                let api = api
                    .as_ref()
                    .unwrap_or(&self.sender.api)
                    .join("chat.postMessage");
                self.as_bot(&Bot {
                    api,
                    token,
                    channel,
                })
                .await
            }
            Err(error) => Sent::misconfigured(error.to_string()),
        }
    }
}

/// Who posts, and where.
struct Bot {
    api: Endpoint,
    token: Hidden,
    channel: String,
}

impl<S: SecretSource> Prepared<'_, S> {
    async fn as_bot(&self, bot: &Bot) -> Sent {
        let sent = self.in_thread(bot, self.reference).await;
        match (sent, self.reference) {
            // The first message was deleted: better a new one than none.
            (Sent::Outcome(Outcome::Permanent(failure)), Some(_))
                if failure.cause == Cause::ThreadGone =>
            {
                let incident_id = self.notification.incident.id.as_str();
                tracing::warn!(
                    stage = "send",
                    incident_id,
                    "the thread is gone: beginning a new one"
                );
                self.in_thread(bot, None).await
            }
            // Replies are found by the thread's first message, not by the last one.
            (Sent::Outcome(Outcome::Delivered { .. }), Some(thread)) => {
                Sent::Outcome(Outcome::Delivered {
                    reference: Some(thread.to_owned()),
                })
            }
            (sent, _) => sent,
        }
    }

    async fn in_thread(&self, bot: &Bot, thread: Option<&str>) -> Sent {
        let place = Place {
            channel: &bot.channel,
            thread,
        };
        let body = self
            .message
            .post_body(place, slack::broadcasts(self.notification));
        let authorization = Hidden::new(format!("Bearer {}", bot.token.expose()));
        let headers = vec![("authorization", authorization)];
        self.sender
            .post(Protocol::SlackApi, &bot.api, headers, body, self.attempt)
            .await
    }
}

impl<S: SecretSource> SlackSender<S> {
    async fn post(
        &self,
        protocol: Protocol,
        endpoint: &Endpoint,
        headers: Vec<(&'static str, Hidden)>,
        body: Result<String, serde_json::Error>,
        attempt: u32,
    ) -> Sent {
        let body = match body {
            Ok(body) => body,
            Err(error) => return Sent::misconfigured(error.to_string()),
        };
        match self
            .http
            .post(Post {
                endpoint,
                headers,
                body,
            })
            .await
        {
            Ok(reply) => Sent::Outcome(judge(
                protocol,
                reply.answer(),
                &self.ambient.situation(attempt),
            )),
            Err(error) => Sent::misconfigured(error.to_string()),
        }
    }
}
