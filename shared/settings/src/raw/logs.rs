//! The serde twins of what is read out of logs: groups, formats of plain text, rules and what they give.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::SecurityEventKind;
use crate::logs::{MetricKind, MetricUnit, Period};

#[cfg(feature = "yaml")]
use schemars::JsonSchema;

const fn one() -> f64 {
    1.0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_one(value: &f64) -> bool {
    *value == 1.0
}

/// What is read out of logs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Logs"))]
#[serde(deny_unknown_fields)]
pub struct RawLogs {
    /// The namespace of the metrics in CloudWatch. Default: the project's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "namespace")))]
    pub namespace: Option<String>,
    /// Where days and months begin, for what is counted by day and by month. Default: UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "time_zone")))]
    pub time_zone: Option<String>,
    /// The log groups that are read, with `*` for any characters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "log_group")))]
    pub groups: Vec<String>,
    /// Those of them that are not. The suite's own never are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "log_group")))]
    pub exclude: Vec<String>,
    /// Metrics and findings of Lambda's own lines, for every group `/aws/lambda/…` that is read: cold starts,
    /// memory, billed time, time-outs, crashes. Default: true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lambda: Option<bool>,
    /// What bounds cost and memory.
    #[serde(default)]
    pub limits: RawLogLimits,
    /// Formats of plain text: expressions whose named groups become fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extract: Vec<RawExtract>,
    /// The rules. Each sees every record of its groups, whatever the others made of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RawLogRule>,
}

/// What bounds cost and memory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "LogLimits"))]
#[serde(deny_unknown_fields, default)]
pub struct RawLogLimits {
    /// So many values of one metric's dimensions have a series each, in one delivery; the others share `other`. Default: 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimension_values: Option<u32>,
    /// A delivery is read no further than so many megabytes after decompression. Default: 32.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_megabytes: Option<u32>,
    /// So much of a line is looked at, in kilobytes. Default: 256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_kilobytes: Option<u32>,
    /// So many findings come out of one delivery at most; the others are counted. Default: 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<u32>,
}

/// A format of plain text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Extract"))]
#[serde(deny_unknown_fields)]
pub struct RawExtract {
    /// Its name: the field `@format` of the records that it reads.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "name")))]
    pub name: String,
    /// The log groups whose lines it reads, with `*` for any characters. Default: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "log_group")))]
    pub groups: Vec<String>,
    /// A regular expression, found anywhere in the line. Its named groups, `(?P<status>\d+)`, become fields.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "extract")))]
    pub pattern: String,
}

/// One rule about logs: which records, and what they give.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "LogRule"))]
#[serde(deny_unknown_fields)]
pub struct RawLogRule {
    /// Its name; it stands in findings.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "name")))]
    pub name: String,
    /// Why it is there, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The log groups whose records it sees, with `*` for any characters. Default: all that are read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "log_group")))]
    pub groups: Vec<String>,
    /// All of these must hold of the record's fields.
    #[serde(default, rename = "match", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "matcher")))]
    pub all: Vec<String>,
    /// And at least one of these, when there is any.
    #[serde(default, rename = "match_any", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "matcher")))]
    pub any: Vec<String>,
    /// The metrics that a record counts in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<RawLogMetric>,
    /// The finding that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<RawLogFinding>,
    /// The security event that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<RawSecurityEvent>,
}

/// One metric of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "LogMetric"))]
#[serde(deny_unknown_fields)]
pub struct RawLogMetric {
    /// Its name in CloudWatch. Rules may share a metric, if they agree on kind, unit and dimensions.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "metric")))]
    pub name: String,
    /// How records become numbers.
    pub kind: MetricKind,
    /// The field that is summed, measured or told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "label")))]
    pub of: Option<String>,
    /// The number that stands for every record, instead of a field: with 100 for a success and 0 for a failure,
    /// the metric's average is the success rate in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// What the field's number is multiplied with: 0.01 makes rupees of paise.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub scale: f64,
    /// CloudWatch's unit. Default: Count for `count` and `distinct`, else None.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<MetricUnit>,
    /// The sets of dimensions, each a series of its own: `[]` is the total, `[gateway]` one by the field `gateway`,
    /// `[endpoint=route]` one by the field `route`, called `endpoint`. Default: the total alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Vec<String>>,
    /// For `distinct`: within what time the same value counts once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<Period>,
}

/// What a rule finds. Findings with the same labels are one, however many records there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "LogFinding"))]
#[serde(deny_unknown_fields)]
pub struct RawLogFinding {
    /// One line for people; `{field}` stands for a field of the record, masked.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "template")))]
    pub title: String,
    /// More words; `{field}` as in the title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "template")))]
    pub description: Option<String>,
    /// What identifies and routes it, beside `rule` and `FunctionName`; `service` names a service of the catalogue.
    /// `{field}` stands for a field of the record.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(
        feature = "yaml",
        schemars(extend("x-keys" = "label", "x-items" = "template"))
    )]
    pub labels: BTreeMap<String, String>,
    /// It is one from so many records in one delivery on. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
}

/// Which security event a record is, and which fields of the record fill the event's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "yaml",
    derive(JsonSchema),
    schemars(rename = "SecurityEventRule")
)]
#[serde(deny_unknown_fields)]
pub struct RawSecurityEvent {
    /// What happened.
    pub event: SecurityEventKind,
    /// Who: the field with the account's id, or with the name that was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "label")))]
    pub account: Option<String>,
    /// From where: the field with the IP address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "label")))]
    pub address: Option<String>,
    /// The field with the device's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "label")))]
    pub device: Option<String>,
    /// The field with the card's token or fingerprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "label")))]
    pub card: Option<String>,
    /// The field with the amount in minor units (paise).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "label")))]
    pub amount: Option<String>,
    /// The field with the currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "label")))]
    pub currency: Option<String>,
    /// The field with what was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "label")))]
    pub endpoint: Option<String>,
    /// The field with the degrees north.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "label")))]
    pub latitude: Option<String>,
    /// The field with the degrees east.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "label")))]
    pub longitude: Option<String>,
    /// The field with the reason, or the rule that was broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "label")))]
    pub detail: Option<String>,
    /// The field with what people look up. Default: the request's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "label")))]
    pub reference: Option<String>,
}
