//! The configuration as this function needs it.

use std::sync::Arc;

use alert_classification::Classifier;
use incident::Policy;
use settings::{Channel, Settings};

/// How alerts are classified, and what decisions about them go by.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(crate) classifier: Arc<Classifier>,
    /// What decisions go by.
    pub policy: Arc<Policy>,
}

impl Rules {
    /// The rules of a configuration where only some channels are deployed; all when `None`.
    #[must_use]
    pub fn new(settings: impl Into<Arc<Settings>>, deployed: Option<&[Channel]>) -> Self {
        let settings = settings.into();
        Self {
            policy: Arc::new(adapters::policy(Arc::clone(&settings), deployed)),
            classifier: Arc::new(Classifier::new(settings)),
        }
    }
}
