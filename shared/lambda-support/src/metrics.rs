//! Metrics in CloudWatch's embedded metric format: log lines that CloudWatch
//! turns into metrics, so that counting costs no request and cannot fail.
//!
//! It knows no metric by name. Alarms watch a metric with exactly its dimensions,
//! so each name has one set of dimensions for its total and, through
//! [`Metrics::count_by`], one more for its breakdown.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::OnceLock;

use jiff::Timestamp;
use serde_json::{Map, Number, Value, json};

use crate::env::{Environment, ProcessEnvironment};

/// The namespace of all our metrics.
pub const NAMESPACE: &str = "Tocsin";

/// The format allows so many metrics in one object, and so many values of one metric.
const METRICS: usize = 100;
const VALUES: usize = 100;
/// The format allows so many dimensions of one metric, so long a value of each.
const DIMENSIONS: usize = 30;
const DIMENSION_VALUE: usize = 1024;

/// The dimension that every metric has: a second stack in the same account must not keep the first
/// one's heartbeat going.
pub const STACK: &str = "stack";

/// The metrics of one invocation. Each has the dimension [`STACK`]: the environment variable
/// `STACK_NAME`, or else the name that Lambda gives the function.
///
/// ```
/// use jiff::Timestamp;
/// use lambda_support::metrics::Metrics;
///
/// let mut metrics = Metrics::new("alert-fanout");
/// metrics.count("AlertsSuppressed", 3);
/// metrics.count_by("AlertsSuppressed", "reason", "duplicate", 3);
/// metrics.emit(Timestamp::UNIX_EPOCH);
/// ```
#[derive(Clone, Debug)]
pub struct Metrics {
    function: String,
    dimensions: BTreeMap<String, String>,
    /// By the dimensions that come on top of `dimensions`: one object each, because
    /// an object has only one value for a dimension and for a metric.
    groups: BTreeMap<Option<(String, String)>, BTreeMap<&'static str, Series>>,
}

#[derive(Clone, Debug)]
enum Series {
    Count(u64),
    Millis(Vec<f64>),
    /// Numbers in a unit of CloudWatch's.
    Gauge(&'static str, Vec<f64>),
}

impl Metrics {
    /// No metrics yet. The name of the function is a field of the log line, to
    /// search by; it is a dimension only where nothing else names the stack.
    #[must_use]
    pub fn new(function: &str) -> Self {
        static STACK_NAME: OnceLock<Option<String>> = OnceLock::new();
        let stack = STACK_NAME.get_or_init(|| stack_name(&ProcessEnvironment));
        Self::of_stack(function, stack.as_deref().unwrap_or(function))
    }

    fn of_stack(function: &str, stack: &str) -> Self {
        let metrics = Self {
            function: function.to_owned(),
            dimensions: BTreeMap::new(),
            groups: BTreeMap::new(),
        };
        metrics.dimension(STACK, stack)
    }

    /// Gives every metric a dimension, such as the channel of a notifier.
    ///
    /// Beyond the 29th nothing happens: the format allows 30 and a breakdown needs one.
    #[must_use]
    pub fn dimension(mut self, name: &str, value: &str) -> Self {
        if self.dimensions.len() < DIMENSIONS - 1 {
            self.dimensions
                .insert(name.to_owned(), dimension_value(value));
        }
        self
    }

    /// Adds to a counter. A count of nothing is a data point too: it says that somebody counted.
    pub fn count(&mut self, name: &'static str, n: u64) {
        self.add(None, name, n);
    }

    /// Adds to the counter of one value of a dimension, and not to the total:
    /// whoever wants both counts both.
    pub fn count_by(&mut self, name: &'static str, dimension: &str, value: &str, n: u64) {
        let group = (dimension.to_owned(), dimension_value(value));
        self.add(Some(group), name, n);
    }

    /// Records a duration in milliseconds. What is no finite number is left out.
    pub fn millis(&mut self, name: &'static str, ms: f64) {
        if !ms.is_finite() {
            return;
        }
        let series = self.groups.entry(None).or_default().entry(name);
        match series.or_insert_with(|| Series::Millis(Vec::new())) {
            Series::Millis(values) => values.push(ms),
            Series::Count(_) | Series::Gauge(..) => {
                debug_assert!(false, "{name} is not a duration and cannot be one too");
            }
        }
    }

