//! The tree: it means the same here, but for what cannot be reached.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use settings::Matcher;

use super::inhibition::is_label;
use super::matchers;
use super::notes::{Notes, join};

const FIELDS: [&str; 12] = [
    "receiver",
    "matchers",
    "match",
    "match_re",
    "group_by",
    "group_wait",
    "group_interval",
    "repeat_interval",
    "continue",
    "mute_time_intervals",
    "active_time_intervals",
    "routes",
];

/// The tree; `receivers` and `intervals` are what it may name.
pub(super) fn read(
    document: &Map<String, Value>,
    receivers: &Value,
    intervals: &Value,
    notes: &mut Notes,
) -> Value {
    let Some(root) = document.get("route") else {
        return Value::Null;
    };
    let map = notes.map(root, "route").clone();
    if !map.contains_key("receiver") {
        notes.fault("route", "there is no `receiver`");
    }
    let names = |list: &Value| -> BTreeSet<String> {
        let items = list.as_array().into_iter().flatten();
        let names = items.filter_map(|item| item.get("name")?.as_str());
        names.map(str::to_owned).collect()
    };
    let reader = Reader {
        receivers: names(receivers),
        intervals: names(intervals),
    };
    let read = reader.node(&map, "route", notes);
    if read
        .as_ref()
        .is_some_and(|route| route.get("matchers").is_some())
    {
        notes.fault("route", "the root can have no matchers");
    }
    if read
        .as_ref()
        .is_some_and(|route| route.get("continue").is_some())
    {
        notes.fault("route", "the root cannot `continue`");
    }
    for key in ["mute_time_intervals", "active_time_intervals"] {
        if read.as_ref().is_some_and(|route| route.get(key).is_some()) {
            notes.fault("route", format!("the root can have no `{key}`"));
        }
    }
    read.map_or(Value::Null, Value::Object)
}

struct Reader {
    receivers: BTreeSet<String>,
    intervals: BTreeSet<String>,
}

impl Reader {
    /// `None` when one of its matchers has no counterpart.
    fn node(
        &self,
        map: &Map<String, Value>,
        path: &str,
        notes: &mut Notes,
    ) -> Option<Map<String, Value>> {
        let mut route = Map::new();
        if let Some(name) = notes.text(map, path, "receiver").filter(|n| !n.is_empty()) {
            if !self.receivers.contains(&name) {
                notes.fault(path, format!("there is no receiver `{name}`"));
            }
            route.insert("receiver".to_owned(), name.into());
        }
        let fields = ["matchers", "match", "match_re"];
        let instead = "the route was left out with those below it: its alerts go on to its siblings or stay with its parent";
        let matchers = matchers::read(map, path, fields, notes, instead);
        self.groups(map, path, &mut route, notes);
        for key in ["group_wait", "group_interval", "repeat_interval"] {
            let path = join(path, key);
            if let Some(time) = map.get(key).and_then(|value| notes.duration(value, &path)) {
                if key != "group_wait" && time.is_zero() {
                    notes.fault(&path, "it cannot be zero");
                }
                route.insert(key.to_owned(), time.to_string().into());
            }
        }
        if notes.truth(map, path, "continue") == Some(true) {
            route.insert("continue".to_owned(), true.into());
        }
        for key in ["mute_time_intervals", "active_time_intervals"] {
            let mut names = Vec::new();
            for (path, name) in notes.texts(map, path, key) {
                if !self.intervals.contains(&name) {
                    notes.fault(&path, format!("there is no time interval `{name}`"));
                }
                names.push(name);
            }
            if !names.is_empty() {
                route.insert(key.to_owned(), json!(names));
            }
        }
        for (key, value) in map {
            if !FIELDS.contains(&key.as_str()) && !value.is_null() {
                notes.note(&join(path, key), "a field that is not known", "left out");
            }
        }
        let matchers = matchers?;
        if !matchers.is_empty() {
            route.insert("matchers".to_owned(), json!(matchers));
        }
        let children = self.children(map, path, notes);
        if !children.is_empty() {
            route.insert("routes".to_owned(), Value::Array(children));
        }
        Some(route)
    }

    fn groups(
        &self,
        map: &Map<String, Value>,
        path: &str,
        route: &mut Map<String, Value>,
        notes: &mut Notes,
    ) {
        let mut labels = Vec::new();
        for (path, label) in notes.texts(map, path, "group_by") {
            if is_label(&label) {
                labels.push(matchers::label(&label).into_owned());
            } else {
                let what = format!("the label `{label}`, which has spaces or signs in its name");
                notes.note(&path, what, "left out: groups do not go by it");
            }
        }
        let all = labels.iter().any(|label| label == "...");
        if all && labels.len() > 1 {
            notes.fault(&join(path, "group_by"), "`...` stands beside other labels");
        }
        if !labels.is_empty() {
            route.insert("group_by".to_owned(), json!(labels));
        }
    }

    fn children(&self, map: &Map<String, Value>, path: &str, notes: &mut Notes) -> Vec<Value> {
        let mut children = Vec::new();
        let mut earlier: Vec<(String, BTreeSet<String>)> = Vec::new();
        for (path, item) in notes.list(map, path, "routes") {
            let map = notes.map(item, &path).clone();
            let Some(child) = self.node(&map, &path, notes) else {
                continue;
            };
            let keys = keys(&child);
            if let Some((prior, _)) = earlier.iter().find(|(_, prior)| prior.is_subset(&keys)) {
                notes.note(
                    &path,
                    format!("no alert comes here: {prior} has them all, and does not `continue`"),
                    "left out: nothing changes",
                );
                continue;
            }
            if !child.contains_key("continue") {
                earlier.push((path, keys));
            }
            children.push(Value::Object(child));
        }
        children
    }
}

/// What a route asks for, so that two can be compared.
fn keys(route: &Map<String, Value>) -> BTreeSet<String> {
    let matchers = route.get("matchers").and_then(Value::as_array);
    let texts = matchers.into_iter().flatten().filter_map(Value::as_str);
    texts
        .filter_map(|text| Some(Matcher::try_new(text).ok()?.key().to_string()))
        .collect()
}
