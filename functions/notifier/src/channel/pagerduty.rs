//! PagerDuty's Events API v2.

use incident::Notification;
use notification::outcome::{Protocol, judge};
use notification::pagerduty::{self, Event, Rendered};

use super::{Sending, with_secret};
use crate::http::{HttpClient, Post};
use crate::ports::{Ambient, Grant, SecretSource, Sender, Sent};
use crate::secret::{Endpoint, Hidden, PagerDutySecret};
use crate::vault::Vault;

/// Posts events to PagerDuty.
#[derive(Debug)]
pub struct PagerDutySender<S> {
    /// The secret.
    pub vault: Vault<S>,
    /// Where events go, unless the secret says otherwise.
    pub events: Endpoint,
    /// The way out.
    pub http: HttpClient,
    /// Time and chance.
    pub ambient: Ambient,
}

impl<S: SecretSource> Sender for PagerDutySender<S> {
    async fn send(&self, notification: &Notification, _: Grant<'_>, attempt: u32) -> Sent {
        let event = match pagerduty::render(notification) {
            Rendered::Event(event) => event,
            Rendered::Suppressed(reason) => return Sent::Suppressed(reason),
        };
        let sending = Prepared {
            sender: self,
            event: *event,
            attempt,
        };
        with_secret(&self.vault, &self.ambient, attempt, &sending).await
    }
}

struct Prepared<'a, S> {
    sender: &'a PagerDutySender<S>,
    event: Event,
    attempt: u32,
}

impl<S: SecretSource> Sending for Prepared<'_, S> {
    async fn with(&self, secret: &Hidden) -> Sent {
        let secret = match PagerDutySecret::parse(secret) {
            Ok(secret) => secret,
            Err(error) => return Sent::misconfigured(error.to_string()),
        };
        let body = match self.event.body(secret.routing_key.expose()) {
            Ok(body) => body,
            Err(error) => return Sent::misconfigured(error.to_string()),
        };
        let endpoint = secret.events.as_ref().unwrap_or(&self.sender.events);
        match self
            .sender
            .http
            .post(Post {
                endpoint,
                headers: Vec::new(),
                body,
            })
            .await
        {
            Ok(reply) => {
                let situation = self.sender.ambient.situation(self.attempt);
                Sent::Outcome(judge(Protocol::PagerDuty, reply.answer(), &situation))
            }
            Err(error) => Sent::misconfigured(error.to_string()),
        }
    }
}
