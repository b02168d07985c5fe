//! The alerts that a state tracks, with the answers to what every decision asks about all of them.
//!
//! A decision concerns a few alerts, and an incident may have thousands: whether any fires, which is
//! the most urgent, what ends next and how long the texts are is kept up to date with each change and
//! not looked for anew.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use alert_classification::Fingerprint;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use settings::Priority;

use crate::key::{GroupKey, InhibitionKey};
use crate::state::{TrackedAlert, Turns};

/// The tracked alerts of a state, by fingerprint. It reads like the map that it is; it changes by
/// its own functions alone.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(from = "BTreeMap<Fingerprint, TrackedAlert>")]
pub struct TrackedAlerts {
    by_fingerprint: BTreeMap<Fingerprint, TrackedAlert>,
    tally: Tally,
}

/// What follows from the alerts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Tally {
    /// What fires, the most urgent first, then the oldest.
    firing: BTreeSet<(Priority, Timestamp, Fingerprint)>,
    /// What fires and ends by itself, by its end.
    ends: BTreeSet<(Timestamp, Fingerprint)>,
    /// What is over, by when we last learnt something new about it.
    over: BTreeSet<(Timestamp, Fingerprint)>,
    /// How many of those that are over joined in which version.
    over_since: BTreeMap<u64, usize>,
    texts: Texts,
    /// What has texts, the least worth knowing first.
    with_texts: BTreeSet<Worth>,
}

/// Orders alerts by how much their texts are worth: what is over, then the least urgent, then the
/// newest goes first.
type Worth = (bool, Reverse<Priority>, Reverse<Timestamp>, Fingerprint);

fn worth(fingerprint: Fingerprint, alert: &TrackedAlert) -> Option<Worth> {
    (alert.details.is_some() || !alert.title.is_empty()).then(|| {
        let (priority, starts_at) = (Reverse(alert.priority), Reverse(alert.span.starts_at));
        (alert.is_firing(), priority, starts_at, fingerprint)
    })
}

/// How many bytes the texts of all alerts have.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Texts {
    pub(crate) titles: usize,
    pub(crate) details: usize,
}

impl Tally {
    fn add(&mut self, fingerprint: Fingerprint, alert: &TrackedAlert) {
        if alert.is_firing() {
            self.firing
                .insert((alert.priority, alert.span.starts_at, fingerprint));
            if let Some(end) = alert.span.ends_at {
                self.ends.insert((end, fingerprint));
            }
        } else {
            self.over.insert((alert.seen_at, fingerprint));
            *self.over_since.entry(alert.joined).or_default() += 1;
        }
        self.texts.titles += alert.title.len();
        self.texts.details += alert.details_bytes();
        self.with_texts.extend(worth(fingerprint, alert));
    }

    fn remove(&mut self, fingerprint: Fingerprint, alert: &TrackedAlert) {
        if alert.is_firing() {
            self.firing
                .remove(&(alert.priority, alert.span.starts_at, fingerprint));
            if let Some(end) = alert.span.ends_at {
                self.ends.remove(&(end, fingerprint));
            }
        } else {
            self.over.remove(&(alert.seen_at, fingerprint));
            if let Some(count) = self.over_since.get_mut(&alert.joined) {
                *count -= 1;
                if *count == 0 {
                    self.over_since.remove(&alert.joined);
                }
            }
        }
        self.texts.titles -= alert.title.len();
        self.texts.details -= alert.details_bytes();
        if let Some(worth) = worth(fingerprint, alert) {
            self.with_texts.remove(&worth);
        }
    }
}

impl TrackedAlerts {
    /// Adds or replaces an alert.
    pub(crate) fn insert(&mut self, fingerprint: Fingerprint, alert: TrackedAlert) {
        self.remove(fingerprint);
        self.tally.add(fingerprint, &alert);
        self.by_fingerprint.insert(fingerprint, alert);
    }

    /// Takes an alert out.
    pub(crate) fn remove(&mut self, fingerprint: Fingerprint) -> Option<TrackedAlert> {
        let alert = self.by_fingerprint.remove(&fingerprint)?;
        self.tally.remove(fingerprint, &alert);
        Some(alert)
    }

    /// Changes an alert, if there is one.
    pub(crate) fn update(
        &mut self,
        fingerprint: Fingerprint,
        change: impl FnOnce(&mut TrackedAlert),
    ) {
        if let Some(alert) = self.by_fingerprint.get_mut(&fingerprint) {
            self.tally.remove(fingerprint, alert);
            change(alert);
            self.tally.add(fingerprint, alert);
        }
    }

