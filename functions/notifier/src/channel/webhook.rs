//! The user's own endpoint.

use incident::Notification;
use notification::outcome::{Protocol, judge};
use notification::webhook::{self, EVENT_HEADER, IDEMPOTENCY_HEADER, SIGNATURE_HEADER};

use super::{Sending, with_secret};
use crate::http::{HttpClient, Post};
use crate::ports::{Ambient, Grant, SecretSource, Sender, Sent};
use crate::secret::{Hidden, WebhookSecret};
use crate::vault::Vault;

/// Posts signed documents.
#[derive(Debug)]
pub struct WebhookSender<S> {
    /// The secret.
    pub vault: Vault<S>,
    /// The way out.
    pub http: HttpClient,
    /// Time and chance.
    pub ambient: Ambient,
}

impl<S: SecretSource> Sender for WebhookSender<S> {
    async fn send(&self, notification: &Notification, _: Grant<'_>, attempt: u32) -> Sent {
        let body = match webhook::body(notification) {
            Ok(body) => body,
            Err(error) => return Sent::misconfigured(error.to_string()),
        };
        let sending = Prepared {
            sender: self,
            notification,
            body,
            attempt,
        };
        with_secret(&self.vault, &self.ambient, attempt, &sending).await
    }
}

struct Prepared<'a, S> {
    sender: &'a WebhookSender<S>,
    notification: &'a Notification,
    body: String,
    attempt: u32,
}

impl<S: SecretSource> Sending for Prepared<'_, S> {
    async fn with(&self, secret: &Hidden) -> Sent {
        let secret = match WebhookSecret::parse(secret) {
            Ok(secret) => secret,
            Err(error) => return Sent::misconfigured(error.to_string()),
        };
        let ambient = &self.sender.ambient;
        let key = secret.signing_key.expose().as_bytes();
        let signature = webhook::signature(key, &self.body, (ambient.now)());
        let event = self.notification.event.as_str();
        let headers = vec![
            (SIGNATURE_HEADER, Hidden::new(signature)),
            (
                IDEMPOTENCY_HEADER,
                Hidden::new(self.notification.id.to_string()),
            ),
            (EVENT_HEADER, Hidden::new(event.to_owned())),
        ];
        let post = Post {
            endpoint: &secret.url,
            headers,
            body: self.body.clone(),
        };
        match self.sender.http.post(post).await {
            Ok(reply) => {
                let situation = ambient.situation(self.attempt);
                Sent::Outcome(judge(Protocol::Webhook, reply.answer(), &situation))
            }
            Err(error) => Sent::misconfigured(error.to_string()),
        }
    }
}
