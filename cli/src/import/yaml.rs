//! Writes YAML as a person would: short things in one line, fields in a sensible order.

use std::fmt::Write as _;

use serde_json::Value;

const WIDTH: usize = 120;

/// What comes first in a map; the rest follows by name, and `routes` is last.
const ORDER: [&str; 13] = [
    "name",
    "receiver",
    "matchers",
    "source_matchers",
    "target_matchers",
    "equal",
    "group_by",
    "group_wait",
    "group_interval",
    "repeat_interval",
    "continue",
    "start_time",
    "times",
];

/// A field of the document.
pub(super) fn write(output: &mut String, field: &str, value: &Value) {
    block_field(output, field, value, 0);
}

fn block_field(output: &mut String, field: &str, value: &Value, indent: usize) {
    let _ = write!(output, "{:indent$}{field}:", "");
    let short = flow(value);
    let nested = value
        .as_array()
        .is_some_and(|list| list.iter().any(Value::is_object));
    let top = indent == 0 && (value.is_object() || nested);
    if !top && indent + field.len() + 2 + short.len() <= WIDTH {
        let _ = writeln!(output, " {short}");
        return;
    }
    output.push('\n');
    block(output, value, indent + 2);
}

fn block(output: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(_) => {
            for (name, value) in ordered(value) {
                block_field(output, name, value, indent);
            }
        }
        Value::Array(items) => {
            for item in items {
                let short = flow(item);
                if indent + 2 + short.len() <= WIDTH || !(item.is_object() || item.is_array()) {
                    let _ = writeln!(output, "{:indent$}- {short}", "");
                } else {
                    let mut inner = String::new();
                    block(&mut inner, item, indent + 2);
                    // The first line's indentation gives room to the dash.
                    let body = inner.trim_start_matches(' ');
                    let _ = write!(output, "{:indent$}- {body}", "");
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let _ = writeln!(output, "{:indent$}{}", "", flow(value));
        }
    }
}

/// In one line.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(_) => {
            let fields: Vec<String> = ordered(value)
                .into_iter()
                .map(|(name, value)| format!("{name}: {}", flow(value)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
    }
}

fn ordered(value: &Value) -> Vec<(&String, &Value)> {
    let mut fields: Vec<_> = value.as_object().into_iter().flatten().collect();
    fields.sort_by_key(|(name, _)| {
        let place = ORDER.iter().position(|first| first == name);
        let last = *name == "routes" || *name == "time_intervals";
        (last, place.unwrap_or(ORDER.len()), (*name).clone())
    });
    fields
}

/// A text, plain where that is read as the same text.
pub(super) fn scalar(text: &str) -> String {
    if text.chars().any(|c| c.is_control() || c == '\u{feff}') {
        // YAML reads what JSON writes.
        return Value::from(text).to_string();
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let words = [
        "true", "false", "null", "yes", "no", "on", "off", "y", "n", ".nan", ".inf",
    ];
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_duration = settings::Duration::try_new(text).is_ok() && text != "0";
    if (begins || is_duration)
        && text.chars().all(plain)
        && !words.contains(&text.to_lowercase().as_str())
    {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}
