//! The user's own endpoint.

use credentials::link::Purpose;
use notification::outcome::{Protocol, judge};
use notification::webhook::{self, EVENT_HEADER, IDEMPOTENCY_HEADER, SIGNATURE_HEADER};
use settings::Channel;

use super::{Sending, with_secret};
use crate::http::{HttpClient, Post};
use crate::ports::{Ambient, Order, SecretSource, Sender, Sent};
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
    async fn send(&self, order: Order<'_>) -> Sent {
        order.ignore_to();
        // Documents are kept and passed on by machines, which act with tokens of their own.
        let links = order.links(Channel::Webhook, order.receiver(), Purpose::View);
        let body = match webhook::body(order.notification, links.as_ref()) {
            Ok(body) => body,
            Err(error) => return Sent::misconfigured(error.to_string()),
        };
        let sending = Prepared {
            sender: self,
            body,
            order,
        };
        with_secret(&self.vault, &self.ambient, &order, &sending).await
    }
}

struct Prepared<'a, S> {
    sender: &'a WebhookSender<S>,
    body: String,
    order: Order<'a>,
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
        let event = self.order.notification.event.as_str();
        let headers = vec![
            (SIGNATURE_HEADER, Hidden::new(signature)),
            (
                IDEMPOTENCY_HEADER,
                Hidden::new(self.order.notification.id.to_string()),
            ),
            (EVENT_HEADER, Hidden::new(event.to_owned())),
        ];
        let post = Post {
            endpoint: &secret.url,
            headers,
            body: self.body.clone(),
        };
        match self.sender.http.post(post, self.order.deadline).await {
            Ok(reply) => {
                let situation = ambient.situation(self.order.attempt);
                Sent::Outcome(judge(Protocol::Webhook, reply.answer(), &situation))
            }
            Err(error) => Sent::misconfigured(error.to_string()),
        }
    }
}
