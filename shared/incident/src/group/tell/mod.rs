//! Writes the notifications of one flush.

mod act;
mod news;
mod others;
mod steps;
mod write;

pub(crate) use act::tell_act;

use std::collections::{BTreeMap, BTreeSet};

use alert_classification::{Fingerprint, Status};
use jiff::Timestamp;
use settings::Receiver;

use crate::arrival::SuppressionReason;
use crate::group::flush::Standing;
use crate::group::state::{GroupAlert, GroupState};
use crate::id::IncidentId;
use crate::notification::{AlertSummary, Notification, NotificationEvent, StepRef};
use crate::policy::Policy;

/// The most incidents that a notification or a log entry names.
const NAMED: usize = 20;

/// What a flush has to say and to whom.
pub(in crate::group) struct Teller<'g> {
    pub(in crate::group) group: &'g mut GroupState,
    version: u64,
    policy: &'g Policy,
    now: Timestamp,
    standings: &'g BTreeMap<Fingerprint, Standing>,
    out: Message,
    /// The place of its first notification among those of the same decision.
    first: usize,
    /// The integrations by which the route's own message has asked whether somebody is still on it.
    asked: BTreeSet<usize>,
    /// Steps that the route's own message has said already: to which receiver, and by which integration.
    absorbed: BTreeSet<(IncidentId, u32, usize, usize)>,
}

/// The notifications, and what the books have to know.
#[derive(Debug, Default)]
pub(in crate::group) struct Message {
    pub(in crate::group) notifications: Vec<Notification>,
    /// The alerts that somebody was told of.
    pub(in crate::group) told: BTreeSet<Fingerprint>,
    pub(in crate::group) told_infos: u64,
    pub(in crate::group) suppressed_infos: BTreeMap<SuppressionReason, u64>,
}

/// One message before it is written.
struct Draft<'a> {
    receiver: &'a Receiver,
    /// The integrations, by their places in the receiver.
    integrations: Vec<usize>,
    event: NotificationEvent,
    reason: String,
    /// The alerts as they are told, with the incidents that they belong to.
    alerts: Vec<(Option<IncidentId>, AlertSummary)>,
    step: Option<StepRef>,
}

impl<'g> Teller<'g> {
    pub(in crate::group) fn new(
        group: &'g mut GroupState,
        version: u64,
        policy: &'g Policy,
        now: Timestamp,
        standings: &'g BTreeMap<Fingerprint, Standing>,
    ) -> Self {
        Self {
            group,
            version,
            policy,
            now,
            standings,
            out: Message::default(),
            first: 0,
            asked: BTreeSet::new(),
            absorbed: BTreeSet::new(),
        }
    }

    pub(in crate::group) fn finish(self) -> Message {
        self.out
    }

    fn place_of(&self, target: usize) -> usize {
        let target = self.group.targets.get(target);
        target.map_or(usize::MAX, |target| {
            usize::try_from(target.integration).unwrap_or(usize::MAX)
        })
    }

    fn places(&self, targets: &[usize]) -> Vec<usize> {
        targets
            .iter()
            .map(|target| self.place_of(*target))
            .collect()
    }

    /// The alerts as they are told: what is new first, then the most urgent.
    fn told_alerts(
        &self,
        mut shown: Vec<(bool, Fingerprint)>,
    ) -> Vec<(Option<IncidentId>, AlertSummary)> {
        let key = |new: bool, fingerprint: Fingerprint, alert: &GroupAlert| {
            (
                !new,
                alert.summary.priority,
                alert.span.starts_at,
                fingerprint,
            )
        };
        shown.sort_by_cached_key(|(new, fingerprint)| {
            self.group
                .alerts
                .get(fingerprint)
                .map(|alert| key(*new, *fingerprint, alert))
        });
        shown
            .into_iter()
            .filter_map(|(_, fingerprint)| {
                let alert = self.group.alerts.get(&fingerprint)?;
                let over = self.standings.get(&fingerprint).is_some_and(|s| s.over);
                let mut summary = alert.summary.clone();
                summary.starts_at = alert.span.starts_at;
                summary.status = if over {
                    Status::Resolved
                } else {
                    Status::Firing
                };
                summary.ends_at = alert.span.ends_at.filter(|_| over);
                Some((alert.incident.clone(), summary))
            })
            .collect()
    }
}
