//! Rules of inhibition: they mean the same here.

use serde_json::{Map, Value, json};

use super::matchers;
use super::notes::Notes;

pub(super) fn read(document: &Map<String, Value>, notes: &mut Notes) -> Value {
    const LEFT_OUT: &str = "the rule was left out: its targets are told";
    const FIELDS: [&str; 8] = [
        "name",
        "equal",
        "source_matchers",
        "source_match",
        "source_match_re",
        "target_matchers",
        "target_match",
        "target_match_re",
    ];
    let mut rules: Vec<Value> = Vec::new();
    for (path, item) in notes.list(document, "", "inhibit_rules") {
        let map = notes.map(item, &path).clone();
        let sides = ["source", "target"].map(|side| {
            let fields = ["matchers", "match", "match_re"].map(|form| format!("{side}_{form}"));
            let fields = fields.each_ref().map(String::as_str);
            matchers::read(&map, &path, fields, notes, LEFT_OUT)
        });
        let equal: Vec<String> = notes
            .texts(&map, &path, "equal")
            .into_iter()
            .map(|(_, label)| label)
            .collect();
        let name = notes.text(&map, &path, "name");
        for (key, value) in &map {
            if !FIELDS.contains(&key.as_str()) && !value.is_null() {
                notes.note(
                    &format!("{path}.{key}"),
                    "a field that is not known",
                    "left out",
                );
            }
        }
        let [Some(source), Some(target)] = sides else {
            continue;
        };
        if source.is_empty() && target.is_empty() {
            notes.note(
                &path,
                "a rule of which every alert is source and target, so that it inhibits none",
                "left out",
            );
            continue;
        }
        if let Some(label) = equal.iter().find(|label| !is_label(label)) {
            let what = format!("the label `{label}`, which has spaces or signs in its name");
            notes.note(&format!("{path}.equal"), what, LEFT_OUT);
            continue;
        }
        let equal: Vec<_> = equal.iter().map(|name| matchers::label(name)).collect();
        let mut rule = Map::new();
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            // Alertmanager lets several rules have one name.
            let taken = rules
                .iter()
                .filter(|rule| rule["name"] == name.as_str())
                .count();
            let name = if taken > 0 {
                format!("{name} ({path})")
            } else {
                name
            };
            rule.insert("name".to_owned(), name.into());
        }
        for (key, list) in [
            ("source_matchers", json!(source)),
            ("target_matchers", json!(target)),
            ("equal", json!(equal)),
        ] {
            if list.as_array().is_some_and(|list| !list.is_empty()) {
                rule.insert(key.to_owned(), list);
            }
        }
        rules.push(Value::Object(rule));
    }
    Value::Array(rules)
}

/// Whether a label can have this name here.
pub(super) fn is_label(name: &str) -> bool {
    settings::Matcher::try_new(&format!("{name}=x")).is_ok_and(|matcher| matcher.name() == name)
}
