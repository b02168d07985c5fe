//! Which blocks a notification becomes.

use alert_classification::{Labels, Status};
use incident::{AlertSummary, Notification, NotificationEvent};
use jiff::Timestamp;
use settings::Priority;

use super::block::limits;
use super::escape::{code, line, paragraph};
use super::{Attachment, Block, Message, Text, actions, others};
use crate::links::Links;
use crate::measured::Measured;
use crate::wording;

/// How many alerts are described; more would be scrolled past. They are counted.
const ALERTS: usize = 8;
/// How many labels of an alert are shown.
const LABELS: usize = 12;
/// Slack collapses long attachments, so a description is kept short.
const DESCRIPTION: usize = 500;
const SHORT: usize = 200;
const VALUE: usize = 120;

/// The message for a notification.
#[must_use]
pub fn render(notification: &Notification, links: Option<&Links>) -> Message {
    if notification.event == NotificationEvent::Acknowledged {
        return short(notification);
    }
    let headline = wording::headline(notification, SHORT);
    let fallback = super::plain(&headline, limits::TEXT);
    let header = format!("{} {headline}", symbol(notification));
    Message {
        text: fallback.clone(),
        blocks: vec![Block::Header {
            text: Text::plain(&header, limits::HEADER),
        }],
        attachments: vec![Attachment {
            color: color(notification),
            fallback,
            blocks: body(notification, links),
        }],
    }
}

/// A line for the thread: what it is about stands above, and here for whoever sees it elsewhere.
fn short(notification: &Notification) -> Message {
    let incident = &notification.incident;
    let about = wording::headline(notification, SHORT);
    Message {
        text: super::plain(&format!("{}: {about}", notification.reason), limits::TEXT),
        blocks: vec![
            section(format!(
                "{} {}",
                symbol(notification),
                line(&notification.reason, SHORT)
            )),
            Block::Context {
                elements: vec![
                    Text::marked(code(incident.id.as_str(), VALUE)),
                    Text::marked(line(&about, SHORT)),
                ],
            },
        ],
        attachments: Vec::new(),
    }
}

fn body(notification: &Notification, links: Option<&Links>) -> Vec<Block> {
    let mut blocks = vec![Block::Section {
        text: None,
        fields: fields(notification),
    }];
    if let Some(others) = others::list(notification, links) {
        blocks.push(section(others));
    }
    for alert in notification.alerts.iter().take(ALERTS) {
        blocks.push(section(what(alert)));
        let labels = labels(&alert.labels);
        if !labels.is_empty() {
            blocks.push(Block::Context {
                elements: vec![Text::marked(labels)],
            });
        }
    }
    if let Some(more) = omitted(notification) {
        blocks.push(section(more));
    }
    let buttons = actions::buttons(notification, links);
    if !buttons.is_empty() {
        blocks.push(Block::Actions { elements: buttons });
    }
    blocks.push(Block::Context {
        elements: footer(notification),
    });
    blocks
}

fn section(text: String) -> Block {
    Block::Section {
        text: Some(Text::marked(text)),
        fields: Vec::new(),
    }
}

fn fields(notification: &Notification) -> Vec<Text> {
    let incident = &notification.incident;
    let field = |name: &str, value: String| Text::marked(format!("*{name}*\n{value}"));
    let mut fields = vec![
        field("Priority", wording::priority(incident.priority)),
        field("Service", line(&incident.service, VALUE)),
        field("Category", line(&incident.category, VALUE)),
        field(
            "Alerts",
            wording::counts(notification).unwrap_or_else(|| "a report".to_owned()),
        ),
    ];
    if let Some(by) = wording::respond_by(notification) {
        let within = wording::minutes(incident.response_minutes);
        fields.push(field(
            "Answer",
            format!("within {within}, by {}", local_time(by)),
        ));
    }
    fields.push(field("Since", local_time(incident.opened_at)));
    if let Some(end) = incident.resolved_at {
        let lasted = wording::span(incident.opened_at, end);
        fields.push(field("Until", format!("{} ({lasted})", local_time(end))));
    }
    fields.push(field("Because", line(&notification.reason, SHORT)));
    if let Some(step) = wording::escalation(notification) {
        fields.push(field("Escalation", line(&step, VALUE)));
    }
    fields.truncate(limits::FIELDS);
    fields
}

