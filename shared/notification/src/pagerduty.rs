//! PagerDuty's Events API v2. The `dedup_key` names the incident and the group that tells of it: all
//! that a group says about one episode joins one PagerDuty incident, and a new outage opens a new one.
//! Groups tell of an incident as they see it, its end too, so each has a PagerDuty incident of its own:
//! with one for all of them, the end of the P2 group would end the page of the P1 group, which fires.
//! A second trigger with the same key is added to the open incident's log and pages nobody again; who
//! is paged when nobody answers there is for PagerDuty's own escalation policy to say.

use alert_classification::Labels;
use incident::{AlertSummary, GroupKey, Notification, NotificationEvent};
use serde::Serialize;
use settings::Priority;

use crate::links::{self, Links};
use crate::measured::Measured;
use crate::text;
use crate::wording;

/// The longest summary.
pub const SUMMARY: usize = 1024;
/// The largest event is 512 KB; a little is left for the routing key and for how they count.
pub const EVENT_BYTES: usize = 500_000;

const FIELD: usize = 255;
const DETAIL: usize = 2000;
const LABELS: usize = 60;

/// What to send, or why nothing is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Rendered {
    /// The event, still without its routing key. What names several incidents is told one by one.
    Event(Box<Event>),
    /// Nothing is sent, for this reason.
    Suppressed(&'static str),
}

/// What PagerDuty is to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Open an incident, or add to the open one.
    Trigger,
    /// Somebody is on it: nobody is paged any more.
    Acknowledge,
    /// End it.
    Resolve,
}

/// PagerDuty's severities.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// P1.
    Critical,
    /// P2.
    Error,
    /// P3.
    Warning,
    /// P4.
    Info,
}

impl From<Priority> for Severity {
    fn from(priority: Priority) -> Self {
        match priority {
            Priority::P1 => Self::Critical,
            Priority::P2 => Self::Error,
            Priority::P3 => Self::Warning,
            Priority::P4 => Self::Info,
        }
    }
}

/// An event of the Events API v2, without the routing key, which is a secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    event_action: Action,
    dedup_key: String,
    client_url: Option<String>,
    /// Absent where PagerDuty takes none.
    payload: Option<Payload>,
    links: Vec<EventLink>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Payload {
    summary: String,
    timestamp: String,
    severity: Severity,
    source: String,
    component: String,
    group: String,
    class: String,
    custom_details: Details,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct EventLink {
    href: String,
    text: &'static str,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Details {
    incident_id: String,
    event: NotificationEvent,
    reason: String,
    priority: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    respond_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    escalation: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    receiver: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    firing: u32,
    resolved: u32,
    alerts: Vec<AlertDetails>,
    alerts_omitted: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct AlertDetails {
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    status: &'static str,
    priority: &'static str,
    why: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    measured: Option<String>,
    source: String,
    since: String,
    labels: Labels,
    annotations: Labels,
}

#[derive(Serialize)]
struct Body<'a> {
    routing_key: &'a str,
    event_action: Action,
    dedup_key: &'a str,
    client: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a Payload>,
    #[serde(skip_serializing_if = "slice_is_empty")]
    links: &'a [EventLink],
}

const fn slice_is_empty(links: &&[EventLink]) -> bool {
    links.is_empty()
}

impl Event {
    /// The body to be posted: the event with its routing key.
    ///
    /// # Errors
    /// Only if the event could not be written as JSON, which none of its parts can cause.
    pub fn body(&self, routing_key: &str) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Body {
            routing_key,
            event_action: self.event_action,
            dedup_key: &self.dedup_key,
            client: "Tocsin",
            client_url: self.client_url.as_deref(),
            payload: self.payload.as_ref(),
            links: &self.links,
        })
    }
}

/// The event for a notification.
#[must_use]
pub fn render(notification: &Notification, links: Option<&Links>) -> Rendered {
    let action = match notification.event {
        NotificationEvent::Info => {
            return Rendered::Suppressed(
                "a report opens no PagerDuty incident: nothing would ever resolve it",
            );
        }
        NotificationEvent::Acknowledged => Action::Acknowledge,
        NotificationEvent::Resolved => Action::Resolve,
        NotificationEvent::Flapping if wording::is_over(notification) => Action::Resolve,
        NotificationEvent::Reminder | NotificationEvent::Unacknowledged
            if !wording::is_open(&notification.incident) =>
        {
            return Rendered::Suppressed(
                "a reminder of what is over opens no PagerDuty incident anew",
            );
        }
        NotificationEvent::Opened
        | NotificationEvent::Updated
        | NotificationEvent::Escalated
        | NotificationEvent::Reminder
        | NotificationEvent::Unacknowledged
        | NotificationEvent::Flapping => Action::Trigger,
    };
    Rendered::Event(Box::new(event(notification, action, links)))
}

