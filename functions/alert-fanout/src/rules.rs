//! The configuration as this function needs it, built from what the build embedded.

use std::sync::{Arc, OnceLock};

use alert_classification::Classifier;
use compact_str::CompactString;
use incident::{NotifyPolicy, PriorityPolicy};
use settings::{InvalidSettings, Settings};

/// Checked by the build script.
const EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/settings.json"));

/// How alerts are classified, folded and told.
#[derive(Debug)]
pub struct Rules {
    pub(crate) classifier: Classifier,
    pub(crate) policy: NotifyPolicy,
    pub(crate) incident_by: Vec<CompactString>,
}

impl Rules {
    /// The embedded configuration. It is read at the first call, because its patterns take longer
    /// to compile than the rest of a cold start.
    ///
    /// # Errors
    /// When the embedded configuration is not what this version reads; the build script has tried.
    pub fn embedded() -> Result<Arc<Self>, InvalidSettings> {
        static RULES: OnceLock<Arc<Rules>> = OnceLock::new();
        if let Some(rules) = RULES.get() {
            return Ok(Arc::clone(rules));
        }
        let rules = Arc::new(Self::new(Settings::from_json(EMBEDDED)?));
        Ok(Arc::clone(RULES.get_or_init(|| rules)))
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
