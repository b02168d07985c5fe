//! What somebody is answered who asks for probes by name.

use compact_str::CompactString;
use health::{Catalogue, Grade, ProbeResult, judge};
use serde::Serialize;

/// The answer to a demand. It changes nothing that is remembered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// What the probes answered.
    pub results: Vec<Answered>,
    /// Names that no probe has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// Probes that this deployment gives no target, and the names that have no value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// What one probe answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answered {
    /// Its name.
    pub probe: CompactString,
    /// What this one answer is worth.
    pub condition: Grade,
    /// Why it is not better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<health::Fault>,
    /// When it was asked.
    pub at: jiff::Timestamp,
    /// What was measured.
    pub measured: std::collections::BTreeMap<settings::Measured, f64>,
}

/// The probes that are asked for; all when none is named.
pub(crate) fn chosen(catalogue: &Catalogue<'_>, names: &[String]) -> (Vec<usize>, Answer) {
    let mut answer = Answer {
        results: Vec::new(),
        unknown: Vec::new(),
        left_out: Vec::new(),
    };
    if names.is_empty() {
        return ((0..catalogue.watched().len()).collect(), answer);
    }
    let mut places = Vec::new();
    for name in names {
        let place = catalogue
            .watched()
            .iter()
            .position(|one| one.probe.name == name.as_str());
        let left_out = catalogue
            .left_out()
            .iter()
            .find(|one| one.probe == name.as_str());
        match (place, left_out) {
            (Some(place), _) if places.contains(&place) => {}
            (Some(place), _) => places.push(place),
            (None, Some(one)) => {
                let missing = one.missing.join(", ");
                answer
                    .left_out
                    .push(format!("{name} ({missing} has no value)"));
            }
            (None, None) => answer.unknown.push(name.clone()),
        }
    }
    (places, answer)
}

pub(crate) fn answered(catalogue: &Catalogue<'_>, results: Vec<ProbeResult>) -> Vec<Answered> {
    let answered = results.into_iter().filter_map(|result| {
        let judged = judge(catalogue.find(&result.probe)?.probe, &result);
        Some(Answered {
            probe: result.probe,
            condition: judged.grade,
            fault: judged.fault,
            at: result.at,
            measured: result.measured,
        })
    });
    answered.collect()
}
