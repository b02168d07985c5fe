//! The serde twin of named time intervals; the intervals themselves are the calendar's.

use calendar::RawTimeInterval;
use serde::{Deserialize, Serialize};

#[cfg(feature = "yaml")]
use schemars::JsonSchema;

/// Time intervals under one name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "yaml",
    derive(JsonSchema),
    schemars(rename = "NamedTimeInterval")
)]
#[serde(deny_unknown_fields)]
pub struct RawNamedTimeInterval {
    /// The name that routes use.
    #[cfg_attr(feature = "yaml", schemars(extend("x-format" = "receiver")))]
    pub name: String,
    /// It is the time when it is the time of one of these; without any it never is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub time_intervals: Vec<RawTimeInterval>,
}
