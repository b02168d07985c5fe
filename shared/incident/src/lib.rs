//! Incidents and groups: what is wrong, who is told when, and who has taken it on.
//!
//! This crate is pure: it knows no store, queue or clock. A [`World`] of records, what happened and
//! the time go in; changed records and [`Effects`] come out.

mod act;
mod arrival;
mod decide;
mod ending;
mod group;
mod id;
mod inhibit;
mod key;
mod notification;
mod policy;
mod silence;
mod span;
mod state;
mod subject;
mod timeline;
mod tracked;
mod world;

#[cfg(test)]
mod tests;

pub use act::{Acknowledgement, Act, ActError, Actor, Verdict, VerdictKind, Via};
pub use arrival::{Arrival, Disposition, Outcome, SuppressionReason};
pub use decide::{
    Change, Decision, MAX_TEXT_CHARS, MAX_TRACKED, News, Step, Transition, act, decide,
};
pub use group::{
    Ghost, GroupAlert, GroupCounters, GroupEvent, GroupIncident, GroupInfo, GroupLogEntry,
    GroupState, Ladder, MAX_IN_GROUP, Muted, StepTaken, TargetLog, Unclosed,
};
pub use id::{IncidentId, InvalidIncidentId};
pub use inhibit::{Inhibition, Source};
pub use key::{GroupKey, IncidentKey, InhibitionKey, InvalidIncidentKey};
pub use notification::{
    ALERTS_IN_A_NOTIFICATION, AlertSummary, Delivery, IncidentStatus, IncidentSummary,
    MAX_NOTIFICATION_BYTES, NOTIFICATION_SCHEMA, Notification, NotificationEvent, StepRef,
};
pub use policy::{Damping, Policy};
pub use silence::{InvalidSilence, MAX_SILENCES, Silence, SilenceSet, Silences, WARNING};
pub use span::Span;
pub use state::{
    AlertDetails, AlertPhase, Counters, Episode, IncidentState, Moving, PastEpisode, TrackedAlert,
    TrackedInfo, Turns,
};
pub use subject::Subject;
pub use timeline::{Alerts, Timeline, TimelineEntry, TimelineEvent};
pub use tracked::TrackedAlerts;
pub use world::{Effects, EpisodeChange, Record, RecordName, World, summary_of};
