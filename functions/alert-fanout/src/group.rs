//! Folds the alerts of a batch by incident, so that each incident is decided once.

use std::collections::HashMap;

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
    let mut places: HashMap<IncidentKey, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for (place, message) in messages
        .iter()
        .enumerate()
        .filter(|(_, message)| !message.is_tick())
    {
        for alert in rules.classifier.read(&message.body, message.received_at) {
            let key = IncidentKey::of(&alert, rules.incident_by.iter().map(CompactString::as_str));
            let next = groups.len();
            let at = *places.entry(key.clone()).or_insert(next);
            if at == next {
                groups.push(Group {
                    key,
                    arrivals: Vec::new(),
                    messages: Vec::new(),
                });
            }
            if let Some(group) = groups.get_mut(at) {
                group.messages.push(place);
                group.arrivals.push(Arrival {
                    alert,
                    received_at: message.received_at,
                    message: message.id.as_str().into(),
                });
            }
        }
    }
    groups.sort_by_key(Group::priority);
    groups
}

impl Group {
    fn priority(&self) -> Option<Priority> {
        self.arrivals
            .iter()
            .map(|arrival| arrival.alert.classification.priority)
            .min()
    }
}
