//! Our own findings: what Tocsin's sensors, and anybody else who likes the form, report.

use compact_str::CompactString;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Context;
use super::draft::Draft;
use crate::alert::{Alert, Measurement, Status};
use crate::labels::Labels;

/// The name and version of the document; `docs/finding.schema.json` describes it.
pub const FINDING_SCHEMA: &str = "tocsin.finding/1";

/// A finding: the alert of a sensor that speaks our own language.
///
/// Only `schema` and `title` are needed. Firing and resolve pair up when all labels are the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// [`FINDING_SCHEMA`].
    pub schema: CompactString,
    /// One line for people.
    pub title: String,
    /// Who found it, such as `tocsin.health-check`.
    #[serde(default = "default_source")]
    pub source: CompactString,
    /// What kind of finding it is; the label `alertname` unless `labels` has one.
    #[serde(default = "default_kind")]
    pub kind: CompactString,
    /// `firing` unless said otherwise.
    #[serde(default = "default_status")]
    pub status: Status,
    /// More words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What identifies and routes it.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// What informs people.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub annotations: Labels,
    /// What was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measurement: Option<Measurement>,
    /// When the problem began (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// When its state last changed (RFC 3339); the message's own time when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
    /// Where to look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

const fn default_status() -> Status {
    Status::Firing
}

const fn default_source() -> CompactString {
    CompactString::const_new("tocsin")
}

const fn default_kind() -> CompactString {
    CompactString::const_new("Finding")
}

/// Whether the document says that it is a finding, of whatever version.
pub(super) fn is_finding(schema: &str) -> bool {
    schema.starts_with("tocsin.finding/")
}

pub(super) fn read(body: &str, context: &Context<'_>) -> Result<Alert, String> {
    let finding: Finding = serde_json::from_str(body)
        .map_err(|error| format!("the finding does not fit {FINDING_SCHEMA}: {error}"))?;
    let changed_at = finding.changed_at.unwrap_or(context.at);
    let mut draft = Draft::new(&finding.source, &finding.kind, finding.status, changed_at);
    for (name, value) in finding.labels.iter() {
        draft.label(name, value);
    }
    if finding.labels.get("alertname").is_none() {
        draft.label("alertname", &finding.kind);
    }
    for (name, value) in finding.annotations.iter() {
        draft.annotation(name, value);
    }
    draft.title(&finding.title);
    draft.description(&finding.description);
    draft.lifetime_minutes = None;
    draft.measurement = finding.measurement;
    draft.starts_at = finding.starts_at;
    draft.console_url = finding.url.filter(|url| url.starts_with("https://"));
    Ok(draft.finish())
}
