//! The validated types.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::{GroupPattern, Template};
use crate::{Matchers, SecurityEventKind, SecurityField};

/// What is read out of logs.
#[derive(Clone, Debug)]
pub struct Logs {
    /// The namespace of the metrics.
    pub namespace: CompactString,
    /// Where days and months begin: a name of the time-zone database.
    pub time_zone: CompactString,
    /// The log groups that are read.
    pub groups: Vec<GroupPattern>,
    /// Those of them that are not.
    pub exclude: Vec<GroupPattern>,
    /// Whether Lambda's own lines give metrics and findings.
    pub lambda: bool,
    /// What bounds cost and memory.
    pub limits: LogLimits,
    /// Formats of plain text, in order: the first that is found in a line reads it.
    pub extract: Vec<Extract>,
    /// The rules; each sees every record of its groups.
    pub rules: Vec<LogRule>,
}

impl Logs {
    /// Whether the configuration wants a log group to be read.
    #[must_use]
    pub fn reads(&self, group: &str) -> bool {
        self.groups.iter().any(|pattern| pattern.is_match(group))
            && !self.exclude.iter().any(|pattern| pattern.is_match(group))
    }
}

/// What bounds cost and memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LogLimits {
    /// So many values of one metric's dimensions have a series each; the others share `other`.
    pub dimension_values: usize,
    /// Bytes of a delivery after decompression.
    pub payload_bytes: usize,
    /// Bytes of a line that are looked at.
    pub line_bytes: usize,
    /// Findings of one delivery.
    pub findings: usize,
}

impl Default for LogLimits {
    fn default() -> Self {
        Self {
            dimension_values: 100,
            payload_bytes: 32 << 20,
            line_bytes: 256 << 10,
            findings: 50,
        }
    }
}

/// A format of plain text.
#[derive(Clone, Debug)]
pub struct Extract {
    /// Its name.
    pub name: CompactString,
    /// The log groups whose lines it reads; none: all.
    pub groups: Vec<GroupPattern>,
    /// The regular expression, as written.
    pub pattern: String,
}

/// One rule about logs.
#[derive(Clone, Debug)]
pub struct LogRule {
    /// Its name.
    pub name: CompactString,
    /// Why it is there.
    pub about: String,
    /// The log groups whose records it sees; none: all.
    pub groups: Vec<GroupPattern>,
    /// Which records.
    pub matchers: Matchers,
    /// The metrics that a record counts in.
    pub metrics: Vec<LogMetric>,
    /// The finding that it is.
    pub finding: Option<LogFinding>,
    /// The security event that it is.
    pub security: Option<SecurityRule>,
}

/// How records become numbers.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum MetricKind {
    /// How many records there are.
    Count,
    /// The sum of a field.
    Sum,
    /// Every value of a field: CloudWatch computes percentiles, averages and extremes of it.
    Distribution,
    /// How many different values of a field there are, within its stated error.
    Distinct,
}

/// Within what time the same value counts once.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// A day of the time zone.
    Day,
    /// A month of the time zone.
    Month,
}

/// A unit of CloudWatch's.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(schemars::JsonSchema))]
pub enum MetricUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Bytes.
    Bytes,
    /// Kilobytes.
    Kilobytes,
    /// Megabytes.
    Megabytes,
    /// Gigabytes.
    Gigabytes,
    /// Percent.
    Percent,
    /// A number of things.
    Count,
    /// None of these, such as money.
    None,
}

impl MetricUnit {
    /// CloudWatch's name of it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seconds => "Seconds",
            Self::Milliseconds => "Milliseconds",
            Self::Microseconds => "Microseconds",
            Self::Bytes => "Bytes",
            Self::Kilobytes => "Kilobytes",
            Self::Megabytes => "Megabytes",
            Self::Gigabytes => "Gigabytes",
            Self::Percent => "Percent",
            Self::Count => "Count",
            Self::None => "None",
        }
    }
}

/// One metric of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct LogMetric {
    /// Its name.
    pub name: CompactString,
    /// How records become numbers.
    pub kind: MetricKind,
    /// The field that is summed, measured or told apart.
    pub of: Option<CompactString>,
    /// The number that stands for every record.
    pub value: Option<f64>,
    /// What the field's number is multiplied with.
    pub scale: f64,
    /// The unit.
    pub unit: MetricUnit,
    /// The sets of dimensions; at least one.
    pub by: Vec<Vec<Dimension>>,
    /// Within what time the same value counts once; of `Distinct` only.
    pub per: Period,
}

/// A dimension and the field that gives its value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dimension {
    /// Its name in CloudWatch.
    pub name: CompactString,
    /// The record's field.
    pub field: CompactString,
}

impl Dimension {
    /// Reads `name` or `name=field`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let (name, field) = text.split_once('=').unwrap_or((text, text));
        Self {
            name: name.into(),
            field: field.into(),
        }
    }
}

/// What a rule finds.
#[derive(Clone, Debug)]
pub struct LogFinding {
    /// One line for people.
    pub title: Template,
    /// More words.
    pub description: Template,
    /// What identifies and routes it.
    pub labels: Vec<(CompactString, Template)>,
    /// It is one from so many records on.
    pub at_least: u64,
}

/// Which security event a record is, and which fields of the record fill the event's.
#[derive(Clone, Debug)]
pub struct SecurityRule {
    /// What happened.
    pub event: SecurityEventKind,
    /// The event's fields, and the record's that fill them.
    pub fields: Vec<(SecurityField, CompactString)>,
}
