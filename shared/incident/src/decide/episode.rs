//! The life of an episode: it opens, grows, is resolved and may go on; and the record of it.

use std::collections::BTreeSet;

use alert_classification::{ClassifiedAlert, Fingerprint};
use jiff::{SignedDuration, Timestamp};

use super::fold::{Move, MoveKind};
use super::summary::{TITLE_CHARS, name};
use super::text::clip;
use super::{Placed, Suppressed, Transition};
use crate::arrival::Arrival;
use crate::id::IncidentId;
use crate::policy::Policy;
use crate::state::{Episode, IncidentState, PastEpisode};
use crate::timeline::{Alerts, TimelineEntry, TimelineEvent};

/// How many earlier episodes are remembered.
const PAST: usize = 20;

/// Moves the episode on and writes down what happened.
pub(super) struct Recorder<'s> {
    pub(super) state: &'s mut IncidentState,
    version: u64,
    now: Timestamp,
    policy: &'s Policy,
    outcomes: Vec<Suppressed>,
    report: Option<IncidentId>,
}

impl<'s> Recorder<'s> {
    pub(super) const fn new(
        state: &'s mut IncidentState,
        version: u64,
        now: Timestamp,
        policy: &'s Policy,
    ) -> Self {
        Self {
            state,
            version,
            now,
            policy,
            outcomes: Vec::new(),
            report: None,
        }
    }

    /// What nobody is told of, and the episode that gave way to another before its report was written.
    pub(super) fn finish(self) -> (Vec<Suppressed>, Option<IncidentId>) {
        (self.outcomes, self.report)
    }

    pub(super) fn suppress(&mut self, suppressed: impl IntoIterator<Item = Suppressed>) {
        self.outcomes.extend(suppressed);
    }

