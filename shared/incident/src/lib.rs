//! Incidents: one episode of one problem, from its first alert to its last resolve.
//!
//! This crate is pure. `decide` takes the state, what arrived and the time, and
//! returns the new state and the effects; it knows no store, queue or clock.

mod id;
mod notification;

pub use id::{IncidentId, InvalidIncidentId};
pub use notification::{
    ALERTS_IN_A_NOTIFICATION, AlertSummary, IncidentStatus, IncidentSummary, NOTIFICATION_SCHEMA,
    Notification, NotificationEvent,
};
