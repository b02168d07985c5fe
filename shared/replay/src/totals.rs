//! What a run came to, in numbers.

use std::collections::BTreeMap;

use incident::{Effects, SuppressionReason};
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::Serialize;
use settings::{Channel, Priority};

use crate::driver::Told;

/// Night begins at this hour…
const EVENING: i8 = 22;
/// …and ends at this one.
const MORNING: i8 = 7;

/// Where it is night when: from 22:00 to 07:00 in a time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Night(TimeZone);

/// The numbers. A message by each channel counts for itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Totals {
    /// Events that arrived.
    pub events: u64,
    /// Alerts in them.
    pub alerts: u64,
    /// Incidents that were opened.
    pub incidents: u64,
    /// Messages.
    pub notifications: u64,
    /// Messages by receiver.
    pub by_receiver: BTreeMap<String, u64>,
    /// Messages by channel.
    pub by_channel: BTreeMap<Channel, u64>,
    /// Messages by the priority of their most urgent incident.
    pub by_priority: BTreeMap<Priority, u64>,
    /// Messages between 22:00 and 07:00.
    pub at_night: u64,
    /// The time zone of that night.
    pub time_zone: String,
    /// Arrivals that were news for a group, counted once for each.
    pub grouped: u64,
    /// Of those, the ones that somebody was told of.
    pub notified: u64,
    /// Arrivals that nobody was told of, by reason.
    pub suppressed: BTreeMap<SuppressionReason, u64>,
    /// Of the grouped ones, those of which nothing was decided by the end.
    pub pending: u64,
    #[serde(skip)]
    night: Night,
    #[serde(skip)]
    before: Books,
}

/// The books at one time.
#[derive(Clone, Debug, Default, PartialEq)]
struct Books {
    grouped: u64,
    notified: u64,
    suppressed: BTreeMap<SuppressionReason, u64>,
    opened: u64,
}

impl Night {
    /// The night of a time zone by its IANA name; `None` when there is no such zone.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let zone = TimeZoneDatabase::bundled().get(name).ok()?;
        (!zone.is_unknown()).then_some(Self(zone))
    }

    /// The name of the time zone.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The time zone.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.0
    }

    /// Whether it is night.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        let hour = self.0.to_datetime(at).hour();
        !(MORNING..EVENING).contains(&hour)
    }
}

impl Totals {
    pub(crate) fn new(night: Night) -> Self {
        Self {
            events: 0,
            alerts: 0,
            incidents: 0,
            notifications: 0,
            by_receiver: BTreeMap::new(),
            by_channel: BTreeMap::new(),
            by_priority: BTreeMap::new(),
            at_night: 0,
            time_zone: night.name().to_owned(),
            grouped: 0,
            notified: 0,
            suppressed: BTreeMap::new(),
            pending: 0,
            night,
            before: Books::default(),
        }
    }

    pub(crate) fn begin(&mut self, effects: &Effects, opened: u64) {
        self.before = Books {
            grouped: effects.grouped,
            notified: effects.notified,
            suppressed: effects.suppressed.clone(),
            opened,
        };
    }

    pub(crate) fn end(&mut self, effects: &Effects, opened: u64) {
        let before = &self.before;
        self.incidents = opened - before.opened;
        self.grouped = effects.grouped - before.grouped;
        self.notified = effects.notified - before.notified;
        let mut decided = self.notified;
        for (reason, count) in &effects.suppressed {
            let count = count - before.suppressed.get(reason).unwrap_or(&0);
            decided += count;
            if count > 0 {
                *self.suppressed.entry(*reason).or_default() += count;
            }
        }
        self.pending = self.grouped.saturating_sub(decided);
    }

    pub(crate) fn told(&mut self, told: &Told) {
        let notification = &told.notification;
        let night = self.night.contains(told.at);
        for delivery in &notification.deliveries {
            self.notifications += 1;
            self.at_night += u64::from(night);
            *self.by_channel.entry(delivery.channel).or_default() += 1;
            *self
                .by_priority
                .entry(notification.incident.priority)
                .or_default() += 1;
            match self.by_receiver.get_mut(notification.receiver.as_str()) {
                Some(count) => *count += 1,
                None => {
                    self.by_receiver
                        .insert(notification.receiver.to_string(), 1);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Night;
    use test_case::test_case;

    #[test_case("UTC", "2026-11-23T21:59:59Z", false; "late")]
    #[test_case("UTC", "2026-11-23T22:00:00Z", true; "at ten")]
    #[test_case("UTC", "2026-11-23T07:00:00Z", false; "at seven")]
    #[test_case("Asia/Kolkata", "2026-11-23T17:00:00Z", true; "elsewhere it is later")]
    fn it_is_night(zone: &str, at: &str, night: bool) {
        let at = at.parse().unwrap();
        assert_eq!(Night::of(zone).unwrap().contains(at), night);
    }

    #[test]
    fn there_is_no_night_on_mars() {
        assert_eq!(Night::of("Mars/Olympus"), None);
    }
}
