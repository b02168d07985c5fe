//! What people are to hear, in the words of `tocsin.finding/1`.

use alert_classification::{FINDING_SCHEMA, Finding, Labels, Measurement, Status};
use jiff::Timestamp;

use crate::catalogue::Watched;
use crate::judge::{Grade, plain};
use crate::memory::{Memory, Told, Trouble};

/// Who speaks.
pub const SOURCE: &str = "tocsin.health-check";

/// The thing does not work.
const DOWN: &str = "ProbeDown";
/// The thing works, but not as it should.
const DEGRADED: &str = "ProbeDegraded";
/// Nobody knows how the thing is.
const UNKNOWN: &str = "ProbeUnknown";
/// The thing's certificate expires soon.
const CERTIFICATE: &str = "CertificateExpires";

/// A finding that begins, and what to remember of it.
pub(crate) struct Begun {
    pub(crate) finding: Finding,
    pub(crate) told: Told,
}

pub(crate) fn trouble(
    one: &Watched<'_>,
    memory: &Memory,
    trouble: &Trouble,
    at: Timestamp,
) -> Begun {
    let (kind, is) = match trouble.grade {
        Grade::Degraded => (DEGRADED, "degraded"),
        Grade::Down | Grade::Up | Grade::Unknown => (DOWN, "down"),
    };
    let title = match &memory.fault {
        Some(fault) => format!("{} is {is}: {fault}", one.probe.name),
        None => format!("{} is {is}", one.probe.name),
    };
    let mut begun = begin(one, kind, title, trouble.since, at);
    let finding = &mut begun.finding;
    if let Some(fault) = &memory.fault {
        finding.annotations.set("fault", fault.kind.as_str());
    }
    if let Some(total) = memory.measured.get(&settings::Measured::TotalMs) {
        finding.annotations.set("latency_ms", plain(*total));
    }
    if !one.needed_by.is_empty() {
        let names: Vec<&str> = one.needed_by.iter().map(AsRef::as_ref).collect();
        finding.annotations.set("affects", names.join(", "));
    }
    if let Some(crossed) = &memory.crossed {
        finding.measurement = Some(Measurement {
            value: Some(crossed.value),
            threshold: Some(crossed.threshold),
            comparison: crossed.sign.as_str().into(),
            unit: crossed.what.unit().into(),
            ..Measurement::default()
        });
        finding.annotations.set("metric", crossed.what.metric());
    }
    begun
}

pub(crate) fn unknown(one: &Watched<'_>, memory: &Memory, at: Timestamp) -> Begun {
    let why = match &memory.fault {
        Some(fault) if memory.latest == Grade::Unknown => format!("{fault}"),
        Some(_) | None => "the probe has not run".to_owned(),
    };
    let title = format!("{} is unknown: {why}", one.probe.name);
    begin(one, UNKNOWN, title, memory.known_at, at)
}

pub(crate) fn certificate(one: &Watched<'_>, days: f64, at: Timestamp) -> Begun {
    let when = if days < 0.0 {
        format!("expired {} days ago", plain(-days))
    } else {
        format!("expires in {} days", plain(days))
    };
    let title = format!("The certificate of {} {when}", one.probe.name);
    let mut begun = begin(one, CERTIFICATE, title, at, at);
    begun.finding.measurement = Some(Measurement {
        value: Some(days),
        threshold: Some(f64::from(one.probe.certificate_days)),
        comparison: "<".into(),
        ..Measurement::default()
    });
    begun
}

/// The end of what was told.
pub(crate) fn end(told: &Told, why: &str, at: Timestamp) -> Finding {
    let title = format!("{} ({why})", told.title);
    Finding {
        status: Status::Resolved,
        labels: told.labels.clone(),
        starts_at: Some(told.since),
        ..blank(&told.kind, title, at)
    }
}

/// The end of what may have been told before the memory was lost: of every kind that a probe tells.
pub(crate) fn ends_in_case(one: &Watched<'_>, at: Timestamp) -> Vec<Finding> {
    let kinds = [DOWN, DEGRADED, UNKNOWN];
    let end = |kind: &str| Finding {
        status: Status::Resolved,
        labels: labels(one, kind),
        ..blank(kind, format!("{} is well", one.probe.name), at)
    };
    kinds.into_iter().map(end).collect()
}

fn begin(one: &Watched<'_>, kind: &str, title: String, since: Timestamp, at: Timestamp) -> Begun {
    let labels = labels(one, kind);
    let mut annotations = Labels::new();
    annotations.set("about", one.probe.about.as_str());
    let finding = Finding {
        labels: labels.clone(),
        annotations,
        starts_at: Some(since),
        description: one.probe.about.clone(),
        ..blank(kind, title.clone(), at)
    };
    Begun {
        finding,
        told: Told {
            kind: kind.into(),
            labels,
            since,
            title,
        },
    }
}

fn blank(kind: &str, title: String, at: Timestamp) -> Finding {
    Finding {
        schema: FINDING_SCHEMA.into(),
        title,
        source: SOURCE.into(),
        kind: kind.into(),
        status: Status::Firing,
        description: String::new(),
        labels: Labels::new(),
        annotations: Labels::new(),
        measurement: None,
        starts_at: None,
        changed_at: Some(at),
        url: None,
    }
}

/// What identifies a finding: nothing that may change while it lasts.
fn labels(one: &Watched<'_>, kind: &str) -> Labels {
    let mut labels = Labels::new();
    labels.set("alertname", kind);
    labels.set("service", one.probe.service.clone());
    labels.set("probe", one.probe.name.clone());
    labels.set("check", one.probe.kind.as_str());
    labels.set("severity", one.probe.severity.as_str());
    labels
}
