//! Whoever an alert reached before the import, it reaches afterwards.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on should stop with the place"
)]

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};
use settings::{Lookup, Settings};

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
