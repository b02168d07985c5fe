//! Makes alerts of the messages of a batch.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use alert_classification::{ClassifiedAlert, Classifier};
use incident::Arrival;

use crate::event::Message;

/// The arrivals of a batch, each with the place of its message.
pub(crate) type Arrivals = (Vec<Arrival>, Vec<usize>);

/// Classifies the messages.
pub(crate) fn read(messages: &[Message], classifier: &Classifier) -> Arrivals {
    read_with(messages, classifier, |message| {
        classifier.read(&message.body, message.received_at)
    })
}

pub(crate) fn read_with(
    messages: &[Message],
    classifier: &Classifier,
    read: impl Fn(&Message) -> Vec<ClassifiedAlert>,
) -> Arrivals {
    let mut arrivals = Vec::new();
    let mut places = Vec::new();
    for (place, message) in messages.iter().enumerate().filter(|(_, m)| !m.tick) {
        // Reading cannot fail; should it panic all the same, one message must not take a hundred
        // others with it to the dead-letter queue.
        let alerts = catch_unwind(AssertUnwindSafe(|| read(message)))
            .unwrap_or_else(|panic| unreadable(message, classifier, panic.as_ref()));
        for alert in alerts {
            places.push(place);
            arrivals.push(Arrival {
                alert,
                received_at: message.received_at,
                message: message.id.as_str().into(),
                lifetime: None,
                incident: None,
            });
        }
    }
    (arrivals, places)
}

/// An alert that says that a message could not be read. It is read from words that depend on
/// nothing in the message.
fn unreadable(message: &Message, classifier: &Classifier, panic: &dyn Any) -> Vec<ClassifiedAlert> {
    let fault = panic.downcast_ref::<&str>().copied();
    let fault = fault.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let fault = fault.unwrap_or("no reason is known");
    tracing::error!(
        stage = "classify",
        message_id = message.id,
        error = fault,
        "reading a message panicked: people are told that it cannot be read"
    );
    let text = format!("Tocsin cannot read message {}: {fault}", message.id);
    classifier.read(&text, message.received_at)
}
