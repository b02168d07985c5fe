//! Why somebody was told or nobody, and what comes next.

mod alert;
mod document;
mod hold;
mod ladder;
mod next;
mod passed;
mod place;
mod text;

use std::collections::BTreeSet;

use alert_classification::Fingerprint;
use incident::IncidentStatus;

use crate::case::Case;
use crate::moment::{Heading, Moment};
use crate::words;

pub use document::{
    Classification, Coming, ComingKind, Hold, HoldKind, Knows, LadderState, LadderStory,
    PassedOver, Place, SetBy, StepStory, Telling, WHY_SCHEMA, Why, WhyAlert,
};

/// The most alerts that one document explains.
const ALERTS: usize = 50;

/// Explains one alert, or all alerts of the incident, the most urgent first.
#[must_use]
pub fn why(case: &Case<'_>, only: Option<Fingerprint>) -> Why {
    let all: Vec<_> = case
        .alerts()
        .into_iter()
        .filter(|known| only.is_none_or(|only| known.fingerprint == only))
        .collect();
    let omitted = u32::try_from(all.len().saturating_sub(ALERTS)).unwrap_or(u32::MAX);
    let alerts: Vec<WhyAlert> = all
        .into_iter()
        .take(ALERTS)
        .map(|known| alert::explain(case, known))
        .collect();
    let mut seen = BTreeSet::new();
    let mut next: Vec<Coming> = alerts
        .iter()
        .flat_map(|alert| {
            alert
                .next
                .iter()
                .chain(alert.places.iter().flat_map(|p| &p.next))
        })
        .chain(next::of_incident(case).iter())
        .filter(|coming| seen.insert((coming.at, coming.sentence.clone())))
        .cloned()
        .collect();
    next::sort(&mut next);
    Why {
        schema: WHY_SCHEMA.to_owned(),
        at: Moment::from(case.now),
        incident: Heading::of(case.state),
        because: standing(case),
        alerts,
        omitted,
        next,
    }
}

/// How the incident itself stands, in sentences.
fn standing(case: &Case<'_>) -> Vec<String> {
    let at = |time| words::time(time, case.now);
    let mut because = Vec::new();
    let Some(episode) = case.episode() else {
        because.push(match case.state.status() {
            IncidentStatus::Info => {
                "nothing of this key ever fired, so there is no incident".into()
            }
            IncidentStatus::Open | IncidentStatus::Resolved => "there is no incident".into(),
        });
        return because;
    };
    match episode.resolved_at {
        None => because.push(format!("it is open since {}", at(episode.opened_at))),
        Some(end) => {
            let verdict = episode.verdict.as_ref();
            let by = verdict.map(|verdict| format!(" by {}", verdict.by.who));
            because.push(format!(
                "it was open from {} to {} and is resolved{}",
                at(episode.opened_at),
                at(end),
                by.unwrap_or_default()
            ));
        }
    }
    if let Some(ack) = &episode.acknowledgement {
        let until = match ack.until {
            None => "for good".to_owned(),
            Some(until) if until <= case.now => format!("until {}, which has passed", at(until)),
            Some(until) => format!("until {}", at(until)),
        };
        because.push(format!(
            "{} acknowledged at {}, {until}",
            ack.by.who,
            at(ack.at)
        ));
    } else if episode.is_open() {
        because.push("nobody has acknowledged".to_owned());
    }
    because
}
