//! All that the table remembers about an incident.

use engine::{CONCURRENT, Clock, Engine, EngineError, IncidentFilter, IncidentLine, IncidentView};
use futures_util::future::try_join3;
use futures_util::{StreamExt, TryStreamExt, stream};
use incident::{
    GroupState, IncidentId, IncidentState, IncidentSummary, Policy, Silence, VerdictKind,
};
use jiff::{SignedDuration, Timestamp};
use report::{AuditEntry, Case, Earlier};
use store::RecordStore;

use crate::past;

/// So many acts are read at a time, and so often.
const ACTS: usize = 100;
const PAGES: usize = 10;
/// So many incidents are looked through for those that were alike, and so many are named.
const LOOKED_AT: usize = 500;
const ALIKE: usize = 20;
/// How far back counts.
const DAYS_30: SignedDuration = SignedDuration::from_hours(30 * 24);

/// All that the table remembers about an incident.
pub(crate) struct Evidence {
    pub(crate) summary: IncidentSummary,
    state: IncidentState,
    groups: Vec<GroupState>,
    audit: Vec<AuditEntry>,
    silences: Vec<Silence>,
    earlier: Vec<Earlier>,
}

impl Evidence {
    /// Gathers what is not in the incident itself.
    pub(crate) async fn gather<S: RecordStore, C: Clock>(
        engine: &Engine<S, C>,
        view: IncidentView,
    ) -> Result<Self, EngineError> {
        let (audit, silences, earlier) = try_join3(
            audit(engine, &view.summary.id),
            engine.silences(),
            earlier(engine, &view),
        )
        .await?;
        let state = match &view.state {
            Some(state) if view.current => state.as_ref().clone(),
            Some(_) | None => past::restore(&view, &audit),
        };
        Ok(Self {
            summary: view.summary,
            state,
            groups: view.groups,
            audit,
            silences,
            earlier,
        })
    }

    /// The case as it stands.
    pub(crate) fn case<'a>(&'a self, policy: &'a Policy, now: Timestamp) -> Case<'a> {
        Case {
            groups: self.groups.iter().collect(),
            audit: self.audit.clone(),
            silences: self.silences.iter().collect(),
            earlier: self.earlier.clone(),
            ..Case::new(&self.state, policy, now)
        }
    }
}

/// Whether somebody who was told of an incident still has to hear that it is over.
pub(crate) fn is_untold(view: &IncidentView) -> bool {
    let id = &view.summary.id;
    let mut alerts = view.groups.iter().flat_map(|group| group.alerts.values());
    view.summary.resolved_at.is_some()
        && alerts.any(|alert| {
            alert.incident.as_ref() == Some(id) && alert.told != 0
                || alert
                    .unclosed
                    .iter()
                    .any(|unclosed| unclosed.incident == *id)
        })
}

async fn audit<S: RecordStore, C: Clock>(
    engine: &Engine<S, C>,
    id: &IncidentId,
) -> Result<Vec<AuditEntry>, EngineError> {
    let mut entries = Vec::new();
    let mut next: Option<String> = None;
    for _ in 0..PAGES {
        let page = engine.audit(id, ACTS, next.as_deref()).await?;
        entries.extend(page.entries.into_iter().map(|entry| AuditEntry {
            at: entry.at,
            by: entry.by,
            act: entry.act,
        }));
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    Ok(entries)
}

/// Incidents of the same service and category in the 30 days before; those of the same key are in its state.
async fn earlier<S: RecordStore, C: Clock>(
    engine: &Engine<S, C>,
    view: &IncidentView,
) -> Result<Vec<Earlier>, EngineError> {
    let summary = &view.summary;
    let horizon = summary
        .opened_at
        .checked_sub(DAYS_30)
        .unwrap_or(Timestamp::MIN);
    let filter = IncidentFilter {
        service: Some(summary.service.clone()),
        ..IncidentFilter::default()
    };
    let page = engine.incidents(&filter, LOOKED_AT, None).await?;
    let is_alike = |line: &IncidentLine| {
        line.category == summary.category
            && line.id < summary.id
            && line.opened_at >= horizon
            && view.past.iter().all(|past| past.id != line.id)
    };
    let alike = page.incidents.into_iter().filter(is_alike).take(ALIKE);
    let looked_up: Vec<_> = alike
        .map(|line| Box::pin(async move { engine.incident_alone(&line.id).await }))
        .collect();
    stream::iter(looked_up)
        .buffered(CONCURRENT)
        .try_filter_map(async |other| Ok(other.map(of_view)))
        .try_collect()
        .await
}

fn of_view(view: IncidentView) -> Earlier {
    let verdict = verdict(&view);
    let summary = view.summary;
    Earlier {
        id: summary.id,
        key: view.key,
        title: summary.title,
        service: summary.service,
        category: summary.category,
        priority: summary.priority,
        opened_at: summary.opened_at,
        resolved_at: summary.resolved_at,
        verdict,
    }
}

fn verdict(view: &IncidentView) -> Option<VerdictKind> {
    let episode = view.state.as_ref().and_then(|state| state.episode.as_ref());
    let verdict = match episode.filter(|_| view.current) {
        Some(episode) => episode.verdict.as_ref(),
        None => {
            let mut past = view.past.iter();
            past.find(|past| past.id == view.summary.id)
                .and_then(|past| past.verdict.as_ref())
        }
    };
    verdict.map(|verdict| verdict.kind)
}
