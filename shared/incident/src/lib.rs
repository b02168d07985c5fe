//! Incidents: one episode of one problem, from its first alert to its last resolve.
//!
//! This crate is pure. `decide` takes the state, what arrived and the time, and
//! returns the new state and the effects; it knows no store, queue or clock.

mod arrival;
mod decide;
mod id;
mod key;
mod notification;
mod policy;
mod state;
mod timeline;

#[cfg(test)]
mod tests;

pub use arrival::{Arrival, Disposition, Outcome, SuppressionReason};
pub use decide::{Change, Decision, Effect, MAX_TRACKED, Transition, decide};
pub use id::{IncidentId, InvalidIncidentId};
pub use key::{IncidentKey, InvalidIncidentKey};
pub use notification::{
    ALERTS_IN_A_NOTIFICATION, AlertSummary, IncidentStatus, IncidentSummary,
    MAX_NOTIFICATION_BYTES, NOTIFICATION_SCHEMA, Notification, NotificationEvent,
};
pub use policy::{NotifyPolicy, PriorityPolicy};
pub use state::{
    AlertDetails, AlertPhase, Counters, Episode, IncidentState, TrackedAlert, TrackedInfo,
};
pub use timeline::{Alerts, Timeline, TimelineEntry, TimelineEvent};
