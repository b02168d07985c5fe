//! Alerts as people need to see them, of bounded size whatever the source wrote.
//!
//! SNS takes 256 KB with the attributes, so a notification stays under
//! [`crate::MAX_NOTIFICATION_BYTES`]: each of its alerts has a share, and gives
//! up what is least needed first until it fits.

use alert_classification::{ClassifiedAlert, Fingerprint, Labels, Measurement, Status};
use compact_str::CompactString;

use super::text::clip;
use crate::arrival::Arrival;
use crate::notification::{ALERTS_IN_A_NOTIFICATION, AlertSummary, MAX_NOTIFICATION_BYTES};
use crate::state::{AlertDetails, TrackedAlert};

/// The characters of a title.
pub(crate) const TITLE_CHARS: usize = 200;
/// The characters of a name: a service, a category, a rule, a source.
pub(super) const NAME_CHARS: usize = 100;
/// A longer link is left out: half a link is worse than none.
const LINK_BYTES: usize = 2_048;
/// What the incident itself may take of a notification.
const INCIDENT_BYTES: usize = 20_000;
/// What one alert may take of a notification, as JSON.
const ALERT_BYTES: usize = (MAX_NOTIFICATION_BYTES - INCIDENT_BYTES) / ALERTS_IN_A_NOTIFICATION;

/// How much of an alert is shown.
struct Caps {
    description: usize,
    reason: usize,
    labels: usize,
    label: usize,
    annotations: usize,
    annotation: usize,
    link: usize,
}

/// From everything to little: control characters take six bytes each in JSON.
const SHOWN: [Caps; 3] = [
    Caps {
        description: 2_000,
        reason: 500,
        labels: 64,
        label: 500,
        annotations: 64,
        annotation: 1_000,
        link: LINK_BYTES,
    },
    Caps {
        description: 1_000,
        reason: 300,
        labels: 32,
        label: 100,
        annotations: 16,
        annotation: 120,
        link: LINK_BYTES,
    },
    Caps {
        description: 400,
        reason: 200,
        labels: 12,
        label: 60,
        annotations: 0,
        annotation: 0,
        link: 500,
    },
];

/// What always fits.
const LEAST: Caps = Caps {
    description: 0,
    reason: 60,
    labels: 3,
    label: 40,
    annotations: 0,
    annotation: 0,
    link: 0,
};

/// What the state remembers of an alert besides what decisions depend on.
pub(super) fn details(classified: &ClassifiedAlert) -> AlertDetails {
    let (alert, classification) = (&classified.alert, &classified.classification);
    AlertDetails {
        source: name(&alert.source),
        kind: name(&alert.kind),
        service: name(&classification.service),
        category: name(&classification.category),
        rule: classification.rule.as_ref().map(name),
        reason: clip(&classification.reason, 300),
        response_minutes: classification.response_minutes,
        description: clip(&alert.description, 400),
        measurement: alert.measurement.clone(),
        labels: labels(&alert.labels, 24, 120),
        annotations: annotations(classified),
        console_url: link(alert.console_url.as_deref(), LINK_BYTES),
        runbook: link(classification.runbook.as_deref(), LINK_BYTES),
    }
}

/// What informs about an alert, so far as it is remembered.
pub(super) fn annotations(classified: &ClassifiedAlert) -> Labels {
    labels(&classified.alert.annotations, 12, 160)
}

/// An arrival as it is told. What is known about the alert since it fired wins over what its
/// resolve was classified as: the end of a P1 is news about a P1.
pub(crate) fn summary(arrival: &Arrival, known: Option<&TrackedAlert>) -> AlertSummary {
    fitting(|caps| shown(arrival, known, caps))
}

fn shown(arrival: &Arrival, known: Option<&TrackedAlert>, caps: &Caps) -> AlertSummary {
    let alert = &arrival.alert.alert;
    let classification = &arrival.alert.classification;
    let fired = known
        .filter(|known| !known.is_firing())
        .and_then(|known| known.details.as_deref());
    AlertSummary {
        fingerprint: alert.fingerprint,
        status: known.map_or(alert.status, |known| Status::from(known.phase)),
        title: clip(&alert.title, TITLE_CHARS),
        description: clip(&alert.description, caps.description),
        source: name(&alert.source),
        kind: name(&alert.kind),
        priority: known.map_or(classification.priority, |known| known.priority),
        category: name(fired.map_or(&classification.category, |fired| &fired.category)),
        rule: fired
            .map_or(&classification.rule, |fired| &fired.rule)
            .as_ref()
            .map(name),
        reason: clip(
            fired.map_or(&classification.reason, |fired| &fired.reason),
            caps.reason,
        ),
        measurement: alert.measurement.clone().map(bounded),
        labels: labels(&alert.labels, caps.labels, caps.label),
        annotations: labels(&alert.annotations, caps.annotations, caps.annotation),
        starts_at: known.map_or(alert.starts_at, |known| known.span.starts_at),
        ends_at: known.map_or(alert.ends_at, |known| known.span.ends_at),
        console_url: link(alert.console_url.as_deref(), caps.link),
        runbook: link(
            fired
                .map_or(&classification.runbook, |fired| &fired.runbook)
                .as_deref(),
            caps.link,
        ),
    }
}

