//! The port for reports of episodes that are over for good.

use std::error::Error;

use incident::{IncidentId, IncidentKey};
use lambda_support::error::chain;

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
