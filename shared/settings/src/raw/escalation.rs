//! The serde twins of what happens while nobody answers: escalations, rotations, flapping.

use calendar::RotationKind;
use serde::{Deserialize, Serialize};

use crate::Duration;

#[cfg(feature = "yaml")]
use schemars::JsonSchema;

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// Who is told, and when, until somebody acknowledges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Escalation"))]
#[serde(deny_unknown_fields)]
pub struct RawEscalation {
    /// The name that routes use.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "receiver")))]
    pub name: String,
    /// The steps, in order.
    pub steps: Vec<RawStep>,
    /// How many further rounds follow the first, while nobody acknowledges.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeat: u32,
    /// How long after its last step a round begins anew. Default: the time between the last two steps, or the
    /// only step's `after`, but at least 5m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "interval")))]
    pub repeat_after: Option<Duration>,
    /// After what time an acknowledgement of an incident that is still open counts no longer. Default: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "interval")))]
    pub ack_timeout: Option<Duration>,
}

/// One step of an escalation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Step"))]
#[serde(deny_unknown_fields)]
pub struct RawStep {
    /// When it is taken, counted from the beginning of the round; no earlier than the step before.
    #[cfg_attr(feature = "yaml", schemars(with = "String", extend("x-format" = "duration")))]
    pub after: Duration,
    /// Receivers and rotations, by name.
    pub to: Vec<String>,
}

/// Receivers who take turns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Rotation"))]
#[serde(deny_unknown_fields)]
pub struct RawRotation {
    /// The name that escalations use; no receiver has it.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "receiver")))]
    pub name: String,
    /// The receivers, in the order of their turns.
    pub members: Vec<String>,
    /// The unit of a shift.
    #[serde(rename = "type")]
    pub kind: RotationKind,
    /// How many of those units a shift lasts. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift_length: Option<u32>,
    /// When the first member's first shift begins: a date and a time of the rotation's time zone
    /// (`2026-01-05T09:00`), or an instant (`2026-01-05T03:30:00Z`).
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "start")))]
    pub start: String,
    /// The IANA name of the time zone by whose clock shifts change. Default: UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "time_zone")))]
    pub time_zone: Option<String>,
    /// Who stands in for whoever's turn it is, and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<RawOverride>,
}

/// A stand-in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Override"))]
#[serde(deny_unknown_fields)]
pub struct RawOverride {
    /// From this instant (`2026-01-05T03:30:00Z`).
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "instant")))]
    pub from: String,
    /// Until this instant, which is no longer part of it.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "instant")))]
    pub until: String,
    /// The member who stands in.
    pub member: String,
}

/// When a group that comes and goes is held back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "yaml", derive(JsonSchema), schemars(rename = "Flapping"))]
#[serde(deny_unknown_fields, default)]
pub struct RawFlapping {
    /// After so many changes between firing and resolved within `window`. Default: 6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<u32>,
    /// The time in which changes are counted. Default: 30m.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "interval")))]
    pub window: Option<Duration>,
    /// Until it has not changed for so long. Default: 15m.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "yaml", schemars(with = "Option<String>", extend("x-format" = "interval")))]
    pub quiet: Option<Duration>,
}
