//! Writes notifications, the history and what became of each arrival.
//!
//! It does not decide which event of an alert counts (`fold`, `infos`), what is
//! worth telling about an episode (`episode`), nor what is forgotten (`retention`).

use std::collections::BTreeSet;

use alert_classification::Fingerprint;
use compact_str::{CompactString, format_compact};
use jiff::Timestamp;
use settings::{Channel, Priority};

use super::fold::{Move, MoveKind};
use super::summary::{TITLE_CHARS, name, summary, tracked};
use super::text::clip;
use super::wording;
use super::{Effect, Placed, Suppressed};
use crate::arrival::{Arrival, Outcome, SuppressionReason};
use crate::id::IncidentId;
use crate::notification::{
    ALERTS_IN_A_NOTIFICATION, AlertSummary, IncidentStatus, IncidentSummary, NOTIFICATION_SCHEMA,
    Notification, NotificationEvent,
};
use crate::policy::NotifyPolicy;
use crate::state::{IncidentState, TrackedAlert};
use crate::timeline::{Alerts, TimelineEntry, TimelineEvent};

/// Collects the effects and outcomes of one decision.
pub(super) struct Announcer<'s> {
    pub(super) state: &'s mut IncidentState,
    pub(super) version: u64,
    pub(super) now: Timestamp,
    pub(super) policy: &'s NotifyPolicy,
    effects: Vec<Effect>,
    outcomes: Vec<(usize, Outcome)>,
}

