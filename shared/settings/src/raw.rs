//! The serde twin of `monitoring.yaml`: what may be written, before it is checked.
//!
//! The JSON schema is derived from these types, and so is the check of a file's shape:
//! a field exists once, here.

mod escalation;
mod intervals;
mod logs;
mod probe;
mod routing;

use serde::{Deserialize, Serialize};

use crate::{Channel, Duration, Priority};

pub use crate::security::{
    RawAllow, RawAmounts, RawDetector, RawDetectors, RawNetwork, RawSecurity, RawSlow, RawTravel,
};
pub use calendar::{RawTimeInterval, RawTimeRange, RotationKind};
pub use escalation::{RawEscalation, RawFlapping, RawOverride, RawRotation, RawStep};
pub use intervals::RawNamedTimeInterval;
pub use logs::{
    RawExtract, RawLogFinding, RawLogLimits, RawLogMetric, RawLogRule, RawLogs, RawSecurityEvent,
};
pub use probe::{RawExpectation, RawProbe};
pub use routing::{RawInhibitRule, RawIntegration, RawReceiver, RawRoute};

#[cfg(feature = "yaml")]
use schemars::JsonSchema;

fn default_incident_by() -> Vec<String> {
    vec!["service".to_owned(), "category".to_owned()]
}

const fn default_scale() -> f64 {
    1.0
}

/// Tocsin's configuration: what there is to watch, how bad what is, and who is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Settings"))]
#[serde(deny_unknown_fields)]
pub struct RawSettings {
    /// The name of the platform that is watched; it stands in every message.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "text")))]
    pub project: String,
    /// Where relative runbook names begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "url")))]
    pub runbook_base: Option<String>,
    /// The labels whose values make one incident; `service`, `category` and `priority` come from the classification.
    #[serde(default = "default_incident_by")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "label")))]
    pub incident_by: Vec<String>,
    /// Response times and channels of P1 to P4.
    #[serde(default)]
    pub priorities: RawPriorities,
    /// How long after it was last heard of an alert counts as over, where nothing else says so. Default: 5m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "interval")))]
    pub resolve_timeout: Option<Duration>,
    /// The root of the routing tree: who is told of what. Default: one branch for each priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<RawRoute>,
    /// Who can be told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receivers: Vec<RawReceiver>,
    /// Which alerts make others not worth telling.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inhibit_rules: Vec<RawInhibitRule>,
    /// Times that routes are muted or active in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub time_intervals: Vec<RawNamedTimeInterval>,
    /// The older name of `time_intervals`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mute_time_intervals: Vec<RawNamedTimeInterval>,
    /// Who is told, and when, until somebody acknowledges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalation: Vec<RawEscalation>,
    /// Receivers who take turns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rotations: Vec<RawRotation>,
    /// When what comes and goes is held back; `{}` for the defaults. Default: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flapping: Option<RawFlapping>,
    /// No silence may be longer. Default: 30d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "interval")))]
    pub max_silence: Option<Duration>,
    /// Attacks that show in the logs. Left out, every detector works with its defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<RawSecurity>,
    /// The catalogue of services, in order: the first that matches an alert has it.
    #[serde(default)]
    pub services: Vec<RawService>,
    /// Numbers derived from what an alarm measured, in one unit whatever the source's.
    #[serde(default)]
    pub measures: Vec<RawMeasure>,
    /// What is asked, again and again, whether it is well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<RawProbe>,
    /// The rules, in order: the first that matches an alert decides.
    pub rules: Vec<RawRule>,
    /// What is read out of logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs: Option<RawLogs>,
}

/// Response times and channels of each priority.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Priorities"))]
#[serde(deny_unknown_fields, default)]
pub struct RawPriorities {
    /// Critical.
    #[serde(rename = "P1")]
    pub p1: RawPriority,
    /// High.
    #[serde(rename = "P2")]
    pub p2: RawPriority,
    /// Medium.
    #[serde(rename = "P3")]
    pub p3: RawPriority,
    /// Low.
    #[serde(rename = "P4")]
    pub p4: RawPriority,
}

/// What a priority promises and whom it tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "yaml",
    derive(JsonSchema),
    schemars(rename = "PriorityPolicy")
)]
#[serde(deny_unknown_fields, default)]
pub struct RawPriority {
    /// Within what time somebody must answer. Default: 5m, 15m, 1h, 24h.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "minutes")))]
    pub response: Option<Duration>,
    /// The channels that are told at once. Default: e-mail for all, Slack and webhook from P3 up, SMS for P1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify: Option<Vec<Channel>>,
}

/// One service of the catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Service"))]
#[serde(deny_unknown_fields)]
pub struct RawService {
    /// Its name in labels and messages.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "name")))]
    pub name: String,
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// All of these must hold for an alert to be about this service.
    #[serde(default, rename = "match", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "matcher")))]
    pub all: Vec<String>,
    /// And at least one of these, when there is any.
    #[serde(default, rename = "match_any", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "matcher")))]
    pub any: Vec<String>,
    /// What to do when it is in trouble: a URL, or a name below `runbook_base`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "runbook")))]
    pub runbook: Option<String>,
}

/// A number derived from an alarm's value and threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Measure"))]
#[serde(deny_unknown_fields)]
pub struct RawMeasure {
    /// The name that rules compare. Several measures may share it: the first that matches gives the number.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "label")))]
    pub name: String,
    /// All of these must hold.
    #[serde(default, rename = "match", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "matcher")))]
    pub all: Vec<String>,
    /// And at least one of these, when there is any.
    #[serde(default, rename = "match_any", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "matcher")))]
    pub any: Vec<String>,
    /// What the alarm's number is multiplied with: 100 makes a fraction a percentage.
    #[serde(default = "default_scale")]
    pub scale: f64,
    /// What is added after that: with `scale: -1` and `offset: 100` a success rate becomes a failure rate.
    #[serde(default)]
    pub offset: f64,
}

/// One rule: when it matches, what it decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Rule"))]
#[serde(deny_unknown_fields)]
pub struct RawRule {
    /// Its name; it stands in every message that it decides.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "name")))]
    pub name: String,
    /// Why it is there, for people: it is part of the reason given.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// All of these must hold.
    #[serde(default, rename = "match", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "matcher")))]
    pub all: Vec<String>,
    /// And at least one of these, when there is any.
    #[serde(default, rename = "match_any", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-items" = "matcher")))]
    pub any: Vec<String>,
    /// P1 to P4.
    pub priority: Priority,
    /// The kind of trouble.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "name")))]
    pub category: String,
    /// Within what time somebody must answer, when it differs from the priority's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "minutes")))]
    pub response: Option<Duration>,
    /// What to do: a URL, or a name below `runbook_base`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "runbook")))]
    pub runbook: Option<String>,
}
