//! Writes a notification.

use std::collections::BTreeSet;

use alert_classification::Fingerprint;
use compact_str::{CompactString, format_compact};
use settings::Channel;

use super::{Draft, NAMED, Teller};
use crate::group::flush::is_told;
use crate::group::state::GroupEvent;
use crate::id::IncidentId;
use crate::notification::{
    AlertSummary, Delivery, IncidentStatus, IncidentSummary, NOTIFICATION_SCHEMA, Notification,
    NotificationEvent,
};

impl Teller<'_> {
    /// Sends a draft about the incidents of its alerts.
    pub(super) fn send(&mut self, draft: &Draft<'_>) {
        let mut named: Vec<IncidentSummary> = Vec::new();
        let ids: BTreeSet<&IncidentId> = draft
            .alerts
            .iter()
            .filter_map(|(id, _)| id.as_ref())
            .collect();
        for id in &ids {
            if let Some(summary) = self.summary_of(id) {
                named.push(summary);
            }
        }
        if named.is_empty()
            && let Some((_, alert)) = draft.alerts.first()
        {
            named.push(self.nameless(alert));
        }
        named.sort_by(|a, b| {
            let key =
                |i: &IncidentSummary| (i.status != IncidentStatus::Open, i.priority, i.opened_at);
            key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
        });
        let told: Vec<Fingerprint> = draft.alerts.iter().map(|(_, a)| a.fingerprint).collect();
        let now = self.now;
        let ids: Vec<IncidentId> = ids.into_iter().cloned().collect();
        if self.send_about(draft, &named) {
            self.out.told.extend(told);
            for id in ids {
                if let Some(incident) = self.group.incidents.get_mut(&id) {
                    incident.first_told_at.get_or_insert(now);
                    incident.last_told_at = Some(now);
                }
            }
        }
    }

    /// Whether anybody is told.
    pub(super) fn send_about(&mut self, draft: &Draft<'_>, named: &[IncidentSummary]) -> bool {
        let deliveries: Vec<Delivery> = draft
            .integrations
            .iter()
            .filter_map(|place| {
                let integration = draft.receiver.integrations.get(*place)?;
                self.policy.has(integration.channel).then(|| Delivery {
                    channel: integration.channel,
                    integration: u32::try_from(*place).unwrap_or(u32::MAX),
                    to: integration.to.clone(),
                })
            })
            .collect();
        if deliveries.is_empty() {
            return false;
        }
        // PagerDuty knows one incident by one key, so what names several is told one by one.
        let (single, bundled): (Vec<Delivery>, Vec<Delivery>) =
            deliveries.into_iter().partition(|delivery| {
                delivery.channel == Channel::Pagerduty
                    && (named.len() > 1
                        || named.iter().any(|one| self.goes_on(draft, delivery, one)))
            });
        if !bundled.is_empty() {
            self.write(draft, named, bundled, draft.event, None);
        }
        for incident in named {
            let (on, over): (Vec<Delivery>, Vec<Delivery>) = single
                .iter()
                .cloned()
                .partition(|delivery| self.goes_on(draft, delivery, incident));
            let ended = match incident.status {
                IncidentStatus::Resolved => NotificationEvent::Resolved,
                IncidentStatus::Open | IncidentStatus::Info => draft.event,
            };
            for (deliveries, event) in [(on, NotificationEvent::Updated), (over, ended)] {
                if !deliveries.is_empty() {
                    let only = Some(&incident.id);
                    let named = std::slice::from_ref(incident);
                    self.write(draft, named, deliveries, event, only);
                }
            }
        }
        true
    }

    /// Whether an end is told to somebody who knows of more that fires of the incident: what is held
    /// back, or told elsewhere by now. PagerDuty would take it for the end of everything.
    fn goes_on(&self, draft: &Draft<'_>, delivery: &Delivery, incident: &IncidentSummary) -> bool {
        let target = self.group.targets.iter().position(|target| {
            target.receiver == draft.receiver.name
                && target.integration == delivery.integration
                && target.channel == delivery.channel
        });
        draft.event == NotificationEvent::Resolved
            && incident.status == IncidentStatus::Open
            && target.is_some_and(|target| {
                self.group.alerts.iter().any(|(fingerprint, alert)| {
                    alert.incident.as_ref() == Some(&incident.id)
                        && is_told(alert, target)
                        && self.standings.get(fingerprint).is_some_and(|s| !s.over)
                })
            })
    }

    fn write(
        &mut self,
        draft: &Draft<'_>,
        named: &[IncidentSummary],
        deliveries: Vec<Delivery>,
        event: NotificationEvent,
        only: Option<&IncidentId>,
    ) {
        let Some(lead) = named.first() else { return };
        let all: Vec<&AlertSummary> = draft
            .alerts
            .iter()
            .filter(|(id, _)| only.is_none_or(|only| id.as_ref() == Some(only)))
            .map(|(_, alert)| alert)
            .collect();
        let digest = self.group.key.digest();
        let place = self.first + self.out.notifications.len();
        let id = format_compact!("{digest}.{}.{place}", self.version);
        let receiver = draft.receiver.name.clone();
        let alerts: Vec<AlertSummary> = all
            .iter()
            .take(self.policy.alerts_in_a_notification())
            .map(|alert| (*alert).clone())
            .collect();
        let omitted = all.len() - alerts.len();
        let omitted = u32::try_from(omitted).unwrap_or(u32::MAX);
        let mut channels: Vec<Channel> = deliveries.iter().map(|d| d.channel).collect();
        channels.sort_unstable();
        channels.dedup();
        let log = GroupEvent::Told {
            notification: id.clone(),
            receiver: receiver.clone(),
            channels: channels.clone(),
            event,
            reason: draft.reason.clone(),
            step: draft.step.as_ref().map(|step| step.step),
            incidents: named.iter().take(NAMED).map(|i| i.id.clone()).collect(),
        };
        self.group.push_log(self.now, self.version, log);
        // One incident's messages follow one another in one thread; others stand by themselves.
        let stream = if named.len() == 1 && event != NotificationEvent::Info {
            format_compact!("{}:{receiver}:{digest}", lead.id)
        } else {
            id.clone()
        };
        self.out.notifications.push(Notification {
            schema: CompactString::const_new(NOTIFICATION_SCHEMA),
            id,
            event,
            at: self.now,
            channels,
            reason: draft.reason.clone(),
            incident: lead.clone(),
            incidents: named.iter().skip(1).take(NAMED).cloned().collect(),
            receiver,
            deliveries,
            group_key: self.group.key.as_str().into(),
            group_labels: self.group.labels.clone(),
            step: draft.step.clone(),
            stream,
            sequence: sequence(self.version, place),
            alerts,
            alerts_omitted: omitted.saturating_add(if only.is_none() {
                self.group.overflow
            } else {
                0
            }),
        });
    }

    /// An incident as this group sees it.
    pub(super) fn summary_of(&self, id: &IncidentId) -> Option<IncidentSummary> {
        let mut summary = self.group.incidents.get(id)?.summary.clone();
        let (mut fires, mut last) = (0_u32, None);
        for (fingerprint, alert) in &self.group.alerts {
            if alert.incident.as_ref() != Some(id) {
                continue;
            }
            match self.standings.get(fingerprint) {
                // Of whose firing nobody was told here nobody is told the end either.
                Some(standing) if !standing.over => {
                    let here = standing.shown && !alert.left;
                    fires += u32::from(here || alert.told != 0);
                }
                Some(_) | None => last = last.max(alert.span.ends_at),
            }
        }
        if fires == 0 {
            summary.status = IncidentStatus::Resolved;
            summary.resolved_at = summary.resolved_at.or(last).or(Some(self.now));
            summary.firing = 0;
        }
        Some(summary)
    }

    /// A stand-in for the incident of alerts that never had one.
    fn nameless(&self, alert: &AlertSummary) -> IncidentSummary {
        IncidentSummary {
            id: IncidentId::of(self.group.key.as_str(), self.now, self.version),
            key: self.group.key.as_str().into(),
            title: alert.title.clone(),
            service: alert.labels.get("service").unwrap_or_default().into(),
            category: alert.category.clone(),
            priority: alert.priority,
            status: IncidentStatus::Resolved,
            version: self.version,
            opened_at: alert.starts_at,
            updated_at: self.now,
            resolved_at: Some(self.now),
            response_minutes: self.policy.response_minutes(alert.priority),
            firing: 0,
            resolved: 1,
            runbook: alert.runbook.clone(),
        }
    }
}

/// Orders the notifications of a group, those of one decision among them.
fn sequence(version: u64, place: usize) -> u64 {
    let place = u64::try_from(place).unwrap_or(u64::MAX).min(999);
    version.saturating_mul(1_000).saturating_add(place)
}
