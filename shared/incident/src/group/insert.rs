//! An alert comes to a group.

use alert_classification::Fingerprint;
use compact_str::CompactString;
use jiff::{SignedDuration, Timestamp};
use settings::Route;

use super::state::{GroupAlert, GroupIncident, GroupInfo, GroupState, MAX_IN_GROUP, Unclosed};
use super::timing::{forgotten_at, reschedule_for};
use crate::arrival::SuppressionReason;
use crate::decide::News;
use crate::id::IncidentId;
use crate::key::IncidentKey;
use crate::notification::{AlertSummary, IncidentSummary};
use crate::policy::signed;
use crate::span::Span;

/// An alert as its incident knows it after a decision.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) summary: AlertSummary,
    pub(crate) service: CompactString,
    pub(crate) span: Span,
    pub(crate) news: News,
    /// Whether an arrival brought it of which the books have to say what became.
    pub(crate) counted: bool,
    /// The episode that it belongs to, and where its state is.
    pub(crate) incident: Option<(IncidentId, IncidentKey, IncidentSummary)>,
    pub(crate) flapping_until: Option<Timestamp>,
    /// Whether the routes bring it elsewhere now.
    pub(crate) left: bool,
}

/// Puts an alert into a group, or renews what the group knows of it.
pub(crate) fn insert(group: &mut GroupState, snapshot: Snapshot, route: &Route, now: Timestamp) {
    // An empty group is forgotten after a while, and what comes then waits as for a new one.
    if group.is_empty() && forgotten_at(group).is_some_and(|at| at <= now) {
        group.flushed = false;
        group.tick = None;
    }
    group.emptied_at = None;
    group.counters.received += u64::from(snapshot.counted);
    let wait = signed(route.group_wait);
    let starts_at = snapshot.span.starts_at;
    let fingerprint = Some(snapshot.fingerprint);
    if !keep(group, snapshot) {
        reschedule_for(group, fingerprint, route, now);
        return;
    }
    let after = |span: SignedDuration, at: Timestamp| at.checked_add(span).unwrap_or(at);
    if group.flushed {
        if signed(route.group_interval).is_zero() {
            group.tick = Some(now);
        }
    } else if after(wait, starts_at) < now {
        group.tick = Some(now);
    } else {
        group.tick.get_or_insert(after(wait, now));
    }
    reschedule_for(group, fingerprint, route, now);
}

/// Whether there was room.
fn keep(group: &mut GroupState, snapshot: Snapshot) -> bool {
    let Snapshot {
        fingerprint,
        summary,
        service,
        span,
        news,
        counted,
        incident,
        flapping_until,
        left,
    } = snapshot;
    if news == News::Reported {
        let Some((_, _, incident)) = incident else {
            return false;
        };
        if group.infos.len() >= MAX_IN_GROUP {
            group.counters.suppress(SuppressionReason::GroupFull, 1);
            return false;
        }
        group.infos.push(GroupInfo {
            summary,
            service,
            incident,
        });
        return true;
    }
    let room = group.alerts.len() < MAX_IN_GROUP || group.alerts.contains_key(&fingerprint);
    if !room {
        group.overflow = group.overflow.saturating_add(1);
        group
            .counters
            .suppress(SuppressionReason::GroupFull, u32::from(counted));
        return false;
    }
    let id = incident.map(|(id, key, summary)| {
        match group.incidents.get_mut(&id) {
            Some(known) => known.summary = summary,
            None => {
                let known = GroupIncident {
                    key,
                    summary,
                    ladder: None,
                    first_told_at: None,
                    last_told_at: None,
                    steps: Vec::new(),
                };
                group.incidents.insert(id.clone(), known);
            }
        }
        id
    });
    let known = group.alerts.remove(&fingerprint);
    let mut alert = GroupAlert {
        incident: id,
        summary,
        service,
        span,
        pending: u32::from(counted),
        firing: 0,
        resolved: 0,
        told: 0,
        muted: None,
        flapping_until,
        flap_untold: news == News::Flapping,
        left,
        unclosed: Vec::new(),
    };
    match known {
        Some(known) => {
            alert.pending += known.pending;
            alert.firing = known.firing;
            alert.resolved = known.resolved;
            alert.told = known.told;
            alert.muted = known.muted;
            alert.flap_untold |= known.flap_untold;
            alert.unclosed = known.unclosed;
            // What is said of an alert after its episode does not take it out of that.
            if alert.incident.is_none() {
                alert.incident.clone_from(&known.incident);
            }
            if known.incident != alert.incident && known.told != 0 && alert.incident.is_some() {
                // The end of the episode that people know of was not told, and this is another one.
                let told = known.told;
                let earlier = known.incident.map(|incident| Unclosed { incident, told });
                alert.unclosed.extend(earlier);
                alert.told = 0;
                alert.firing = 0;
            }
        }
        None => {
            let ghost = group.ghosts.remove(&fingerprint).unwrap_or_default();
            alert.firing = ghost.firing;
            alert.resolved = ghost.resolved;
        }
    }
    match news {
        News::BeganAgain | News::Rose => alert.firing = 0,
        News::Began
        | News::Ended
        | News::Lapsed
        | News::Refreshed
        | News::Flapping
        | News::Reported => {}
    }
    group.alerts.insert(fingerprint, alert);
    true
}
