//! What is said about an import: what has no counterpart, and what Alertmanager itself would refuse.

use std::fmt;
use std::sync::LazyLock;

use serde::Serialize;
use serde_json::{Map, Value};
use settings::Duration;

static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// Something without a counterpart.
#[derive(Debug, Serialize)]
pub(crate) struct Note {
    /// Where it stands: `receivers[2].opsgenie_configs[0]`.
    pub(crate) path: String,
    /// What it is; never its value, which may be a secret.
    pub(crate) what: String,
    /// What was done instead.
    pub(crate) instead: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.path, self.what, self.instead)
    }
}

/// What was found so far, and how values are read.
#[derive(Default)]
pub(super) struct Notes {
    notes: Vec<Note>,
    faults: Vec<String>,
}

impl Notes {
    pub(super) fn note(&mut self, path: &str, what: impl Into<String>, instead: impl Into<String>) {
        self.notes.push(Note {
            path: path.to_owned(),
            what: what.into(),
            instead: instead.into(),
        });
    }

    /// Something that Alertmanager would refuse.
    pub(super) fn fault(&mut self, path: &str, problem: impl fmt::Display) {
        self.faults.push(if path.is_empty() {
            problem.to_string()
        } else {
            format!("{path}: {problem}")
        });
    }

    /// The notes, or the faults if there are any.
    pub(super) fn done(self) -> Result<Vec<Note>, Vec<String>> {
        if self.faults.is_empty() {
            Ok(self.notes)
        } else {
            Err(self.faults)
        }
    }

    /// A field that sets up a server, a secret, or a text.
    pub(super) fn setting(&mut self, path: &str, key: &str) {
        const SECRET: [&str; 9] = [
            "key",
            "password",
            "secret",
            "token",
            "url",
            "auth",
            "identity",
            "credentials",
            "file",
        ];
        const SERVER: [&str; 8] = [
            "smtp",
            "smarthost",
            "hello",
            "tls",
            "http",
            "from",
            "proxy",
            "sigv4",
        ];
        let has = |words: &[&str]| words.iter().any(|word| key.contains(word));
        let (what, instead) = if has(&SECRET) {
            (
                "a secret or an address",
                "not copied: give it to the stack's channel (docs/channels.md)",
            )
        } else if has(&SERVER) {
            (
                "how a server is reached",
                "left out: the stack's channel has its own way (docs/channels.md)",
            )
        } else {
            (
                "what a message looks like, or how it is sent",
                "left out: Tocsin has its own way for each channel",
            )
        };
        self.note(path, what, instead);
    }

    /// A map; nothing is an empty one.
    pub(super) fn map<'a>(&mut self, value: &'a Value, path: &str) -> &'a Map<String, Value> {
        match value {
            Value::Object(map) => map,
            Value::Null => &NOTHING,
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                self.fault(path, "a map is expected here");
                &NOTHING
            }
        }
    }

    /// The items of a list in a map, with their paths.
    pub(super) fn list<'a>(
        &mut self,
        map: &'a Map<String, Value>,
        path: &str,
        key: &str,
    ) -> Vec<(String, &'a Value)> {
        let path = join(path, key);
        match map.get(key) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .map(|(at, item)| (format!("{path}[{at}]"), item))
                .collect(),
            Some(_) => {
                self.fault(&path, "a list is expected here");
                Vec::new()
            }
        }
    }

    /// The texts of a list in a map, with their paths.
    pub(super) fn texts(
        &mut self,
        map: &Map<String, Value>,
        path: &str,
        key: &str,
    ) -> Vec<(String, String)> {
        let items = self.list(map, path, key);
        let texts = items
            .into_iter()
            .filter_map(|(path, item)| Some((self.one(item, &path)?, path)));
        texts.map(|(text, path)| (path, text)).collect()
    }

    /// A text in a map.
    pub(super) fn text(
        &mut self,
        map: &Map<String, Value>,
        path: &str,
        key: &str,
    ) -> Option<String> {
        let value = map.get(key).filter(|value| !value.is_null())?;
        self.one(value, &join(path, key))
    }

    fn one(&mut self, value: &Value, path: &str) -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Null => Some(String::new()),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                self.fault(path, "a text is expected here");
                None
            }
        }
    }

    /// The names and texts of a map in a map.
    pub(super) fn table(
        &mut self,
        map: &Map<String, Value>,
        path: &str,
        key: &str,
    ) -> Vec<(String, String)> {
        let path = join(path, key);
        let Some(value) = map.get(key) else {
            return Vec::new();
        };
        let table = self.map(value, &path).clone();
        let pairs = table
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), self.one(value, &join(&path, name))?)));
        pairs.collect()
    }

    /// A truth in a map, as YAML 1.1 writes it.
    pub(super) fn truth(
        &mut self,
        map: &Map<String, Value>,
        path: &str,
        key: &str,
    ) -> Option<bool> {
        let text = self.text(map, path, key)?;
        match text.to_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => Some(true),
            "false" | "no" | "off" | "n" => Some(false),
            _ => {
                self.fault(&join(path, key), "true or false is expected here");
                None
            }
        }
    }

    /// A duration; nothing is none.
    pub(super) fn duration(&mut self, value: &Value, path: &str) -> Option<Duration> {
        if value.is_null() {
            return None;
        }
        let text = self.one(value, path)?;
        Duration::try_new(&text)
            .map_err(|error| self.fault(path, error))
            .ok()
    }
}

pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}
