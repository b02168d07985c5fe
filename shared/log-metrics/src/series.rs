//! What the records of a delivery add up to, minute by minute.

use std::collections::HashMap;

use compact_str::CompactString;
use settings::logs::MetricKind;

use crate::program::{Program, SeriesKind};
use crate::record::Record;

/// The value of a dimension that stands for all that are over the limit.
pub const OTHER: &str = "other";
/// Parts of the key of a series stand apart by what no text has.
const APART: char = '\u{1f}';
/// CloudWatch allows 1,024 bytes; nobody reads as many.
const LONGEST: usize = 200;
/// Values are kept one by one until there are so many, then each once with its count.
const LOOSE: usize = 4_096;
/// More different values than this in one minute of one delivery are rounded to three digits.
const EXACT: usize = 1_000;

/// All series of a delivery.
#[derive(Debug)]
pub(crate) struct Table {
    /// By the place in [`Program::series`], then by the values of the dimensions.
    kinds: Vec<HashMap<CompactString, Series>>,
    key: String,
    /// Records that were counted under `other`.
    pub(crate) over: u64,
}

#[derive(Debug)]
struct Series {
    /// Names and values of the dimensions, masked.
    dimensions: Vec<(CompactString, CompactString)>,
    /// By minute since 1970. A delivery has few.
    minutes: Vec<(i64, Total)>,
}

#[derive(Clone, Debug)]
enum Total {
    Sum(f64),
    Values(Distribution),
}

/// How often which value was there.
#[derive(Clone, Debug, Default)]
struct Distribution {
    loose: Vec<f64>,
    counted: Vec<(f64, u64)>,
}

/// One metric of one minute.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The metric's name.
    pub metric: CompactString,
    /// Its unit, as CloudWatch calls it.
    pub unit: &'static str,
    /// Names and values of its dimensions, in the order of the rule.
    pub dimensions: Vec<(CompactString, CompactString)>,
    /// The minute's beginning, in milliseconds since 1970, by the records' own clock.
    pub at: i64,
    /// What was there: one number of a count, a sum or an estimate; of a distribution each value with its count, in order.
    pub data: Data,
}

/// The numbers of a point.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// One number.
    Single(f64),
    /// Values and how often each was there.
    Distribution(Vec<(f64, u64)>),
}

impl Data {
    /// How many values there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self {
            Self::Single(_) => 1,
            Self::Distribution(values) => values.iter().map(|(_, count)| count).sum(),
        }
    }

    /// Their sum.
    #[must_use]
    pub fn sum(&self) -> f64 {
        match self {
            Self::Single(value) => *value,
            Self::Distribution(values) => values
                .iter()
                .map(|(value, count)| value * *count as f64)
                .sum(),
        }
    }
}

impl Table {
    pub(crate) fn new(program: &Program) -> Self {
        Self {
            kinds: program.series.iter().map(|_| HashMap::new()).collect(),
            key: String::new(),
            over: 0,
        }
    }

    /// Adds a number to a series. A record that lacks one of its dimensions is not in it: the total has it.
    pub(crate) fn add(
        &mut self,
        program: &Program,
        place: usize,
        record: &Record<'_>,
        minute: i64,
        number: f64,
    ) {
        let (Some(kind), Some(known)) = (program.series.get(place), self.kinds.get_mut(place))
        else {
            return;
        };
        let Some(series) = find(
            kind,
            known,
            record,
            &mut self.key,
            program.limits.dimension_values,
            &mut self.over,
        ) else {
            return;
        };
        let found = series
            .minutes
            .iter()
            .rposition(|(known, _)| *known == minute);
        let found = found.unwrap_or_else(|| {
            let total = match kind.metric.kind {
                MetricKind::Count | MetricKind::Sum | MetricKind::Distinct => Total::Sum(0.0),
                MetricKind::Distribution => Total::Values(Distribution::default()),
            };
            series.minutes.push((minute, total));
            series.minutes.len() - 1
        });
        if let Some((_, total)) = series.minutes.get_mut(found) {
            match total {
                Total::Sum(sum) => *sum += number,
                Total::Values(values) => values.add(number),
            }
        }
    }

    /// Everything, in an order of its own: by metric, dimensions and minute.
    pub(crate) fn points(self, program: &Program) -> Vec<Point> {
        let mut points = Vec::new();
        for (kind, series) in program.series.iter().zip(self.kinds) {
            // What differs may look the same when it is masked.
            let mut merged: HashMap<(Vec<_>, i64), Total> = HashMap::new();
            for one in series.into_values() {
                for (minute, total) in one.minutes {
                    let key = (one.dimensions.clone(), minute);
                    match merged.get_mut(&key) {
                        Some(known) => known.merge(total),
                        None => {
                            merged.insert(key, total);
                        }
                    }
                }
            }
            points.extend(
                merged
                    .into_iter()
                    .map(|((dimensions, minute), total)| Point {
                        metric: kind.metric.name.clone(),
                        unit: kind.metric.unit.as_str(),
                        dimensions,
                        at: minute.saturating_mul(60_000),
                        data: match total {
                            Total::Sum(sum) => Data::Single(sum),
                            Total::Values(values) => Data::Distribution(values.finish()),
                        },
                    }),
            );
        }
        points.sort_by(|a, b| {
            (&a.metric, &a.dimensions, a.at).cmp(&(&b.metric, &b.dimensions, b.at))
        });
        points
    }
}

