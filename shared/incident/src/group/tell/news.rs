//! What the route itself tells: what is new, and the end of it.

use std::collections::BTreeMap;

use alert_classification::Fingerprint;
use compact_str::CompactString;
use settings::{Receiver, Route};

use super::steps::step_ref;
use super::{Draft, Teller};
use crate::group::flush::{Telling, is_told, mark};
use crate::group::ladder::Climbed;
use crate::group::state::Muted;
use crate::group::wording;
use crate::group::wording::Counts;
use crate::notification::{NotificationEvent, StepRef};

impl Teller<'_> {
    /// The route's own message, to each of its targets that has something to learn.
    pub(in crate::group) fn route(
        &mut self,
        route: &Route,
        tellings: &[(usize, bool, Telling)],
        climbed: &Climbed,
    ) {
        let Some(receiver) = self.policy.routing().receivers.get(route.receiver) else {
            return;
        };
        for ends in [true, false] {
            for kind in [Telling::News, Telling::Repeat] {
                let some: Vec<usize> = tellings
                    .iter()
                    .filter(|(_, wants, telling)| *wants == ends && *telling == kind)
                    .map(|(target, _, _)| *target)
                    .collect();
                if !some.is_empty() {
                    self.news(route, receiver, &some, ends, kind, climbed);
                }
            }
        }
        for (target, _, telling) in tellings {
            if *telling != Telling::Nothing {
                mark(self.group, *target, self.standings, self.now);
            }
        }
        // Whoever could be told that it flaps has been, even if that is nobody.
        for (fingerprint, alert) in &mut self.group.alerts {
            if self.standings.get(fingerprint).is_some_and(|s| s.shown) {
                alert.flap_untold = false;
            }
        }
    }

    fn news(
        &mut self,
        route: &Route,
        receiver: &Receiver,
        targets: &[usize],
        ends: bool,
        kind: Telling,
        climbed: &Climbed,
    ) {
        let bits = targets
            .iter()
            .fold(0_u64, |bits, target| bits | 1 << target);
        let mut counts = Counts {
            overflow: self.group.overflow,
            ..Counts::default()
        };
        // What is new stands first, then what is most urgent.
        let mut shown: Vec<(bool, Fingerprint)> = Vec::new();
        let mut known = false;
        for (fingerprint, alert) in &self.group.alerts {
            let Some(standing) = self.standings.get(fingerprint).filter(|s| s.shown) else {
                continue;
            };
            // That it flaps is told to whoever is told of no ends as well.
            let unwanted = standing.over && !ends && !alert.flap_untold;
            if unwanted || (alert.left && !standing.over) {
                continue;
            }
            let new = if standing.over {
                counts.resolved += 1;
                alert.told & bits != 0
            } else {
                counts.firing += 1;
                let new = alert.firing & bits != bits;
                counts.began += u32::from(new);
                new
            };
            counts.flapping += u32::from(alert.flap_untold);
            known |= alert.told & bits != 0;
            shown.push((new, *fingerprint));
        }
        if shown.is_empty() {
            return;
        }
        let integrations = self.places(targets);
        let step = self.absorb(route.receiver, &integrations, climbed);
        let event = match (kind, counts) {
            (_, Counts { flapping: 1.., .. }) => NotificationEvent::Flapping,
            (_, Counts { firing: 0, .. }) => NotificationEvent::Resolved,
            (Telling::Repeat, _) => NotificationEvent::Reminder,
            (Telling::Nothing | Telling::Silently | Telling::News, _) if known => {
                NotificationEvent::Updated
            }
            (Telling::Nothing | Telling::Silently | Telling::News, _) => NotificationEvent::Opened,
        };
        let mut reason = wording::news(event, counts, known);
        if !climbed.resumed.is_empty() {
            reason.push_str("; ");
            reason.push_str(&wording::resumed(climbed.resumed.len()));
            self.asked.extend(&integrations);
        }
        let draft = Draft {
            receiver,
            integrations,
            event,
            reason,
            alerts: self.told_alerts(shown),
            step,
        };
        self.send(&draft);
    }

    /// Takes the steps that tell what the route tells anyway: its message says it all.
    fn absorb(
        &mut self,
        receiver: usize,
        integrations: &[usize],
        climbed: &Climbed,
    ) -> Option<StepRef> {
        let mut found: Option<StepRef> = None;
        for due in &climbed.due {
            let Some((_, rotation)) = due.to.iter().find(|(at, _)| *at == receiver) else {
                continue;
            };
            let told = integrations
                .iter()
                .map(|place| (due.incident.clone(), due.step, receiver, *place));
            self.absorbed.extend(told);
            found.get_or_insert_with(|| step_ref(due, rotation.clone()));
        }
        found
    }

    /// Tells the end to those whom only a step told of the beginning.
    pub(in crate::group) fn ends(&mut self, route: &Route) {
        let own = self.policy.routing().receivers.get(route.receiver);
        let own = own.map(|receiver| receiver.name.clone());
        let mut by_receiver: BTreeMap<CompactString, Vec<usize>> = BTreeMap::new();
        for (place, target) in self.group.targets.iter().enumerate() {
            if Some(&target.receiver) != own.as_ref() {
                by_receiver
                    .entry(target.receiver.clone())
                    .or_default()
                    .push(place);
            }
        }
        for (name, targets) in by_receiver {
            let receivers = &self.policy.routing().receivers;
            let receiver = receivers.iter().find(|receiver| receiver.name == name);
            let over: Vec<Fingerprint> = self
                .group
                .alerts
                .iter()
                .filter(|(fingerprint, alert)| {
                    // What comes and goes is over when it is calm.
                    !matches!(alert.muted, Some(Muted::Flapping { .. }))
                        && self
                            .standings
                            .get(fingerprint)
                            .is_some_and(|s| s.over && s.shown)
                        && targets.iter().any(|target| is_told(alert, *target))
                })
                .map(|(fingerprint, _)| *fingerprint)
                .collect();
            if over.is_empty() {
                continue;
            }
            if let Some(receiver) = receiver {
                let wants = |target: &&usize| {
                    let place = self.place_of(**target);
                    receiver.integrations.get(place).is_some_and(|integration| {
                        integration.send_resolved && self.policy.has(integration.channel)
                    })
                };
                let integrations: Vec<usize> = targets
                    .iter()
                    .filter(wants)
                    .map(|target| self.place_of(*target))
                    .collect();
                let counts = Counts {
                    resolved: u32::try_from(over.len()).unwrap_or(u32::MAX),
                    ..Counts::default()
                };
                let event = NotificationEvent::Resolved;
                let draft = Draft {
                    receiver,
                    integrations,
                    event,
                    reason: wording::news(event, counts, true),
                    alerts: self.told_alerts(over.iter().map(|f| (true, *f)).collect()),
                    step: None,
                };
                self.send(&draft);
            }
            for fingerprint in &over {
                if let Some(alert) = self.group.alerts.get_mut(fingerprint) {
                    for target in &targets {
                        alert.told &= !(1_u64 << target);
                    }
                }
            }
        }
    }
}
