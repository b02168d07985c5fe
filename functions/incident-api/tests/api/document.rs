//! The OpenAPI document says what there is, and nothing else.

use std::collections::BTreeSet;

use incident_api::route::ROUTES;
use serde_json::Value;

use crate::support::{Town, event};

async fn document() -> Value {
    let got = Town::new()
        .send(&event("GET", "/openapi.json", &[], None))
        .await;
    assert_eq!(got.status, 200);
    assert_eq!(got.header("content-type"), Some("application/json"));
    got.json()
}

#[tokio::test]
async fn every_route_is_in_it_and_no_other() {
    let document = document().await;
    assert_eq!(document["openapi"], "3.1.0");
    let mut named = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            named.insert((method.clone(), path.clone()));
        }
    }
    let routes = ROUTES
        .iter()
        .map(|(method, path)| ((*method).to_owned(), (*path).to_owned()));
    assert_eq!(named, routes.collect());
}

#[tokio::test]
async fn every_route_answers_to_its_method_only() {
    let town = Town::new();
    for (method, path) in ROUTES {
        let address = path
            .replace("{id}", "x")
            .replace("{token}", "x")
            .replace("{action}", "x");
        let method = method.to_uppercase();
        let got = town.send(&event(&method, &address, &[], None)).await;
        assert!(
            ![405, 500].contains(&got.status),
            "{method} {path}: {}",
            got.body
        );
        let got = town.send(&event("PUT", &address, &[], None)).await;
        assert_eq!(got.problem(405)["type"], "urn:tocsin:problem:method");
        town.advance(60);
    }
    town.send(&event("GET", "/", &[], None)).await.problem(404);
    town.send(&event("GET", "/v1/incidents/x/y/z", &[], None))
        .await
        .problem(404);
    town.send(&event("POST", "/v1/incidents/x/explode", &[], None))
        .await
        .problem(404);
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_everything_is_referred_to() {
    let document = document().await;
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in &found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for kind in ["schemas", "responses", "parameters"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let reference = format!("#/components/{kind}/{name}");
            assert!(found.contains(&reference), "nothing refers to {reference}");
        }
    }
    let mut ids = BTreeSet::new();
    for operation in document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|p| p.as_object().unwrap().values())
    {
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap()),
            "twice"
        );
        assert!(!operation["summary"].as_str().unwrap().is_empty());
        assert!(!operation["responses"].as_object().unwrap().is_empty());
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found.insert(reference.clone());
            }
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
