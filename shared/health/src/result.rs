//! What one probe answered, once.

use std::collections::BTreeMap;

use compact_str::CompactString;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use settings::{Lookup, Measured};

use crate::fault::Fault;

/// What one probe answered, once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeResult {
    /// Its name.
    pub probe: CompactString,
    /// When it was asked.
    pub at: Timestamp,
    /// Why there is no good answer, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// What was measured, as far as it came.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measured: BTreeMap<Measured, f64>,
}

/// Thresholds compare numbers by their names.
impl Lookup for ProbeResult {
    fn text(&self, _name: &str) -> Option<&str> {
        None
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.measured.get(&Measured::by_name(name)?).copied()
    }
}
