//! Faults of the routing that only the whole document shows: names of nothing, routes that no alert
//! reaches, ladders without steps. Values of a wrong shape are passed over; `shape` names them.

mod intervals;
mod names;
mod people;
mod route;

use serde_json::Value;

use super::Fault;
use super::tree::Tree;
use names::Names;

pub(super) fn check(tree: &Tree, faults: &mut Vec<Fault>) {
    let names = Names::of(tree, faults);
    match tree.value.get("route") {
        Some(root) => {
            route::check(tree, root, &names, faults);
            notify_is_of_no_effect(tree, faults);
        }
        None => nothing_without_route(tree, faults),
    }
    people::check(tree, &names, faults);
    intervals::check(tree, faults);
    inhibits_something(tree, faults);
    flapping_is_more_than_one_change(tree, faults);
}

/// The items of a list with their paths.
fn items<'a>(
    value: &'a Value,
    path: &'a str,
    field: &'a str,
) -> impl Iterator<Item = (String, &'a Value)> + 'a {
    let list = value.get(field).and_then(Value::as_array);
    let list = list.into_iter().flatten().enumerate();
    list.map(move |(at, item)| {
        let dot = if path.is_empty() { "" } else { "." };
        (format!("{path}{dot}{field}[{at}]"), item)
    })
}

/// The texts of a list with their paths.
fn texts<'a>(
    value: &'a Value,
    path: &'a str,
    field: &'a str,
) -> impl Iterator<Item = (String, &'a str)> + 'a {
    items(value, path, field).filter_map(|(path, item)| Some((path, item.as_str()?)))
}

fn nothing_without_route(tree: &Tree, faults: &mut Vec<Fault>) {
    for field in ["receivers", "escalation", "rotations"] {
        if tree.value.get(field).is_some() {
            faults.push(tree.fault(
                field,
                format!("there is no `route`, so nothing uses `{field}`"),
                "add `route`, or remove this: without `route` a tree is made of `priorities`",
            ));
        }
    }
}

fn notify_is_of_no_effect(tree: &Tree, faults: &mut Vec<Fault>) {
    let priorities = tree.value.get("priorities").and_then(Value::as_object);
    for (name, policy) in priorities.into_iter().flatten() {
        if policy.get("notify").is_some() {
            faults.push(tree.fault(
                &format!("priorities.{name}.notify"),
                "there is a `route`, which says who is told, so this has no effect".to_owned(),
                format!("remove it; to tell others about {name}, change the receiver of its route"),
            ));
        }
    }
}

fn inhibits_something(tree: &Tree, faults: &mut Vec<Fault>) {
    for (path, rule) in items(&tree.value, "", "inhibit_rules") {
        let empty = |side: &str| {
            ["matchers", "match", "match_re"].iter().all(|form| {
                rule.get(format!("{side}_{form}")).is_none_or(|given| {
                    given.as_array().is_some_and(Vec::is_empty)
                        || given.as_object().is_some_and(serde_json::Map::is_empty)
                })
            })
        };
        if rule.is_object() && empty("source") && empty("target") {
            faults.push(tree.fault(
                &path,
                "every alert is source and target of this rule, and such alerts do not inhibit each other"
                    .to_owned(),
                "add `source_matchers` and `target_matchers`",
            ));
        }
    }
}

fn flapping_is_more_than_one_change(tree: &Tree, faults: &mut Vec<Fault>) {
    let changes = tree.value.pointer("/flapping/changes");
    if changes.and_then(Value::as_u64).is_some_and(|n| n < 2) {
        faults.push(tree.fault(
            "flapping.changes",
            "this many changes is what every alert has".to_owned(),
            "write at least 2; 6 is the default",
        ));
    }
}
