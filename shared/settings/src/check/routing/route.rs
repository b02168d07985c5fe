//! The tree: its root, its names, and whether an alert can reach each of its nodes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::names::{Names, unknown};
use super::{items, texts};
use crate::Matcher;
use crate::check::Fault;
use crate::check::tree::Tree;
use crate::routing::{ALL_LABELS, NO_ESCALATION};

/// A tree deeper than this is not one that people can follow, and the walk through it is recursive.
const DEEPEST: usize = 32;

pub(super) fn check(tree: &Tree, root: &Value, names: &Names<'_>, faults: &mut Vec<Fault>) {
    if !root.is_object() {
        return;
    }
    let fault = |field: &str, problem: &str, remedy: &str| {
        tree.fault(&format!("route.{field}"), problem.to_owned(), remedy)
    };
    if root.get("receiver").is_none() {
        faults.push(fault(
            "receiver",
            "the root names no receiver, so there are alerts that nobody is told of",
            "add `receiver:` with one of `receivers`",
        ));
    }
    for field in ["matchers", "match", "match_re"] {
        if root.get(field).is_some_and(|given| !is_empty(given)) {
            faults.push(fault(
                field,
                "the root has every alert, so it can have no matchers",
                "move them into a route below `routes`",
            ));
        }
    }
    if root.get("continue").and_then(Value::as_bool) == Some(true) {
        faults.push(fault(
            "continue",
            "the root has no siblings to go on to",
            "remove it",
        ));
    }
    node(tree, root, "route", 0, names, faults);
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
        || value.as_object().is_some_and(serde_json::Map::is_empty)
}

fn node(
    tree: &Tree,
    value: &Value,
    path: &str,
    depth: usize,
    names: &Names<'_>,
    faults: &mut Vec<Fault>,
) {
    if depth > DEEPEST {
        faults.push(tree.fault(
            path,
            format!("this route is more than {DEEPEST} levels deep"),
            "give it all of its parents' matchers, and move it up",
        ));
        return;
    }
    refers(tree, value, path, names, faults);
    groups(tree, value, path, faults);
    let mut earlier: Vec<(String, BTreeSet<String>)> = Vec::new();
    for (below, child) in items(value, path, "routes").filter(|(_, child)| child.is_object()) {
        // What cannot be read is named elsewhere; it hides nothing and is hidden by nothing.
        if let Some(matchers) = matchers(child) {
            let shadow = earlier.iter().find(|(_, prior)| prior.is_subset(&matchers));
            if let Some((prior, asked)) = shadow {
                let problem = if asked.is_empty() {
                    format!("{prior} has every alert, and does not `continue`, so none comes here")
                } else {
                    format!(
                        "{prior} has all alerts of this route, and does not `continue`, so none comes here"
                    )
                };
                faults.push(tree.fault(
                    &below,
                    problem,
                    "move this route above that one, remove it, or add `continue: true` there",
                ));
            }
            if child.get("continue").and_then(Value::as_bool) != Some(true) {
                earlier.push((below.clone(), matchers));
            }
        }
        node(tree, child, &below, depth + 1, names, faults);
    }
}

/// The matchers of all three forms, as keys.
fn matchers(route: &Value) -> Option<BTreeSet<String>> {
    let mut keys = BTreeSet::new();
    for (_, text) in texts(route, "", "matchers") {
        let list = Matcher::read_list(text).ok()?;
        keys.extend(list.iter().map(|matcher| matcher.key().to_string()));
    }
    for (field, make) in [
        ("match", Matcher::equal as fn(&str, &str) -> Matcher),
        ("match_re", Matcher::expression),
    ] {
        let table = route.get(field).and_then(Value::as_object);
        for (name, text) in table.into_iter().flatten() {
            keys.insert(make(name, text.as_str()?).key().to_string());
        }
    }
    Some(keys)
}

fn refers(tree: &Tree, value: &Value, path: &str, names: &Names<'_>, faults: &mut Vec<Fault>) {
    let text = |field: &str| value.get(field).and_then(Value::as_str);
    let path_of = |field: &str| format!("{path}.{field}");
    if let Some(name) = text("receiver").filter(|name| !names.receivers.contains(name)) {
        let (path, list) = (path_of("receiver"), &names.receivers);
        if names.rotations.contains(&name) {
            faults.push(tree.fault(
                &path,
                format!("`{name}` is a rotation, and routes tell receivers"),
                "name a receiver here, and the rotation in a step of an escalation (`after: 0s` is at once)",
            ));
        } else {
            faults.push(unknown(tree, &path, "receiver", "receivers", name, list));
        }
    }
    if let Some(name) = text("escalation")
        .filter(|name| *name != NO_ESCALATION && !names.escalations.contains(name))
    {
        let (path, list) = (path_of("escalation"), &names.escalations);
        faults.push(unknown(tree, &path, "escalation", "escalation", name, list));
    }
    for field in ["mute_time_intervals", "active_time_intervals"] {
        for (path, name) in texts(value, path, field) {
            if !names.intervals.contains(&name) {
                let (what, list) = ("time interval", "time_intervals");
                faults.push(unknown(tree, &path, what, list, name, &names.intervals));
            }
        }
    }
}

fn groups(tree: &Tree, value: &Value, path: &str, faults: &mut Vec<Fault>) {
    let labels: BTreeSet<&str> = texts(value, path, "group_by")
        .map(|(_, label)| label)
        .collect();
    if labels.contains(ALL_LABELS) && labels.len() > 1 {
        faults.push(tree.fault(
            &format!("{path}.group_by"),
            format!("`{ALL_LABELS}` is all labels, so others beside it mean nothing"),
            format!("write ['{ALL_LABELS}'] alone, or the labels without it"),
        ));
    }
}
