//! The serde twin of a time interval: what may be written, before it is checked.

use serde::{Deserialize, Deserializer, Serialize};

/// When something holds, written as in Prometheus Alertmanager: an instant must be in one
/// range of every field that is given. A field that is left out holds always.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "TimeInterval")
)]
#[serde(deny_unknown_fields)]
pub struct RawTimeInterval {
    /// The times of day; a range does not cross midnight.
    #[serde(
        default,
        deserialize_with = "at_least_one",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub times: Vec<RawTimeRange>,
    /// The days of the week, which begins on sunday: `monday:friday`, `sunday`.
    #[serde(
        default,
        deserialize_with = "at_least_one",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub weekdays: Vec<String>,
    /// The days of the month, negative from its end: `1:5`, `-3:-1`, `15`.
    #[serde(
        default,
        deserialize_with = "at_least_one",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub days_of_month: Vec<String>,
    /// The months, by name or number: `january:march`, `5`.
    #[serde(
        default,
        deserialize_with = "at_least_one",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub months: Vec<String>,
    /// The years: `2024:2026`, `2030`.
    #[serde(
        default,
        deserialize_with = "at_least_one",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub years: Vec<String>,
    /// The IANA time zone of all this, such as `Europe/Berlin`. Default: UTC. `Local` is the
    /// machine's time zone, which in the cloud is UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// A part of the day, from its start up to, but not including, its end.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "TimeRange")
)]
#[serde(deny_unknown_fields)]
pub struct RawTimeRange {
    /// The first minute: `09:00`.
    pub start_time: String,
    /// The minute after the last: `17:00`; `24:00` is the end of the day.
    pub end_time: String,
}

/// Alertmanager reads an empty list as "never" and writes it as "always". Which of the two
/// was meant decides whether alerts are silent, so it has to be said.
fn at_least_one<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let list = Vec::deserialize(deserializer)?;
    if list.is_empty() {
        return Err(serde::de::Error::custom(
            "an empty list: write at least one range, or leave the field out when it should hold always",
        ));
    }
    Ok(list)
}
