//! What comes after the opening: steps of a ladder, reminders, and what people do.

use alert_classification::Status;
use incident::{
    IncidentId, IncidentStatus, IncidentSummary, Notification, NotificationEvent, StepRef,
};
use jiff::SignedDuration;
use settings::Priority;

use super::{opened, opened_at, resolved};

fn later(event: NotificationEvent, minutes: i64, reason: &str) -> Notification {
    let mut notification = opened();
    notification.event = event;
    notification.at = opened_at() + SignedDuration::from_mins(minutes);
    notification.incident.updated_at = notification.at;
    notification.reason = reason.to_owned();
    notification.id = "0123456789abcdef.2.0".into();
    notification.sequence = 2;
    notification
}

pub(crate) fn escalated() -> Notification {
    let reason = "nobody has acknowledged for 15 minutes";
    let mut notification = later(NotificationEvent::Escalated, 15, reason);
    notification.receiver = "on-call".into();
    notification.step = Some(StepRef {
        escalation: "P1".into(),
        step: 1,
        rotation: Some("primary".into()),
    });
    notification
}

pub(crate) fn reminder() -> Notification {
    later(NotificationEvent::Reminder, 60, "1 alert still fires")
}

pub(crate) fn flapping() -> Notification {
    let reason =
        "1 alert fires and ends again and again; nothing more is told until it has been calm";
    later(NotificationEvent::Flapping, 20, reason)
}

pub(crate) fn flapping_over() -> Notification {
    let mut notification = resolved();
    notification.event = NotificationEvent::Flapping;
    notification.reason = flapping().reason;
    notification
}

pub(crate) fn acknowledged() -> Notification {
    later(NotificationEvent::Acknowledged, 3, "anna has acknowledged")
}

pub(crate) fn unacknowledged() -> Notification {
    later(
        NotificationEvent::Unacknowledged,
        30,
        "anna is no longer on it",
    )
}

/// Somebody let go of what was over by then.
pub(crate) fn let_go_when_over() -> Notification {
    let mut notification = resolved();
    notification.event = NotificationEvent::Unacknowledged;
    notification.reason = "anna is no longer on it".to_owned();
    notification.alerts.clear();
    notification
}

fn incident(
    service: &str,
    title: &str,
    priority: Priority,
    status: IncidentStatus,
) -> IncidentSummary {
    let key = format!("{service}/latency");
    let mut incident = opened().incident;
    incident.id = IncidentId::of(&key, opened_at(), 1);
    incident.key = key.into();
    incident.service = service.into();
    incident.category = "latency".into();
    title.clone_into(&mut incident.title);
    incident.priority = priority;
    incident.status = status;
    incident.resolved_at = (status == IncidentStatus::Resolved).then(opened_at);
    incident.runbook = None;
    incident
}

/// A digest: one group, four incidents.
pub(crate) fn several() -> Notification {
    let mut notification = later(
        NotificationEvent::Updated,
        5,
        "3 more alerts began to fire; 1 alert is resolved",
    );
    notification.incidents = vec![
        incident(
            "orders",
            "Orders p99 latency is over 3 s & rising",
            Priority::P2,
            IncidentStatus::Open,
        ),
        incident(
            "menu",
            "Menu sync is 20 minutes late",
            Priority::P3,
            IncidentStatus::Open,
        ),
        incident(
            "auth",
            "Login p99 latency is over 1 s",
            Priority::P2,
            IncidentStatus::Resolved,
        ),
    ];
    let mut second = notification.alerts[0].clone();
    "Orders p99 latency is over 3 s & rising".clone_into(&mut second.title);
    second.priority = Priority::P2;
    second.labels.set("service", "orders");
    second.measurement = None;
    let mut third = second.clone();
    "Login p99 latency is over 1 s".clone_into(&mut third.title);
    third.status = Status::Resolved;
    third.ends_at = Some(notification.at);
    notification.alerts.extend([second, third]);
    notification.stream = notification.id.clone();
    notification
}
