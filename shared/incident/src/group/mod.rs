//! A group: one audience's bundle of alerts, with a timing of its own.
//!
//! It does what Alertmanager's dispatcher and notification pipeline do (`group_wait`,
//! `group_interval`, `repeat_interval`, muting, de-duplication against what was last told), and what
//! Alertmanager leaves to others: it climbs the escalation ladder of each of its incidents until
//! somebody acknowledges. It differs where Alertmanager falls short: who was told that an alert fires
//! is told that it is over, muted or not.

mod flush;
mod insert;
mod ladder;
mod state;
mod tell;
mod timing;
mod wording;

pub(crate) use flush::{Facts, flush};
pub(crate) use insert::{Snapshot, insert};
pub(crate) use ladder::restart_on_act;
pub use state::{
    Ghost, GroupAlert, GroupCounters, GroupEvent, GroupIncident, GroupInfo, GroupLogEntry,
    GroupState, Ladder, MAX_IN_GROUP, Muted, StepTaken, TargetLog, Unclosed,
};
pub(crate) use tell::tell_act;
pub(crate) use timing::reschedule;
