//! Time intervals: they have the same shape here.

use serde_json::{Map, Value, json};
use settings::raw::RawTimeInterval;

use super::notes::Notes;

const FIELDS: [&str; 5] = ["times", "weekdays", "days_of_month", "months", "years"];

/// All named time intervals, of both lists.
pub(super) fn read(document: &Map<String, Value>, notes: &mut Notes) -> Value {
    let mut all: Vec<Value> = Vec::new();
    for list in ["time_intervals", "mute_time_intervals"] {
        for (path, item) in notes.list(document, "", list) {
            let map = notes.map(item, &path).clone();
            let Some(name) = notes.text(&map, &path, "name").filter(|n| !n.is_empty()) else {
                notes.fault(&path, "there is no `name`");
                continue;
            };
            if all.iter().any(|other| other["name"] == name.as_str()) {
                notes.fault(&path, format!("there are two time intervals `{name}`"));
            }
            let mut times = Vec::new();
            for (path, item) in notes.list(&map, &path, "time_intervals") {
                times.extend(interval(item, &path, notes));
            }
            if times.is_empty() {
                // Alertmanager's never comes; neither does this.
                times.push(json!({"years": ["0"]}));
            }
            for (key, value) in &map {
                if !["name", "time_intervals"].contains(&key.as_str()) && !value.is_null() {
                    notes.note(
                        &format!("{path}.{key}"),
                        "a field that is not known",
                        "left out",
                    );
                }
            }
            all.push(json!({"name": name, "time_intervals": times}));
        }
    }
    Value::Array(all)
}

/// `None` for one that never comes, or is faulty.
fn interval(item: &Value, path: &str, notes: &mut Notes) -> Option<Value> {
    let map = notes.map(item, path).clone();
    let mut kept = Map::new();
    let mut never = false;
    for (key, value) in &map {
        let known = FIELDS.contains(&key.as_str()) || key == "location";
        if value.is_null() {
            continue;
        }
        if !known {
            notes.note(
                &format!("{path}.{key}"),
                "a field that is not known",
                "left out",
            );
        } else if value.as_array().is_some_and(Vec::is_empty) {
            never = true;
        } else {
            kept.insert(key.clone(), value.clone());
        }
    }
    if kept.get("location").and_then(Value::as_str) == Some("Local") {
        notes.note(
            &format!("{path}.location"),
            "the time zone of the machine",
            "kept, and in the cloud it is UTC: name the time zone",
        );
    }
    let kept = Value::Object(kept);
    let outcome = serde_json::from_value::<RawTimeInterval>(kept.clone())
        .map_err(|error| error.to_string())
        .and_then(|raw| settings::check::time_interval(raw).map_err(|faults| faults.join("; ")));
    if let Err(problem) = outcome {
        notes.fault(path, problem);
        return None;
    }
    (!never).then_some(kept)
}
