//! What is remembered between two runs, as it lies in the table.

use std::collections::BTreeMap;

use alert_classification::Finding;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::memory::Memory;

/// What this version writes; it reads no other.
const VERSION: u32 = 1;

/// What is remembered between two runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    version: u32,
    pub(crate) probes: BTreeMap<CompactString, Memory>,
    /// Findings that were decided and perhaps not yet published, the oldest first.
    #[serde(default)]
    pub pending: Vec<Finding>,
    /// An earlier memory was lost: what was told before it may still be open somewhere.
    #[serde(default)]
    pub(crate) amnesia: bool,
}

/// A text that is no state of this version.
#[derive(Debug, thiserror::Error)]
pub enum InvalidState {
    /// It is no such JSON.
    #[error("the state cannot be read: begin anew")]
    Json(#[from] serde_json::Error),
    /// It is another version's.
    #[error("the state is of version {0}, and this program reads {VERSION}: begin anew")]
    Version(u32),
}

impl State {
    /// Nothing was ever asked.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            version: VERSION,
            probes: BTreeMap::new(),
            pending: Vec::new(),
            amnesia: false,
        }
    }

    /// Something was asked, and nobody knows what came of it. What turns out to be well is told to be well, in
    /// case people have heard otherwise.
    #[must_use]
    pub const fn forgotten() -> Self {
        let mut state = Self::new();
        state.amnesia = true;
        state
    }

    /// Reads a state.
    ///
    /// # Errors
    /// When it is none, or of another version.
    pub fn from_json(text: &str) -> Result<Self, InvalidState> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let version = serde_json::from_str::<Versioned>(text)?.version;
        if version != VERSION {
            return Err(InvalidState::Version(version));
        }
        Ok(serde_json::from_str(text)?)
    }

    /// The state as text.
    ///
    /// # Errors
    /// Never, for a state that [`crate::decide`] made.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}
