//! What merely happened, and the end of what was followed by something else.

use std::collections::BTreeMap;

use alert_classification::{Fingerprint, Status};
use compact_str::CompactString;
use settings::Route;

use super::{Draft, Teller};
use crate::arrival::SuppressionReason;
use crate::group::flush::Facts;
use crate::group::state::{Muted, Unclosed};
use crate::group::wording;
use crate::id::IncidentId;
use crate::notification::{IncidentStatus, IncidentSummary, NotificationEvent};
use crate::subject::Subject;

impl Teller<'_> {
    /// Tells what merely happened.
    pub(in crate::group) fn infos(&mut self, route: &Route, facts: &mut impl Facts) {
        let infos = std::mem::take(&mut self.group.infos);
        if infos.is_empty() {
            return;
        }
        let now = self.now;
        let mut told = Vec::new();
        let mut incident: Option<IncidentSummary> = None;
        for info in infos {
            let subject = Subject::remembered(&info.summary, &info.service);
            let muted = facts
                .inhibited(&subject, now)
                .or_else(|| facts.silenced(&subject, now));
            if let Some(muted) = muted {
                *self.out.suppressed_infos.entry(muted.reason()).or_default() += 1;
                continue;
            }
            if incident
                .as_ref()
                .is_none_or(|lead| info.incident.priority < lead.priority)
            {
                incident = Some(info.incident);
            }
            told.push((None, info.summary));
        }
        let (Some(incident), Some(receiver)) = (
            incident,
            self.policy.routing().receivers.get(route.receiver),
        ) else {
            return;
        };
        let count = told.len();
        let integrations: Vec<usize> = (0..receiver.integrations.len()).collect();
        let draft = Draft {
            receiver,
            integrations,
            event: NotificationEvent::Info,
            reason: wording::informed(count),
            alerts: told,
            step: None,
        };
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        if self.send_about(&draft, &[incident]) {
            self.out.told_infos += count;
        } else {
            *self
                .out
                .suppressed_infos
                .entry(SuppressionReason::NoChannel)
                .or_default() += count;
        }
    }

    /// Tells the end of episodes that ended and were followed by others before anybody could be told.
    pub(in crate::group) fn closings(&mut self) {
        let mut by_incident: BTreeMap<IncidentId, Vec<(Fingerprint, u64)>> = BTreeMap::new();
        for (fingerprint, alert) in &mut self.group.alerts {
            // What flaps is told of when it is calm.
            if matches!(alert.muted, Some(Muted::Flapping { .. })) {
                continue;
            }
            for Unclosed { incident, told } in alert.unclosed.drain(..) {
                let alerts = by_incident.entry(incident).or_default();
                alerts.push((*fingerprint, told));
            }
        }
        for (id, alerts) in by_incident {
            let known = self.group.incidents.get(&id);
            let Some(mut incident) = known.map(|known| known.summary.clone()) else {
                continue;
            };
            incident.status = IncidentStatus::Resolved;
            incident.resolved_at.get_or_insert(self.now);
            let mut by_receiver: BTreeMap<CompactString, Vec<usize>> = BTreeMap::new();
            for (place, target) in self.group.targets.iter().enumerate() {
                let known = by_receiver.entry(target.receiver.clone()).or_default();
                known.push(place);
            }
            for (name, targets) in by_receiver {
                let receivers = &self.policy.routing().receivers;
                let Some(receiver) = receivers.iter().find(|receiver| receiver.name == name) else {
                    continue;
                };
                let knows =
                    |target: usize| alerts.iter().any(|(_, told)| told & (1 << target) != 0);
                let integrations: Vec<usize> = targets
                    .into_iter()
                    .filter(|target| knows(*target))
                    .map(|target| self.place_of(target))
                    .filter(|place| {
                        let integration = receiver.integrations.get(*place);
                        integration.is_some_and(|integration| integration.send_resolved)
                    })
                    .collect();
                let ended = alerts.iter().filter_map(|(fingerprint, _)| {
                    let alert = self.group.alerts.get(fingerprint)?;
                    let mut summary = alert.summary.clone();
                    summary.status = Status::Resolved;
                    summary.ends_at = Some(alert.span.starts_at);
                    Some((Some(id.clone()), summary))
                });
                let draft = Draft {
                    receiver,
                    integrations,
                    event: NotificationEvent::Resolved,
                    reason: wording::followed(),
                    alerts: ended.collect(),
                    step: None,
                };
                self.send_about(&draft, std::slice::from_ref(&incident));
            }
        }
    }
}