/// The key of what a record's dimensions are; without one of them there is none.
pub(crate) fn key(kind: &SeriesKind, record: &Record<'_>, key: &mut String) -> Option<()> {
    key.clear();
    for (_, slot) in &kind.dimensions {
        key.push_str(record.text_of(*slot)?);
        key.push(APART);
    }
    Some(())
}

fn find<'t>(
    kind: &SeriesKind,
    known: &'t mut HashMap<CompactString, Series>,
    record: &Record<'_>,
    key_text: &mut String,
    limit: usize,
    over: &mut u64,
) -> Option<&'t mut Series> {
    key(kind, record, key_text)?;
    if !known.contains_key(key_text.as_str()) {
        let full = known.len() >= limit && !kind.dimensions.is_empty();
        let dimensions = dimensions(kind, record, full);
        if full {
            *over += 1;
            key_text.clear();
        }
        let entry = known.entry(key_text.as_str().into());
        return Some(entry.or_insert_with(|| Series {
            dimensions,
            minutes: Vec::new(),
        }));
    }
    known.get_mut(key_text.as_str())
}

/// Names and values of a record's dimensions, as they may be seen.
pub(crate) fn dimensions(
    kind: &SeriesKind,
    record: &Record<'_>,
    other: bool,
) -> Vec<(CompactString, CompactString)> {
    let value = |name: &str, slot: u16| {
        if other {
            return OTHER.into();
        }
        dimension_value(name, record.text_of(slot).unwrap_or_default())
    };
    let dimensions = kind.dimensions.iter();
    dimensions
        .map(|(name, slot)| (name.clone(), value(name, *slot)))
        .collect()
}

/// CloudWatch wants printable ASCII, and people nothing personal.
fn dimension_value(name: &str, text: &str) -> CompactString {
    let masked = masking::mask_field(name, text);
    let printable = |c: char| {
        if c.is_ascii_graphic() || c == ' ' {
            c
        } else {
            '?'
        }
    };
    let value: CompactString = masked.chars().take(LONGEST).map(printable).collect();
    if value.trim().is_empty() {
        OTHER.into()
    } else {
        value
    }
}

impl Total {
    fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Sum(sum), Self::Sum(more)) => *sum += more,
            (Self::Values(values), Self::Values(more)) => {
                values.count();
                let counted = more.finish();
                values.put(counted);
            }
            (Self::Sum(_), Self::Values(_)) | (Self::Values(_), Self::Sum(_)) => {}
        }
    }
}

impl Distribution {
    fn add(&mut self, value: f64) {
        self.loose.push(value);
        if self.loose.len() >= LOOSE {
            self.count();
        }
    }

    fn count(&mut self) {
        let mut loose = std::mem::take(&mut self.loose);
        loose.sort_unstable_by(f64::total_cmp);
        let counted = loose.chunk_by(|a, b| a.total_cmp(b).is_eq());
        let counted = counted.filter_map(|same| Some((*same.first()?, same.len() as u64)));
        self.put(counted.collect());
    }

    /// Puts further values beside those that are there, both in order.
    fn put(&mut self, more: Vec<(f64, u64)>) {
        self.counted.extend(more);
        self.tidy(|value| value);
        if self.counted.len() > EXACT {
            self.tidy(three_digits);
        }
    }

    fn tidy(&mut self, round: impl Fn(f64) -> f64) {
        let mut all: Vec<(f64, u64)> = std::mem::take(&mut self.counted);
        for (value, _) in &mut all {
            *value = round(*value);
        }
        all.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        for (value, count) in all {
            match self.counted.last_mut() {
                Some((last, total)) if last.total_cmp(&value).is_eq() => *total += count,
                _ => self.counted.push((value, count)),
            }
        }
    }

    fn finish(mut self) -> Vec<(f64, u64)> {
        self.count();
        self.counted
    }
}

/// At most half a percent away.
fn three_digits(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let power = 10_f64.powi(2 - value.abs().log10().floor() as i32);
    let rounded = (value * power).round() / power;
    if rounded.is_finite() { rounded } else { value }
}

#[cfg(test)]
mod tests {
    use super::{Distribution, EXACT};
    use proptest::prelude::*;

    fn of(values: &[f64]) -> Vec<(f64, u64)> {
        let mut distribution = Distribution::default();
        for value in values {
            distribution.add(*value);
        }
        distribution.finish()
    }

    #[test]
    fn few_values_are_exact() {
        let values: Vec<f64> = (0..20_000).map(|n| f64::from(n % 500)).collect();
        let counted = of(&values);
        assert_eq!(counted.len(), 500);
        assert!(counted.iter().all(|(_, count)| *count == 40));
    }

    proptest! {
        #[test]
        fn many_values_are_half_a_percent_away(values in prop::collection::vec(0.001_f64..1e6, 4_000..9_000)) {
            let counted = of(&values);
            let mut sorted = values;
            sorted.sort_by(f64::total_cmp);
            let total: u64 = counted.iter().map(|(_, count)| count).sum();
            prop_assert_eq!(total, sorted.len() as u64);
            prop_assert!(counted.len() <= EXACT * 9);
            let mut rank = 0;
            for (value, count) in counted {
                for exact in sorted.iter().skip(rank).take(count as usize) {
                    prop_assert!((value / exact - 1.0).abs() <= 0.0051, "{} {}", value, exact);
                }
                rank += count as usize;
            }
        }
    }
}
