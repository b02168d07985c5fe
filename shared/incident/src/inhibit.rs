//! Inhibition: what fires elsewhere and explains an alert.
//!
//! It is a key look-up, never a scan of what fires: the sources of a rule are kept by the values of
//! its `equal` labels, and a target looks under its own values.

use std::collections::BTreeMap;

use alert_classification::Fingerprint;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use settings::{InhibitRule, Lookup};

use crate::key::InhibitionKey;
use crate::span::Span;
use crate::subject::Subject;

/// The most sources that one place remembers: any one of them is enough to inhibit, so that those that
/// end last are remembered.
const MAX_SOURCES: usize = 500;

/// The alerts that fire and are sources of one rule, with the same values of its `equal` labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inhibition {
    /// Counts its changes; the store compares and sets it.
    pub version: u64,
    /// The sources.
    pub sources: BTreeMap<Fingerprint, Source>,
}

/// A source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// From when to when it fires.
    pub span: Span,
    /// Whether it is a target of the rule as well: then it does not inhibit what is both itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub both: bool,
    /// Its title, for whoever asks what explains an alert.
    pub title: String,
}

impl Inhibition {
    /// No source.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            version: 0,
            sources: BTreeMap::new(),
        }
    }

    /// Forgets a source; whether it was one.
    pub fn remove(&mut self, fingerprint: Fingerprint) -> bool {
        self.sources.remove(&fingerprint).is_some()
    }

    /// Notes what is known about a source; whether that is new.
    pub fn put(&mut self, fingerprint: Fingerprint, source: Source, now: Timestamp) -> bool {
        if source.span.is_over(now) {
            return self.remove(fingerprint);
        }
        if self.sources.get(&fingerprint) == Some(&source) {
            return false;
        }
        self.sources.retain(|_, known| !known.span.is_over(now));
        if self.sources.len() >= MAX_SOURCES && !self.sources.contains_key(&fingerprint) {
            let soonest = self.ends_soonest();
            match soonest {
                Some((end, known)) if end < source.end() => self.remove(known),
                Some(_) | None => return false,
            };
        }
        self.sources.insert(fingerprint, source);
        true
    }

    /// The source that ends before the others, and when; of several the first.
    fn ends_soonest(&self) -> Option<(Timestamp, Fingerprint)> {
        let ends = self.sources.iter();
        ends.map(|(fingerprint, source)| (source.end(), *fingerprint))
            .min()
    }

    /// A source that fires and inhibits a target, which is a source itself or not.
    #[must_use]
    pub fn inhibits(
        &self,
        target_is_source: bool,
        now: Timestamp,
    ) -> Option<(Fingerprint, &Source)> {
        self.sources
            .iter()
            .find(|(_, source)| {
                let itself = target_is_source && source.both;
                !source.span.is_over(now) && !itself
            })
            .map(|(fingerprint, source)| (*fingerprint, source))
    }

    /// When the last source that is known to end is over; `None` when one has no known end.
    #[must_use]
    pub fn keep_until(&self) -> Option<Timestamp> {
        let mut latest = Timestamp::MIN;
        for source in self.sources.values() {
            latest = latest.max(source.span.ends_at?);
        }
        Some(latest)
    }
}

impl Source {
    /// Until when it inhibits: what has no known end does so longest.
    fn end(&self) -> Timestamp {
        self.span.ends_at.unwrap_or(Timestamp::MAX)
    }
}

impl Default for Inhibition {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether all matchers of a rule's side hold.
pub(crate) fn matches(matchers: &[settings::Matcher], subject: &impl Lookup) -> bool {
    matchers.iter().all(|matcher| matcher.is_match(subject))
}

/// Where an alert stands in a rule: the values of its `equal` labels.
pub(crate) fn place(rule: &InhibitRule, subject: &Subject<'_>) -> InhibitionKey {
    let values = rule
        .equal
        .iter()
        .map(|name| subject.text(name).unwrap_or_default());
    InhibitionKey::of(&rule.id, values)
}
