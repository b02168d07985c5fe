//! How the suite and what it watches are, in the shape of the IETF's health check draft.

use credentials::bearer::Scope;
use health::{Document, Overall};
use jiff::SignedDuration;
use serde_json::json;
use store::SensorStates;

use crate::answer::Answer;
use crate::api::Api;
use crate::ports::Ports;
use crate::problem::Problem;
use crate::visit::Visit;

/// The draft's media type.
const KIND: &str = "application/health+json";
/// Whose record the status document is, and which.
const SENSOR: &str = "health-check";
const STATUS: &str = "status";
/// The probes run each minute: what is older than this says how things were.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// Whether this function runs; nothing is asked for that, so it is quick.
#[must_use]
pub(crate) fn own() -> Answer {
    let document = json!({
        "status": Overall::Pass,
        "version": "1",
        "releaseId": env!("CARGO_PKG_VERSION"),
        "description": "health of Tocsin's API",
    });
    Answer::of(200, KIND, document.to_string())
}

impl<P: Ports> Api<P> {
    pub(crate) async fn show_health(&self, visit: &Visit<'_>) -> Result<Answer, Problem> {
        self.caller(visit, Some(Scope::Read)).await?;
        let record = self.desk.store().sensor_state(SENSOR, STATUS).await?;
        let known = record
            .body
            .map(|body| serde_json::from_str::<Document>(&body));
        let nothing = |note: &str| Document {
            status: Overall::Warn,
            version: "1".into(),
            description: "health of what Tocsin watches".to_owned(),
            time: visit.now,
            notes: vec![note.to_owned()],
            checks: std::collections::BTreeMap::default(),
        };
        let mut document = match known {
            Some(Ok(document)) => document,
            Some(Err(error)) => {
                tracing::error!(stage = "answer", error = %error, "the status document cannot be read");
                nothing("the status document cannot be read: wait for the next run of health-check")
            }
            None => nothing("nothing was asked yet: does health-check run?"),
        };
        let age = visit.now.duration_since(document.time);
        if age > FRESH {
            // Whatever it says, nobody knows how things are now.
            document.status = document.status.max(Overall::Warn);
            let minutes = age.as_mins();
            document.notes.insert(
                0,
                format!("nothing was asked for {minutes} minutes: does health-check run?"),
            );
        }
        let body = serde_json::to_string(&document).map_err(|error| {
            tracing::error!(stage = "answer", error = %error, "an answer cannot be written");
            Problem::internal()
        })?;
        Ok(Answer::of(200, KIND, body))
    }
}
