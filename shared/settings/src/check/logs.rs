//! Faults of what is read out of logs that only the whole section shows.

use std::collections::HashMap;

use serde_json::Value;

use super::Fault;
use super::tree::Tree;

/// More would make a bill out of a metric: each set is a series for each value.
const SETS: usize = 4;
const DIMENSIONS: usize = 4;

pub(super) fn check(tree: &Tree, faults: &mut Vec<Fault>) {
    let Some(logs) = tree.value.get("logs") else {
        return;
    };
    given_twice(tree, logs, "rules", "rule", faults);
    given_twice(tree, logs, "extract", "format", faults);
    nothing_is_read(tree, logs, faults);
    let mut metrics: HashMap<&str, (String, &Value)> = HashMap::new();
    for (at, rule) in list(logs, "rules") {
        let path = format!("logs.rules[{at}]");
        gives_nothing(tree, rule, &path, faults);
        for (number, metric) in list(rule, "metrics") {
            let path = format!("{path}.metrics[{number}]");
            needs(tree, metric, &path, faults);
            dimensions(tree, metric, &path, faults);
            agrees(tree, metric, &path, &mut metrics, faults);
        }
    }
    limits(tree, logs, faults);
}

fn list<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    let items = value.get(field).and_then(Value::as_array);
    items.into_iter().flatten().enumerate()
}

fn text<'a>(item: &'a Value, field: &str) -> Option<&'a str> {
    item.get(field).and_then(Value::as_str)
}

fn given_twice(tree: &Tree, logs: &Value, field: &str, what: &str, faults: &mut Vec<Fault>) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (at, item) in list(logs, field) {
        let Some(name) = text(item, "name") else {
            continue;
        };
        if let Some(earlier) = first.insert(name, at) {
            faults.push(tree.fault(
                &format!("logs.{field}[{at}].name"),
                format!("the {what} `{name}` stands at logs.{field}[{earlier}] already"),
                "give each its own name, so that findings say which one it was",
            ));
        }
    }
}

fn nothing_is_read(tree: &Tree, logs: &Value, faults: &mut Vec<Fault>) {
    let rules = list(logs, "rules").next().is_some();
    if rules && list(logs, "groups").next().is_none() {
        faults.push(tree.fault(
            "logs.groups",
            "there are rules about logs, and no log group is read".to_owned(),
            "add `groups: ['/aws/lambda/name-*']`",
        ));
    }
}

fn gives_nothing(tree: &Tree, rule: &Value, path: &str, faults: &mut Vec<Fault>) {
    let metrics = list(rule, "metrics").next().is_some();
    if rule.is_object()
        && !metrics
        && rule.get("finding").is_none()
        && rule.get("security").is_none()
    {
        faults.push(tree.fault(
            path,
            "nothing comes out of this rule".to_owned(),
            "add `metrics`, `finding` or `security`",
        ));
    }
}

/// What a metric of its kind needs, and what means nothing there.
fn needs(tree: &Tree, metric: &Value, path: &str, faults: &mut Vec<Fault>) {
    let has = |field: &str| metric.get(field).is_some_and(|value| !value.is_null());
    let (of, value, per) = (has("of"), has("value"), has("per"));
    let mut fault = |field: &str, problem: &str, remedy: &str| {
        let path = if field.is_empty() {
            path.to_owned()
        } else {
            format!("{path}.{field}")
        };
        faults.push(tree.fault(&path, problem.to_owned(), remedy));
    };
    match text(metric, "kind") {
        Some("count") if of || value => {
            let field = if of { "of" } else { "value" };
            fault(
                field,
                "a count counts records, whatever is in them",
                "take it out, or write `kind: sum`",
            );
        }
        Some("sum" | "distribution") if of == value => fault(
            "",
            "it is not known which number is meant",
            "add either `of: field` or `value: number`",
        ),
        Some("distinct") => {
            if !of || value {
                fault(
                    "",
                    "it is not known what is told apart",
                    "add `of: field`, such as `of: user_id`",
                );
            }
            if !per {
                fault(
                    "",
                    "it is not known within what time the same counts once",
                    "add `per: day` or `per: month`",
                );
            }
        }
        _ => {}
    }
    if per && text(metric, "kind").is_some_and(|kind| kind != "distinct") {
        fault(
            "per",
            "only `distinct` goes by days and months",
            "take it out",
        );
    }
}

fn dimensions(tree: &Tree, metric: &Value, path: &str, faults: &mut Vec<Fault>) {
    let sets: Vec<_> = list(metric, "by").collect();
    if sets.len() > SETS {
        faults.push(tree.fault(
            &format!("{path}.by"),
            format!(
                "{} sets of dimensions are {} too many: each is paid for by the value",
                sets.len(),
                sets.len() - SETS
            ),
            "keep those that somebody looks at or alarms on",
        ));
    }
    for (at, set) in sets {
        let names: Vec<&str> = set
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let path = format!("{path}.by[{at}]");
        if names.len() > DIMENSIONS {
            faults.push(tree.fault(
                &path,
                format!(
                    "at most {DIMENSIONS} dimensions make a series that somebody can find again"
                ),
                "keep the few that matter",
            ));
        }
        for (number, written) in names.iter().enumerate() {
            let (name, field) = written.split_once('=').unwrap_or((written, written));
            let fits = crate::matcher::is_label_name(field) && crate::matcher::is_label_name(name);
            let own = text(metric, "name") == Some(name) || name == "_aws";
            if !fits || own || name.len() > 200 {
                faults.push(tree.fault(
                    &format!("{path}[{number}]"),
                    format!("`{written}` is no dimension"),
                    "write a field, or `name=field` with a name that is not the metric's",
                ));
            }
        }
    }
}

/// Two rules may count in one metric, if it stays one.
fn agrees<'a>(
    tree: &Tree,
    metric: &'a Value,
    path: &str,
    known: &mut HashMap<&'a str, (String, &'a Value)>,
    faults: &mut Vec<Fault>,
) {
    let Some(name) = text(metric, "name") else {
        return;
    };
    let Some((earlier, other)) = known.get(name) else {
        known.insert(name, (path.to_owned(), metric));
        return;
    };
    for field in ["kind", "unit", "by", "per"] {
        if metric.get(field) != other.get(field) {
            faults.push(tree.fault(
                &format!("{path}.{field}"),
                format!("`{name}` has another `{field}` at {earlier}"),
                "write the same in both, or give one another name",
            ));
        }
    }
}

fn limits(tree: &Tree, logs: &Value, faults: &mut Vec<Fault>) {
    let limits = logs.get("limits").and_then(Value::as_object);
    for (name, value) in limits.into_iter().flatten() {
        let most = match name.as_str() {
            "dimension_values" | "findings" => 10_000,
            "payload_megabytes" => 512,
            "line_kilobytes" => 1_024,
            _ => continue,
        };
        if value
            .as_u64()
            .is_some_and(|value| value == 0 || value > most)
        {
            faults.push(tree.fault(
                &format!("logs.limits.{name}"),
                format!("{value} is out of bounds"),
                format!("write a number from 1 to {most}"),
            ));
        }
    }
}
