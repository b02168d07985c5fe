//! Slack: `chat.postMessage` with one thread a stream, or an incoming webhook.

use credentials::link::Purpose;
use notification::outcome::{Cause, Outcome, Protocol, judge};
use notification::slack::{self, Message, Place};
use settings::Channel;

use super::{Sending, with_secret};
use crate::http::{HttpClient, Post};
use crate::ports::{Ambient, Order, SecretSource, Sender, Sent};
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
    async fn send(&self, order: Order<'_>) -> Sent {
        let sending = Prepared {
            sender: self,
            order,
        };
        with_secret(&self.vault, &self.ambient, &order, &sending).await
    }
}

struct Prepared<'a, S> {
    sender: &'a SlackSender<S>,
    order: Order<'a>,
}

impl<S: SecretSource> Sending for Prepared<'_, S> {
    async fn with(&self, secret: &Hidden) -> Sent {
        match SlackSecret::parse(secret) {
            Ok(SlackSecret::Webhook(endpoint)) => {
                self.order.ignore_to();
                // All of its channels are that one, and it has the message.
                if self.order.nth > 0 {
                    return Sent::Suppressed("an incoming webhook has one channel");
                }
                let body = self.message(self.order.receiver()).webhook_body();
                self.post(Protocol::SlackWebhook, &endpoint, Vec::new(), body)
                    .await
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
                let channel = self.order.to.first().cloned().unwrap_or(channel);
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
        let message = self.message(&bot.channel);
        let thread = self.order.reference;
        let sent = self.in_thread(bot, &message, thread).await;
        match (sent, thread) {
            // The first message was deleted: better a new one than none.
            (Sent::Outcome(Outcome::Permanent(failure)), Some(_))
                if failure.cause == Cause::ThreadGone =>
            {
                let incident_id = self.order.notification.incident.id.as_str();
                tracing::warn!(
                    stage = "send",
                    incident_id,
                    "the thread is gone: beginning a new one"
                );
                self.in_thread(bot, &message, None).await
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

    fn message(&self, channel: &str) -> Message {
        let links = self.order.links(Channel::Slack, channel, Purpose::Act);
        slack::render(self.order.notification, links.as_ref())
    }

    async fn in_thread(&self, bot: &Bot, message: &Message, thread: Option<&str>) -> Sent {
        let place = Place {
            channel: &bot.channel,
            thread,
        };
        let body = message.post_body(place, slack::broadcasts(self.order.notification));
        let authorization = Hidden::new(format!("Bearer {}", bot.token.expose()));
        let headers = vec![("authorization", authorization)];
        self.post(Protocol::SlackApi, &bot.api, headers, body).await
    }

    async fn post(
        &self,
        protocol: Protocol,
        endpoint: &Endpoint,
        headers: Vec<(&'static str, Hidden)>,
        body: Result<String, serde_json::Error>,
    ) -> Sent {
        let body = match body {
            Ok(body) => body,
            Err(error) => return Sent::misconfigured(error.to_string()),
        };
        let post = Post {
            endpoint,
            headers,
            body,
        };
        match self.sender.http.post(post, self.order.deadline).await {
            Ok(reply) => {
                let situation = self.sender.ambient.situation(self.order.attempt);
                Sent::Outcome(judge(protocol, reply.answer(), &situation))
            }
            Err(error) => Sent::misconfigured(error.to_string()),
        }
    }
}