    /// Records a number of one value of a dimension, in a unit of CloudWatch's. What is no finite number is left out.
    pub fn gauge_by(
        &mut self,
        name: &'static str,
        unit: &'static str,
        dimension: &str,
        value: &str,
        number: f64,
    ) {
        if !number.is_finite() {
            return;
        }
        let group = Some((dimension.to_owned(), dimension_value(value)));
        let series = self.groups.entry(group).or_default().entry(name);
        match series.or_insert_with(|| Series::Gauge(unit, Vec::new())) {
            Series::Gauge(_, values) => values.push(number),
            Series::Count(_) | Series::Millis(_) => {
                debug_assert!(
                    false,
                    "{name} is not a number of a unit and cannot be one too"
                );
            }
        }
    }

    fn add(&mut self, group: Option<(String, String)>, name: &'static str, n: u64) {
        let series = self.groups.entry(group).or_default().entry(name);
        match series.or_insert(Series::Count(0)) {
            Series::Count(count) => *count = count.saturating_add(n),
            Series::Millis(_) | Series::Gauge(..) => {
                debug_assert!(false, "{name} is not a counter and cannot be one too");
            }
        }
    }

    /// Writes the metrics to standard output and begins anew.
    ///
    /// A log that cannot be written is no reason to fail an invocation whose work is done.
    pub fn emit(&mut self, now: Timestamp) {
        let mut text = self.lines(now).join("\n");
        self.groups.clear();
        if !text.is_empty() {
            text.push('\n');
            // One write, so that no other line gets in between.
            let mut stdout = io::stdout().lock();
            let _unwritten = stdout
                .write_all(text.as_bytes())
                .and_then(|()| stdout.flush());
        }
    }

    /// The metrics as objects of the embedded metric format, one a line.
    #[must_use]
    pub fn lines(&self, now: Timestamp) -> Vec<String> {
        let mut lines = Vec::new();
        for (group, metrics) in &self.groups {
            let mut dimensions = self.dimensions.clone();
            dimensions.extend(group.clone());
            for part in parts(metrics) {
                lines.push(self.object(&dimensions, part, now).to_string());
            }
        }
        lines
    }

