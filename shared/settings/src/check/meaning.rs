//! Faults that only the whole document shows: names given twice, references to nothing,
//! rules that can never decide. Values of a wrong shape are passed over; `shape` names them.

use std::collections::HashMap;

use serde_json::Value;

use super::Fault;
use super::tree::Tree;

pub(super) fn check(tree: &Tree, faults: &mut Vec<Fault>) {
    for (list, what) in [("rules", "rule"), ("services", "service")] {
        given_twice(tree, list, what, faults);
    }
    needs_condition(tree, faults);
    relative_runbooks(tree, faults);
    measures_shadow_nothing(tree, faults);
    unreachable_rules(tree, faults);
    somebody_is_told(tree, faults);
}

fn items<'a>(tree: &'a Tree, list: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    let items = tree.value.get(list).and_then(Value::as_array);
    items.into_iter().flatten().enumerate()
}

fn text<'a>(item: &'a Value, field: &str) -> Option<&'a str> {
    item.get(field).and_then(Value::as_str)
}

fn conditions<'a>(item: &'a Value, field: &str) -> Vec<&'a str> {
    let list = item.get(field).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn given_twice(tree: &Tree, list: &str, what: &str, faults: &mut Vec<Fault>) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (at, item) in items(tree, list) {
        let Some(name) = text(item, "name") else {
            continue;
        };
        if let Some(earlier) = first.insert(name, at) {
            faults.push(tree.fault(
                &format!("{list}[{at}].name"),
                format!("the {what} `{name}` stands at {list}[{earlier}] already"),
                "give each its own name, so that messages say which one decided",
            ));
        }
    }
}

fn needs_condition(tree: &Tree, faults: &mut Vec<Fault>) {
    for (list, what) in [("services", "service"), ("measures", "measure")] {
        for (at, item) in items(tree, list) {
            let none = ["match", "match_any"].iter().all(|field| {
                item.get(field)
                    .is_none_or(|v| v.as_array().is_some_and(Vec::is_empty))
            });
            if item.is_object() && none {
                faults.push(tree.fault(
                    &format!("{list}[{at}]"),
                    format!("this {what} has no condition, so every alert would have it"),
                    "add `match` or `match_any`",
                ));
            }
        }
    }
}

fn relative_runbooks(tree: &Tree, faults: &mut Vec<Fault>) {
    if tree.value.get("runbook_base").is_some() {
        return;
    }
    for list in ["rules", "services"] {
        for (at, item) in items(tree, list) {
            if text(item, "runbook").is_some_and(|runbook| !runbook.contains("://")) {
                faults.push(tree.fault(
                    &format!("{list}[{at}].runbook"),
                    "this runbook is relative, and there is no `runbook_base`".to_owned(),
                    "write the whole address, or add `runbook_base: https://…` at the top",
                ));
            }
        }
    }
}

fn measures_shadow_nothing(tree: &Tree, faults: &mut Vec<Fault>) {
    const TAKEN: [&str; 6] = ["value", "threshold", "service", "source", "kind", "status"];
    for (at, item) in items(tree, "measures") {
        if let Some(name) = text(item, "name").filter(|name| TAKEN.contains(name)) {
            faults.push(tree.fault(
                &format!("measures[{at}].name"),
                format!("every alert has a field `{name}` of its own"),
                "choose another name, such as error_rate_percent",
            ));
        }
    }
}

fn unreachable_rules(tree: &Tree, faults: &mut Vec<Fault>) {
    let mut earlier: Vec<(usize, Vec<&str>, Vec<&str>)> = Vec::new();
    for (at, item) in items(tree, "rules").filter(|(_, item)| item.is_object()) {
        let (all, any) = (conditions(item, "match"), conditions(item, "match_any"));
        // A rule is certainly in the shadow of one that asks for nothing else than it does.
        let shadow = earlier.iter().find(|(_, prior_all, prior_any)| {
            prior_all.iter().all(|matcher| all.contains(matcher))
                && (prior_any.is_empty() || *prior_any == any)
        });
        if let Some((prior, ..)) = shadow {
            faults.push(tree.fault(
                &format!("rules[{at}]"),
                format!("rules[{prior}] matches whatever this one does, so it can never decide"),
                "move this rule above that one, or remove it",
            ));
        }
        earlier.push((at, all, any));
    }
}

fn somebody_is_told(tree: &Tree, faults: &mut Vec<Fault>) {
    let priorities = tree.value.get("priorities").and_then(Value::as_object);
    for (name, policy) in priorities.into_iter().flatten() {
        let nobody = policy.get("notify").and_then(Value::as_array);
        if nobody.is_some_and(Vec::is_empty) {
            faults.push(tree.fault(
                &format!("priorities.{name}.notify"),
                format!("nobody is told about {name}"),
                "name at least one channel: email, slack, sms, webhook",
            ));
        }
    }
}