    /// When an alert lately changed, to be counted on.
    pub(crate) fn turns_mut(&mut self, fingerprint: Fingerprint) -> Option<&mut Turns> {
        let alert = self.by_fingerprint.get_mut(&fingerprint)?;
        Some(&mut alert.turns)
    }

    /// The groups that have an alert, to be changed.
    pub(crate) fn groups_mut(
        &mut self,
        fingerprint: Fingerprint,
    ) -> Option<&mut BTreeSet<GroupKey>> {
        let alert = self.by_fingerprint.get_mut(&fingerprint)?;
        Some(&mut alert.groups)
    }

    /// Where an alert is put down as a source of inhibit rules, to be changed.
    pub(crate) fn sources_mut(
        &mut self,
        fingerprint: Fingerprint,
    ) -> Option<&mut BTreeSet<InhibitionKey>> {
        let alert = self.by_fingerprint.get_mut(&fingerprint)?;
        Some(&mut alert.sources)
    }

    /// How many fire.
    #[must_use]
    pub fn firing_count(&self) -> usize {
        self.tally.firing.len()
    }

    /// The most urgent that fires, of several the oldest.
    pub(crate) fn most_urgent(&self) -> Option<&TrackedAlert> {
        let (_, _, fingerprint) = self.tally.firing.first()?;
        self.by_fingerprint.get(fingerprint)
    }

    /// When the next one that fires is over by itself.
    pub(crate) fn next_end(&self) -> Option<Timestamp> {
        self.tally.ends.first().map(|(end, _)| *end)
    }

    /// What fires by its phase and is over by now, in order of fingerprint.
    pub(crate) fn ended_by(&self, now: Timestamp) -> Vec<Fingerprint> {
        let ended = self.tally.ends.iter().take_while(|(end, _)| *end <= now);
        let mut ended: Vec<Fingerprint> = ended.map(|(_, fingerprint)| *fingerprint).collect();
        ended.sort_unstable();
        ended
    }

    /// How many of those that are over joined in a version or later.
    pub(crate) fn over_since(&self, version: u64) -> usize {
        // Of earlier episodes there are few.
        let before = self.tally.over_since.range(..version);
        let before: usize = before.map(|(_, count)| count).sum();
        self.tally.over.len() - before
    }

    /// What is over, longest untouched first.
    pub(crate) fn over(&self) -> impl Iterator<Item = (Fingerprint, &TrackedAlert)> {
        self.tally.over.iter().filter_map(|(_, fingerprint)| {
            let alert = self.by_fingerprint.get(fingerprint)?;
            Some((*fingerprint, alert))
        })
    }

    /// Those that have texts, the least worth knowing first.
    pub(crate) fn with_texts(&self) -> impl Iterator<Item = Fingerprint> {
        self.tally
            .with_texts
            .iter()
            .map(|(.., fingerprint)| *fingerprint)
    }

    /// How many bytes the texts have together.
    pub(crate) const fn texts(&self) -> Texts {
        self.tally.texts
    }
}

impl Deref for TrackedAlerts {
    type Target = BTreeMap<Fingerprint, TrackedAlert>;

    fn deref(&self) -> &Self::Target {
        &self.by_fingerprint
    }
}

impl From<BTreeMap<Fingerprint, TrackedAlert>> for TrackedAlerts {
    fn from(by_fingerprint: BTreeMap<Fingerprint, TrackedAlert>) -> Self {
        let mut tally = Tally::default();
        for (fingerprint, alert) in &by_fingerprint {
            tally.add(*fingerprint, alert);
        }
        Self {
            by_fingerprint,
            tally,
        }
    }
}

impl<'a> IntoIterator for &'a TrackedAlerts {
    type Item = (&'a Fingerprint, &'a TrackedAlert);
    type IntoIter = std::collections::btree_map::Iter<'a, Fingerprint, TrackedAlert>;

    fn into_iter(self) -> Self::IntoIter {
        self.by_fingerprint.iter()
    }
}

impl PartialEq for TrackedAlerts {
    fn eq(&self, other: &Self) -> bool {
        self.by_fingerprint == other.by_fingerprint
    }
}

impl Serialize for TrackedAlerts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.by_fingerprint.serialize(serializer)
    }
}

#[cfg(test)]
impl TrackedAlerts {
    /// Whether what is kept up to date is what a look at all alerts would find.
    pub(crate) fn is_consistent(&self) -> bool {
        Self::from(self.by_fingerprint.clone()).tally == self.tally
    }
}