/// An alert as it is remembered; `None` when its texts were given up for want of room.
pub(crate) fn tracked(fingerprint: Fingerprint, known: &TrackedAlert) -> Option<AlertSummary> {
    let details = known.details.as_deref()?;
    let shown = |caps: &Caps| AlertSummary {
        fingerprint,
        status: Status::from(known.phase),
        title: clip(&known.title, TITLE_CHARS),
        description: clip(&details.description, caps.description),
        source: details.source.clone(),
        kind: details.kind.clone(),
        priority: known.priority,
        category: details.category.clone(),
        rule: details.rule.clone(),
        reason: clip(&details.reason, caps.reason),
        measurement: details.measurement.clone().map(bounded),
        labels: labels(&details.labels, caps.labels, caps.label),
        annotations: labels(&details.annotations, caps.annotations, caps.annotation),
        starts_at: known.span.starts_at,
        ends_at: known.span.ends_at,
        console_url: link(details.console_url.as_deref(), caps.link),
        runbook: link(details.runbook.as_deref(), caps.link),
    };
    Some(fitting(shown))
}

/// As much as fits into an alert's share.
fn fitting(shown: impl Fn(&Caps) -> AlertSummary) -> AlertSummary {
    SHOWN
        .iter()
        .map(&shown)
        .find(|summary| {
            // Nearly everything fits, and to count is cheaper than to write.
            most_bytes(summary) <= ALERT_BYTES
                || serde_json::to_vec(summary).is_ok_and(|json| json.len() <= ALERT_BYTES)
        })
        .unwrap_or_else(|| shown(&LEAST))
}

/// At least as many bytes as an alert takes as JSON.
fn most_bytes(summary: &AlertSummary) -> usize {
    /// The names of all fields, the times, the fingerprint and the numbers of the measurement.
    const FRAME: usize = 700;
    /// Quotes, a colon and a comma.
    const PAIR: usize = 6;
    let AlertSummary {
        fingerprint: _,
        status: _,
        title,
        description,
        source,
        kind,
        priority: _,
        category,
        rule,
        reason,
        measurement,
        labels,
        annotations,
        starts_at: _,
        ends_at: _,
        console_url,
        runbook,
    } = summary;
    let short = [source, kind, category].into_iter().chain(rule);
    let measured = measurement.iter().flat_map(|m| [&m.comparison, &m.unit]);
    let short = short.chain(measured).map(|text| escaped(text));
    let long = [title, description, reason];
    let long = long.into_iter().chain(console_url).chain(runbook);
    let pairs = labels.iter().chain(annotations.iter());
    let pairs = pairs.map(|(name, value)| PAIR + escaped(name) + escaped(value));
    FRAME
        + short.sum::<usize>()
        + long.map(|text| escaped(text)).sum::<usize>()
        + pairs.sum::<usize>()
}

/// How many bytes a text takes in JSON, without its quotes.
fn escaped(text: &str) -> usize {
    text.bytes()
        .map(|byte| match byte {
            b'"' | b'\\' => 2,
            0..0x20 => 6,
            _other => 1,
        })
        .sum()
}

fn bounded(mut measurement: Measurement) -> Measurement {
    measurement.comparison = name(&measurement.comparison);
    measurement.unit = name(&measurement.unit);
    measurement
}

/// A short text, cut to [`NAME_CHARS`].
pub(crate) fn name(text: &CompactString) -> CompactString {
    clip(text, NAME_CHARS).into()
}

/// A link, unless it is longer than `bytes`.
fn link(text: Option<&str>, bytes: usize) -> Option<String> {
    text.filter(|text| text.len() <= bytes).map(str::to_owned)
}

/// Some labels with their texts cut; `alertname` and `service` first, since they say most.
fn labels(all: &Labels, most: usize, chars: usize) -> Labels {
    if all.len() <= most
        && all
            .iter()
            .all(|(n, v)| n.len() <= chars && v.len() <= chars)
    {
        return all.clone();
    }
    let telling = |name: &str| matches!(name, "alertname" | "service");
    all.iter()
        .filter(|(name, _)| telling(name))
        .chain(all.iter().filter(|(name, _)| !telling(name)))
        .take(most)
        .map(|(name, value)| (clip(name, chars), clip(value, chars)))
        .collect()
}

#[cfg(test)]
mod tests {
    use alert_classification::{Fingerprint, Measurement, Status};
    use jiff::Timestamp;
    use proptest::prelude::{ProptestConfig, any, proptest};
    use settings::Priority;

    use super::most_bytes;
    use crate::notification::AlertSummary;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_count_is_never_less_than_the_json(
            texts in proptest::collection::vec(any::<String>(), 5),
            pairs in proptest::collection::vec((any::<String>(), any::<String>()), 0..6),
            number in any::<f64>(),
        ) {
            let text = |at: usize| texts[at].clone();
            let summary = AlertSummary {
                fingerprint: Fingerprint::of([("a", "b")]),
                status: Status::Resolved,
                title: text(0),
                description: text(1),
                source: text(2).into(),
                kind: text(3).into(),
                priority: Priority::P1,
                category: text(4).into(),
                rule: Some(text(0).into()),
                reason: text(1),
                measurement: Some(Measurement {
                    value: Some(number),
                    threshold: Some(f64::MIN_POSITIVE),
                    comparison: text(2).into(),
                    unit: text(3).into(),
                    period_seconds: Some(u32::MAX),
                    window_seconds: Some(u32::MAX),
                }),
                labels: pairs.iter().cloned().collect(),
                annotations: pairs.into_iter().collect(),
                starts_at: Timestamp::MAX,
                ends_at: Some(Timestamp::MIN),
                console_url: Some(text(4)),
                runbook: Some(text(0)),
            };
            let json = serde_json::to_vec(&summary).unwrap();
            assert!(json.len() <= most_bytes(&summary), "{} {}", json.len(), most_bytes(&summary));
        }
    }
}
