//! Points as lines of CloudWatch's embedded metric format: 100 metrics a line and 100 values a metric at most, the time
//! that of the records. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//!
//! A distribution of up to 100 values is an array of them; a larger one is `Values` and `Counts` with their sum, as
//! the CloudWatch agent writes histograms. Either way CloudWatch has the values themselves, so that a percentile over an
//! hour is that of the hour and no average of percentiles.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde_json::{Map, Value, json};

use crate::series::{Data, Point};

const METRICS: usize = 100;
const VALUES: usize = 100;

/// The lines, each without a line break.
#[must_use]
pub fn lines(namespace: &str, points: &[Point]) -> Vec<String> {
    // What shares its dimensions and its minute shares a line.
    type Key<'a> = (i64, &'a [(CompactString, CompactString)]);
    let mut objects: BTreeMap<Key<'_>, Vec<Vec<(&Point, Value)>>> = BTreeMap::new();
    for point in points {
        let rows = objects.entry((point.at, &point.dimensions)).or_default();
        let mut from = 0;
        for value in values(&point.data) {
            // A metric stands once in a line.
            let free = |row: &Vec<(&Point, Value)>| {
                row.len() < METRICS
                    && row
                        .last()
                        .is_none_or(|(last, _)| last.metric != point.metric)
            };
            let place = rows.iter().skip(from).position(free).map(|at| at + from);
            let place = place.unwrap_or(rows.len());
            match rows.get_mut(place) {
                Some(row) => row.push((point, value)),
                None => rows.push(vec![(point, value)]),
            }
            from = place + 1;
        }
    }
    let rows = objects.into_iter().flat_map(|((at, dimensions), rows)| {
        rows.into_iter()
            .map(move |row| line(namespace, at, dimensions, row))
    });
    rows.collect()
}

fn line(
    namespace: &str,
    at: i64,
    dimensions: &[(CompactString, CompactString)],
    row: Vec<(&Point, Value)>,
) -> String {
    let names: Vec<&str> = dimensions.iter().map(|(name, _)| name.as_str()).collect();
    let metrics: Vec<Value> = row
        .iter()
        .map(|(point, _)| json!({ "Name": point.metric.as_str(), "Unit": point.unit }))
        .collect();
    let directive = json!({ "Namespace": namespace, "Dimensions": [names], "Metrics": metrics });
    let mut object = Map::new();
    object.insert(
        "_aws".to_owned(),
        json!({ "Timestamp": at, "CloudWatchMetrics": [directive] }),
    );
    for (name, value) in dimensions {
        object.insert(name.to_string(), value.as_str().into());
    }
    for (point, value) in row {
        object.insert(point.metric.to_string(), value);
    }
    Value::Object(object).to_string()
}

fn values(data: &Data) -> Vec<Value> {
    match data {
        Data::Single(number) => vec![json!(whole(*number))],
        Data::Distribution(counted) if data.count() <= VALUES as u64 => {
            let repeated = counted.iter().flat_map(|(value, count)| {
                let count = usize::try_from(*count).unwrap_or_default();
                std::iter::repeat_n(whole(*value), count)
            });
            vec![Value::Array(repeated.collect())]
        }
        Data::Distribution(counted) => counted.chunks(VALUES).map(histogram).collect(),
    }
}

fn histogram(counted: &[(f64, u64)]) -> Value {
    let values: Vec<Value> = counted.iter().map(|(value, _)| whole(*value)).collect();
    let counts: Vec<u64> = counted.iter().map(|(_, count)| *count).collect();
    let sum: f64 = counted
        .iter()
        .map(|(value, count)| value * *count as f64)
        .sum();
    json!({
        "Values": values,
        "Counts": counts,
        "Min": values.first(),
        "Max": values.last(),
        "Count": counts.iter().sum::<u64>(),
        "Sum": whole(sum),
    })
}

/// A whole number is written without a point: half as long.
fn whole(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        return json!(number as i64);
    }
    json!(number)
}
