//! PagerDuty's Events API v2.

use credentials::link::Purpose;
use notification::outcome::{Outcome, Protocol, judge};
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
        let events = match pagerduty::render(order.notification, links.as_ref()) {
            Rendered::Events(events) => events,
            Rendered::Suppressed(reason) => return Sent::Suppressed(reason),
        };
        let sending = Prepared {
            sender: self,
            events,
            order,
        };
        with_secret(&self.vault, &self.ambient, &order, &sending).await
    }
}

struct Prepared<'a, S> {
    sender: &'a PagerDutySender<S>,
    events: Vec<Event>,
    order: Order<'a>,
}

impl<S: SecretSource> Sending for Prepared<'_, S> {
    /// One event after the other. After a failure all are sent again, which PagerDuty takes for the same.
    async fn with(&self, secret: &Hidden) -> Sent {
        let secret = match PagerDutySecret::parse(secret) {
            Ok(secret) => secret,
            Err(error) => return Sent::misconfigured(error.to_string()),
        };
        let mut sent = Sent::Outcome(Outcome::Delivered { reference: None });
        for event in &self.events {
            sent = self.one(event, &secret).await;
            if !matches!(sent, Sent::Outcome(Outcome::Delivered { .. })) {
                break;
            }
        }
        sent
    }
}

impl<S: SecretSource> Prepared<'_, S> {
    async fn one(&self, event: &Event, secret: &PagerDutySecret) -> Sent {
        let body = match event.body(secret.routing_key.expose()) {
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
