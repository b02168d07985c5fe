//! Turns what moved into episodes, notifications and the history.
//!
//! It decides who is told what. It does not decide which event of an alert
//! counts (`fold`, `infos`), nor what is forgotten (`retention`).

use alert_classification::Fingerprint;
use compact_str::{CompactString, ToCompactString, format_compact};
use jiff::Timestamp;
use settings::{Channel, Priority};

use super::fold::{Move, MoveKind};
use super::summary::{TITLE_CHARS, name, summary};
use super::text::clip;
use super::wording::{self, Growth};
use super::{Effect, Placed, Suppressed, Transition};
use crate::arrival::{Arrival, Outcome, SuppressionReason};
use crate::id::IncidentId;
use crate::notification::{
    ALERTS_IN_A_NOTIFICATION, AlertSummary, IncidentStatus, IncidentSummary, NOTIFICATION_SCHEMA,
    Notification, NotificationEvent,
};
use crate::policy::NotifyPolicy;
use crate::state::{AlertPhase, Episode, IncidentState, TrackedAlert};
use crate::timeline::{Alerts, TimelineEntry, TimelineEvent};

/// Collects the effects and outcomes of one decision.
pub(super) struct Announcer<'s> {
    state: &'s mut IncidentState,
    version: u64,
    now: Timestamp,
    policy: &'s NotifyPolicy,
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

    /// Moves the episode on. `overflow` are the alerts that fire and found no room.
    pub(super) fn episode(&mut self, moves: &[Move<'_>], overflow: &[Move<'_>]) -> Transition {
        let fires = self.state.alerts.values().any(TrackedAlert::is_firing);
        match (self.state.episode.take(), fires) {
            (Some(episode), true) if episode.is_open() => {
                self.grow(episode, moves, overflow, NotificationEvent::Updated);
                Transition::StayedOpen
            }
            (last, true) => match self.open(moves) {
                Some(episode) => {
                    self.grow(episode, moves, overflow, NotificationEvent::Opened);
                    Transition::Opened
                }
                None => self.stay_quiet(last, overflow, SuppressionReason::IncidentFull),
            },
            (Some(episode), false) if episode.is_open() => {
                self.resolve(episode, moves);
                Transition::Resolved
            }
            (last, false) => self.stay_quiet(last, moves, SuppressionReason::AlreadyResolved),
        }
    }

    /// No episode is open and none begins. Nothing moves then, unless a state was written that
    /// says of an alert that it fires in no episode; the books balance all the same.
    fn stay_quiet(
        &mut self,
        last: Option<Episode>,
        moves: &[Move<'_>],
        reason: SuppressionReason,
    ) -> Transition {
        self.state.episode = last;
        self.suppress(moves.iter().map(|step| (step.deciding.place, reason)));
        Transition::StayedQuiet
    }

    /// A new episode, with the most urgent of the alerts that began.
    fn open(&mut self, moves: &[Move<'_>]) -> Option<Episode> {
        let lead = moves
            .iter()
            .map(|step| &step.deciding.arrival.alert)
            .min_by_key(|alert| {
                (
                    alert.classification.priority,
                    alert.alert.starts_at,
                    alert.alert.fingerprint,
                )
            })?;
        let id = IncidentId::of(self.state.key.as_str(), self.now, self.version);
        let priority = lead.classification.priority;
        self.log(TimelineEvent::Opened {
            id: id.clone(),
            priority,
        });
        Some(Episode {
            id,
            opened_version: self.version,
            opened_at: self.now,
            started_at: lead.alert.starts_at,
            updated_at: self.now,
            resolved_at: None,
            priority,
            response_minutes: u32::MAX,
            title: clip(&lead.alert.title, TITLE_CHARS),
            service: name(&lead.classification.service),
            category: name(&lead.classification.category),
            runbook: lead.classification.runbook.clone(),
            told: std::collections::BTreeSet::new(),
            overflowed_at: None,
        })
    }

    /// An episode that is open after the decision: new alerts, higher priorities, partial resolves.
    fn grow(
        &mut self,
        mut episode: Episode,
        moves: &[Move<'_>],
        overflow: &[Move<'_>],
        event: NotificationEvent,
    ) {
        let was = episode.priority;
        let (ended, mut causes): (Vec<Move<'_>>, Vec<Move<'_>>) =
            moves.iter().partition(|step| step.kind == MoveKind::Ended);
        // An alert that finds no room but is more urgent than all that do must not be silent.
        let (urgent, untold): (Vec<Move<'_>>, Vec<Move<'_>>) =
            overflow.iter().partition(|step| priority(step) < was);
        causes.extend(&urgent);
        let overflows = !overflow.is_empty() && episode.overflowed_at.is_none();

        self.suppress(
            ended
                .iter()
                .map(|step| (step.deciding.place, SuppressionReason::PartialResolve)),
        );
        self.suppress(
            untold
                .iter()
                .map(|step| (step.deciding.place, SuppressionReason::IncidentFull)),
        );
        for step in &causes {
            self.absorb(&mut episode, step);
        }
        self.refresh_title(&mut episode);
        self.log_moves(&causes, &ended, was, episode.priority);
        if overflows {
            episode.overflowed_at = Some(self.now);
            self.log_alerts(overflow, TimelineEvent::Full);
        }
        if !moves.is_empty() || !urgent.is_empty() || overflows {
            episode.updated_at = self.now;
        }
        if causes.is_empty() && !overflows {
            self.state.episode = Some(episode);
            return;
        }
        let channels = self.policy.of(episode.priority).channels.clone();
        episode.told.extend(channels.iter().copied());
        let reason = wording::growth(&Growth {
            opened: event == NotificationEvent::Opened,
            began: causes
                .iter()
                .filter(|step| step.kind != MoveKind::Rose)
                .count(),
            rose: causes
                .iter()
                .filter(|step| step.kind == MoveKind::Rose)
                .count(),
            priority: (episode.priority != was).then_some((was, episode.priority)),
            overflow: if overflows { overflow.len() } else { 0 },
        });
        let incident = self.summary_of(&episode);
        self.state.episode = Some(episode);
        self.tell(event, reason, channels, incident, &causes);
    }

    /// The end of an episode: whoever was told that it fires is told that it is over.
    fn resolve(&mut self, mut episode: Episode, moves: &[Move<'_>]) {
        episode.resolved_at = Some(self.now);
        episode.updated_at = self.now;
        self.log_alerts(moves, TimelineEvent::Ended);
        self.log(TimelineEvent::Resolved {
            id: episode.id.clone(),
        });
        let channels = episode.told.iter().copied().collect();
        let incident = self.summary_of(&episode);
        self.state.episode = Some(episode);
        let reason = wording::resolved(incident.resolved);
        self.tell(
            NotificationEvent::Resolved,
            reason,
            channels,
            incident,
            moves,
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
        self.tell(NotificationEvent::Info, reason, channels, incident, &moves);
    }

    /// Makes the notification, or records that there is nobody to tell.
    fn tell(
        &mut self,
        event: NotificationEvent,
        reason: String,
        mut channels: Vec<Channel>,
        mut incident: IncidentSummary,
        causes: &[Move<'_>],
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
        let (alerts, alerts_omitted) = self.summaries(causes);
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

    /// The most urgent of what is told, and how many are left out.
    fn summaries(&self, causes: &[Move<'_>]) -> (Vec<AlertSummary>, u32) {
        let mut causes: Vec<(Priority, Timestamp, Fingerprint, &Move<'_>)> = causes
            .iter()
            .map(|step| {
                let (priority, starts_at) = match self.known(step) {
                    Some(known) => (known.priority, known.starts_at),
                    None => (priority(step), step.deciding.arrival.alert.alert.starts_at),
                };
                (priority, starts_at, step.fingerprint, step)
            })
            .collect();
        causes.sort_by_key(|(priority, starts_at, fingerprint, _)| {
            (*priority, *starts_at, *fingerprint)
        });
        let omitted = causes.len().saturating_sub(ALERTS_IN_A_NOTIFICATION);
        let alerts = causes
            .iter()
            .take(ALERTS_IN_A_NOTIFICATION)
            .map(|(_, _, _, step)| summary(step.deciding.arrival, self.known(step)))
            .collect();
        (alerts, count(omitted))
    }

    fn known(&self, step: &Move<'_>) -> Option<&TrackedAlert> {
        match step.kind {
            MoveKind::Began { .. } | MoveKind::Rose | MoveKind::Ended => {
                self.state.alerts.get(&step.fingerprint)
            }
            // The alert may fire as well; what is told is the report.
            MoveKind::Reported => None,
        }
    }

    /// Brings an alert that began or rose into the episode.
    fn absorb(&self, episode: &mut Episode, step: &Move<'_>) {
        let arrival = step.deciding.arrival;
        let known = self.known(step);
        let priority = known.map_or_else(|| priority(step), |known| known.priority);
        let starts_at = known.map_or(arrival.alert.alert.starts_at, |known| known.starts_at);
        episode.priority = episode.priority.most_urgent(priority);
        episode.started_at = episode.started_at.min(starts_at);
        episode.response_minutes = episode.response_minutes.min(self.response_minutes(arrival));
    }

    fn response_minutes(&self, arrival: &Arrival) -> u32 {
        let classification = &arrival.alert.classification;
        match classification.response_minutes {
            0 => self.policy.of(classification.priority).response_minutes,
            minutes => minutes,
        }
    }

    /// Names the episode after the most urgent alert that fires.
    fn refresh_title(&self, episode: &mut Episode) {
        let Some((_, lead)) = self
            .state
            .firing()
            .min_by_key(|(fingerprint, alert)| (alert.priority, alert.starts_at, *fingerprint))
        else {
            return;
        };
        // Without details the alert's texts were given up for want of room: the old ones stay.
        if let Some(details) = &lead.details {
            episode.title.clone_from(&lead.title);
            episode.service.clone_from(&details.service);
            episode.category.clone_from(&details.category);
            episode.runbook.clone_from(&details.runbook);
        }
    }

    fn summary_of(&self, episode: &Episode) -> IncidentSummary {
        let (mut firing, mut resolved) = (0, 0);
        for alert in self.state.alerts.values() {
            match alert.phase {
                AlertPhase::Firing => firing += 1,
                AlertPhase::Resolved if episode.has(alert) => resolved += 1,
                AlertPhase::Resolved => {}
            }
        }
        IncidentSummary {
            id: episode.id.clone(),
            key: self.state.key.as_str().to_compact_string(),
            title: episode.title.clone(),
            service: episode.service.clone(),
            category: episode.category.clone(),
            priority: episode.priority,
            status: if episode.is_open() {
                IncidentStatus::Open
            } else {
                IncidentStatus::Resolved
            },
            version: self.version,
            opened_at: episode.opened_at,
            updated_at: episode.updated_at,
            resolved_at: episode.resolved_at,
            response_minutes: episode.response_minutes,
            firing,
            resolved,
            runbook: episode.runbook.clone(),
        }
    }

    fn log_moves(&mut self, causes: &[Move<'_>], ended: &[Move<'_>], was: Priority, is: Priority) {
        let began: Vec<Move<'_>> = causes
            .iter()
            .filter(|step| step.kind != MoveKind::Rose)
            .copied()
            .collect();
        self.log_alerts(&began, TimelineEvent::Fired);
        if is != was {
            self.log(TimelineEvent::PriorityRose { from: was, to: is });
        }
        self.log_alerts(ended, TimelineEvent::Ended);
    }

    fn log_alerts(&mut self, moves: &[Move<'_>], event: fn(Alerts) -> TimelineEvent) {
        let some = alerts(moves.iter().map(|step| step.deciding.arrival));
        self.log_some(some.map(event));
    }

    fn log_some(&mut self, event: Option<TimelineEvent>) {
        if let Some(event) = event {
            self.log(event);
        }
    }

    fn log(&mut self, event: TimelineEvent) {
        self.state.timeline.push(TimelineEntry {
            at: self.now,
            version: self.version,
            event,
        });
    }
}

fn priority(step: &Move<'_>) -> Priority {
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

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
