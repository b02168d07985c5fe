//! Writes the notifications of one flush.

use std::collections::{BTreeMap, BTreeSet};

use alert_classification::{Fingerprint, Status};
use compact_str::{CompactString, format_compact};
use jiff::Timestamp;
use settings::{Channel, Receiver, Route};

use super::flush::{Facts, Standing, Telling, is_told, mark, target};
use super::ladder::{Climbed, DueStep};
use super::state::{GroupAlert, GroupEvent, GroupState, Muted};
use super::wording::{self, Counts};
use crate::act::{Act, Actor, Via};
use crate::arrival::SuppressionReason;
use crate::id::IncidentId;
use crate::notification::{
    AlertSummary, Delivery, IncidentStatus, IncidentSummary, NOTIFICATION_SCHEMA, Notification,
    NotificationEvent, StepRef,
};
use crate::policy::Policy;
use crate::subject::Subject;

/// The most incidents that a notification or a log entry names.
const NAMED: usize = 20;

/// What a flush has to say and to whom.
pub(super) struct Teller<'g> {
    pub(super) group: &'g mut GroupState,
    version: u64,
    policy: &'g Policy,
    now: Timestamp,
    standings: &'g BTreeMap<Fingerprint, Standing>,
    out: Message,
    /// The place of its first notification among those of the same decision.
    first: usize,
    /// Steps that the route's own message has said already.
    absorbed: BTreeSet<(IncidentId, u32, usize)>,
}

