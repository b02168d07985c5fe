//! What was decided on is delivered, and mostly once.

use std::collections::BTreeMap;

use settings::Channel;

use super::{End, Violation, broken};

/// What was decided on was delivered, is a dead letter, or is old news; and mostly once.
pub(super) fn deliveries(end: &End, violations: &mut Vec<Violation>) {
    let (witness, dead) = (&end.witness, &end.dead);
    // How often it was sent, and how often that was noted.
    let mut count: BTreeMap<(String, Channel), (usize, usize)> = BTreeMap::new();
    let mut newest: BTreeMap<(String, String, Channel), u64> = BTreeMap::new();
    for delivered in &witness.delivered {
        let notification = &delivered.notification;
        let (sent, noted) = count
            .entry((notification.id.to_string(), delivered.channel))
            .or_default();
        *sent += 1;
        *noted += usize::from(delivered.noted);
        let stream = (
            notification.stream.to_string(),
            notification.event.as_str().to_owned(),
            delivered.channel,
        );
        let newest = newest.entry(stream).or_default();
        *newest = (*newest).max(notification.sequence);
    }
    for told in &witness.told {
        let notification = &told.notification;
        for channel in &notification.channels {
            let id = (notification.id.to_string(), *channel);
            let stream = (
                notification.stream.to_string(),
                notification.event.as_str().to_owned(),
                *channel,
            );
            let (sent, noted) = count.get(&id).copied().unwrap_or_default();
            let is_dead = dead.iter().any(|letter| letter.id == notification.id);
            let is_old = newest
                .get(&stream)
                .is_some_and(|newest| *newest > notification.sequence);
            if sent == 0 && !is_dead && !is_old {
                let what = format!("{} was not sent by {channel}", notification.id);
                violations.push(broken("what is decided is delivered", what));
            }
            // Who dies between sending and noting it cannot know; whoever comes after a note does.
            if noted > 1 {
                let what = format!("{} was sent {noted} times by {channel}", notification.id);
                violations.push(broken("what is delivered is not delivered again", what));
            }
        }
    }
}

/// Each decision has names of its own: two messages of one name would be one to the channels.
pub(super) fn names(end: &End, violations: &mut Vec<Violation>) {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for told in &end.witness.told {
        *count.entry(&told.notification.id).or_default() += 1;
    }
    for (id, count) in count.into_iter().filter(|(_, count)| *count > 1) {
        let what = format!("{id} was decided on {count} times");
        violations.push(broken("each message has a name of its own", what));
    }
}
