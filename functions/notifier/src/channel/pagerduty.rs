//! PagerDuty's Events API v2.

use credentials::link::Purpose;
use notification::outcome::{Protocol, judge};
use notification::pagerduty::{self, Event, Rendered};
use settings::Channel;

use super::{Sending, with_secret};
use crate::http::{HttpClient, Post};
use crate::ports::{Ambient, Order, SecretSource, Sender, Sent};
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
    async fn send(&self, order: Order<'_>) -> Sent {
        order.ignore_to();
        let links = order.links(Channel::Pagerduty, order.receiver(), Purpose::Act);
        let event = match pagerduty::render(order.notification, links.as_ref()) {
            Rendered::Event(event) => event,
            Rendered::Suppressed(reason) => return Sent::Suppressed(reason),
        };
        let sending = Prepared {
            sender: self,
            event,
            order,
        };
        with_secret(&self.vault, &self.ambient, &order, &sending).await
    }
}

struct Prepared<'a, S> {
    sender: &'a PagerDutySender<S>,
    event: Box<Event>,
    order: Order<'a>,
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
        let post = Post {
            endpoint: secret.events.as_ref().unwrap_or(&self.sender.events),
            headers: Vec::new(),
            body,
        };
        match self.sender.http.post(post, self.order.deadline).await {
            Ok(reply) => {
                let situation = self.sender.ambient.situation(self.order.attempt);
                Sent::Outcome(judge(Protocol::PagerDuty, reply.answer(), &situation))
            }
            Err(error) => Sent::misconfigured(error.to_string()),
        }
    }
}