/// The notifications, and what the books have to know.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub(super) notifications: Vec<Notification>,
    /// The alerts that somebody was told of.
    pub(super) told: BTreeSet<Fingerprint>,
    pub(super) told_infos: u64,
    pub(super) suppressed_infos: BTreeMap<SuppressionReason, u64>,
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
    pub(super) fn new(
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
            absorbed: BTreeSet::new(),
        }
    }

    pub(super) fn finish(self) -> Message {
        self.out
    }

    /// The route's own message, to each of its targets that has something to learn.
    pub(super) fn route(
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
            if alert.left && !standing.over || (standing.over && !ends) {
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
        let (step, first) = self.absorb(route.receiver, climbed);
        let event = match (kind, counts) {
            (_, Counts { flapping: 1.., .. }) => NotificationEvent::Flapping,
            (_, Counts { firing: 0, .. }) => NotificationEvent::Resolved,
            (Telling::Repeat, _) => NotificationEvent::Reminder,
            (Telling::Nothing | Telling::Silently | Telling::News, _) if known => {
                NotificationEvent::Updated
            }
            (Telling::Nothing | Telling::Silently | Telling::News, _) => NotificationEvent::Opened,
        };
        let reason = wording::news(event, counts, known);
        let draft = Draft {
            receiver,
            integrations: self.places(targets),
            event,
            reason,
            alerts: self.told_alerts(shown),
            step: step.filter(|_| first),
        };
        self.send(&draft);
    }

    /// Takes the steps that tell the route's own receiver: its message says it all.
    fn absorb(&mut self, receiver: usize, climbed: &Climbed) -> (Option<StepRef>, bool) {
        let mut found: Option<StepRef> = None;
        for due in &climbed.due {
            let Some((_, rotation)) = due.to.iter().find(|(at, _)| *at == receiver) else {
                continue;
            };
            self.absorbed
                .insert((due.incident.clone(), due.step, receiver));
            found.get_or_insert_with(|| step_ref(due, rotation.clone()));
        }
        (found, true)
    }

    /// Tells the end to those whom only a step told of the beginning.
    pub(super) fn ends(&mut self, route: &Route) {
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
                    self.standings
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

    /// Tells what merely happened.
    pub(super) fn infos(&mut self, route: &Route, facts: &mut impl Facts) {
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
    pub(super) fn closings(&mut self) {
        let unclosed: Vec<(Fingerprint, IncidentId)> = self
            .group
            .alerts
            .iter_mut()
            // What flaps is told of when it is calm.
            .filter(|(_, alert)| !matches!(alert.muted, Some(Muted::Flapping { .. })))
            .filter_map(|(fingerprint, alert)| Some((*fingerprint, alert.unclosed.take()?)))
            .collect();
        let mut by_incident: BTreeMap<IncidentId, Vec<Fingerprint>> = BTreeMap::new();
        for (fingerprint, id) in unclosed {
            by_incident.entry(id).or_default().push(fingerprint);
        }
        for (id, alerts) in by_incident {
            let Some(mut incident) = self.group.incidents.get(&id).map(|i| i.summary.clone())
            else {
                continue;
            };
            incident.status = IncidentStatus::Resolved;
            incident.resolved_at.get_or_insert(self.now);
            let receivers: BTreeSet<CompactString> = self
                .group
                .targets
                .iter()
                .map(|target| target.receiver.clone())
                .collect();
            for name in receivers {
                let receivers = &self.policy.routing().receivers;
                let Some(receiver) = receivers.iter().find(|receiver| receiver.name == name) else {
                    continue;
                };
                let integrations: Vec<usize> = receiver
                    .integrations
                    .iter()
                    .enumerate()
                    .filter(|(_, integration)| integration.send_resolved)
                    .map(|(place, _)| place)
                    .collect();
                let ended = alerts.iter().filter_map(|fingerprint| {
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

    /// Tells whom the ladders reach now, and asks those who had taken something on whether they
    /// still are.
    pub(super) fn steps(&mut self, climbed: &Climbed, own: usize) {
        // Whoever several steps reach at once, because they were held back, hears of the last.
        let mut last: BTreeMap<(&IncidentId, usize), u32> = BTreeMap::new();
        for due in &climbed.due {
            for (receiver, _) in &due.to {
                let step = last.entry((&due.incident, *receiver)).or_default();
                *step = due.step.max(*step);
            }
        }
        let mut bundles: BTreeMap<(usize, u32, CompactString), Vec<&DueStep>> = BTreeMap::new();
        for due in &climbed.due {
            for (receiver, _) in &due.to {
                let is_last = last.get(&(&due.incident, *receiver)) == Some(&due.step);
                if is_last
                    && !self
                        .absorbed
                        .contains(&(due.incident.clone(), due.step, *receiver))
                {
                    let bundle = (*receiver, due.step, due.escalation.clone());
                    bundles.entry(bundle).or_default().push(due);
                }
            }
        }
        for ((receiver, step, _), due) in bundles {
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
            self.page(receiver, &incidents, event, reason, Some(step_ref));
        }
        let resumed: BTreeSet<&IncidentId> = climbed.resumed.iter().collect();
        if !resumed.is_empty() {
            let reason = wording::resumed(resumed.len());
            self.page(own, &resumed, NotificationEvent::Reminder, reason, None);
        }
    }

    /// Tells a receiver of what fires of some incidents.
    fn page(
        &mut self,
        receiver: usize,
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
                self.standings
                    .get(fingerprint)
                    .is_some_and(|s| s.shown && !s.over)
                    && !alert.left
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
            integrations: (0..receiver.integrations.len()).collect(),
            event,
            reason,
            alerts: self.told_alerts(fires.iter().map(|f| (true, *f)).collect()),
            step,
        };
        self.send(&draft);
        for (place, integration) in receiver.integrations.iter().enumerate() {
            if !self.policy.has(integration.channel) {
                continue;
            }
            let name = receiver.name.clone();
            let Some(at) = target(self.group, name, place, integration.channel) else {
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

    /// Sends a draft about the incidents of its alerts.
    fn send(&mut self, draft: &Draft<'_>) {
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
    fn send_about(&mut self, draft: &Draft<'_>, named: &[IncidentSummary]) -> bool {
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
        let (single, bundled): (Vec<Delivery>, Vec<Delivery>) = deliveries
            .into_iter()
            .partition(|delivery| delivery.channel == Channel::Pagerduty && named.len() > 1);
        if !bundled.is_empty() {
            self.write(draft, named, bundled, None);
        }
        if !single.is_empty() {
            for incident in named {
                self.write(
                    draft,
                    std::slice::from_ref(incident),
                    single.clone(),
                    Some(&incident.id),
                );
            }
        }
        true
    }

    fn write(
        &mut self,
        draft: &Draft<'_>,
        named: &[IncidentSummary],
        deliveries: Vec<Delivery>,
        only: Option<&IncidentId>,
    ) {
        let Some(lead) = named.first() else { return };
        let all: Vec<&AlertSummary> = draft
            .alerts
            .iter()
            .filter(|(id, _)| only.is_none_or(|only| id.as_ref() == Some(only)))
            .map(|(_, alert)| alert)
            .collect();
        let event = match only {
            Some(_) if lead.status == IncidentStatus::Resolved => NotificationEvent::Resolved,
            Some(_) | None => draft.event,
        };
        let digest = self.group.key.digest();
        let place = self.out.notifications.len();
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
            sequence: sequence(self.version, self.first + place),
            alerts,
            alerts_omitted: omitted.saturating_add(if only.is_none() {
                self.group.overflow
            } else {
                0
            }),
        });
    }

    /// An incident as this group sees it.
    fn summary_of(&self, id: &IncidentId) -> Option<IncidentSummary> {
        let mut summary = self.group.incidents.get(id)?.summary.clone();
        let (mut fires, mut last) = (0_u32, None);
        for (fingerprint, alert) in &self.group.alerts {
            if alert.incident.as_ref() != Some(id) {
                continue;
            }
            match self.standings.get(fingerprint) {
                Some(standing) if !standing.over => fires += 1,
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

fn step_ref(due: &DueStep, rotation: Option<CompactString>) -> StepRef {
    StepRef {
        escalation: due.escalation.clone(),
        step: due.step,
        rotation,
    }
}

/// Lets those channels know that show who has taken an incident on: Slack's thread and PagerDuty.
/// Where the act came from PagerDuty it is not told back.
pub(crate) fn tell_act(
    group: &mut GroupState,
    id: &IncidentId,
    act: &Act,
    by: &Actor,
    policy: &Policy,
    now: Timestamp,
) -> Vec<Notification> {
    let version = group.version;
    let reason = match act {
        Act::Acknowledge { .. } => wording::acknowledged(&by.who),
        Act::Unacknowledge => wording::unacknowledged(&by.who),
        Act::Resolve { .. } | Act::Comment { .. } | Act::SetPriority { .. } => return Vec::new(),
    };
    let event = match act {
        Act::Acknowledge { .. } => NotificationEvent::Acknowledged,
        Act::Unacknowledge
        | Act::Resolve { .. }
        | Act::Comment { .. }
        | Act::SetPriority { .. } => NotificationEvent::Reminder,
    };
    let standings: BTreeMap<Fingerprint, Standing> = group
        .alerts
        .iter()
        .map(|(fingerprint, alert)| {
            let over = alert.span.is_over(now);
            (*fingerprint, Standing { over, shown: true })
        })
        .collect();
    let told: u64 = group
        .alerts
        .values()
        .filter(|alert| alert.incident.as_ref() == Some(id))
        .fold(0, |told, alert| told | alert.told);
    let mut by_receiver: BTreeMap<CompactString, (Vec<usize>, u64)> = BTreeMap::new();
    for (place, target) in group.targets.iter().enumerate() {
        let shows = match target.channel {
            Channel::Slack => true,
            Channel::Pagerduty => by.via != Via::Pagerduty,
            Channel::Email | Channel::Sms | Channel::Webhook => false,
        };
        if shows && told & (1 << place) != 0 {
            let integration = usize::try_from(target.integration).unwrap_or(usize::MAX);
            let (integrations, bits) = by_receiver.entry(target.receiver.clone()).or_default();
            integrations.push(integration);
            *bits |= 1 << place;
        }
    }
    // Of what is held back nobody hears by an acknowledgement either.
    let fires: Vec<(u64, Fingerprint)> = group
        .alerts
        .iter()
        .filter(|(fingerprint, alert)| {
            alert.incident.as_ref() == Some(id)
                && standings
                    .get(fingerprint)
                    .is_some_and(|standing| !standing.over)
        })
        .map(|(fingerprint, alert)| (alert.told, *fingerprint))
        .collect();
    let mut teller = Teller::new(group, version, policy, now, &standings);
    // A flush of the same decision counts from 0.
    teller.first = 500;
    for (name, (integrations, bits)) in by_receiver {
        let receivers = &policy.routing().receivers;
        let Some(receiver) = receivers.iter().find(|receiver| receiver.name == name) else {
            continue;
        };
        let Some(summary) = teller.summary_of(id) else {
            continue;
        };
        let known = fires.iter().filter(|(told, _)| told & bits != 0);
        let known = known.map(|(_, fingerprint)| (true, *fingerprint)).collect();
        let draft = Draft {
            receiver,
            integrations,
            event,
            reason: reason.clone(),
            alerts: teller.told_alerts(known),
            step: None,
        };
        teller.send_about(&draft, &[summary]);
    }
    let mut notifications = teller.finish().notifications;
    // A flush of the same decision counts from 0.
    for notification in &mut notifications {
        notification.id.push_str(".act");
    }
    notifications
}
