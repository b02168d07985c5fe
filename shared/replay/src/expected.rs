//! What a scenario says must be told.

use std::collections::BTreeMap;

use alert_classification::Status;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::seconds::Seconds;

/// A notification that must come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Who is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiver: Option<String>,
    /// Not earlier than…
    pub from: Seconds,
    /// …and not later than.
    pub until: Seconds,
    /// The alerts that it names, and no other; any when not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alerts: Option<Vec<ExpectedAlert>>,
    /// The step of the ladder, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// Whom the step reaches: receivers or rotations.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "one_or_many"
    )]
    pub to: Vec<String>,
}

/// An alert that a notification must name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedAlert {
    /// What identifies it.
    pub labels: BTreeMap<String, String>,
    /// Firing or resolved.
    pub status: Status,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Seconds>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Seconds>,
    /// What informs about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    const WANTED: &str = "write a receiver or a list of them";
    let value = Value::deserialize(deserializer)?;
    let many = match &value {
        Value::String(one) => return Ok(vec![one.clone()]),
        Value::Array(many) => many.as_slice(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            return Err(serde::de::Error::custom(format!(
                "{value} is no name; {WANTED}"
            )));
        }
    };
    many.iter()
        .map(|name| {
            let name = name.as_str().map(str::to_owned);
            name.ok_or_else(|| {
                serde::de::Error::custom(format!("{value} is no list of names; {WANTED}"))
            })
        })
        .collect()
}
