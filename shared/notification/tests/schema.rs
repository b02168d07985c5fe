//! `docs/webhook.schema.json` says what is really posted: all of it, and nothing that is not.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

mod support;

use std::collections::BTreeSet;

use serde_json::Value;

fn schema() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/webhook.schema.json"
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Checks what our schema uses of JSON Schema, and refuses what it does not know.
struct Checker {
    root: Value,
    /// The places of the schema that some document used.
    used: BTreeSet<String>,
}

impl Checker {
    fn check(&mut self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("{at}: {what}: {value}"));
        for (keyword, rule) in schema.as_object().unwrap() {
            match keyword.as_str() {
                "$schema" | "$id" | "$defs" | "title" | "description" => {}
                "$ref" => {
                    let pointer = rule.as_str().unwrap().strip_prefix('#').unwrap();
                    let target = self
                        .root
                        .pointer(pointer)
                        .expect("the reference leads somewhere")
                        .clone();
                    self.check(&target, value, at)?;
                }
                "const" if value != rule => return wrong("is not the constant"),
                "enum" if !rule.as_array().unwrap().contains(value) => {
                    return wrong("is none of the enum");
                }
                "type" if !has_type(rule, value) => return wrong("has another type"),
                "minLength" if (chars(value) as u64) < rule.as_u64().unwrap() => {
                    return wrong("is too short");
                }
                "maxLength" if chars(value) as u64 > rule.as_u64().unwrap() => {
                    return wrong("is too long");
                }
                "minimum" if value.as_i64() < rule.as_i64() => return wrong("is too small"),
                "maxItems" if value.as_array().unwrap().len() as u64 > rule.as_u64().unwrap() => {
                    return wrong("has too many items");
                }
                "pattern" if !matches_pattern(rule.as_str().unwrap(), value) => {
                    return wrong("is not of the form");
                }
                "format" if value.as_str().unwrap().parse::<jiff::Timestamp>().is_err() => {
                    return wrong("is no time");
                }
                "required" => {
                    for name in rule.as_array().unwrap() {
                        if value.get(name.as_str().unwrap()).is_none() {
                            return wrong(&format!("lacks {name}"));
                        }
                    }
                }
                "properties" => {
                    for (name, inner) in value.as_object().unwrap() {
                        let place = format!("{at}.{name}");
                        // Others may ignore what they do not know; we must document what we send.
                        let Some(rule) = rule.get(name) else {
                            return Err(format!("{place} is not documented"));
                        };
                        self.used.insert(place.clone());
                        self.check(rule, inner, &place)?;
                    }
                }
                "additionalProperties" => {
                    for (name, inner) in value.as_object().unwrap() {
                        self.check(rule, inner, &format!("{at}.{name}"))?;
                    }
                }
                "items" => {
                    for inner in value.as_array().unwrap() {
                        self.check(rule, inner, &format!("{at}[]"))?;
                    }
                }
                "const" | "enum" | "type" | "minLength" | "maxLength" | "minimum" | "maxItems"
                | "pattern" | "format" => {}
                other => panic!("the checker does not know `{other}`"),
            }
        }
        Ok(())
    }
}

fn has_type(rule: &Value, value: &Value) -> bool {
    let names: Vec<&str> = match rule.as_array() {
        Some(names) => names.iter().filter_map(Value::as_str).collect(),
        None => rule.as_str().into_iter().collect(),
    };
    names.into_iter().any(|name| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "null" => value.is_null(),
        other => panic!("the checker does not know the type `{other}`"),
    })
}

fn chars(value: &Value) -> usize {
    value.as_str().unwrap().chars().count()
}

fn matches_pattern(pattern: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap();
    match pattern {
        r"^tocsin\.notification/1" => text.starts_with("tocsin.notification/1"),
        "^INC-[0-9A-Z]{16}$" => text.len() == 20 && text.starts_with("INC-"),
        "^[0-9a-f]{16}$" => text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit()),
        other => panic!("the checker does not know the pattern `{other}`"),
    }
}

fn documents() -> Vec<(&'static str, Value)> {
    let parse = |notification| {
        serde_json::from_str(&notification::webhook::body(&notification, None).unwrap()).unwrap()
    };
    support::all()
        .into_iter()
        .map(|(name, notification)| (name, parse(notification)))
        .collect()
}

#[test]
fn every_document_is_as_the_schema_says() {
    let root = schema();
    let mut checker = Checker {
        root: root.clone(),
        used: BTreeSet::new(),
    };
    for (name, document) in documents() {
        checker.check(&root, &document, name).unwrap();
    }
}

#[test]
fn every_documented_property_is_really_sent() {
    let root = schema();
    let mut checker = Checker {
        root: root.clone(),
        used: BTreeSet::new(),
    };
    let mut notification = support::opened();
    notification.alerts.extend(support::resolved().alerts);
    notification.incident.resolved_at = Some(support::opened_at());
    notification.alerts[0].runbook = Some("https://runbooks.example.com/".to_owned());
    notification.incidents = support::several().incidents;
    notification.step = support::escalated().step;
    notification.deliveries[0].to = vec!["oncall@example.com".to_owned()];
    let links = support::links(&notification);
    let body = notification::webhook::body(&notification, Some(&links)).unwrap();
    checker
        .check(&root, &serde_json::from_str(&body).unwrap(), "$")
        .unwrap();
    for (pointer, path) in [
        ("", "$"),
        ("/$defs/notification", "$.notification"),
        ("/$defs/delivery", "$.notification.deliveries[]"),
        ("/$defs/step", "$.notification.step"),
        ("/$defs/incident", "$.notification.incident"),
        ("/$defs/alert", "$.notification.alerts[]"),
        ("/$defs/measurement", "$.notification.alerts[].measurement"),
    ] {
        let properties = root.pointer(pointer).unwrap()["properties"]
            .as_object()
            .unwrap();
        for property in properties.keys() {
            let place = format!("{path}.{property}");
            assert!(
                checker.used.contains(&place),
                "{place} is documented and was not sent"
            );
        }
    }
}

#[test]
fn a_document_that_lacks_something_is_not_as_the_schema_says() {
    let root = schema();
    let (_, document) = documents().remove(0);
    for pointer in [
        "",
        "/notification",
        "/notification/incident",
        "/notification/alerts/0",
    ] {
        let names: Vec<String> = document
            .pointer(pointer)
            .unwrap()
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        for name in names {
            let mut lacking = document.clone();
            lacking
                .pointer_mut(pointer)
                .unwrap()
                .as_object_mut()
                .unwrap()
                .remove(&name);
            let mut checker = Checker {
                root: root.clone(),
                used: BTreeSet::new(),
            };
            let optional = [
                "annotations",
                "console_url",
                "description",
                "measurement",
                "rule",
                "runbook",
                "step",
                "incidents",
                "url",
            ];
            let accepted = checker.check(&root, &lacking, "$").is_ok();
            assert_eq!(
                accepted,
                optional.contains(&name.as_str()),
                "{pointer}/{name}"
            );
        }
    }
}
