//! What people are told of a report: where it is, and what it comes to.

use std::collections::BTreeSet;

use alert_classification::{Fingerprint, Labels, Status};
use compact_str::{CompactString, format_compact};
use incident::{
    AlertSummary, Delivery, IncidentSummary, NOTIFICATION_SCHEMA, Notification, NotificationEvent,
    Policy,
};
use jiff::Timestamp;
use report::{Figure, FigureName, PostMortem, Promise};
use settings::{Channel, Receiver};

use crate::shelf::Place;

/// So many recommendations are in the message; all are in the report.
const ADVICE: usize = 3;

/// One message for each receiver that was told of the incident, by the ways in which it was told.
///
/// A pager rings for nobody's reading: what is told by SMS and PagerDuty only is not told here. Who is
/// reached as the member of several receivers is told once.
pub(crate) fn letters(
    report: &PostMortem,
    incident: &IncidentSummary,
    policy: &Policy,
    place: &Place,
    stem: &str,
    now: Timestamp,
) -> Vec<Notification> {
    let mut seen: BTreeSet<(Channel, Vec<String>)> = BTreeSet::new();
    let mut letters = Vec::new();
    for receiver in &policy.routing().receivers {
        let mut deliveries = deliveries(report, receiver, policy);
        deliveries.retain(|delivery| seen.insert((delivery.channel, delivery.to.clone())));
        let channels: BTreeSet<Channel> =
            deliveries.iter().map(|delivery| delivery.channel).collect();
        if channels.is_empty() {
            continue;
        }
        // Its own stream: it follows upon nothing, and the same report is told once, however often it is
        // written.
        let stream = format_compact!("{}.report:{}", incident.id, receiver.name);
        letters.push(Notification {
            schema: CompactString::const_new(NOTIFICATION_SCHEMA),
            id: stream.clone(),
            event: NotificationEvent::Info,
            at: now,
            channels: channels.into_iter().collect(),
            reason: format!("the report of {} is written", incident.id),
            incident: IncidentSummary {
                title: format!("Post-mortem: {}", incident.title),
                ..incident.clone()
            },
            incidents: Vec::new(),
            receiver: receiver.name.clone(),
            deliveries,
            group_key: CompactString::default(),
            group_labels: Labels::default(),
            step: None,
            stream,
            sequence: 1,
            alerts: vec![contents(report, incident, place, stem)],
            alerts_omitted: 0,
        });
    }
    letters
}

/// The ways in which a receiver was told, as far as they are for reading.
fn deliveries(report: &PostMortem, receiver: &Receiver, policy: &Policy) -> Vec<Delivery> {
    let rows = report
        .told
        .iter()
        .filter(|row| row.receiver == receiver.name.as_str());
    let told: BTreeSet<&str> = rows
        .flat_map(|row| row.channels.iter().map(String::as_str))
        .collect();
    let integrations = receiver.integrations.iter().enumerate();
    integrations
        .filter(|(_, integration)| {
            let channel = integration.channel;
            is_for_reading(channel) && policy.has(channel) && told.contains(channel.as_str())
        })
        .map(|(at, integration)| Delivery {
            channel: integration.channel,
            integration: u32::try_from(at).unwrap_or(u32::MAX),
            to: integration.to.clone(),
        })
        .collect()
}

const fn is_for_reading(channel: Channel) -> bool {
    match channel {
        Channel::Email | Channel::Slack | Channel::Webhook => true,
        Channel::Sms | Channel::Pagerduty => false,
    }
}

fn contents(
    report: &PostMortem,
    incident: &IncidentSummary,
    place: &Place,
    stem: &str,
) -> AlertSummary {
    AlertSummary {
        fingerprint: Fingerprint::of([("report", incident.id.as_str())]),
        status: Status::Info,
        title: format!("Post-mortem of {}", incident.id),
        description: description(report, place, stem),
        source: CompactString::const_new("tocsin"),
        kind: CompactString::const_new("Post-mortem"),
        priority: incident.priority,
        category: incident.category.clone(),
        rule: None,
        reason: "the incident had this priority".to_owned(),
        measurement: None,
        labels: [("incident", incident.id.as_str())].into_iter().collect(),
        annotations: Labels::default(),
        starts_at: incident.opened_at,
        ends_at: incident.resolved_at,
        console_url: Some(place.page(&format!("{stem}.html"))),
        runbook: None,
    }
}

fn description(report: &PostMortem, place: &Place, stem: &str) -> String {
    let mut lines = vec![report.summary.clone()];
    let figures: Vec<String> = report.figures.iter().filter_map(figure).collect();
    if !figures.is_empty() {
        lines.push(format!("Promises: {}.", figures.join("; ")));
    }
    for advice in report.recommendations.iter().take(ADVICE) {
        lines.push(format!("- {}", advice.what));
    }
    match report.recommendations.len().saturating_sub(ADVICE) {
        0 => {}
        1 => lines.push("1 more recommendation is in the report.".to_owned()),
        more => lines.push(format!("{more} more recommendations are in the report.")),
    }
    lines.push(format!(
        "The report: {} (.html and .json beside it)",
        place.uri(&format!("{stem}.md"))
    ));
    lines.join("\n")
}

/// Whether a promise was kept; nothing where none was made.
fn figure(figure: &Figure) -> Option<String> {
    let kept = match figure.promise {
        Promise::Met => "met",
        Promise::Missed => "missed",
        Promise::Pending => "still running",
        Promise::Needless => "over before it was due",
        Promise::None => return None,
    };
    let name = match figure.name {
        FigureName::Detect => "detected",
        FigureName::Notify => "told",
        FigureName::Acknowledge => "acknowledged",
        FigureName::Repair => "repaired",
        FigureName::Resolve => "resolved",
    };
    let promised = figure
        .promised_seconds
        .map(|promised| format!(" (promised: {})", span(promised)));
    let promised = promised.unwrap_or_default();
    Some(match figure.seconds {
        Some(seconds) => format!("{name} after {}{promised}: {kept}", span(seconds)),
        None => format!("never {name}{promised}: {kept}"),
    })
}

/// `45 s`, `12 min`, `1 h 5 min`: its two largest parts.
fn span(seconds: i64) -> String {
    let parts = [
        (seconds / 86_400, "d"),
        (seconds % 86_400 / 3_600, "h"),
        (seconds % 3_600 / 60, "min"),
        (seconds % 60, "s"),
    ];
    let words = parts
        .into_iter()
        .skip_while(|(count, _)| *count == 0)
        .take(2)
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"));
    let words: Vec<String> = words.collect();
    if words.is_empty() {
        "0 s".to_owned()
    } else {
        words.join(" ")
    }
}
