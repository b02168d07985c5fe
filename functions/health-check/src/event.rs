//! What the function is invoked for.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// What the function is invoked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// The schedule: what is due is asked.
    Tick,
    /// Somebody asks: these probes, or all when none is named.
    Demand(Vec<String>),
}

/// The event is neither.
#[derive(Debug, thiserror::Error)]
#[error(
    "the event is neither the schedule's tick nor a demand: send {{\"probes\": [\"name\"]}}, or {{\"probes\": []}} for all"
)]
pub struct NoEvent;

impl Event {
    /// Reads an event.
    ///
    /// # Errors
    /// When it is none of ours.
    pub fn read(text: &str) -> Result<Self, NoEvent> {
        #[derive(Deserialize)]
        struct Demand {
            probes: Vec<String>,
            source: Option<IgnoredAny>,
        }
        if adapters::is_tick(text) {
            return Ok(Self::Tick);
        }
        match serde_json::from_str::<Demand>(text) {
            Ok(Demand {
                probes,
                source: None,
            }) => Ok(Self::Demand(probes)),
            Ok(Demand {
                source: Some(_), ..
            })
            | Err(_) => Err(NoEvent),
        }
    }
}
