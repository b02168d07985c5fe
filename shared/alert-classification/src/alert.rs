//! The alert: an event in our own terms, whatever envelope it came in.

use compact_str::CompactString;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use settings::Priority;

use crate::labels::{Fingerprint, Labels};

/// Whether a problem has begun, has ended, or something merely happened.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The problem is there.
    Firing,
    /// The problem is over.
    Resolved,
    /// Something happened that neither begins nor ends a problem.
    Info,
}

impl Status {
    /// `"firing"`, `"resolved"` or `"info"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
            Self::Info => "info",
        }
    }
}

/// What was measured and against what, where the source says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Measurement {
    /// The newest data point that crossed the threshold (else the newest one), in `unit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The alarm's threshold, in `unit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// How value and threshold compare when the alarm fires: `>`, `>=`, `<` or `<=`;
    /// `outside` for an anomaly band.
    #[serde(skip_serializing_if = "CompactString::is_empty")]
    pub comparison: CompactString,
    /// CloudWatch's unit ("Percent", "Milliseconds", "Count"…), empty when none is said.
    #[serde(skip_serializing_if = "CompactString::is_empty")]
    pub unit: CompactString,
    /// The seconds of one period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period_seconds: Option<u32>,
    /// The seconds over which the alarm looks: period × evaluation periods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_seconds: Option<u32>,
}

/// An event in our own terms.
///
/// `labels` identify and route; `annotations` inform people. Names and values are
/// bounded when they are built, so an alert is never larger than a few kilobytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Who spoke: EventBridge's `source` (`aws.cloudwatch`, `aws.guardduty`, …), or
    /// `aws.sns`, `tocsin`, `unknown`.
    pub source: CompactString,
    /// What kind of event it was: EventBridge's detail type, or our name for it.
    pub kind: CompactString,
    /// Firing, resolved or info.
    pub status: Status,
    /// One line for people, at most 200 characters.
    pub title: String,
    /// What the source said, in its own words, at most 2,000 characters. May be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What identifies and routes it. Always has `alertname`; `service` where it is known.
    pub labels: Labels,
    /// What a person needs to act, by name. For example `reason`, `metric`, `operation`.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub annotations: Labels,
    /// What was measured, where the source says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measurement: Option<Measurement>,
    /// When the problem began, by the source's own clock.
    pub starts_at: Timestamp,
    /// When it ended, for a resolve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// When the source says the state changed: what orders the events of one fingerprint.
    pub changed_at: Timestamp,
    /// Pairs a firing with its resolve.
    pub fingerprint: Fingerprint,
    /// The source says that the problem was over before this firing (CloudWatch: the previous
    /// state was OK). If it is known to fire, its end was never heard of.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fired_anew: bool,
    /// For how many minutes a firing counts when its source may never tell the end of it, as
    /// Alertmanager's `resolve_timeout`; `None` when the end is always told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime_minutes: Option<u32>,
    /// Where to look: an AWS console page, when one can be derived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console_url: Option<String>,
}

/// How urgent an alert is, what kind of trouble it is, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Classification {
    /// P1 to P4.
    pub priority: Priority,
    /// The kind of trouble: `availability`, `errors`, `latency`, `saturation`, `security`, …
    pub category: CompactString,
    /// The category whatever was measured: what it would be right at the alarm's threshold.
    /// Incidents are told apart by it, so that a resolve finds the incident of its firing.
    pub stable_category: CompactString,
    /// The service of the catalogue (or the best guess) that has the trouble.
    pub service: CompactString,
    /// Minutes within which somebody must answer.
    pub response_minutes: u32,
    /// The name of the rule that decided; `None` when no rule matched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<CompactString>,
    /// Why, in words.
    pub reason: String,
    /// What to do about it: a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
}

/// An alert with its classification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassifiedAlert {
    /// What happened.
    pub alert: Alert,
    /// How bad it is and why.
    pub classification: Classification,
}
