//! What outlives a delivery: sketches of who was there by day and by month, and how much memory functions use.
//!
//! A state is a value: what one delivery adds is a state too, and merging is in any order and any number of times the
//! same, so a delivery that comes twice changes nothing, and two processes that write at once lose nothing.

use std::collections::BTreeMap;

use compact_str::CompactString;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use settings::logs::Period;

use crate::series::{Data, OTHER, Point};
use crate::sketch::Sketch;

/// Days before today that are still kept, for records that come late.
const DAYS: i32 = 2;
/// Functions whose memory is remembered.
const FUNCTIONS: usize = 2_000;

/// What outlives a delivery.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct State {
    /// Who was there.
    pub sketches: Vec<Seen>,
    /// How much memory each function used, by day.
    pub memory: BTreeMap<CompactString, BTreeMap<CompactString, Memory>>,
}

/// The different values of a field in a day or a month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The metric.
    pub metric: CompactString,
    /// Names and values of its dimensions.
    pub dimensions: Vec<(CompactString, CompactString)>,
    /// `2026-11-24`, or `2026-11`.
    pub period: CompactString,
    /// Who they were.
    pub sketch: Sketch,
    /// The last minute that had one, in milliseconds since 1970.
    pub at: i64,
}

/// How much memory a function used on one day. Only what merges the same however often it is told.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Megabytes that it has.
    pub size: u32,
    /// Megabytes that it used at most.
    pub used: u32,
    /// A bit for each hour of the day in which it ran.
    pub hours: u32,
}

impl State {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sketches.is_empty() && self.memory.is_empty()
    }

    /// Takes over what another has seen; whether anything was new.
    pub fn merge(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for seen in &other.sketches {
            let known = self.entry(&seen.metric, &seen.dimensions, &seen.period);
            changed |= known.sketch.merge(&seen.sketch);
            known.at = known.at.max(seen.at);
        }
        for (function, days) in &other.memory {
            if !self.memory.contains_key(function) && self.memory.len() >= FUNCTIONS {
                continue;
            }
            let known = self.memory.entry(function.clone()).or_default();
            for (day, memory) in days {
                changed |= known.entry(day.clone()).or_default().merge(*memory);
            }
        }
        changed
    }

    /// Forgets the days and months that no record will come for any more.
    pub fn forget(&mut self, now: Timestamp, zone: &TimeZone) {
        let today = zone.to_datetime(now).date();
        let oldest = today
            .checked_sub(jiff::Span::new().days(DAYS))
            .unwrap_or(today);
        let (day, month) = (day(oldest), month(oldest));
        let keeps = |period: &str| {
            period
                >= if period.len() == day.len() {
                    day.as_str()
                } else {
                    month.as_str()
                }
        };
        self.sketches.retain(|seen| keeps(&seen.period));
        for days in self.memory.values_mut() {
            days.retain(|period, _| keeps(period));
        }
        self.memory.retain(|_, days| !days.is_empty());
    }

    /// The parts in which it is stored, each small enough for a record: the sketches of one metric and period, and
    /// the memory of one day. Merging them all is the whole again.
    #[must_use]
    pub fn parts(&self) -> BTreeMap<CompactString, Self> {
        let mut parts: BTreeMap<CompactString, Self> = BTreeMap::new();
        for seen in &self.sketches {
            let name = compact_str::format_compact!("{}#{}", seen.metric, seen.period);
            parts.entry(name).or_default().sketches.push(seen.clone());
        }
        for (function, days) in &self.memory {
            for (day, memory) in days {
                let part = parts.entry(memory_part(day)).or_default();
                let known = part.memory.entry(function.clone()).or_default();
                known.insert(day.clone(), *memory);
            }
        }
        parts
    }

    pub(crate) fn see(
        &mut self,
        metric: &str,
        dimensions: &[(CompactString, CompactString)],
        period: &str,
        hash: u64,
        at: i64,
    ) {
        let known = self.entry(metric, dimensions, period);
        known.sketch.add_hash(hash);
        known.at = known.at.max(at);
    }

    fn entry(
        &mut self,
        metric: &str,
        dimensions: &[(CompactString, CompactString)],
        period: &str,
    ) -> &mut Seen {
        let same = |seen: &Seen| {
            seen.metric == metric && seen.period == period && seen.dimensions == dimensions
        };
        let at = self.sketches.iter().position(same).unwrap_or_else(|| {
            self.sketches.push(Seen {
                metric: metric.into(),
                dimensions: dimensions.to_vec(),
                period: period.into(),
                sketch: Sketch::default(),
                at: 0,
            });
            self.sketches.len() - 1
        });
        #[expect(
            clippy::indexing_slicing,
            reason = "it was found or put there just now"
        )]
        &mut self.sketches[at]
    }

    /// How many sketches a metric has in a period: what is over the limit shares one.
    pub(crate) fn is_full(
        &self,
        metric: &str,
        dimensions: &[(CompactString, CompactString)],
        period: &str,
        limit: usize,
    ) -> bool {
        let of_it = self
            .sketches
            .iter()
            .filter(|seen| seen.metric == metric && seen.period == period);
        let (mut count, mut known) = (0, false);
        for seen in of_it {
            count += 1;
            known |= seen.dimensions == dimensions;
        }
        !known && count >= limit && !dimensions.is_empty()
    }

    pub(crate) fn remember(&mut self, function: &str, day: &str, memory: Memory) {
        if !self.memory.contains_key(function) && self.memory.len() >= FUNCTIONS {
            return;
        }
        let days = self.memory.entry(function.into()).or_default();
        days.entry(day.into()).or_default().merge(memory);
    }

    /// The estimates as points, each at the last minute that added to it: the maximum of a day's is the day's number.
    /// Of `only`, if it is given, those that it has something of.
    #[must_use]
    pub fn points(&self, only: Option<&Self>) -> Vec<Point> {
        let wanted = |seen: &&Seen| {
            only.is_none_or(|only| {
                let mut all = only.sketches.iter();
                all.any(|one| {
                    one.metric == seen.metric
                        && one.period == seen.period
                        && one.dimensions == seen.dimensions
                })
            })
        };
        let points = self.sketches.iter().filter(wanted).map(|seen| Point {
            metric: seen.metric.clone(),
            unit: "Count",
            dimensions: seen.dimensions.clone(),
            at: seen.at,
            data: Data::Single(seen.sketch.estimate().round()),
        });
        points.collect()
    }
}

