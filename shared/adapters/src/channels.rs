//! The channels that have a notifier, as the environment says, and what decisions go by then.

use std::sync::Arc;

use incident::Policy;
use lambda_support::env::{Noted, Reader};
use settings::{Channel, Settings};

const DEPLOYED_CHANNELS: &str = "DEPLOYED_CHANNELS";

/// Reads which channels are deployed; `None` when the environment does not say: all.
///
/// # Errors
/// When it names what is no channel.
pub fn deployed(reader: &mut Reader<'_>) -> Result<Option<Vec<Channel>>, Noted> {
    match reader.optional(DEPLOYED_CHANNELS) {
        None => Ok(None),
        Some(_) => reader
            .list(DEPLOYED_CHANNELS, "the channels that are deployed")
            .map(Some),
    }
}

/// What decisions go by where only some channels are deployed.
#[must_use]
pub fn policy(settings: impl Into<Arc<Settings>>, deployed: Option<&[Channel]>) -> Policy {
    let mut policy = Policy::new(settings);
    if let Some(deployed) = deployed {
        let missing = policy.restrict(deployed);
        let missing: Vec<&str> = missing.iter().map(|channel| channel.as_str()).collect();
        if !missing.is_empty() {
            tracing::warn!(
                stage = "init",
                channels = missing.join(","),
                "the configuration names channels that are not deployed: they are not told"
            );
        }
    }
    policy
}
