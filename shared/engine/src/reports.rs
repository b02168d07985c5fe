//! Requests for reports of episodes that are over for good.
//!
//! A request is an entry of the outbox like a notification, written in the transaction that notes that it
//! is asked for: so none is lost. The topic hands it to whoever listens to [`CHANNEL`]. The port is told
//! as well, once the decision is written.

use std::error::Error;

use incident::{IncidentId, IncidentKey};
use jiff::Timestamp;
use lambda_support::error::chain;
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

/// Asks for the report of an episode. The same may be asked for twice.
pub trait Reports: Send + Sync {
    /// Asks for it.
    fn request(
        &self,
        key: &IncidentKey,
        id: &IncidentId,
    ) -> impl Future<Output = Result<(), ReportError>> + Send;
}

/// A report is not asked for.
#[derive(Debug, thiserror::Error)]
#[error("the report of {id} is not asked for")]
pub struct ReportError {
    /// Of which episode.
    pub id: IncidentId,
    /// Why.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

/// Writes no reports; says in the log that one is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoReports;

impl Reports for NoReports {
    async fn request(&self, key: &IncidentKey, id: &IncidentId) -> Result<(), ReportError> {
        tracing::info!(
            stage = "report",
            incident_id = id.as_str(),
            incident_key = key.as_str(),
            "an incident is over for good"
        );
        Ok(())
    }
}

/// Asks for some reports; gives how many could not be asked for.
pub async fn request<R: Reports>(reports: &R, wanted: &[(IncidentKey, IncidentId)]) -> usize {
    let mut failed = 0;
    for (key, id) in wanted {
        if let Err(error) = reports.request(key, id).await {
            failed += 1;
            tracing::error!(
                stage = "report", incident_id = id.as_str(), error = %chain(&error),
                "a report is not asked for"
            );
        }
    }
    failed
}
