//! Whom the ladders reach.

use std::collections::{BTreeMap, BTreeSet};

use alert_classification::Fingerprint;
use compact_str::CompactString;

use super::{Draft, Teller};
use crate::group::flush::target;
use crate::group::ladder::{Climbed, DueStep};
use crate::group::wording;
use crate::id::IncidentId;
use crate::notification::{NotificationEvent, StepRef};

impl Teller<'_> {
    /// Tells whom the ladders reach now, and asks those who had taken something on whether they
    /// still are.
    pub(in crate::group) fn steps(&mut self, climbed: &Climbed, own: usize) {
        // Whoever several steps reach at once, because they were held back, hears of the last.
        let mut last: BTreeMap<(&IncidentId, usize), u32> = BTreeMap::new();
        for due in &climbed.due {
            for (receiver, _) in &due.to {
                let step = last.entry((&due.incident, *receiver)).or_default();
                *step = due.step.max(*step);
            }
        }
        let mut bundles: BTreeMap<(usize, u32, CompactString, Vec<usize>), Vec<&DueStep>> =
            BTreeMap::new();
        for due in &climbed.due {
            for (receiver, _) in &due.to {
                let is_last = last.get(&(&due.incident, *receiver)) == Some(&due.step);
                let untold = self.untold(due, *receiver);
                if is_last && !untold.is_empty() {
                    let bundle = (*receiver, due.step, due.escalation.clone(), untold);
                    bundles.entry(bundle).or_default().push(due);
                }
            }
        }
        for ((receiver, step, _, integrations), due) in bundles {
            let incidents: BTreeSet<&IncidentId> = due.iter().map(|due| &due.incident).collect();
            let Some(first) = due.first() else { continue };
            let rotation = first.to.iter().find(|(at, _)| *at == receiver);
            let rotation = rotation.and_then(|(_, rotation)| rotation.clone());
            let step_ref = step_ref(first, rotation);
            let event = if step == 0 {
                NotificationEvent::Opened
            } else {
                NotificationEvent::Escalated
            };
            let waited = self.waited(&incidents);
            let reason = wording::escalated(step, waited, incidents.len());
            self.page(
                receiver,
                &integrations,
                &incidents,
                event,
                reason,
                Some(step_ref),
            );
        }
        let resumed: BTreeSet<&IncidentId> = climbed.resumed.iter().collect();
        if !resumed.is_empty() {
            let reason = wording::resumed(resumed.len());
            let mut integrations = self.integrations(own);
            integrations.retain(|place| !self.asked.contains(place));
            let event = NotificationEvent::Reminder;
            self.page(own, &integrations, &resumed, event, reason, None);
        }
    }

    fn integrations(&self, receiver: usize) -> Vec<usize> {
        let receiver = self.policy.routing().receivers.get(receiver);
        (0..receiver.map_or(0, |receiver| receiver.integrations.len())).collect()
    }

    /// The integrations of a receiver by which the route's own message does not say a step.
    fn untold(&self, due: &DueStep, receiver: usize) -> Vec<usize> {
        let mut integrations = self.integrations(receiver);
        integrations.retain(|place| {
            let said = (due.incident.clone(), due.step, receiver, *place);
            !self.absorbed.contains(&said)
        });
        integrations
    }

    /// Tells a receiver of what fires of some incidents.
    fn page(
        &mut self,
        receiver: usize,
        integrations: &[usize],
        incidents: &BTreeSet<&IncidentId>,
        event: NotificationEvent,
        reason: String,
        step: Option<StepRef>,
    ) {
        let Some(receiver) = self.policy.routing().receivers.get(receiver) else {
            return;
        };
        let fires: Vec<Fingerprint> = self
            .group
            .alerts
            .iter()
            .filter(|(fingerprint, alert)| {
                self.standings.get(fingerprint).is_some_and(|s| !s.over)
                    && alert.climbs()
                    && alert
                        .incident
                        .as_ref()
                        .is_some_and(|id| incidents.contains(id))
            })
            .map(|(fingerprint, _)| *fingerprint)
            .collect();
        if fires.is_empty() {
            return;
        }
        let draft = Draft {
            receiver,
            integrations: integrations.to_vec(),
            event,
            reason,
            alerts: self.told_alerts(fires.iter().map(|f| (true, *f)).collect()),
            step,
        };
        self.send(&draft);
        for place in integrations {
            let integration = receiver.integrations.get(*place);
            let deployed = integration.filter(|known| self.policy.has(known.channel));
            let Some(integration) = deployed else {
                continue;
            };
            let name = receiver.name.clone();
            let Some(at) = target(self.group, name, *place, integration.channel) else {
                continue;
            };
            for fingerprint in &fires {
                if let Some(alert) = self.group.alerts.get_mut(fingerprint) {
                    alert.told |= 1 << at;
                }
            }
        }
    }

    /// For how long the longest waiting of some incidents has been known here.
    fn waited(&self, incidents: &BTreeSet<&IncidentId>) -> jiff::SignedDuration {
        let first = self
            .group
            .incidents
            .iter()
            .filter(|(id, _)| incidents.contains(id))
            .map(|(_, incident)| incident.first_told_at.unwrap_or(self.now))
            .min();
        self.now.duration_since(first.unwrap_or(self.now))
    }
}

pub(super) fn step_ref(due: &DueStep, rotation: Option<CompactString>) -> StepRef {
    StepRef {
        escalation: due.escalation.clone(),
        step: due.step,
        rotation,
    }
}
