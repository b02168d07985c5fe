//! An alert and its incident as they are handed on.

use compact_str::CompactString;
use jiff::Timestamp;
use settings::InhibitRule;

use crate::arrival::Arrival;
use crate::decide::{self, News, Step};
use crate::group::Snapshot;
use crate::id::IncidentId;
use crate::inhibit;
use crate::inhibit::Source;
use crate::key::{IncidentKey, InhibitionKey};
use crate::notification::{AlertSummary, IncidentStatus, IncidentSummary};
use crate::policy::Policy;
use crate::state::IncidentState;
use crate::subject::Subject;

/// An alert as its incident knows it, ready to be handed on.
pub(super) struct View {
    step: Step,
    counted: bool,
    summary: AlertSummary,
    service: CompactString,
    span: crate::span::Span,
    incident: Option<(IncidentId, IncidentKey, IncidentSummary)>,
    flapping_until: Option<Timestamp>,
}

impl View {
    pub(super) fn of(
        state: &IncidentState,
        step: &Step,
        arrival: Option<&Arrival>,
        texts: Option<(AlertSummary, CompactString)>,
        of_episode: Option<&IncidentSummary>,
        now: Timestamp,
        policy: &Policy,
    ) -> Option<Self> {
        let counted = match step.news {
            News::Began
            | News::BeganAgain
            | News::Rose
            | News::Ended
            | News::Flapping
            | News::Reported => arrival.is_some(),
            News::Refreshed | News::Lapsed => false,
        };
        if step.news == News::Reported {
            let arrival = arrival?;
            let summary = decide::summary(arrival, None);
            let incident = info_summary(state, arrival, now, policy);
            return Some(Self {
                step: *step,
                counted,
                service: arrival.alert.classification.service.clone(),
                span: arrival.span(now),
                incident: Some((incident.id.clone(), state.key.clone(), incident)),
                summary,
                flapping_until: None,
            });
        }
        let known = state.alerts.get(&step.fingerprint);
        let (mut summary, service) = match (arrival, known, texts) {
            (Some(arrival), known, _) => {
                let service = arrival.alert.classification.service.clone();
                (decide::summary(arrival, known), service)
            }
            (None, Some(known), Some((texts, service))) => {
                let texts = AlertSummary {
                    status: known.phase.into(),
                    priority: known.priority,
                    starts_at: known.span.starts_at,
                    ends_at: known.span.ends_at,
                    ..texts
                };
                (texts, service)
            }
            (None, Some(known), None) => {
                let service = known.details.as_ref()?.service.clone();
                (decide::tracked(step.fingerprint, known)?, service)
            }
            (None, None, _) => return None,
        };
        let episode = state.episode.as_ref();
        if let Some(set) = episode.and_then(|episode| episode.set_priority) {
            summary.priority = set;
        }
        let span = match (known, arrival) {
            (Some(known), _) => known.span,
            (None, Some(arrival)) => arrival.span(now),
            (None, None) => return None,
        };
        // What never fired has no incident, whatever episode there is.
        let belongs = episode.filter(|episode| {
            known.is_none_or(|known| known.is_firing() || episode.has(known) || known.lapsed)
        });
        let incident = belongs
            .and_then(|episode| Some((episode.id.clone(), state.key.clone(), of_episode?.clone())));
        Some(Self {
            step: *step,
            counted,
            summary,
            service,
            span,
            incident,
            flapping_until: known
                .and_then(|known| known.turns.flapping_until)
                .filter(|until| now < *until),
        })
    }

    pub(super) fn subject(&self) -> Subject<'_> {
        Subject::remembered(&self.summary, &self.service)
    }

    pub(super) fn snapshot(&self, left: bool) -> Snapshot {
        Snapshot {
            fingerprint: self.step.fingerprint,
            summary: self.summary.clone(),
            service: self.service.clone(),
            span: self.span,
            news: self.step.news,
            counted: self.counted,
            incident: self.incident.clone(),
            flapping_until: self.flapping_until,
            left,
        }
    }

    pub(super) fn source(
        &self,
        rule: &InhibitRule,
        subject: &Subject<'_>,
    ) -> (InhibitionKey, Source) {
        let source = Source {
            span: self.span,
            both: inhibit::matches(&rule.target, subject),
            title: self.summary.title.clone(),
        };
        (inhibit::place(rule, subject), source)
    }
}

/// The episode of a state, as messages and lists show it.
#[must_use]
pub fn summary_of(state: &IncidentState) -> Option<IncidentSummary> {
    let episode = state.episode.as_ref()?;
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Some(IncidentSummary {
        id: episode.id.clone(),
        key: state.key.as_str().into(),
        title: episode.title.clone(),
        service: episode.service.clone(),
        category: episode.category.clone(),
        priority: episode.priority,
        status: if episode.is_open() {
            IncidentStatus::Open
        } else {
            IncidentStatus::Resolved
        },
        version: state.version,
        opened_at: episode.opened_at,
        updated_at: episode.updated_at,
        resolved_at: episode.resolved_at,
        response_minutes: episode.response_minutes,
        firing: count(state.alerts.firing_count()),
        resolved: count(state.alerts.over_since(episode.opened_version)),
        runbook: episode.runbook.clone().filter(|link| link.len() <= 2_048),
    })
}

/// What merely happened, as messages show it: it belongs to no episode.
pub(super) fn info_summary(
    state: &IncidentState,
    arrival: &Arrival,
    now: Timestamp,
    policy: &Policy,
) -> IncidentSummary {
    let classification = &arrival.alert.classification;
    let key = format!("{}#info", state.key);
    IncidentSummary {
        // The same decision may open an episode, whose id must be another.
        id: IncidentId::of(&key, now, state.version),
        key: state.key.as_str().into(),
        title: decide::text::clip(&arrival.alert.alert.title, decide::TITLE_CHARS),
        service: decide::name(&classification.service),
        category: decide::name(&classification.category),
        priority: classification.priority,
        status: IncidentStatus::Info,
        version: state.version,
        opened_at: now,
        updated_at: now,
        resolved_at: None,
        response_minutes: match classification.response_minutes {
            0 => policy.response_minutes(classification.priority),
            minutes => minutes,
        },
        firing: 0,
        resolved: 0,
        runbook: classification
            .runbook
            .clone()
            .filter(|link| link.len() <= 2_048),
    }
}
