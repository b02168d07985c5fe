//! What is seen of a day by somebody who sees everything: the table, the topic and the channels.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use compact_str::CompactString;
use incident::{IncidentState, Notification, Outcome, Silence, Silences};
use jiff::Timestamp;
use settings::Channel;
use store::{RecordKey, Transaction, Version};

use crate::ladders::Ladders;

/// What was seen during the day.
#[derive(Clone, Debug, Default)]
pub(crate) struct Witness {
    /// What was decided, in the order of the table.
    pub(crate) told: Vec<Told>,
    /// What reached people.
    pub(crate) delivered: Vec<Delivered>,
    /// What became of each event.
    pub(crate) events: BTreeMap<usize, Seen>,
    /// How often ladders may have begun.
    pub(crate) ladders: Ladders,
    /// Silences as the table had them, from their first beginning to their last end.
    pub(crate) silences: BTreeMap<CompactString, Silence>,
    /// Decisions that were not taken on the newest version of a record.
    pub(crate) overwritten: Vec<String>,
    /// Notifications that whoever decided on them forgot, though it lived.
    pub(crate) forgotten: Vec<CompactString>,
    /// What the topic was asked to publish.
    published: BTreeSet<CompactString>,
    /// The last version of each record that a decision was taken on.
    taken_on: BTreeMap<RecordKey, Version>,
}

/// A notification that was decided on.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) at: Timestamp,
    pub(crate) notification: Notification,
    /// For a step of a ladder: the incidents that somebody had taken on when it was written.
    pub(crate) acknowledged: Vec<String>,
    /// For a step of a ladder: the incidents for which it has now been taken more often than ladders began.
    pub(crate) again: Vec<String>,
    /// Which function decided.
    by: u64,
    /// What it wrote with it.
    with: Vec<(RecordKey, Version)>,
}

/// A message that reached somebody.
#[derive(Clone, Debug)]
pub(crate) struct Delivered {
    pub(crate) channel: Channel,
    pub(crate) notification: Arc<Notification>,
    /// Whether the sender lived to note it.
    pub(crate) noted: bool,
}

/// What became of an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// When a function first had it.
    pub(crate) received: Timestamp,
    /// When a function first knew that it was decided upon.
    pub(crate) accepted: Option<Timestamp>,
    /// How often it was taken for news.
    pub(crate) grouped: u32,
}

impl Witness {
    /// A function has an event.
    pub(crate) fn receive(&mut self, event: usize, now: Timestamp) {
        self.events.entry(event).or_insert(Seen {
            received: now,
            accepted: None,
            grouped: 0,
        });
    }

    /// An event was decided upon.
    pub(crate) fn accept(&mut self, event: usize, outcome: Outcome, now: Timestamp) {
        if let Some(seen) = self.events.get_mut(&event) {
            seen.accepted.get_or_insert(now);
            seen.grouped += u32::from(outcome == Outcome::Grouped);
        }
    }

    /// A transaction took place. `acknowledged` says which incidents of a step somebody had taken on.
    pub(crate) fn write(
        &mut self,
        transaction: &Transaction<'_>,
        by: u64,
        at: Timestamp,
        acknowledged: impl Fn(&Notification) -> Vec<String>,
    ) {
        for write in transaction.writes {
            let known = self.taken_on.insert(write.key.clone(), write.expected);
            let newest = known.map_or(Version::NONE, Version::next);
            if write.expected != newest {
                self.overwritten.push(format!(
                    "{} has version {}, and a decision on version {} was written",
                    write.key, newest.0, write.expected.0
                ));
            }
            match write.key {
                RecordKey::Incident(_) => {
                    if let Ok(state) = serde_json::from_str::<IncidentState>(write.body) {
                        self.ladders.look(state);
                    }
                }
                RecordKey::Silences => self.silence(write.body),
                RecordKey::Group(_)
                | RecordKey::Inhibition(_)
                | RecordKey::Episode(_)
                | RecordKey::Once(_)
                | RecordKey::Sensor(_) => {}
            }
        }
        let with = transaction.writes.iter();
        let with: Vec<(RecordKey, Version)> = with
            .map(|write| (write.key.clone(), write.expected))
            .collect();
        for entry in transaction.outbox {
            let Ok(notification) = serde_json::from_str::<Notification>(entry.body) else {
                continue;
            };
            let is_step = notification.step.is_some();
            let (acknowledged, again) = if is_step {
                let again = self.ladders.climb(&notification);
                (acknowledged(&notification), again)
            } else {
                (Vec::new(), Vec::new())
            };
            self.told.push(Told {
                at,
                notification,
                acknowledged,
                again,
                by,
                with: with.clone(),
            });
        }
    }

    fn silence(&mut self, body: &str) {
        let Ok(silences) = serde_json::from_str::<Silences>(body) else {
            return;
        };
        for silence in silences.iter() {
            let known = self.silences.entry(silence.id.clone());
            let known = known.or_insert_with(|| silence.clone());
            known.starts_at = known.starts_at.min(silence.starts_at);
            known.ends_at = known.ends_at.max(silence.ends_at);
        }
    }

    /// The topic is asked to publish something.
    pub(crate) fn publish(&mut self, id: &str) {
        if !self.published.contains(id) {
            self.published.insert(id.into());
        }
    }

    /// A function has come to its end. What it decided it must have published by now, or tried to.
    /// When its answer was lost and others have decided since, it cannot know its own work; a sweep does.
    pub(crate) fn end(&mut self, by: u64) {
        let overtaken = |told: &Told| {
            told.with
                .iter()
                .any(|(key, version)| self.taken_on.get(key) > Some(version))
        };
        let forgotten = self
            .told
            .iter()
            .filter(|told| told.by == by && !self.published.contains(&told.notification.id))
            .filter(|told| !overtaken(told))
            .map(|told| told.notification.id.clone());
        let forgotten: Vec<CompactString> = forgotten.collect();
        self.forgotten.extend(forgotten);
    }
}
