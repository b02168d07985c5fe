//! Whoever an alert reached before the import, it reaches afterwards.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on should stop with the place"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use replay::{Scenario, Told};
use serde_json::{Value, json};
use settings::{Lookup, Settings};
use test_case::test_case;

use super::import;

struct Labels(BTreeMap<String, String>);

impl Lookup for Labels {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
    fn number(&self, _name: &str) -> Option<f64> {
        None
    }
}

/// What an expression of the tests matches, said in words.
fn matches(expression: &str, text: &str) -> bool {
    match expression {
        ".*" => true,
        ".+" => !text.is_empty(),
        "x|y" => text == "x" || text == "y",
        "[xy]?" => ["", "x", "y"].contains(&text),
        r"\Qx.\E" => text == "x.",
        "[[]|x" => text == "[" || text == "x",
        "{x" => text == "{x",
        other => panic!("the tests do not know {other}"),
    }
}

fn holds(matcher: &Value, labels: &Labels) -> bool {
    let text = |key: &str| matcher[key].as_str().unwrap();
    let (value, given) = (text("value"), labels.text(text("name")).unwrap_or_default());
    match text("sign") {
        "=" => given == value,
        "!=" => given != value,
        "=~" => matches(value, given),
        "!~" => !matches(value, given),
        other => panic!("{other}"),
    }
}

/// The receivers of an alert, as Alertmanager's documentation says it.
fn interpret(route: &Value, inherited: &str, labels: &Labels) -> Option<Vec<String>> {
    let all = route["tests"].as_array().unwrap();
    if !all.iter().all(|matcher| holds(matcher, labels)) {
        return None;
    }
    let receiver = route["receiver"].as_str().unwrap_or(inherited);
    let mut found = Vec::new();
    for child in route["routes"].as_array().unwrap() {
        if let Some(more) = interpret(child, receiver, labels) {
            found.extend(more);
            if child["continue"] != json!(true) {
                break;
            }
        }
    }
    if found.is_empty() {
        found.push(receiver.to_owned());
    }
    Some(found)
}

/// The same in Alertmanager's file: the matchers in one of their forms.
fn written(route: &Value) -> Value {
    let mut file = json!({
        "continue": route["continue"],
        "routes": route["routes"].as_array().unwrap().iter().map(written).collect::<Vec<_>>(),
    });
    if let Some(receiver) = route["receiver"].as_str() {
        file["receiver"] = receiver.into();
    }
    let form = route["form"].as_u64().unwrap();
    let mut list = Vec::new();
    for matcher in route["tests"].as_array().unwrap() {
        let text = |key: &str| matcher[key].as_str().unwrap();
        let (name, sign, value) = (text("name"), text("sign"), text("value"));
        let table = if sign == "=" { "match" } else { "match_re" };
        if form == 0 && ["=", "=~"].contains(&sign) && file[table].get(name).is_none() {
            file[table][name] = value.into();
            continue;
        }
        let quoted = value.replace('\\', "\\\\");
        list.push(match form {
            1 if !value.is_empty() => format!("{name} {sign} {value}"),
            2 => format!("{{{name}{sign}\"{quoted}\"}}"),
            _ => format!("{name}{sign}\"{quoted}\""),
        });
    }
    if form == 3 && !list.is_empty() {
        list = vec![list.join(",")];
    }
    if !list.is_empty() {
        file["matchers"] = json!(list);
    }
    file
}

fn matcher() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec!["a", "b", "c"]);
    let texts = prop::sample::select(vec!["", "x", "y", "x.", "{x"]);
    let expressions =
        prop::sample::select(vec![".*", ".+", "x|y", "[xy]?", r"\Qx.\E", "[[]|x", "{x"]);
    (name, any::<bool>(), any::<bool>(), texts, expressions).prop_map(
        |(name, is, whole, text, expression)| {
            let (sign, value) = match (is, whole) {
                (true, true) => ("=", text),
                (false, true) => ("!=", text),
                (true, false) => ("=~", expression),
                (false, false) => ("!~", expression),
            };
            json!({"name": name, "sign": sign, "value": value})
        },
    )
}