    /// Records what lapsed, and resolves the episode when nothing fires any more.
    pub(super) fn lapsed(&mut self, lapsed: &[Fingerprint]) -> Transition {
        let known = lapsed
            .iter()
            .filter_map(|fingerprint| self.state.alerts.get(fingerprint));
        let Some(lead) = known.min_by_key(|alert| (alert.priority, alert.span.starts_at)) else {
            return Transition::StayedQuiet;
        };
        let alerts = Alerts {
            count: count(lapsed.len()),
            title: clip(&lead.title, 120),
        };
        let ends = lapsed
            .iter()
            .filter_map(|fingerprint| self.state.alerts.get(fingerprint)?.span.ends_at);
        let ended_at = ends.max().unwrap_or(self.now);
        self.log(TimelineEvent::Lapsed(alerts));
        match self.state.episode.take() {
            Some(episode) if episode.is_open() && !self.fires() => {
                // It may be noticed late: what fires by then is another episode.
                let at = ended_at.max(episode.updated_at).min(self.now);
                self.resolve(episode, at);
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

    /// Moves the episode on. `overflow` are the alerts that fire and found no room.
    pub(super) fn episode(&mut self, moves: &[Move<'_>], overflow: &[Move<'_>]) -> Transition {
        match (self.state.episode.take(), self.fires()) {
            (Some(episode), true) if episode.is_open() => {
                self.grow(episode, moves, overflow);
                Transition::StayedOpen
            }
            (last, true) => {
                let Some(lead) = lead(moves) else {
                    self.state.episode = last;
                    return Transition::StayedQuiet;
                };
                let episode = self.open(last, lead);
                self.grow(episode, moves, overflow);
                Transition::Opened
            }
            (Some(episode), false) if episode.is_open() => {
                self.log_alerts(&of_kind(moves, MoveKind::Ended), TimelineEvent::Ended);
                let now = self.now;
                self.resolve(episode, now);
                Transition::Resolved
            }
            (last, false) => {
                self.state.episode = last;
                Transition::StayedQuiet
            }
        }
    }

    /// Records what belongs to no episode, and what flaps.
    pub(super) fn asides(
        &mut self,
        unseen: &[&Arrival],
        infos: &[Placed<'_>],
        flapping: &BTreeSet<Fingerprint>,
    ) {
        let unseen = alerts(unseen.iter().copied());
        self.log_some(unseen.map(TimelineEvent::ResolveWithoutFiring));
        let told = alerts(infos.iter().map(|placed| placed.arrival));
        self.log_some(told.map(TimelineEvent::Informed));
        for fingerprint in flapping {
            let Some(alert) = self.state.alerts.get(fingerprint) else {
                continue;
            };
            let Some(until) = alert.turns.flapping_until else {
                continue;
            };
            let title = clip(&alert.title, 120);
            self.log(TimelineEvent::Flapping { title, until });
        }
    }

    fn fires(&self) -> bool {
        self.state.alerts.firing_count() > 0
    }

    /// The last episode again, when nobody can have been told that it was over, or else a new one.
    fn open(&mut self, last: Option<Episode>, lead: &ClassifiedAlert) -> Episode {
        if let Some(last) = last {
            if self.goes_on(&last) {
                self.log(TimelineEvent::Reopened {
                    id: last.id.clone(),
                });
                return Episode {
                    resolved_at: None,
                    report_at: None,
                    ..last
                };
            }
            self.remember(last);
        }
        let id = IncidentId::of(self.state.key.as_str(), self.now, self.version);
        let priority = lead.classification.priority;
        self.log(TimelineEvent::Opened {
            id: id.clone(),
            priority,
        });
        Episode {
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
            acknowledgement: None,
            set_priority: None,
            verdict: None,
            first_acknowledged_at: None,
            overflowed_at: None,
            settling_ms: 0,
            report_at: None,
        }
    }

    /// Whether an episode goes on: it ended so lately that some group may not have told so, or what
    /// fires comes and goes. What somebody had taken on or judged is done with: its next firing must
    /// reach people again. Who has taken on what comes and goes has taken on all of that.
    fn goes_on(&self, last: &Episode) -> bool {
        let Some(resolved_at) = last.resolved_at else {
            return false;
        };
        let settling = SignedDuration::from_millis(last.settling_ms);
        let settles =
            || last.acknowledgement.is_none() && self.now.duration_since(resolved_at) < settling;
        last.verdict.is_none() && (self.flaps(last).is_some() || settles())
    }

    /// Until when alerts of an episode count as coming and going, if any does.
    fn flaps(&self, episode: &Episode) -> Option<Timestamp> {
        let alerts = self.state.alerts.values();
        let flapping = alerts.filter(|alert| alert.turns.is_flapping(self.now));
        flapping
            .filter(|alert| episode.has(alert))
            .filter_map(|alert| alert.turns.flapping_until)
            .max()
    }

    fn remember(&mut self, last: Episode) {
        let Some(resolved_at) = last.resolved_at else {
            return;
        };
        if last.report_at.is_some() {
            self.report = Some(last.id.clone());
        }
        if self.state.past.len() >= PAST {
            self.state.past.remove(0);
        }
        self.state.past.push(PastEpisode {
            id: last.id,
            title: last.title,
            priority: last.priority,
            opened_at: last.opened_at,
            resolved_at,
            verdict: last.verdict,
        });
    }

    /// An episode that is open after the decision: new alerts, higher priorities, partial resolves.
    fn grow(&mut self, mut episode: Episode, moves: &[Move<'_>], overflow: &[Move<'_>]) {
        let was = episode.priority;
        let is_news = |step: &&Move<'_>| match step.kind {
            MoveKind::Began { .. } | MoveKind::BeganAgain | MoveKind::Rose => true,
            MoveKind::Ended | MoveKind::StillFires | MoveKind::StillOver => false,
        };
        let news: Vec<Move<'_>> = moves.iter().filter(is_news).copied().collect();
        for step in news.iter().chain(overflow) {
            self.absorb(&mut episode, step);
        }
        self.refresh_title(&mut episode);
        // What finds no room is not remembered, so each repetition of it looks new.
        let more = overflow.iter().filter(|_| episode.overflowed_at.is_none());
        let began: Vec<Move<'_>> = news
            .iter()
            .filter(|step| step.kind != MoveKind::Rose)
            .chain(more)
            .copied()
            .collect();
        self.log_alerts(&began, TimelineEvent::Fired);
        if episode.priority != was {
            // Whoever has taken it on did not take on this.
            episode.acknowledgement = None;
            self.log(TimelineEvent::PriorityRose {
                from: was,
                to: episode.priority,
            });
        }
        let ended = of_kind(moves, MoveKind::Ended);
        self.log_alerts(&ended, TimelineEvent::Ended);
        if !overflow.is_empty() && episode.overflowed_at.is_none() {
            episode.overflowed_at = Some(self.now);
            self.log_alerts(overflow, TimelineEvent::Full);
        }
        if !news.is_empty() || !ended.is_empty() {
            episode.updated_at = self.now;
        }
        self.state.episode = Some(episode);
    }

    fn resolve(&mut self, mut episode: Episode, at: Timestamp) {
        episode.close(at, self.now);
        // What comes and goes may go on.
        episode.report_at = episode.report_at.max(self.flaps(&episode));
        self.log(TimelineEvent::Resolved {
            id: episode.id.clone(),
        });
        self.state.episode = Some(episode);
    }

    /// Brings an alert that began or rose into the episode.
    fn absorb(&self, episode: &mut Episode, step: &Move<'_>) {
        let arrival = step.deciding.arrival;
        let known = self.state.alerts.get(&step.fingerprint);
        let classification = &arrival.alert.classification;
        let priority = known.map_or(classification.priority, |known| known.priority);
        let starts_at = known.map_or(arrival.alert.alert.starts_at, |known| known.span.starts_at);
        // What is worse than all that a person has judged outranks the judgement.
        if episode.set_priority.is_none_or(|set| priority < set) {
            episode.set_priority = None;
            episode.priority = episode.priority.most_urgent(priority);
        }
        episode.started_at = episode.started_at.min(starts_at);
        episode.response_minutes = episode
            .response_minutes
            .min(response_minutes(self.policy, arrival));
    }

    /// Names the episode after the most urgent alert that fires.
    fn refresh_title(&self, episode: &mut Episode) {
        let Some(lead) = self.state.alerts.most_urgent() else {
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

    fn log_alerts(&mut self, moves: &[Move<'_>], event: fn(Alerts) -> TimelineEvent) {
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

/// The most urgent alert that began to fire, then the oldest.
fn lead<'a>(moves: &[Move<'a>]) -> Option<&'a ClassifiedAlert> {
    moves
        .iter()
        .filter(|step| matches!(step.kind, MoveKind::Began { .. } | MoveKind::BeganAgain))
        .map(|step| &step.deciding.arrival.alert)
        .min_by_key(|alert| {
            let priority = alert.classification.priority;
            (priority, alert.alert.starts_at, alert.alert.fingerprint)
        })
}

fn of_kind<'a>(moves: &[Move<'a>], kind: MoveKind) -> Vec<Move<'a>> {
    moves
        .iter()
        .filter(|step| step.kind == kind)
        .copied()
        .collect()
}

/// Minutes within which somebody must answer.
fn response_minutes(policy: &Policy, arrival: &Arrival) -> u32 {
    let classification = &arrival.alert.classification;
    match classification.response_minutes {
        0 => policy.response_minutes(classification.priority),
        minutes => minutes,
    }
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