fn event(notification: &Notification, event_action: Action, links: Option<&Links>) -> Event {
    let mut event = Event {
        event_action,
        dedup_key: dedup_key(notification),
        client_url: None,
        payload: None,
        links: Vec::new(),
    };
    // An acknowledgement takes no more than the key.
    if event_action == Action::Acknowledge {
        return event;
    }
    let page = links::page(notification, links);
    let console = links::console(notification);
    event.client_url = page.or(console).map(|link| link.url.to_owned());
    event.links = page
        .into_iter()
        .chain(links::runbook(notification))
        .chain(console)
        .map(|link| EventLink {
            href: link.url.to_owned(),
            text: link.label,
        })
        .collect();
    event.payload = Some(payload(notification));
    fit(&mut event);
    event
}

/// One PagerDuty incident for what a group tells of an incident; whoever reads it cuts at the `/`.
fn dedup_key(notification: &Notification) -> String {
    let incident = &notification.incident.id;
    if notification.group_key.is_empty() {
        return incident.to_string();
    }
    let group = GroupKey::from_text(&notification.group_key).digest();
    format!("{incident}/{group}")
}

fn payload(notification: &Notification) -> Payload {
    let incident = &notification.incident;
    Payload {
        summary: wording::headline(notification, SUMMARY),
        timestamp: notification.at.to_string(),
        severity: incident.priority.into(),
        source: text::clipped_line(&incident.service, FIELD),
        component: component(notification),
        group: text::clipped_line(&incident.key, FIELD),
        class: text::clipped_line(&incident.category, FIELD),
        custom_details: details(notification),
    }
}

/// What of the service is affected, as the most urgent alert names it.
fn component(notification: &Notification) -> String {
    let alert = notification.alerts.first();
    let name = alert.and_then(|alert| alert.labels.get("alertname").or(Some(&alert.kind)));
    text::clipped_line(name.unwrap_or(&notification.incident.service), FIELD)
}

fn details(notification: &Notification) -> Details {
    let incident = &notification.incident;
    Details {
        incident_id: incident.id.to_string(),
        event: notification.event,
        reason: text::clipped_line(&notification.reason, DETAIL),
        priority: wording::priority(incident.priority),
        respond_by: wording::respond_by(notification).map(wording::time),
        escalation: wording::escalation(notification)
            .map(|words| text::clipped_line(&words, FIELD)),
        receiver: text::clipped_line(&notification.receiver, FIELD),
        group: wording::group(notification).map(|words| text::clipped_line(&words, DETAIL)),
        firing: incident.firing,
        resolved: incident.resolved,
        alerts: notification.alerts.iter().map(alert).collect(),
        alerts_omitted: notification.alerts_omitted,
    }
}

fn alert(alert: &AlertSummary) -> AlertDetails {
    AlertDetails {
        title: text::clipped_line(&alert.title, FIELD),
        description: text::clip(&text::lines(&alert.description), DETAIL).into_owned(),
        status: alert.status.as_str(),
        priority: alert.priority.as_str(),
        why: text::clipped_line(&alert.reason, DETAIL),
        rule: alert
            .rule
            .as_deref()
            .map(|rule| text::clipped_line(rule, FIELD)),
        measured: alert
            .measurement
            .as_ref()
            .and_then(Measured::of)
            .map(|m| m.sentence()),
        source: text::clipped_line(&format!("{} ({})", alert.source, alert.kind), FIELD),
        since: wording::time(alert.starts_at),
        labels: bounded(&alert.labels),
        annotations: bounded(&alert.annotations),
    }
}

fn bounded(labels: &Labels) -> Labels {
    labels
        .iter()
        .take(LABELS)
        .map(|(name, value)| {
            (
                text::clipped_line(name, FIELD),
                text::clipped_line(value, DETAIL),
            )
        })
        .collect()
}

/// Leaves out the least urgent alerts until the event is small enough. They are still counted.
fn fit(event: &mut Event) {
    let mut size = event.body("").map_or(0, |json| json.len());
    while size > EVENT_BYTES {
        let details = event
            .payload
            .as_mut()
            .map(|payload| &mut payload.custom_details);
        let Some((details, alert)) = details.and_then(|d| d.alerts.pop().map(|alert| (d, alert)))
        else {
            return;
        };
        details.alerts_omitted = details.alerts_omitted.saturating_add(1);
        // The comma between two alerts makes up for the digits of the count.
        size -= serde_json::to_string(&alert).map_or(0, |json| json.len());
    }
}
