//! How everything is, in the shape of the IETF's draft of a health check response
//! (draft-inadarei-api-health-check, `application/health+json`), with members of our own beside its.

use std::collections::BTreeMap;

use compact_str::CompactString;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use settings::{Measured, ProbeKind, Severity};

use crate::catalogue::{Catalogue, Watched};
use crate::judge::Grade;
use crate::memory::Memory;
use crate::state::State;

/// The draft's three words.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overall {
    /// Well.
    Pass,
    /// Well enough, with concerns; or nobody knows.
    Warn,
    /// Not well.
    Fail,
}

impl Overall {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// How everything is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// The worst of what matters most: `fail` when something critical is down.
    pub status: Overall,
    /// The version of this document's form.
    pub version: CompactString,
    /// What is watched.
    pub description: String,
    /// When this was decided.
    pub time: Timestamp,
    /// What a reader should know besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// By `probe:measurement`; the entry `probe:responseTime` says how the thing is.
    pub checks: BTreeMap<String, Vec<Check>>,
}

/// One check. What is not the draft's is marked as ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// The probe.
    pub component_id: CompactString,
    /// `datastore`, `component` or `system`.
    pub component_type: CompactString,
    /// What was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_value: Option<f64>,
    /// In what unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_unit: Option<CompactString>,
    /// How it is.
    pub status: Overall,
    /// When it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// Why it is not better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Ours: up, degraded, down or unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Grade>,
    /// Ours: since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Ours: the service it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<CompactString>,
    /// Ours: how bad it is when it is down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Ours: the probe whose trouble explains this one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explained_by: Option<CompactString>,
    /// Ours: whether it comes and goes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flapping: bool,
}

/// What a document of this form is called.
const VERSION: &str = "1";

pub(crate) fn document(catalogue: &Catalogue<'_>, state: &State, now: Timestamp) -> Document {
    let mut checks = BTreeMap::new();
    let mut status = Overall::Pass;
    for one in catalogue.watched() {
        let memory = state.probes.get(&one.probe.name);
        let (overall, of_probe) = checks_of(catalogue, one, memory, now);
        let overall = match (overall, one.probe.severity) {
            (Overall::Fail, Severity::Critical) => Overall::Fail,
            (Overall::Fail, Severity::High | Severity::Medium | Severity::Low) => Overall::Warn,
            (other @ (Overall::Pass | Overall::Warn), _) => other,
        };
        status = status.max(overall);
        checks.extend(of_probe);
    }
    let mut notes: Vec<String> = (catalogue.left_out().iter())
        .map(|one| {
            let names = one.missing.join(", ");
            format!(
                "{} is not asked: the deployment gives no value for {names}",
                one.probe
            )
        })
        .collect();
    if catalogue.watched().is_empty() {
        // Nothing known is not the same as well.
        status = Overall::Warn;
        notes.insert(0, "nothing is watched".to_owned());
    }
    Document {
        status,
        version: VERSION.into(),
        description: format!("health of {}", catalogue.project),
        time: now,
        notes,
        checks,
    }
}

type Checks = Vec<(String, Vec<Check>)>;

fn checks_of(
    catalogue: &Catalogue<'_>,
    one: &Watched<'_>,
    memory: Option<&Memory>,
    now: Timestamp,
) -> (Overall, Checks) {
    let name = &one.probe.name;
    let trouble = memory.and_then(|memory| memory.trouble.as_ref());
    let condition = memory.map_or(Grade::Unknown, Memory::condition);
    let ill = memory.is_some_and(|memory| memory.certificate.is_some() || memory.unknown.is_some());
    let overall = match condition {
        Grade::Down => Overall::Fail,
        Grade::Degraded | Grade::Unknown => Overall::Warn,
        Grade::Up if ill => Overall::Warn,
        Grade::Up => Overall::Pass,
    };
    let blank = Check {
        component_id: name.clone(),
        component_type: component_type(one.probe.kind).into(),
        observed_value: None,
        observed_unit: None,
        status: overall,
        time: memory.and_then(|memory| memory.last_at),
        output: None,
        condition: None,
        since: None,
        service: None,
        severity: None,
        explained_by: None,
        flapping: false,
    };
    let measured = memory.map(|memory| &memory.measured);
    let total = measured.and_then(|measured| measured.get(&Measured::TotalMs));
    let main = Check {
        observed_value: total.copied(),
        observed_unit: total.map(|_| "ms".into()),
        output: memory
            .and_then(|memory| memory.fault.as_ref())
            .map(ToString::to_string),
        condition: Some(condition),
        since: memory.map(|memory| memory.since),
        service: Some(one.probe.service.clone()),
        severity: Some(one.probe.severity),
        explained_by: trouble.and_then(|trouble| trouble.explained_by.clone()),
        flapping: memory.is_some_and(|memory| memory.is_flapping(now, &catalogue.flapping)),
        ..blank.clone()
    };
    let mut checks = vec![(format!("{name}:responseTime"), vec![main])];
    let others = measured
        .into_iter()
        .flatten()
        .filter(|(what, _)| **what != Measured::TotalMs);
    for (what, value) in others {
        let check = Check {
            observed_value: Some(*value),
            observed_unit: Some(what.unit().into()),
            ..blank.clone()
        };
        checks.push((format!("{name}:{what}"), vec![check]));
    }
    (overall, checks)
}

const fn component_type(kind: ProbeKind) -> &'static str {
    match kind {
        ProbeKind::Postgres | ProbeKind::Redis => "datastore",
        ProbeKind::Lambda | ProbeKind::Sqs => "system",
        ProbeKind::Http | ProbeKind::Tcp | ProbeKind::WebSocket => "component",
    }
}
