//! Lines packed as CloudWatch Logs delivers them to a function: JSON, gzip, base64.

use std::collections::BTreeMap;
use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

use crate::day::LogLine;

/// A delivery has at most so many lines, and is sent when its first is so many milliseconds old.
const MOST: usize = 500;
const OLDEST: i64 = 120_000;

/// Packs lines, each stream's by themselves.
#[derive(Default)]
pub struct Payloads {
    open: BTreeMap<(String, String), Vec<Value>>,
    since: BTreeMap<(String, String), i64>,
}

impl Payloads {
    /// Takes a line; the deliveries that are complete with it come back, each the event of a Lambda function.
    ///
    /// # Errors
    /// When gzip fails, which it does not on memory.
    pub fn add(&mut self, line: &LogLine<'_>) -> std::io::Result<Vec<String>> {
        let key = (line.group.to_owned(), line.stream.to_owned());
        let mut due: Vec<(String, String)> = Vec::new();
        let event = json!({ "id": line.id, "timestamp": line.at, "message": line.text });
        let events = self.open.entry(key.clone()).or_default();
        events.push(event);
        if events.len() >= MOST {
            due.push(key.clone());
        }
        self.since.entry(key).or_insert(line.at);
        let old = self
            .since
            .iter()
            .filter(|(_, since)| line.at - **since > OLDEST);
        due.extend(old.map(|(key, _)| key.clone()));
        due.sort();
        due.dedup();
        due.iter().map(|key| self.send(key)).collect()
    }

    /// What is left.
    ///
    /// # Errors
    /// As `add`.
    pub fn finish(&mut self) -> std::io::Result<Vec<String>> {
        let due: Vec<_> = self.open.keys().cloned().collect();
        due.iter().map(|key| self.send(key)).collect()
    }

    fn send(&mut self, key: &(String, String)) -> std::io::Result<String> {
        self.since.remove(key);
        let events = self.open.remove(key).unwrap_or_default();
        let payload = json!({
            "messageType": "DATA_MESSAGE",
            "owner": "123456789012",
            "logGroup": key.0,
            "logStream": key.1,
            "subscriptionFilters": ["tocsin"],
            "logEvents": events,
        });
        let mut gzip = GzBuilder::new()
            .mtime(0)
            .write(Vec::new(), Compression::fast());
        gzip.write_all(payload.to_string().as_bytes())?;
        Ok(json!({ "awslogs": { "data": STANDARD.encode(gzip.finish()?) } }).to_string())
    }
}
