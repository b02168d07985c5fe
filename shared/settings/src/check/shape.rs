//! Compares a document with the JSON schema of the configuration: every unknown field,
//! missing field and wrong type, not merely the first.
//!
//! It knows the part of JSON Schema that is derived from our own types, not all of it.

use serde_json::{Map, Value};

use super::Fault;
use super::format;
use super::suggest::suggest;
use super::tree::{Tree, join};

pub(super) fn check(tree: &Tree, schema: &Value) -> Vec<Fault> {
    let mut walk = Walk {
        tree,
        root: schema,
        faults: Vec::new(),
    };
    walk.value(&tree.value, schema, "");
    walk.faults
}

struct Walk<'a> {
    tree: &'a Tree,
    root: &'a Value,
    faults: Vec<Fault>,
}

impl<'a> Walk<'a> {
    fn fault(&mut self, path: &str, problem: String, remedy: impl Into<String>) {
        self.faults.push(self.tree.fault(path, problem, remedy));
    }

    /// Follows `$ref` and, for an optional value, the alternative that is not null.
    fn resolve(&self, mut schema: &'a Value) -> (&'a Value, bool) {
        let mut optional = false;
        for _ in 0..8 {
            if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
                let pointer = name.trim_start_matches('#');
                schema = self.root.pointer(pointer).unwrap_or(&Value::Null);
            } else if let Some(alternatives) = schema.get("anyOf").and_then(Value::as_array) {
                let is_null = |s: &&Value| s.get("type").and_then(Value::as_str) == Some("null");
                optional |= alternatives.iter().any(|s| is_null(&s));
                let Some(other) = alternatives.iter().find(|s| !is_null(s)) else {
                    break;
                };
                schema = other;
            } else {
                break;
            }
        }
        (schema, optional)
    }

    fn value(&mut self, value: &Value, schema: &'a Value, path: &str) {
        let (schema, mut optional) = self.resolve(schema);
        let mut expected = match schema.get("type") {
            Some(Value::String(one)) => one.as_str(),
            Some(Value::Array(several)) => {
                optional |= several.iter().any(|s| s == "null");
                let concrete = several.iter().filter_map(Value::as_str);
                concrete.into_iter().find(|s| *s != "null").unwrap_or("")
            }
            _ => "",
        };
        if optional && value.is_null() {
            return;
        }
        let words = choices(schema);
        if expected.is_empty() && !words.is_empty() {
            expected = "string";
        }
        match (expected, value) {
            ("object", Value::Object(map)) => self.object(map, schema, path),
            ("array", Value::Array(items)) => {
                if items.is_empty() && schema.get("minItems").is_some() {
                    self.fault(
                        path,
                        "this list is empty".to_owned(),
                        "write at least one item, or leave the field out",
                    );
                }
                let Some(inner) = schema.get("items") else {
                    return;
                };
                let format = schema.get("x-items").and_then(Value::as_str);
                for (at, item) in items.iter().enumerate() {
                    let below = format!("{path}[{at}]");
                    self.value(item, inner, &below);
                    if let (Some(format), Value::String(text)) = (format, item) {
                        self.format(format, text, &below);
                    }
                }
            }
            ("string", Value::String(text)) => {
                if !words.is_empty() && !words.contains(&text.as_str()) {
                    self.fault(
                        path,
                        format!("`{text}` is not allowed here"),
                        suggest(text, &words),
                    );
                } else if let Some(name) = schema.get("x-format").and_then(Value::as_str) {
                    self.format(name, text, path);
                }
            }
            ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => {}
            ("integer", Value::Number(number)) if number.is_u64() => {}
            (expected, found) => {
                let remedy = if words.is_empty() {
                    format!("write {}", article(expected))
                } else {
                    format!("write one of {}", words.join(", "))
                };
                self.fault(
                    path,
                    format!(
                        "this is {} where {} is expected",
                        kind(found),
                        article(expected)
                    ),
                    remedy,
                );
            }
        }
    }

    fn format(&mut self, name: &str, text: &str, path: &str) {
        if let Err((problem, remedy)) = format::check(name, text) {
            self.fault(path, problem, remedy);
        }
    }

    /// A map from texts to texts: labels and what they must have.
    fn table(&mut self, map: &Map<String, Value>, inner: &'a Value, schema: &'a Value, path: &str) {
        let format = |name: &str| schema.get(name).and_then(Value::as_str);
        for (name, value) in map {
            let below = join(path, name);
            self.value(value, inner, &below);
            if let Some(format) = format("x-keys") {
                self.format(format, name, &below);
            }
            if let (Some(format), Value::String(text)) = (format("x-items"), value) {
                self.format(format, text, &below);
            }
        }
    }

    fn object(&mut self, map: &Map<String, Value>, schema: &'a Value, path: &str) {
        if let Some(inner) = schema.get("additionalProperties").filter(|s| s.is_object()) {
            self.table(map, inner, schema, path);
            return;
        }
        let empty = Map::new();
        let properties = schema
            .get("properties")
            .and_then(Value::as_object)
            .unwrap_or(&empty);
        let known: Vec<&str> = properties.keys().map(String::as_str).collect();
        for (name, value) in map {
            let below = join(path, name);
            match schema.pointer(&format!("/properties/{name}")) {
                Some(inner) => self.value(value, inner, &below),
                None => self.fault(
                    &below,
                    format!("there is no field `{name}` here"),
                    suggest(name, &known),
                ),
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !map.contains_key(name) {
                let about = properties.get(name).and_then(|s| s.get("description"));
                let about = about.and_then(Value::as_str).unwrap_or_default();
                let about = about.lines().next().unwrap_or_default();
                self.fault(
                    &join(path, name),
                    format!("the field `{name}` is missing"),
                    format!("add it: {about}"),
                );
            }
        }
    }
}

/// The words that an enumeration allows, whether written as `enum` or as `oneOf` with `const`.
fn choices(schema: &Value) -> Vec<&str> {
    let direct = schema.get("enum").and_then(Value::as_array);
    let listed = schema.get("oneOf").and_then(Value::as_array);
    direct
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .chain(listed.into_iter().flatten().flat_map(|one| {
            let several = one.get("enum").and_then(Value::as_array);
            one.get("const")
                .and_then(Value::as_str)
                .into_iter()
                .chain(several.into_iter().flatten().filter_map(Value::as_str))
        }))
        .collect()
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

fn article(expected: &str) -> &'static str {
    match expected {
        "object" => "a map (`name: value` lines)",
        "array" => "a list (`- item` lines, or [a, b])",
        "string" => "a text",
        "number" => "a number",
        "integer" => "a whole number",
        "boolean" => "true or false",
        _ => "another value",
    }
}
