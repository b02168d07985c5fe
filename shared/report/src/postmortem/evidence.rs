//! What several parts of the document look up.

use std::collections::BTreeMap;

use incident::{Episode, GroupState, Muted, Silence, StepTaken};

use crate::case::Case;
use crate::words;

/// The alerts whose silences are looked for.
const ALERTS: usize = 50;

/// The silences that match an alert of the incident, by id.
pub(super) fn silences<'a>(case: &Case<'a>) -> Vec<&'a Silence> {
    if case.silences.is_empty() {
        return Vec::new();
    }
    let mut found: BTreeMap<&'a str, &'a Silence> = BTreeMap::new();
    for known in case.alerts().into_iter().take(ALERTS) {
        for silence in case.silences_of(known) {
            found.insert(silence.id.as_str(), silence);
        }
    }
    found.into_values().collect()
}

/// The steps that were taken for the incident, in order.
pub(super) fn steps<'a>(
    case: &Case<'a>,
    episode: &Episode,
) -> Vec<(&'a GroupState, &'a StepTaken)> {
    let groups = case.concerned().into_iter();
    let mut steps: Vec<(&'a GroupState, &'a StepTaken)> = groups
        .filter_map(|group| Some((group, group.incidents.get(&episode.id)?)))
        .flat_map(|(group, incident)| incident.steps.iter().map(move |step| (group, step)))
        .collect();
    steps.sort_by_key(|(_, step)| (step.at, step.round, step.step));
    steps
}

/// What holds an alert back, in words.
pub(super) fn held_by(muted: &Muted) -> String {
    match muted {
        Muted::Silence { id, who, until } => {
            format!("by silence {id} of {who} until {}", words::full(*until))
        }
        Muted::Inhibition { rule, title, .. } => {
            format!(
                "because {} explains it (inhibit rule {rule})",
                words::line(title)
            )
        }
        Muted::MuteTime { interval } => format!("in the mute time {interval}"),
        Muted::InactiveTime { .. } => "outside the active times of its route".to_owned(),
        Muted::Flapping { until } => format!("as flapping until {}", words::full(*until)),
    }
}
