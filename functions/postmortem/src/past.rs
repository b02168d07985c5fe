//! The state of an incident's key as it was, when another incident of the key has begun since, or the state
//! is forgotten.
//!
//! What was overwritten is not guessed: an alert that has fired again belongs to the later incident.

use std::collections::BTreeMap;

use engine::IncidentView;
use incident::{Act, Episode, IncidentState, Timeline, TimelineEntry, TimelineEvent};
use report::AuditEntry;

/// The state with the incident as its episode.
pub(crate) fn restore(view: &IncidentView, audit: &[AuditEntry]) -> IncidentState {
    let mut state = view
        .state
        .as_deref()
        .cloned()
        .unwrap_or_else(|| IncidentState::new(view.key.clone()));
    let (opened, next) = bounds(&state.timeline, view);
    let within = |version: u64| version >= opened && next.is_none_or(|next| version < next);
    let mut timeline = Timeline::default();
    for entry in state.timeline.iter().filter(|entry| {
        // One decision may end this one and open the next.
        within(entry.version) || is_end(entry, view)
    }) {
        timeline.push(entry.clone());
    }
    state.timeline = timeline;
    let ours = state
        .alerts
        .iter()
        .filter(|(_, alert)| within(alert.joined));
    let ours: BTreeMap<_, _> = ours.map(|(name, alert)| (*name, alert.clone())).collect();
    state.alerts = ours.into();
    let verdict = state.past.iter().find(|past| past.id == view.summary.id);
    let verdict = verdict.and_then(|past| past.verdict.clone());
    state
        .past
        .retain(|past| past.opened_at < view.summary.opened_at);
    state.episode = Some(episode(view, opened, verdict, audit));
    state
}

/// The versions from which and before which things belong to the incident.
fn bounds(timeline: &Timeline, view: &IncidentView) -> (u64, Option<u64>) {
    let mut ours = None;
    let mut next = None;
    for entry in timeline.iter() {
        let TimelineEvent::Opened { id, .. } = &entry.event else {
            continue;
        };
        if *id == view.summary.id {
            ours = Some(entry.version);
        } else if *id > view.summary.id {
            // Ids sort by the time at which their incidents began.
            next = next.or(Some(entry.version));
        }
    }
    match (ours, next) {
        (Some(opened), next) => (opened, next),
        (None, Some(next)) => (0, Some(next)),
        // All of it is another one's.
        (None, None) => (u64::MAX, None),
    }
}

fn is_end(entry: &TimelineEntry, view: &IncidentView) -> bool {
    matches!(&entry.event, TimelineEvent::Resolved { id } if *id == view.summary.id)
}

fn episode(
    view: &IncidentView,
    opened_version: u64,
    verdict: Option<incident::Verdict>,
    audit: &[AuditEntry],
) -> Episode {
    let summary = &view.summary;
    let is_acknowledgement = |entry: &&AuditEntry| matches!(entry.act, Act::Acknowledge { .. });
    Episode {
        id: summary.id.clone(),
        opened_version,
        opened_at: summary.opened_at,
        started_at: summary.opened_at,
        updated_at: summary.updated_at,
        resolved_at: summary.resolved_at,
        priority: summary.priority,
        response_minutes: summary.response_minutes,
        title: summary.title.clone(),
        service: summary.service.clone(),
        category: summary.category.clone(),
        runbook: summary.runbook.clone(),
        acknowledgement: view.acknowledgement.clone(),
        set_priority: None,
        verdict,
        first_acknowledged_at: audit.iter().find(is_acknowledgement).map(|entry| entry.at),
        overflowed_at: None,
        settling_ms: 0,
        report_at: None,
    }
}