    fn object(
        &self,
        dimensions: &BTreeMap<String, String>,
        part: Vec<(&'static str, &'static str, Value)>,
        now: Timestamp,
    ) -> Value {
        let names: Vec<&String> = dimensions.keys().collect();
        let declared: Vec<Value> = part
            .iter()
            .map(|(name, unit, _)| json!({ "Name": name, "Unit": unit }))
            .collect();
        let mut object = Map::new();
        // First, so that a metric or a dimension of the same name wins: the format needs those.
        object.insert("function".to_owned(), self.function.clone().into());
        for (name, value) in dimensions {
            object.insert(name.clone(), value.clone().into());
        }
        for (name, _, value) in part {
            object.insert(name.to_owned(), value);
        }
        let metadata = json!({
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [
                { "Namespace": NAMESPACE, "Dimensions": [names], "Metrics": declared },
            ],
        });
        object.insert("_aws".to_owned(), metadata);
        Value::Object(object)
    }
}

fn stack_name(environment: &dyn Environment) -> Option<String> {
    ["STACK_NAME", "AWS_LAMBDA_FUNCTION_NAME"]
        .into_iter()
        .filter_map(|name| environment.get(name))
        .find(|value| !value.trim().is_empty())
}

/// Metrics cut into what one object may hold; a name stands in each at most once.
fn parts(
    metrics: &BTreeMap<&'static str, Series>,
) -> Vec<Vec<(&'static str, &'static str, Value)>> {
    let mut first = Vec::new();
    let mut more: Vec<Vec<_>> = Vec::new();
    for (name, series) in metrics {
        match series {
            Series::Count(n) => first.push((*name, "Count", Value::from(*n))),
            Series::Millis(values) | Series::Gauge(_, values) => {
                let unit = match series {
                    Series::Gauge(unit, _) => unit,
                    Series::Count(_) | Series::Millis(_) => "Milliseconds",
                };
                for (index, chunk) in values.chunks(VALUES).enumerate() {
                    let metric = (*name, unit, numbers(chunk));
                    if index == 0 {
                        first.push(metric);
                    } else {
                        more.push(vec![metric]);
                    }
                }
            }
        }
    }
    let mut parts: Vec<Vec<_>> = Vec::new();
    while first.len() > METRICS {
        let rest = first.split_off(METRICS);
        parts.push(std::mem::replace(&mut first, rest));
    }
    parts.push(first);
    parts.extend(more);
    parts
}

/// A number alone, or a list of them.
fn numbers(values: &[f64]) -> Value {
    let number = |ms: &f64| Number::from_f64(*ms).map_or(Value::Null, Value::Number);
    match values {
        [one] => number(one),
        many => many.iter().map(number).collect(),
    }
}

/// CloudWatch takes 1 to 1024 ASCII characters, not all blank and not beginning
/// with a colon, and drops the metric otherwise.
fn dimension_value(value: &str) -> String {
    let ascii = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
    let value = value.trim_start_matches(|c: char| c == ':' || c.is_whitespace());
    let value = value.trim_end();
    let value: String = value.chars().take(DIMENSION_VALUE).map(ascii).collect();
    if value.is_empty() {
        "none".to_owned()
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use test_case::test_case;

    use super::*;

    fn now() -> Timestamp {
        "2026-03-04T05:06:07.089Z".parse().unwrap()
    }

    /// Checks a line against the rules of the format's specification.
    fn check(line: &str) -> Value {
        assert!(!line.contains('\n') && line.len() <= 256 * 1024);
        let object: Value = serde_json::from_str(line).expect("one JSON object");
        let metadata = &object["_aws"];
        assert_eq!(metadata["Timestamp"], json!(1_772_600_767_089_i64));
        for directive in metadata["CloudWatchMetrics"].as_array().unwrap() {
            assert_eq!(directive["Namespace"], NAMESPACE);
            let sets = directive["Dimensions"].as_array().unwrap();
            assert!(!sets.is_empty());
            for name in sets.iter().flat_map(|set| {
                let set = set.as_array().unwrap();
                assert!(set.len() <= 30);
                set
            }) {
                let value = object[name.as_str().unwrap()].as_str().expect("text");
                assert!((1..=1024).contains(&value.len()) && value.is_ascii());
            }
            let metrics = directive["Metrics"].as_array().unwrap();
            assert!((1..=100).contains(&metrics.len()));
            let mut names = BTreeSet::new();
            for metric in metrics {
                let name = metric["Name"].as_str().unwrap();
                assert!(names.insert(name), "{name} stands twice");
                assert!(["Count", "Milliseconds"].contains(&metric["Unit"].as_str().unwrap()));
                let value = &object[name];
                match value.as_array() {
                    Some(values) => {
                        assert!((1..=100).contains(&values.len()));
                        assert!(values.iter().all(Value::is_number));
                    }
                    None => assert!(value.is_number(), "{name}: {value}"),
                }
            }
        }
        object
    }

    #[test]
    fn counters_add_up_in_one_line() {
        let mut metrics = Metrics::of_stack("alert-fanout", "tocsin");
        metrics.count("AlertsReceived", 2);
        metrics.count("AlertsReceived", 3);
        metrics.count("IncidentsOpened", 0);
        assert_eq!(
            metrics.lines(now()),
            [concat!(
                r#"{"AlertsReceived":5,"IncidentsOpened":0,"_aws":{"CloudWatchMetrics":"#,
                r#"[{"Dimensions":[["stack"]],"Metrics":[{"Name":"AlertsReceived","Unit":"Count"},"#,
                r#"{"Name":"IncidentsOpened","Unit":"Count"}],"Namespace":"Tocsin"}],"#,
                r#""Timestamp":1772600767089},"function":"alert-fanout","stack":"tocsin"}"#
            )]
        );
    }

    #[test]
    fn each_value_of_a_dimension_has_an_object_of_its_own() {
        let mut metrics = Metrics::of_stack("notifier", "tocsin").dimension("channel", "slack");
        metrics.count("NotificationsSuppressed", 3);
        metrics.count_by("NotificationsSuppressed", "reason", "superseded", 1);
        metrics.count_by("NotificationsSuppressed", "reason", "duplicate", 2);
        metrics.millis("SendMillis", 12.5);
        let objects: Vec<Value> = metrics
            .lines(now())
            .iter()
            .map(|line| check(line))
            .collect();
        let seen: Vec<(&Value, &Value, &Value)> = objects
            .iter()
            .map(|o| {
                let directive = &o["_aws"]["CloudWatchMetrics"][0];
                (
                    &directive["Dimensions"],
                    &o["reason"],
                    &o["NotificationsSuppressed"],
                )
            })
            .collect();
        let by_reason = json!([["channel", "reason", "stack"]]);
        assert_eq!(
            seen,
            [
                (&json!([["channel", "stack"]]), &Value::Null, &json!(3)),
                (&by_reason, &json!("duplicate"), &json!(2)),
                (&by_reason, &json!("superseded"), &json!(1)),
            ]
        );
        assert_eq!(objects[0]["SendMillis"], json!(12.5));
    }

    #[test]
    fn numbers_have_their_units() {
        let mut metrics = Metrics::of_stack("health-check", "tocsin");
        metrics.gauge_by("ProbeAvailability", "Percent", "probe", "api", 100.0);
        metrics.gauge_by("DatabaseSize", "Bytes", "probe", "db", 5e9);
        metrics.gauge_by("DatabaseSize", "Bytes", "probe", "db", f64::INFINITY);
        let lines = metrics.lines(now());
        let objects: Vec<Value> = lines
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let seen: Vec<[&Value; 3]> = (objects.iter())
            .map(|o| {
                [
                    &o["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Unit"],
                    &o["probe"],
                    &o["DatabaseSize"],
                ]
            })
            .collect();
        assert_eq!(
            seen,
            [
                [&json!("Percent"), &json!("api"), &Value::Null],
                [&json!("Bytes"), &json!("db"), &json!(5e9)],
            ]
        );
    }

    #[test]
    fn nothing_counted_writes_nothing() {
        assert!(
            Metrics::of_stack("notifier", "tocsin")
                .lines(now())
                .is_empty()
        );
    }

    #[test]
    fn limits_of_the_format_are_kept_and_no_value_is_lost() {
        const NAMES: [&str; 4] = ["A", "B", "C", "D"];
        let mut metrics = Metrics::of_stack("notifier", "tocsin");
        for i in 0..40 {
            metrics = metrics.dimension(&format!("d{i}"), "x");
        }
        for name in NAMES {
            for i in 0..250 {
                metrics.millis(name, f64::from(i));
            }
        }
        metrics.millis("A", f64::NAN);
        for i in 0..205_usize {
            let name: &'static str = format!("Counter{i}").leak();
            metrics.count_by(name, "reason", "y", 1);
        }
        let objects: Vec<Value> = metrics
            .lines(now())
            .iter()
            .map(|line| check(line))
            .collect();
        let values = |name: &str| -> usize {
            let of_name = objects.iter().filter_map(|o| o[name].as_array());
            of_name.map(Vec::len).sum()
        };
        assert_eq!(NAMES.map(values), [250; 4]);
        let counters = objects.iter().flat_map(|o| o.as_object().unwrap().keys());
        assert_eq!(counters.filter(|k| k.starts_with("Counter")).count(), 205);
    }

    #[test_case("", "none"; "empty")]
    #[test_case("  ", "none"; "blank")]
    #[test_case(": :a", "a"; "leading colons")]
    #[test_case("na\u{ef}ve\n", "na?ve"; "not ASCII")]
    fn a_dimension_has_a_value_that_cloudwatch_takes(value: &str, expected: &str) {
        assert_eq!(dimension_value(value), expected);
    }

    #[test]
    fn a_long_dimension_value_is_cut() {
        assert_eq!(dimension_value(&"x".repeat(5000)).len(), 1024);
    }

    #[test_case("production", "tocsin-alert-fanout", Some("production"); "the stack's name")]
    #[test_case(" ", "tocsin-alert-fanout", Some("tocsin-alert-fanout"); "the function's name")]
    #[test_case("", "", None; "nothing is set")]
    fn the_stack_is_named_by_the_environment(stack: &str, function: &str, expected: Option<&str>) {
        let variables = [
            ("STACK_NAME", stack),
            ("AWS_LAMBDA_FUNCTION_NAME", function),
        ];
        let environment = crate::env::MapEnvironment::from(variables);
        assert_eq!(stack_name(&environment).as_deref(), expected);
    }

    #[test]
    fn every_metric_has_its_stack_without_being_asked() {
        let mut metrics = Metrics::new("alert-fanout");
        metrics.count("Heartbeat", 1);
        metrics.count_by("AlertsSuppressed", "reason", "duplicate", 1);
        for line in metrics.lines(now()) {
            let object = check(&line);
            let directive = &object["_aws"]["CloudWatchMetrics"][0];
            let dimensions = directive["Dimensions"][0].as_array().unwrap();
            assert!(dimensions.contains(&json!("stack")), "{line}");
        }
    }
}