impl<'s> Announcer<'s> {
    pub(super) const fn new(
        state: &'s mut IncidentState,
        version: u64,
        now: Timestamp,
        policy: &'s NotifyPolicy,
    ) -> Self {
        Self {
            state,
            version,
            now,
            policy,
            effects: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> (Vec<Effect>, Vec<(usize, Outcome)>) {
        (self.effects, self.outcomes)
    }

    pub(super) fn suppress(&mut self, suppressed: impl IntoIterator<Item = Suppressed>) {
        self.outcomes.extend(
            suppressed
                .into_iter()
                .map(|(place, reason)| (place, Outcome::Suppressed { reason })),
        );
    }

    /// Records what was over before anybody was told.
    pub(super) fn asides(&mut self, brief: &[&Arrival], unseen: &[&Arrival]) {
        let brief = alerts(brief.iter().copied());
        self.log_some(brief.map(TimelineEvent::ResolvedBeforeTold));
        let unseen = alerts(unseen.iter().copied());
        self.log_some(unseen.map(TimelineEvent::ResolveWithoutFiring));
    }

    /// Tells what merely happened: one notification, which belongs to no episode.
    pub(super) fn infos(&mut self, news: &[Placed<'_>]) {
        let Some(lead) = news
            .iter()
            .map(|placed| placed.arrival)
            .min_by_key(|arrival| {
                let alert = &arrival.alert;
                (
                    alert.classification.priority,
                    alert.alert.starts_at,
                    alert.alert.fingerprint,
                )
            })
        else {
            return;
        };
        let classification = &lead.alert.classification;
        let priority = classification.priority;
        let told = alerts(news.iter().map(|placed| placed.arrival));
        self.log_some(told.map(TimelineEvent::Informed));
        let key = &self.state.key;
        let incident = IncidentSummary {
            // The same decision may open an episode, whose id must be another.
            id: IncidentId::of(&format_compact!("{key}#info"), self.now, self.version),
            key: key.as_str().into(),
            title: clip(&lead.alert.alert.title, TITLE_CHARS),
            service: name(&classification.service),
            category: name(&classification.category),
            priority,
            status: IncidentStatus::Info,
            version: self.version,
            opened_at: self.now,
            updated_at: self.now,
            resolved_at: None,
            response_minutes: self.response_minutes(lead),
            firing: 0,
            resolved: 0,
            runbook: classification.runbook.clone(),
        };
        let moves: Vec<Move<'_>> = news
            .iter()
            .map(|placed| Move {
                fingerprint: placed.arrival.alert.alert.fingerprint,
                deciding: *placed,
                kind: MoveKind::Reported,
            })
            .collect();
        let channels = self.policy.of(priority).channels.clone();
        let reason = wording::informed(news.len());
        self.tell(
            NotificationEvent::Info,
            reason,
            channels,
            incident,
            &moves,
            &[],
        );
    }

    /// Makes the notification, or records that there is nobody to tell. `others` are alerts that
    /// are not news but belong to the picture.
    pub(super) fn tell(
        &mut self,
        event: NotificationEvent,
        reason: String,
        mut channels: Vec<Channel>,
        mut incident: IncidentSummary,
        causes: &[Move<'_>],
        others: &[Fingerprint],
    ) {
        channels.sort_unstable();
        channels.dedup();
        if channels.is_empty() {
            self.log(TimelineEvent::NobodyToTell { event });
            self.suppress(
                causes
                    .iter()
                    .map(|step| (step.deciding.place, SuppressionReason::NoChannel)),
            );
            return;
        }
        incident.runbook = incident.runbook.filter(|link| link.len() <= 2_048);
        let id = format_compact!("{}.{}", incident.id, incident.version);
        self.outcomes.extend(
            causes
                .iter()
                .map(|step| (step.deciding.place, Outcome::notified(&id))),
        );
        self.log(TimelineEvent::Told {
            notification: id.clone(),
            event,
            channels: channels.clone(),
        });
        let (alerts, alerts_omitted) = self.summaries(causes, others);
        self.effects.push(Effect::Notify(Box::new(Notification {
            schema: CompactString::const_new(NOTIFICATION_SCHEMA),
            id,
            event,
            at: self.now,
            channels,
            reason,
            incident,
            alerts,
            alerts_omitted,
        })));
    }

    /// The most urgent of what is told, then of the others, and how many are left out: a message
    /// that overtakes another one says what that one would have said.
    fn summaries(&self, causes: &[Move<'_>], others: &[Fingerprint]) -> (Vec<AlertSummary>, u32) {
        let mut news: Vec<(Priority, Timestamp, Fingerprint, &Move<'_>)> = causes
            .iter()
            .map(|step| {
                let (priority, starts_at) = match self.known(step) {
                    Some(known) => (known.priority, known.starts_at),
                    None => (priority(step), step.deciding.arrival.alert.alert.starts_at),
                };
                (priority, starts_at, step.fingerprint, step)
            })
            .collect();
        news.sort_by_key(|(priority, starts_at, fingerprint, _)| {
            (*priority, *starts_at, *fingerprint)
        });
        let named: BTreeSet<Fingerprint> = causes.iter().map(|step| step.fingerprint).collect();
        let mut rest: Vec<(Fingerprint, &TrackedAlert)> = others
            .iter()
            .filter(|fingerprint| !named.contains(fingerprint))
            .filter_map(|fingerprint| Some((*fingerprint, self.state.alerts.get(fingerprint)?)))
            .collect();
        rest.sort_by_key(|(fingerprint, alert)| (alert.priority, alert.starts_at, *fingerprint));
        let all = news.len() + rest.len();
        let alerts: Vec<AlertSummary> = news
            .iter()
            .map(|(_, _, _, step)| summary(step.deciding.arrival, self.known(step)))
            // Nothing can be said about an alert whose texts were given up.
            .chain(
                rest.iter()
                    .filter_map(|(fingerprint, alert)| tracked(*fingerprint, alert)),
            )
            .take(ALERTS_IN_A_NOTIFICATION)
            .collect();
        let omitted = count(all.saturating_sub(alerts.len()));
        (alerts, omitted)
    }

    pub(super) fn known(&self, step: &Move<'_>) -> Option<&TrackedAlert> {
        match step.kind {
            MoveKind::Began { .. } | MoveKind::BeganAgain | MoveKind::Rose | MoveKind::Ended => {
                self.state.alerts.get(&step.fingerprint)
            }
            // The alert may fire as well; what is told is the report.
            MoveKind::Reported => None,
        }
    }

    pub(super) fn response_minutes(&self, arrival: &Arrival) -> u32 {
        let classification = &arrival.alert.classification;
        match classification.response_minutes {
            0 => self.policy.of(classification.priority).response_minutes,
            minutes => minutes,
        }
    }

    pub(super) fn log_alerts(&mut self, moves: &[Move<'_>], event: fn(Alerts) -> TimelineEvent) {
        let some = alerts(moves.iter().map(|step| step.deciding.arrival));
        self.log_some(some.map(event));
    }

    fn log_some(&mut self, event: Option<TimelineEvent>) {
        if let Some(event) = event {
            self.log(event);
        }
    }

    pub(super) fn log(&mut self, event: TimelineEvent) {
        self.state.timeline.push(TimelineEntry {
            at: self.now,
            version: self.version,
            event,
        });
    }
}

pub(super) fn priority(step: &Move<'_>) -> Priority {
    step.deciding.arrival.alert.classification.priority
}

/// Some alerts for the history; `None` when there is none.
fn alerts<'a>(arrivals: impl Iterator<Item = &'a Arrival> + Clone) -> Option<Alerts> {
    let lead = arrivals
        .clone()
        .map(|arrival| &arrival.alert)
        .min_by_key(|alert| (alert.classification.priority, alert.alert.fingerprint))?;
    Some(Alerts {
        count: count(arrivals.count()),
        title: clip(&lead.alert.title, 120),
    })
}

pub(super) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
