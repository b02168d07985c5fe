//! What has a name that something else refers to; each name once.

use std::collections::HashMap;

use serde_json::Value;

use super::items;
use crate::check::Fault;
use crate::check::suggest::suggest;
use crate::check::tree::Tree;
use crate::routing::NO_ESCALATION;

/// The names of a document.
pub(super) struct Names<'a> {
    pub(super) receivers: Vec<&'a str>,
    pub(super) rotations: Vec<&'a str>,
    pub(super) escalations: Vec<&'a str>,
    pub(super) intervals: Vec<&'a str>,
}

impl<'a> Names<'a> {
    /// Collects them, and names those that are given twice.
    pub(super) fn of(tree: &'a Tree, faults: &mut Vec<Fault>) -> Self {
        let mut people = HashMap::new();
        let names = Self {
            receivers: collect(tree, "receivers", "receiver", &mut people, faults),
            rotations: collect(tree, "rotations", "rotation", &mut people, faults),
            escalations: collect(
                tree,
                "escalation",
                "escalation",
                &mut HashMap::new(),
                faults,
            ),
            intervals: {
                let mut first = HashMap::new();
                let what = "time interval";
                let mut names = collect(tree, "time_intervals", what, &mut first, faults);
                names.extend(collect(
                    tree,
                    "mute_time_intervals",
                    what,
                    &mut first,
                    faults,
                ));
                names
            },
        };
        let mut rules = HashMap::new();
        collect(tree, "inhibit_rules", "rule", &mut rules, faults);
        for (path, escalation) in items(&tree.value, "", "escalation") {
            if escalation.get("name").and_then(Value::as_str) == Some(NO_ESCALATION) {
                faults.push(tree.fault(
                    &format!("{path}.name"),
                    format!("in a route, `escalation: {NO_ESCALATION}` means that nothing climbs"),
                    "give this escalation another name",
                ));
            }
        }
        names
    }
}

/// The names of a list; `first` has where each was given first.
fn collect<'a>(
    tree: &'a Tree,
    list: &str,
    what: &str,
    first: &mut HashMap<&'a str, String>,
    faults: &mut Vec<Fault>,
) -> Vec<&'a str> {
    let mut names = Vec::new();
    let given = tree.value.get(list).and_then(Value::as_array);
    for (at, item) in given.into_iter().flatten().enumerate() {
        let Some(name) = item.get("name").and_then(Value::as_str) else {
            continue;
        };
        names.push(name);
        let path = format!("{list}[{at}]");
        if let Some(earlier) = first.get(name) {
            faults.push(tree.fault(
                &format!("{path}.name"),
                format!("the {what} `{name}` stands at {earlier} already"),
                "give each its own name",
            ));
        } else {
            first.insert(name, path);
        }
    }
    names
}

/// A name that nothing has.
pub(super) fn unknown(
    tree: &Tree,
    path: &str,
    what: &str,
    list: &str,
    name: &str,
    known: &[&str],
) -> Fault {
    let remedy = if known.is_empty() {
        format!("add it to `{list}`")
    } else {
        format!("{}, or add it to `{list}`", suggest(name, known))
    };
    tree.fault(path, format!("there is no {what} `{name}`"), remedy)
}
