//! Which parts a message has for one channel, and what each says to those who were told before.

use alert_classification::Fingerprint;
use incident::{Delivery, IncidentStatus, Notification, NotificationEvent};
use settings::Channel;

/// One delivery of a message: to one integration, and for Slack to one of its channels.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part<'a> {
    /// Under what it is claimed.
    pub(crate) ticket: Ticket,
    /// Whom it reaches; empty: the stack's own destination.
    pub(crate) to: &'a [String],
    /// Which of the integration's destinations it is, from 0.
    pub(crate) nth: usize,
    /// The place of the integration among the receiver's.
    pub(crate) integration: u32,
}

/// Names a delivery and its place among those before and after it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ticket {
    /// What follows upon what.
    pub stream: String,
    /// Its place in the stream.
    pub sequence: u64,
    /// What it says.
    pub says: Says,
}

impl Ticket {
    /// The same for one of several recipients. No address is in it.
    #[must_use]
    pub fn for_recipient(&self, recipient: &str) -> Self {
        Self {
            stream: apart(&self.stream, recipient),
            ..self.clone()
        }
    }
}

/// What a message says to those who were told before: this decides what makes it old news.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Says {
    /// How things stand. A newer one says it all.
    State,
    /// That it is over. A newer one says that it fires again, and then this is not true any more.
    End,
    /// How things stand, to somebody who is called because nobody else has answered. A newer state or
    /// reminder does not say *that*; a newer call or the end does.
    Call,
    /// Who is on it. It says nothing about how things stand, so it makes nothing old but older notes.
    Note,
}

impl Says {
    /// What a notification says.
    #[must_use]
    pub fn of(notification: &Notification) -> Self {
        let status = notification.incident.status;
        let called = notification.step.as_ref().is_some_and(|step| step.step > 0);
        match notification.event {
            NotificationEvent::Acknowledged | NotificationEvent::Unacknowledged => Self::Note,
            NotificationEvent::Reminder if status != IncidentStatus::Open => Self::Note,
            NotificationEvent::Resolved => Self::End,
            NotificationEvent::Flapping if status == IncidentStatus::Resolved => Self::End,
            NotificationEvent::Escalated => Self::Call,
            // The route's own message may have said a step as well.
            NotificationEvent::Opened
            | NotificationEvent::Updated
            | NotificationEvent::Reminder
            | NotificationEvent::Flapping
                if called =>
            {
                Self::Call
            }
            NotificationEvent::Opened
            | NotificationEvent::Updated
            | NotificationEvent::Reminder
            | NotificationEvent::Flapping
            | NotificationEvent::Info => Self::State,
        }
    }
}

/// What there is to deliver on a channel. A message without deliveries is for the stack's own destination.
pub(crate) fn parts(notification: &Notification, channel: Channel) -> Vec<Part<'_>> {
    let (stream, sequence) = if notification.stream.is_empty() {
        // As messages were before there were groups.
        let incident = &notification.incident;
        (incident.id.as_str(), incident.version)
    } else {
        (notification.stream.as_str(), notification.sequence)
    };
    let ticket = |stream: String| Ticket {
        stream,
        sequence,
        says: Says::of(notification),
    };
    if notification.deliveries.is_empty() {
        return vec![Part {
            ticket: ticket(format!("{stream}#0")),
            to: &[],
            nth: 0,
            integration: 0,
        }];
    }
    let ours = notification
        .deliveries
        .iter()
        .filter(|d| d.channel == channel);
    ours.flat_map(|delivery| {
        let stream = format!("{stream}#{}", delivery.integration);
        destinations(delivery)
            .into_iter()
            .enumerate()
            .map(move |(nth, to)| {
                let stream = match (channel, to) {
                    (Channel::Slack, [one]) => apart(&stream, one),
                    (_, _) => stream.clone(),
                };
                (delivery.integration, nth, to, stream)
            })
    })
    .map(|(integration, nth, to, stream)| Part {
        ticket: ticket(stream),
        to,
        nth,
        integration,
    })
    .collect()
}

/// Each channel of Slack has a thread of its own, so each is delivered by itself. The recipients of a
/// letter or a text message are told apart where they are told.
fn destinations(delivery: &Delivery) -> Vec<&[String]> {
    match delivery.channel {
        Channel::Slack if !delivery.to.is_empty() => delivery.to.chunks(1).collect(),
        Channel::Slack | Channel::Email | Channel::Sms | Channel::Pagerduty | Channel::Webhook => {
            vec![delivery.to.as_slice()]
        }
    }
}

fn apart(stream: &str, destination: &str) -> String {
    let hash = Fingerprint::of([(stream, destination)]).get();
    format!("{stream}@{hash:016x}")
}
