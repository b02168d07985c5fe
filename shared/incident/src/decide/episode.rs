//! The life of an episode: it opens, grows and is resolved.
//!
//! It decides which arrivals are worth telling; `announce` writes the notification.

use alert_classification::Fingerprint;
use settings::Priority;

use super::Transition;
use super::announce::{Announcer, count, priority};
use super::fold::{Move, MoveKind};
use super::summary::{TITLE_CHARS, name};
use super::text::clip;
use super::wording::{self, Growth};
use crate::arrival::SuppressionReason;
use crate::id::IncidentId;
use crate::notification::{IncidentStatus, IncidentSummary, NotificationEvent};
use crate::state::{AlertPhase, Episode, TrackedAlert};
use crate::timeline::{Alerts, TimelineEvent};

impl Announcer<'_> {
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
                self.resolve(episode, moves, &[], wording::resolved);
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
        // A minor alert that joins a major incident is told as a minor one: it wakes nobody.
        let urgency = if episode.priority == was {
            let news = causes.iter().chain(overflow.iter().filter(|_| overflows));
            news.map(|step| self.urgency(step)).min().unwrap_or(was)
        } else {
            episode.priority
        };
        let channels = self.policy.of(urgency).channels.clone();
        episode.told.extend(channels.iter().copied());
        let of_kind = |kind| causes.iter().filter(|step| step.kind == kind).count();
        let reason = wording::growth(&Growth {
            opened: event == NotificationEvent::Opened,
            began: causes.len() - of_kind(MoveKind::BeganAgain) - of_kind(MoveKind::Rose),
            again: of_kind(MoveKind::BeganAgain),
            rose: of_kind(MoveKind::Rose),
            priority: (episode.priority != was).then_some((was, episode.priority)),
            overflow: if overflows { overflow.len() } else { 0 },
        });
        let incident = self.summary_of(&episode);
        self.state.episode = Some(episode);
        let firing: Vec<Fingerprint> = self.state.firing().map(|(found, _)| found).collect();
        self.tell(event, reason, channels, incident, &causes, &firing);
    }

    /// Records what lapsed, and resolves the episode when nothing fires any more.
    pub(super) fn lapsed(&mut self, lapsed: &[Fingerprint]) -> Transition {
        let known = |fingerprint| self.state.alerts.get(fingerprint);
        let lead = lapsed
            .iter()
            .filter_map(known)
            .min_by_key(|alert| (alert.priority, alert.starts_at));
        let heard = lapsed.iter().filter_map(known).map(|alert| alert.seen_at);
        let (Some(lead), Some(heard)) = (lead, heard.max()) else {
            return Transition::StayedQuiet;
        };
        let event = TimelineEvent::Lapsed(Alerts {
            count: count(lapsed.len()),
            title: clip(&lead.title, 120),
        });
        self.log(event);
        let fires = self.state.alerts.values().any(TrackedAlert::is_firing);
        match self.state.episode.take() {
            Some(episode) if episode.is_open() && !fires => {
                let silence = self.now.duration_since(heard);
                let reason = |_| wording::lapsed(lapsed.len(), silence);
                self.resolve(episode, &[], lapsed, reason);
                Transition::Resolved
            }
            Some(mut episode) if episode.is_open() => {
                episode.updated_at = self.now;
                self.state.episode = Some(episode);
                Transition::StayedOpen
            }
            last => {
                self.state.episode = last;
                Transition::StayedQuiet
            }
        }
    }

    /// The end of an episode: whoever was told that it fires is told that it is over.
    fn resolve(
        &mut self,
        mut episode: Episode,
        moves: &[Move<'_>],
        lapsed: &[Fingerprint],
        reason: impl FnOnce(u32) -> String,
    ) {
        episode.resolved_at = Some(self.now);
        episode.updated_at = self.now;
        self.log_alerts(moves, TimelineEvent::Ended);
        self.log(TimelineEvent::Resolved {
            id: episode.id.clone(),
        });
        let channels = episode.told.iter().copied().collect();
        let incident = self.summary_of(&episode);
        self.state.episode = Some(episode);
        let reason = reason(incident.resolved);
        self.tell(
            NotificationEvent::Resolved,
            reason,
            channels,
            incident,
            moves,
            lapsed,
        );
    }

    /// How urgent an alert is: what is known about it wins.
    fn urgency(&self, step: &Move<'_>) -> Priority {
        self.known(step)
            .map_or_else(|| priority(step), |known| known.priority)
    }

    /// Brings an alert that began or rose into the episode.
    fn absorb(&self, episode: &mut Episode, step: &Move<'_>) {
        let arrival = step.deciding.arrival;
        let known = self.known(step);
        let priority = self.urgency(step);
        let starts_at = known.map_or(arrival.alert.alert.starts_at, |known| known.starts_at);
        episode.priority = episode.priority.most_urgent(priority);
        episode.started_at = episode.started_at.min(starts_at);
        episode.response_minutes = episode.response_minutes.min(self.response_minutes(arrival));
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
            key: self.state.key.as_str().into(),
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
}
