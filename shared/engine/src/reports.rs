//! Requests for reports of episodes that are over for good.
//!
//! A request is an entry of the outbox like a notification, written in the transaction that notes that it
//! is asked for: so none is lost. The topic hands it to whoever listens to [`CHANNEL`].

use incident::{IncidentId, IncidentKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The name and version of the request.
pub const REQUEST_SCHEMA: &str = "tocsin.report-request/1";
/// What stands in the attribute `channels` of a request: no notifier listens to it.
pub const CHANNEL: &str = "postmortem";

/// Asks for the report of an episode. The same may be asked for twice.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct ReportRequest {
    /// [`REQUEST_SCHEMA`].
    pub schema: String,
    /// Of which episode.
    pub incident: IncidentId,
    /// What it was about.
    pub key: IncidentKey,
    /// When it was asked for.
    pub at: Timestamp,
}

impl ReportRequest {
    /// The request for an episode.
    #[must_use]
    pub fn new(key: &IncidentKey, id: &IncidentId, at: Timestamp) -> Self {
        Self {
            schema: REQUEST_SCHEMA.to_owned(),
            incident: id.clone(),
            key: key.clone(),
            at,
        }
    }

    /// Names its entry of the outbox: asked for again, it is the same one.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}.report", self.incident)
    }
}