fn tree() -> impl Strategy<Value = Value> {
    fn node(routes: impl Strategy<Value = Vec<Value>>) -> impl Strategy<Value = Value> {
        let receiver = prop::option::of(prop::sample::select(vec!["r1", "r2", "r3"]));
        let tests = prop::collection::vec(matcher(), 0..3);
        (receiver, tests, any::<bool>(), 0..4_u64, routes).prop_map(
            |(receiver, tests, continues, form, routes)| {
                json!({"receiver": receiver, "tests": tests, "continue": continues, "form": form, "routes": routes})
            },
        )
    }
    node(Just(Vec::new()))
        .prop_recursive(3, 30, 6, |inner| node(prop::collection::vec(inner, 0..6)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_same_receivers_are_told(
        routes in prop::collection::vec(tree(), 0..8),
        subjects in prop::collection::vec(
            prop::collection::btree_map("[abc]", prop::sample::select(vec!["", "x", "y", "x.", "{x", "[", "z"]).prop_map(str::to_owned), 0..4), 1..20),
    ) {
        let root = json!({"receiver": "r0", "tests": [], "continue": false, "form": 0, "routes": routes});
        let mut file = json!({
            "route": written(&root),
            "receivers": [{"name": "r0"}, {"name": "r1"}, {"name": "r2"}, {"name": "r3"}],
        });
        file["route"].as_object_mut().unwrap().remove("continue");
        let (output, _) = import(&file.to_string(), "x", Path::new("a.yml")).unwrap();
        let routing = Settings::from_yaml(&output).unwrap().routing;
        for labels in subjects {
            let labels = Labels(labels);
            let found: Vec<String> = routing
                .matching(&labels)
                .into_iter()
                .map(|at| routing.receivers[routing.routes[at].receiver].name.to_string())
                .collect();
            prop_assert_eq!(found, interpret(&root, "", &labels).unwrap(), "{}", output);
        }
    }
}

/// Labels that are called as what the classification says: every import has rules.
const NAMES: &str = r#"
route:
  receiver: default
  group_by: [category, alertname]
  routes:
    - matchers: [priority="critical"]
      receiver: pager
    - matchers: [priority="P3", category="alert"]
      receiver: classified
    - matchers: [service=""]
      receiver: nobodys
    - match_re: { category: 'db|cache' }
      receiver: data
    - matchers: [service!="api"]
      receiver: others
inhibit_rules:
  - source_matchers: [severity="critical"]
    target_matchers: [severity="warning"]
    equal: [priority, service]
receivers:
  - { name: default, email_configs: [{ to: a@example.com }] }
  - { name: pager, email_configs: [{ to: a@example.com }] }
  - { name: classified, email_configs: [{ to: a@example.com }] }
  - { name: nobodys, email_configs: [{ to: a@example.com }] }
  - { name: data, email_configs: [{ to: a@example.com }] }
  - { name: others, email_configs: [{ to: a@example.com }] }
"#;

/// What is told of alerts with these labels (`a=b c=d`) that begin together.
fn told(file: &str, alerts: &[&str]) -> Vec<Told> {
    let (output, _) = import(file, "x", Path::new("a.yml")).unwrap();
    let settings = Settings::from_yaml(&output).unwrap();
    let push = alerts.iter().map(|labels| {
        let pairs = labels.split_whitespace();
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap());
        json!({ "labels": BTreeMap::from_iter(pairs) })
    });
    let push: Vec<Value> = push.collect();
    let scenario = json!({ "steps": [{ "at": 1, "push": push }], "until": 200 });
    let scenario = Scenario::from_yaml(&scenario.to_string()).unwrap();
    replay::tell(&scenario, Some(Arc::new(settings))).unwrap()
}

// As `amtool config routes test` answers, of Alertmanager 0.25.
#[test_case("priority=critical service=api", "pager")]
#[test_case("service=api", "default")]
#[test_case("severity=page", "nobodys")]
#[test_case("service=api category=cache", "data")]
#[test_case("service=web", "others")]
#[test_case("priority=P3 category=alert service=api", "classified")]
#[test_case("priority=P1 service=api", "default")]
#[test_case("severity=warning service=api category=alert", "default")]
fn a_label_is_the_label_whatever_the_classification_calls_so(labels: &str, receiver: &str) {
    let told = told(NAMES, &[labels]);
    let receivers: Vec<_> = told
        .iter()
        .map(|t| t.notification.receiver.as_str())
        .collect();
    assert_eq!(receivers, [receiver]);
}

#[test]
fn groups_go_by_the_label_and_are_told_with_its_name() {
    let told = told(
        NAMES,
        &[
            "alertname=a service=api category=x",
            "alertname=a service=api category=y",
        ],
    );
    let groups: Vec<String> = told
        .iter()
        .map(|told| {
            let labels = told.notification.group_labels.iter();
            labels
                .map(|(name, value)| format!("{name}={value} "))
                .collect()
        })
        .collect();
    assert_eq!(
        groups,
        ["alertname=a category=x ", "alertname=a category=y "]
    );
}

#[test_case("priority=x", "priority=x", 1; "the same")]
#[test_case("priority=x", "priority=y", 2; "others")]
#[test_case("n=1", "n=2", 1; "neither has one")]
#[test_case("service=a", "n=2", 2; "one has none")]
fn an_inhibition_compares_the_labels(source: &str, target: &str, alerts: usize) {
    let told = told(
        NAMES,
        &[
            &format!("alertname=s severity=critical {source}"),
            &format!("alertname=t severity=warning {target}"),
        ],
    );
    assert_eq!(told.len(), alerts);
}