impl Memory {
    fn merge(&mut self, other: Self) -> bool {
        let before = *self;
        self.size = self.size.max(other.size);
        self.used = self.used.max(other.used);
        self.hours |= other.hours;
        *self != before
    }
}

/// The days and months of a time zone, with the last one at hand: records come in order, mostly.
#[derive(Debug, Default)]
pub(crate) struct Days {
    /// From and until, in milliseconds since 1970.
    known: Option<(i64, i64)>,
    day: CompactString,
    month: CompactString,
}

impl Days {
    /// Looks up the day of a moment; whether there is one.
    pub(crate) fn look_up(&mut self, at: i64, zone: &TimeZone) -> bool {
        if self
            .known
            .is_some_and(|(from, until)| (from..until).contains(&at))
        {
            return true;
        }
        let found = || {
            let date = zone
                .to_datetime(Timestamp::from_millisecond(at).ok()?)
                .date();
            let from = begin(date, zone)?.as_millisecond();
            let until = begin(date.tomorrow().ok()?, zone)?.as_millisecond();
            Some((date, from, until))
        };
        let Some((date, from, until)) = found() else {
            return false;
        };
        self.known = Some((from, until));
        (self.day, self.month) = (day(date), month(date));
        true
    }

    pub(crate) fn label(&self, period: Period) -> &CompactString {
        match period {
            Period::Day => &self.day,
            Period::Month => &self.month,
        }
    }

    /// Which hour of the day that was looked up, as a bit.
    pub(crate) fn hour(&self, at: i64) -> u32 {
        let from = self.known.map_or(at, |(from, _)| from);
        let hour = u32::try_from((at - from) / 3_600_000).unwrap_or_default();
        1 << hour.min(23)
    }
}

/// The part that has the memory of a day, which is written as `2026-11-24`.
#[must_use]
pub fn memory_part(day: &str) -> CompactString {
    compact_str::format_compact!("memory#{day}")
}

/// When a day begins.
pub(crate) fn begin(date: Date, zone: &TimeZone) -> Option<Timestamp> {
    let midnight = date.to_datetime(jiff::civil::Time::midnight());
    zone.to_ambiguous_timestamp(midnight).compatible().ok()
}

fn day(date: Date) -> CompactString {
    compact_str::format_compact!("{date}")
}

fn month(date: Date) -> CompactString {
    compact_str::format_compact!("{:04}-{:02}", date.year(), date.month())
}

/// Dimensions of which there are too many.
pub(crate) fn others(
    dimensions: &[(CompactString, CompactString)],
) -> Vec<(CompactString, CompactString)> {
    dimensions
        .iter()
        .map(|(name, _)| (name.clone(), OTHER.into()))
        .collect()
}
