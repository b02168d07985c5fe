//! The pure crates reach neither Tokio nor the AWS SDK, even through another crate.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::project::Project;

/// The crates that must stay pure.
const PURE: &[&str] = &[
    "calendar",
    "credentials",
    "detection",
    "settings",
    "alert-classification",
    "health",
    "incident",
    "log-mining",
    "log-metrics",
    "markup",
    "masking",
    "notification",
    "report",
];

/// Looks through the resolved graph of ordinary dependencies.
pub(crate) fn check(project: &Project) -> Result<()> {
    let output = project
        .cargo()
        .args(["metadata", "--format-version=1", "--all-features"])
        .output()?;
    if !output.status.success() {
        bail!(
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let graph = Graph::read(&serde_json::from_slice(&output.stdout)?)?;
    let mut faults = Vec::new();
    for name in PURE {
        for path in graph.forbidden_paths(name)? {
            faults.push(path);
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    bail!(
        "pure crates reach what they must not:\n      {}",
        faults.join("\n      ")
    )
}

struct Graph {
    names: BTreeMap<String, String>,
    dependencies: BTreeMap<String, Vec<String>>,
}

impl Graph {
    fn read(metadata: &Value) -> Result<Self> {
        let mut names = BTreeMap::new();
        for package in list(metadata, "/packages")? {
            names.insert(text(package, "/id")?, text(package, "/name")?);
        }
        let mut dependencies = BTreeMap::new();
        for node in list(metadata, "/resolve/nodes")? {
            let mut ordinary = Vec::new();
            for dependency in list(node, "/deps")? {
                // The kind is null for an ordinary dependency, "dev" or "build" for the others.
                let kinds = list(dependency, "/dep_kinds")?;
                if kinds
                    .iter()
                    .any(|kind| kind.get("kind").is_none_or(Value::is_null))
                {
                    ordinary.push(text(dependency, "/pkg")?);
                }
            }
            dependencies.insert(text(node, "/id")?, ordinary);
        }
        Ok(Self {
            names,
            dependencies,
        })
    }

    /// The shortest way from a crate to each forbidden one, in words.
    fn forbidden_paths(&self, from: &str) -> Result<Vec<String>> {
        let start = self
            .names
            .iter()
            .find_map(|(id, name)| (name == from).then_some(id))
            .with_context(|| format!("there is no package {from}"))?;
        let mut found = Vec::new();
        let mut seen = BTreeSet::from([start.clone()]);
        let mut edge = vec![(start.clone(), from.to_owned())];
        while !edge.is_empty() {
            let mut next = Vec::new();
            for (id, path) in edge {
                for dependency in self.dependencies.get(&id).into_iter().flatten() {
                    if !seen.insert(dependency.clone()) {
                        continue;
                    }
                    let name = self.names.get(dependency).map_or("?", String::as_str);
                    let path = format!("{path} → {name}");
                    if forbidden(name) {
                        found.push(path.clone());
                    }
                    next.push((dependency.clone(), path));
                }
            }
            edge = next;
        }
        Ok(found)
    }
}

fn forbidden(name: &str) -> bool {
    name == "tokio"
        || name.starts_with("tokio-")
        || name.starts_with("aws-")
        || name.starts_with("aws_")
}

fn list<'a>(value: &'a Value, pointer: &str) -> Result<&'a Vec<Value>> {
    let found = value.pointer(pointer).and_then(Value::as_array);
    found.with_context(|| format!("cargo metadata has no list {pointer}"))
}

fn text(value: &Value, pointer: &str) -> Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found
        .map(str::to_owned)
        .with_context(|| format!("cargo metadata has no text {pointer}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn graph(kind: &Value) -> Graph {
        let metadata = json!({
            "packages": [
                {"id": "1", "name": "incident"}, {"id": "2", "name": "between"}, {"id": "3", "name": "tokio"}
            ],
            "resolve": {"nodes": [
                {"id": "1", "deps": [{"pkg": "2", "dep_kinds": [{"kind": null}]}]},
                {"id": "2", "deps": [{"pkg": "3", "dep_kinds": [{"kind": kind}]}]},
                {"id": "3", "deps": []}
            ]}
        });
        Graph::read(&metadata).unwrap()
    }

    #[test]
    fn finds_what_is_reached_through_another_crate() {
        let found = graph(&Value::Null).forbidden_paths("incident").unwrap();
        assert_eq!(found, ["incident → between → tokio"]);
    }

    #[test]
    fn tests_may_use_what_the_crate_may_not() {
        assert!(
            graph(&json!("dev"))
                .forbidden_paths("incident")
                .unwrap()
                .is_empty()
        );
    }
}
