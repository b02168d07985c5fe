//! The configuration as this function needs it, built from what the build embedded.

use std::collections::BTreeSet;

use alert_classification::Classifier;
use compact_str::CompactString;
use incident::{NotifyPolicy, PriorityPolicy};
use settings::{Channel, InvalidSettings, Settings};

/// Checked by the build script.
const EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/settings.json"));

/// How alerts are classified, folded and told.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(crate) classifier: Classifier,
    pub(crate) policy: NotifyPolicy,
    pub(crate) incident_by: Vec<CompactString>,
}

impl Rules {
    /// Tells only channels that are deployed, and gives those that the configuration names in vain.
    pub fn deployed(&mut self, channels: &[Channel]) -> BTreeSet<Channel> {
        self.policy.restrict(channels)
    }

    /// The embedded configuration. Read it once and late: its patterns take longer to compile than
    /// the rest of a cold start.
    ///
    /// # Errors
    /// When the embedded configuration is not what this version reads; the build script has tried.
    pub fn embedded() -> Result<Self, InvalidSettings> {
        Ok(Self::new(Settings::from_json(EMBEDDED)?))
    }

    /// The rules of a configuration.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let policy = NotifyPolicy::from_fn(|priority| {
            let policy = settings.policy(priority);
            PriorityPolicy {
                channels: policy.notify,
                response_minutes: policy.response_minutes,
            }
        });
        Self {
            policy,
            incident_by: settings.incident_by.clone(),
            classifier: Classifier::new(settings),
        }
    }
}
