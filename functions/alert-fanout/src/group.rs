//! Folds the alerts of a batch by incident, so that each incident is decided once.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use alert_classification::ClassifiedAlert;
use compact_str::CompactString;
use incident::{Arrival, IncidentKey};
use settings::Priority;

use crate::event::Message;
use crate::rules::Rules;

/// The arrivals of one batch about one incident key.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) key: IncidentKey,
    pub(crate) arrivals: Vec<Arrival>,
    /// For each arrival the place of its message in the batch.
    pub(crate) messages: Vec<usize>,
}

/// Classifies the messages and folds their alerts, the most urgent incidents first.
pub(crate) fn fold(messages: &[Message], rules: &Rules) -> Vec<Group> {
    fold_with(messages, rules, |message| {
        rules.classifier.read(&message.body, message.received_at)
    })
}

pub(crate) fn fold_with(
    messages: &[Message],
    rules: &Rules,
    read: impl Fn(&Message) -> Vec<ClassifiedAlert>,
) -> Vec<Group> {
    let mut places: HashMap<IncidentKey, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for (place, message) in messages.iter().enumerate().filter(|(_, m)| !m.tick) {
        // Reading cannot fail; should it panic all the same, one message must not take a hundred
        // others with it to the dead-letter queue.
        let alerts = catch_unwind(AssertUnwindSafe(|| read(message)))
            .unwrap_or_else(|panic| unreadable(message, rules, panic.as_ref()));
        for alert in alerts {
            let key = IncidentKey::of(&alert, rules.incident_by.iter().map(CompactString::as_str));
            let next = groups.len();
            let at = *places.entry(key.clone()).or_insert(next);
            if at == next {
                groups.push(Group::new(key));
            }
            if let Some(group) = groups.get_mut(at) {
                let arrival = Arrival {
                    alert,
                    received_at: message.received_at,
                    message: message.id.as_str().into(),
                };
                group.push(arrival, place);
            }
        }
    }
    groups.sort_by_key(Group::priority);
    groups
}

/// An alert that says that a message could not be read. It is read from words that depend on
/// nothing in the message.
fn unreadable(message: &Message, rules: &Rules, panic: &dyn Any) -> Vec<ClassifiedAlert> {
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
    rules.classifier.read(&text, message.received_at)
}

impl Group {
    pub(crate) const fn new(key: IncidentKey) -> Self {
        Self {
            key,
            arrivals: Vec::new(),
            messages: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, arrival: Arrival, message: usize) {
        self.arrivals.push(arrival);
        self.messages.push(message);
    }

    pub(crate) fn priority(&self) -> Option<Priority> {
        self.arrivals
            .iter()
            .map(|arrival| arrival.alert.classification.priority)
            .min()
    }
}