/// One alert: what, what was measured, what the source said, and why it has its priority.
fn what(alert: &AlertSummary) -> String {
    let mut parts = vec![format!(
        "{} *{}* {}",
        bullet(alert.status),
        alert.priority,
        line(&alert.title, SHORT)
    )];
    if let Some(measured) = alert.measurement.as_ref().and_then(Measured::of) {
        parts.push(format!("*Value:* {}", line(&measured.sentence(), SHORT)));
    }
    if !alert.description.trim().is_empty() {
        // Escaped text has no `>` of its own, so this quotes every line and nothing else.
        let quoted = paragraph(&alert.description, DESCRIPTION).replace('\n', "\n>");
        parts.push(format!(">{quoted}"));
    }
    let rule = alert
        .rule
        .as_deref()
        .map(|rule| format!(" (rule {})", code(rule, VALUE)));
    parts.push(format!(
        "*Why:* {}{}",
        line(&alert.reason, 400),
        rule.unwrap_or_default()
    ));
    let notes = pairs(&alert.annotations, VALUE);
    if !notes.is_empty() {
        parts.push(notes);
    }
    parts.join("\n")
}

fn pairs(labels: &Labels, most: usize) -> String {
    let pair = |(name, value): (&str, &str)| format!("{}: {}", line(name, 60), line(value, most));
    labels
        .iter()
        .take(5)
        .map(pair)
        .collect::<Vec<_>>()
        .join("\n")
}

fn labels(labels: &Labels) -> String {
    let pair = |(name, value): (&str, &str)| code(&format!("{name}={value}"), VALUE);
    let mut shown: Vec<String> = labels.iter().take(LABELS).map(pair).collect();
    if let Some(more @ 1..) = labels.len().checked_sub(LABELS) {
        shown.push(format!("and {more} more"));
    }
    shown.join(" ")
}

fn omitted(notification: &Notification) -> Option<String> {
    let unshown = notification.alerts.len().saturating_sub(ALERTS);
    let omitted =
        u64::try_from(unshown).unwrap_or_default() + u64::from(notification.alerts_omitted);
    (omitted > 0).then(|| {
        format!(
            "…and {} not shown here.",
            wording::counted(omitted, "more alert")
        )
    })
}

fn footer(notification: &Notification) -> Vec<Text> {
    let incident = &notification.incident;
    let mut elements = vec![Text::marked(code(incident.id.as_str(), VALUE))];
    if let Some(alert) = notification.alerts.first() {
        elements.push(Text::marked(line(
            &format!("{} · {}", alert.source, alert.kind),
            VALUE,
        )));
    }
    if !notification.receiver.is_empty() {
        let receiver = line(&notification.receiver, 60);
        elements.push(Text::marked(format!("to {receiver}")));
    }
    if let Some(group) = wording::group(notification) {
        elements.push(Text::marked(line(&format!("group {group}"), SHORT)));
    }
    elements.push(Text::marked(format!(
        "Tocsin · {}",
        local_time(notification.at)
    )));
    elements
}

/// A time that every reader sees in their own time zone.
fn local_time(at: Timestamp) -> String {
    let seconds = at.as_second();
    format!(
        "<!date^{seconds}^{{date_short_pretty}} {{time_secs}}|{}>",
        wording::time(at)
    )
}

const fn symbol(notification: &Notification) -> &'static str {
    if wording::is_over(notification) {
        return "✅";
    }
    match (notification.event, notification.incident.priority) {
        (NotificationEvent::Info, _) => "ℹ️",
        (NotificationEvent::Escalated, _) => "🚨",
        (NotificationEvent::Reminder | NotificationEvent::Unacknowledged, _) => "⏰",
        (NotificationEvent::Flapping, _) => "🔁",
        (NotificationEvent::Acknowledged, _) => "🙋",
        (_, Priority::P1) => "🔴",
        (_, Priority::P2) => "🟠",
        (_, Priority::P3) => "🟡",
        (_, Priority::P4) => "🔵",
    }
}

const fn bullet(status: Status) -> &'static str {
    match status {
        Status::Firing => "🔥",
        Status::Resolved => "✅",
        Status::Info => "ℹ️",
    }
}

const fn color(notification: &Notification) -> &'static str {
    if wording::is_over(notification) {
        return "#2e9e5b";
    }
    match (notification.event, notification.incident.priority) {
        (NotificationEvent::Info, _) => "#6b7785",
        (NotificationEvent::Flapping, _) => "#7a4fb5",
        (_, Priority::P1) => "#c8102e",
        (_, Priority::P2) => "#e8590c",
        (_, Priority::P3) => "#d9a400",
        (_, Priority::P4) => "#2f6fde",
    }
}
