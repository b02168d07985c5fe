//! What rules find, in the form of `docs/finding.schema.json`.

use std::collections::BTreeMap;

use compact_str::CompactString;
use jiff::Timestamp;
use serde::Serialize;
use settings::logs::{LogFinding, Piece, Template};

use crate::record::Record;

/// Who found it.
pub const SOURCE: &str = "tocsin.log-metrics";
/// What kind of finding a rule's is.
pub const KIND: &str = "Log finding";
/// So much of a line is shown.
const EXAMPLE: usize = 500;
/// So long may a label be, or a title.
const LABEL: usize = 200;
const TITLE: usize = 200;

/// Something that a rule found in a delivery.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The name and version of this document.
    pub schema: &'static str,
    /// One line for people.
    pub title: String,
    /// Who found it.
    pub source: &'static str,
    /// What kind of finding it is.
    pub kind: &'static str,
    /// `firing`.
    pub status: &'static str,
    /// More words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What identifies and routes it.
    pub labels: BTreeMap<CompactString, CompactString>,
    /// What informs people: an example line, the group, the request.
    pub annotations: BTreeMap<&'static str, String>,
    /// How many records there were, of how many that make a finding.
    pub measurement: Measurement,
    /// When the first of them was.
    pub starts_at: Timestamp,
    /// When the last of them was: a delivery that comes twice says the same twice, which counts once.
    pub changed_at: Timestamp,
}

/// How many records there were.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measurement {
    /// Records in this delivery.
    pub value: u64,
    /// It is a finding from so many on.
    pub threshold: u64,
    /// `>=`.
    pub comparison: &'static str,
    /// `Count`.
    pub unit: &'static str,
}

/// The findings of a delivery.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    known: BTreeMap<BTreeMap<CompactString, CompactString>, Finding>,
    /// Records whose findings were over the limit.
    pub(crate) over: u64,
}

/// What of a record's surroundings a finding tells.
pub(crate) struct Scene<'a> {
    pub(crate) group: &'a str,
    pub(crate) stream: &'a str,
    pub(crate) function: Option<&'a str>,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) at: Timestamp,
    pub(crate) limit: usize,
}

impl Findings {
    pub(crate) fn add(
        &mut self,
        rule: &str,
        finding: &LogFinding,
        record: &Record<'_>,
        scene: &Scene<'_>,
    ) {
        let mut labels = BTreeMap::from([("rule".into(), rule.into())]);
        if let Some(function) = scene.function {
            labels.insert("FunctionName".into(), cut(function, LABEL).into());
        }
        for (name, template) in &finding.labels {
            let value = fill(template, record, name);
            labels.insert(name.clone(), cut(&value, LABEL).into());
        }
        if let Some(known) = self.known.get_mut(&labels) {
            known.measurement.value += 1;
            known.starts_at = known.starts_at.min(scene.at);
            known.changed_at = known.changed_at.max(scene.at);
            return;
        }
        if self.known.len() >= scene.limit {
            self.over += 1;
            return;
        }
        let mut annotations = BTreeMap::from([
            ("example", example(record.message)),
            ("log_group", scene.group.to_owned()),
            ("log_stream", scene.stream.to_owned()),
        ]);
        if let Some(id) = scene.request_id {
            annotations.insert("request_id", cut(id, LABEL).to_owned());
        }
        let title = fill(&finding.title, record, "");
        let found = Finding {
            schema: "tocsin.finding/1",
            title: cut(&title, TITLE).to_owned(),
            source: SOURCE,
            kind: KIND,
            status: "firing",
            description: fill(&finding.description, record, ""),
            labels: labels.clone(),
            annotations,
            measurement: Measurement {
                value: 1,
                threshold: finding.at_least,
                comparison: ">=",
                unit: "Count",
            },
            starts_at: scene.at,
            changed_at: scene.at,
        };
        self.known.insert(labels, found);
    }

    pub(crate) fn finish(self) -> Vec<Finding> {
        let found = self.known.into_values();
        found
            .filter(|found| found.measurement.value >= found.measurement.threshold)
            .collect()
    }
}

/// The beginning of a line, masked before it is cut: half a card's number would not be known for one.
fn example(line: &str) -> String {
    let masked = masking::mask(cut(line, 8 * EXAMPLE));
    cut(&masked, EXAMPLE).to_owned()
}

/// The template with the record's fields in it, masked by their names and by that of what they fill.
fn fill(template: &Template, record: &Record<'_>, name: &str) -> String {
    let mut text = String::new();
    for piece in template.pieces() {
        match piece {
            Piece::Text(plain) => text.push_str(plain),
            Piece::Field(field) => {
                let value = settings::Lookup::text(record, field).unwrap_or("?");
                let value = masking::mask_field(field, value);
                let value = masking::mask_field(name, &value).into_owned();
                // A line break would make one label two lines of a message.
                text.extend(
                    cut(&value, LABEL)
                        .chars()
                        .map(|c| if c.is_control() { ' ' } else { c }),
                );
            }
        }
    }
    text
}

/// At most so many bytes, and no half characters.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}
