//! Points of many minutes as one row a metric.

use std::collections::BTreeMap;

use compact_str::CompactString;
use log_metrics::{Data, Point};
use serde::Serialize;

/// A metric over all its minutes.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) metric: CompactString,
    pub(crate) unit: &'static str,
    pub(crate) dimensions: BTreeMap<CompactString, CompactString>,
    /// Data points: minutes of a count or a sum, values of a distribution.
    pub(crate) samples: u64,
    pub(crate) sum: f64,
    pub(crate) average: f64,
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) maximum: f64,
    /// Whether it is a distribution, of which the percentiles mean something.
    #[serde(skip)]
    pub(crate) is_distribution: bool,
}

/// One row for each metric and its dimensions, in order.
pub(crate) fn rows(points: &[Point]) -> Vec<Row> {
    type Key<'a> = (&'a str, &'a [(CompactString, CompactString)]);
    type Values<'a> = (&'a Point, Vec<(f64, u64)>);
    let mut merged: BTreeMap<Key<'_>, Values<'_>> = BTreeMap::new();
    for point in points {
        let known = merged.entry((&point.metric, &point.dimensions));
        let (_, values) = known.or_insert_with(|| (point, Vec::new()));
        match &point.data {
            Data::Single(number) => values.push((*number, 1)),
            Data::Distribution(counted) => values.extend(counted),
        }
    }
    merged
        .into_values()
        .map(|(point, values)| row(point, values))
        .collect()
}

fn row(point: &Point, mut values: Vec<(f64, u64)>) -> Row {
    values.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let samples = values.iter().map(|(_, count)| count).sum::<u64>();
    let sum: f64 = values
        .iter()
        .map(|(value, count)| value * *count as f64)
        .sum();
    let percentile = |share: f64| {
        let rank = (share * samples as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let found = values.iter().find(|(_, count)| {
            seen += count;
            seen >= rank
        });
        found.map_or(0.0, |(value, _)| *value)
    };
    Row {
        metric: point.metric.clone(),
        unit: point.unit,
        dimensions: point.dimensions.iter().cloned().collect(),
        samples,
        sum,
        average: if samples == 0 {
            0.0
        } else {
            sum / samples as f64
        },
        p50: percentile(0.50),
        p95: percentile(0.95),
        p99: percentile(0.99),
        maximum: values.last().map_or(0.0, |(value, _)| *value),
        is_distribution: matches!(point.data, Data::Distribution(_)),
    }
}
