//! The story of an incident afterwards: figures, timeline, who was told and did what, and what is to
//! be learnt.

mod advice;
mod alerts;
mod document;
mod evidence;
mod figures;
mod html;
mod markdown;
mod markup;
mod people;
mod similar;
mod timeline;
mod wording;

use incident::VerdictKind;

use crate::case::Case;
use crate::moment::{Heading, Moment};
use crate::words;

pub use document::{
    AlertStory, Deed, EarlierIncident, Event, EventSource, Figure, FigureName, HoldPeriod,
    POSTMORTEM_SCHEMA, PostMortem, Promise, Recommendation, RecommendationKind, Similar, ToldRow,
    VerdictGiven,
};

/// The story of the case's incident; `None` when there is none. It may be open still.
#[must_use]
pub fn postmortem(case: &Case<'_>) -> Option<PostMortem> {
    let episode = case.episode()?;
    let incident = Heading::of(case.state)?;
    let figures = figures::all(case, episode);
    let (timeline, timeline_complete) = timeline::merge(case, episode);
    let (alerts, alerts_omitted) = alerts::stories(case);
    let told = people::told(case);
    let deeds = people::deeds(case, episode);
    let similar = similar::find(case, episode);
    let verdict = episode.verdict.as_ref().map(|verdict| VerdictGiven {
        kind: verdict_name(verdict.kind).to_owned(),
        why: verdict.why.clone(),
        by: verdict.by.who.to_string(),
    });
    let recommendations = advice::derive(case, episode, &figures, &similar);
    Some(PostMortem {
        schema: POSTMORTEM_SCHEMA.to_owned(),
        written_at: Moment::from(case.now),
        summary: summary(case, &incident, &told),
        incident,
        verdict,
        figures,
        timeline,
        timeline_complete,
        alerts,
        alerts_omitted,
        told,
        deeds,
        similar,
        recommendations,
    })
}

/// `true positive` or `false positive`.
pub(crate) const fn verdict_name(kind: VerdictKind) -> &'static str {
    match kind {
        VerdictKind::TruePositive => "true positive",
        VerdictKind::FalsePositive => "false positive",
    }
}

fn summary(case: &Case<'_>, incident: &Heading, told: &[ToldRow]) -> String {
    let opened = incident.opened_at.get();
    let mut parts = Vec::new();
    let service = if incident.service.is_empty() {
        String::new()
    } else {
        format!(" of {}", words::line(&incident.service))
    };
    parts.push(match incident.resolved_at {
        Some(end) => format!(
            "This {} incident{service} lasted {}",
            incident.priority,
            words::between(opened, end.get())
        ),
        None => format!(
            "This {} incident{service} has been open for {}",
            incident.priority,
            words::between(opened, case.now)
        ),
    });
    parts.push(match case.first_told_at() {
        Some(first) => {
            let mut who: Vec<&str> = told.iter().map(|row| row.receiver.as_str()).collect();
            who.sort_unstable();
            who.dedup();
            let who = if who.is_empty() {
                "somebody was".to_owned()
            } else if who.len() == 1 {
                format!("{} was", words::list(&who))
            } else {
                format!("{} were", words::list(&who))
            };
            format!("{who} told, first after {}", words::between(opened, first))
        }
        None => "nobody was told".to_owned(),
    });
    let acknowledged = case
        .episode()
        .and_then(|episode| episode.first_acknowledged_at);
    parts.push(match acknowledged {
        Some(at) => format!("it was acknowledged after {}", words::between(opened, at)),
        None => "nobody acknowledged".to_owned(),
    });
    format!("{}.", parts.join("; "))
}
