//! The books: what the functions have counted, added up from the embedded metrics in their logs.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::stack::Stack;

/// Sums of counters, by name and by the values of their dimensions.
#[derive(Clone, Debug, Default)]
pub struct Books {
    sums: BTreeMap<(String, BTreeMap<String, String>), f64>,
}

impl Books {
    /// Adds up everything that a function has counted since it was deployed. `function` is without the stack's prefix.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn of(stack: &Stack, function: &str) -> Result<Self> {
        let mut books = Self::default();
        for line in log_lines(stack, function)? {
            if let Ok(object) = serde_json::from_str(&line) {
                books.add(&object);
            }
        }
        Ok(books)
    }

    /// Adds what another function has counted.
    pub fn add_all(&mut self, other: &Self) {
        for (key, sum) in &other.sums {
            *self.sums.entry(key.clone()).or_insert(0.0) += sum;
        }
    }

    /// The sum of a counter without dimensions.
    #[must_use]
    pub fn total(&self, name: &str) -> f64 {
        self.sum(name, &[])
    }

    /// The sum of a counter with exactly these dimensions.
    #[must_use]
    pub fn sum(&self, name: &str, dimensions: &[(&str, &str)]) -> f64 {
        let dimensions = dimensions
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        let key = (name.to_owned(), dimensions.collect());
        self.sums.get(&key).copied().unwrap_or(0.0)
    }

    /// The sums of a counter by the values of one dimension.
    #[must_use]
    pub fn by(&self, name: &str, dimension: &str) -> BTreeMap<String, f64> {
        let mut by = BTreeMap::new();
        for ((found, dimensions), sum) in &self.sums {
            if let (true, Some(value)) = (found == name, dimensions.get(dimension)) {
                *by.entry(value.clone()).or_insert(0.0) += sum;
            }
        }
        by
    }

    /// One object of the embedded metric format; anything else counts nothing.
    fn add(&mut self, object: &Value) {
        let directives = object
            .pointer("/_aws/CloudWatchMetrics")
            .and_then(Value::as_array);
        for directive in directives.into_iter().flatten() {
            let names = directive.pointer("/Metrics").and_then(Value::as_array);
            let sets = directive.pointer("/Dimensions").and_then(Value::as_array);
            for set in sets.into_iter().flatten() {
                let dimensions: BTreeMap<String, String> = set
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    // Every metric has it, and there is one stack.
                    .filter(|name| *name != "stack")
                    .filter_map(|name| {
                        Some((name.to_owned(), object.get(name)?.as_str()?.to_owned()))
                    })
                    .collect();
                for metric in names.into_iter().flatten() {
                    let Some(name) = metric.get("Name").and_then(Value::as_str) else {
                        continue;
                    };
                    let value = match object.get(name) {
                        Some(Value::Array(values)) => values.iter().filter_map(Value::as_f64).sum(),
                        Some(value) => value.as_f64().unwrap_or(0.0),
                        None => 0.0,
                    };
                    *self
                        .sums
                        .entry((name.to_owned(), dimensions.clone()))
                        .or_insert(0.0) += value;
                }
            }
        }
    }
}

/// Every line of a function's log, oldest first. `function` is without the stack's prefix.
///
/// # Errors
/// When the log cannot be read.
pub fn log_lines(stack: &Stack, function: &str) -> Result<Vec<String>> {
    let group = format!("/aws/lambda/{}", stack.function_name(function));
    let mut lines = Vec::new();
    let mut token = Value::Null;
    loop {
        let mut request = json!({"logGroupName": group, "limit": 10_000});
        if let (Value::String(_), Some(fields)) = (&token, request.as_object_mut()) {
            fields.insert("nextToken".to_owned(), token.clone());
        }
        let page = stack
            .aws()
            .json("logs", "Logs_20140328.FilterLogEvents", &request)
            .with_context(|| format!("the log {group}"))?;
        let events = page.get("events").and_then(Value::as_array);
        for event in events.into_iter().flatten() {
            if let Some(message) = event.get("message").and_then(Value::as_str) {
                lines.extend(message.lines().map(str::to_owned));
            }
        }
        match page.get("nextToken") {
            Some(next @ Value::String(_)) if *next != token => token = next.clone(),
            _ => return Ok(lines),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_totals_and_breakdowns_apart() {
        let mut books = Books::default();
        for (dimensions, reason) in [
            (json!([[]]), None),
            (json!([["reason"]]), Some("duplicate")),
        ] {
            let mut object = json!({
                "_aws": {"CloudWatchMetrics": [{
                    "Namespace": "Tocsin", "Dimensions": dimensions, "Metrics": [{"Name": "AlertsSuppressed"}]
                }]},
                "AlertsSuppressed": 3
            });
            if let Some(reason) = reason {
                object["reason"] = json!(reason);
            }
            books.add(&object);
            books.add(&object);
        }
        assert_eq!(books.total("AlertsSuppressed"), 6.0);
        assert_eq!(
            books.sum("AlertsSuppressed", &[("reason", "duplicate")]),
            6.0
        );
        assert_eq!(books.by("AlertsSuppressed", "reason").len(), 1);
        assert_eq!(books.total("AlertsReceived"), 0.0);
    }
}
