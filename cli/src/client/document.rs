//! The parts of the API's documents that are shown. Members that are not named here are passed over,
//! so that a newer server can say more.

use jiff::Timestamp;
use serde::Deserialize;
use settings::Priority;

use super::text::{age, one_line};

/// A part of the list of incidents.
#[derive(Debug, Deserialize)]
pub(crate) struct Incidents {
    pub(crate) incidents: Vec<Incident>,
}

/// One episode of one problem, as lists and acts tell of it.
#[derive(Debug, Deserialize)]
pub(crate) struct Incident {
    pub(crate) id: String,
    pub(crate) priority: Priority,
    pub(crate) status: String,
    pub(crate) title: String,
    pub(crate) service: String,
    pub(crate) category: String,
    pub(crate) opened_at: Timestamp,
    #[serde(default)]
    pub(crate) resolved_at: Option<Timestamp>,
    pub(crate) firing: u32,
    #[serde(default)]
    pub(crate) acknowledged_by: Option<String>,
    #[serde(default)]
    pub(crate) runbook: Option<String>,
}

/// What came of an act.
#[derive(Debug, Deserialize)]
pub(crate) struct Acted {
    pub(crate) incident: Incident,
    pub(crate) changed: bool,
}

/// Somebody is on it.
#[derive(Debug, Deserialize)]
pub(crate) struct Acknowledgement {
    pub(crate) by: Actor,
    pub(crate) at: Timestamp,
    #[serde(default)]
    pub(crate) until: Option<Timestamp>,
}

impl Acknowledgement {
    /// Who, since when, and how long it still counts.
    pub(crate) fn words(&self, now: Timestamp) -> String {
        let (who, since) = (one_line(&self.by.who), age(self.at, now));
        match self.until {
            Some(until) if until <= now => {
                format!("taken on by {who} {since} ago, which does not count any more")
            }
            Some(until) => format!(
                "taken on by {who} {since} ago, for {} more",
                age(now, until)
            ),
            None => format!("taken on by {who} {since} ago"),
        }
    }
}

/// Who did something.
#[derive(Debug, Deserialize)]
pub(crate) struct Actor {
    pub(crate) who: String,
}
