//! Notifications as they occur, and some that somebody made up to do harm.

#![allow(dead_code, reason = "each test binary uses a part")]

mod later;

use alert_classification::{Fingerprint, Labels, Measurement, Status};
use incident::{
    AlertSummary, Delivery, IncidentId, IncidentStatus, IncidentSummary, NOTIFICATION_SCHEMA,
    Notification, NotificationEvent,
};
use jiff::{SignedDuration, Timestamp};
use notification::links::{Links, SignedLink};
use settings::{Channel, Priority};

pub(crate) use later::{acknowledged, escalated, flapping, reminder, several, unacknowledged};

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn opened_at() -> Timestamp {
    at("2026-05-04T09:02:11Z")
}

pub(crate) fn alert(title: &str, priority: Priority) -> AlertSummary {
    let labels: Labels = [
        ("alertname", "payments-error-rate"),
        ("service", "payments"),
    ]
    .into_iter()
    .collect();
    AlertSummary {
        fingerprint: Fingerprint::of(labels.iter()),
        status: Status::Firing,
        title: title.to_owned(),
        description: String::new(),
        source: "aws.cloudwatch".into(),
        kind: "CloudWatch Alarm State Change".into(),
        priority,
        category: "errors".into(),
        rule: Some("error-rate-critical".into()),
        reason: "error_rate 7.25 is over 5 and environment is production".to_owned(),
        measurement: None,
        labels,
        annotations: Labels::new(),
        starts_at: opened_at(),
        ends_at: None,
        console_url: None,
        runbook: None,
    }
}

pub(crate) fn notification(event: NotificationEvent, alerts: Vec<AlertSummary>) -> Notification {
    let first = alerts.first().cloned();
    let priority = first.as_ref().map_or(Priority::P3, |alert| alert.priority);
    let id = IncidentId::of("payments/errors", opened_at(), 1);
    let status = match event {
        NotificationEvent::Opened
        | NotificationEvent::Updated
        | NotificationEvent::Escalated
        | NotificationEvent::Reminder
        | NotificationEvent::Flapping
        | NotificationEvent::Acknowledged
        | NotificationEvent::Unacknowledged => IncidentStatus::Open,
        NotificationEvent::Resolved => IncidentStatus::Resolved,
        NotificationEvent::Info => IncidentStatus::Info,
    };
    let count = u32::try_from(alerts.len()).unwrap();
    let open = status == IncidentStatus::Open;
    let resolved = status == IncidentStatus::Resolved;
    let group = "0123456789abcdef";
    Notification {
        schema: NOTIFICATION_SCHEMA.into(),
        id: format!("{group}.1.0").into(),
        stream: format!("{id}:everybody:{group}").into(),
        sequence: 1,
        receiver: "everybody".into(),
        deliveries: [Channel::Email, Channel::Slack]
            .into_iter()
            .map(|channel| Delivery {
                channel,
                integration: 0,
                to: Vec::new(),
            })
            .collect(),
        group_key: "{}/{priority=\"P1\"}:{category=\"errors\", service=\"payments\"}".into(),
        group_labels: [("category", "errors"), ("service", "payments")]
            .into_iter()
            .collect(),
        step: None,
        incidents: Vec::new(),
        event,
        at: opened_at() + SignedDuration::from_secs(2),
        channels: vec![Channel::Email, Channel::Slack],
        reason: "1 alert began to fire".to_owned(),
        incident: IncidentSummary {
            id,
            key: "payments/errors".into(),
            title: first.map(|alert| alert.title).unwrap_or_default(),
            service: "payments".into(),
            category: "errors".into(),
            priority,
            status,
            version: 1,
            opened_at: opened_at(),
            updated_at: opened_at() + SignedDuration::from_secs(2),
            resolved_at: resolved.then(|| opened_at() + SignedDuration::from_mins(14)),
            response_minutes: priority.default_response_minutes(),
            firing: if open { count } else { 0 },
            resolved: if resolved { count } else { 0 },
            runbook: Some("https://runbooks.example.com/payments/errors".to_owned()),
        },
        alerts,
        alerts_omitted: 0,
    }
}

pub(crate) fn percent(value: f64) -> Measurement {
    Measurement {
        value: Some(value),
        threshold: Some(5.0),
        comparison: ">".into(),
        unit: "Percent".into(),
        period_seconds: Some(300),
        window_seconds: Some(600),
    }
}

/// The alarm of the quick start: a P1 with all that a CloudWatch alarm tells.
pub(crate) fn opened() -> Notification {
    let mut alert = alert("Payments error rate is over 5 %", Priority::P1);
    alert.measurement = Some(percent(7.25));
    alert.description = "More than 5 % of the payment requests failed for ten minutes.\n\
        Customers see \"payment could not be processed\"."
        .to_owned();
    alert.labels.set("region", "ap-south-1");
    alert.labels.set("account", "123456789012");
    alert
        .labels
        .set("FunctionName", "payments-api-process_payment");
    alert.labels.set("environment", "production");
    alert
        .annotations
        .set("metric", "ErrorRate = 100 * Errors / Invocations");
    alert.annotations.set(
        "reason",
        "Threshold Crossed: 2 datapoints [7.25 (04/05/26 09:01:00), 6.9 (04/05/26 08:56:00)] were greater than the threshold (5.0).",
    );
    alert.console_url = Some(
        "https://ap-south-1.console.aws.amazon.com/cloudwatch/home?region=ap-south-1#alarmsV2:alarm/payments-error-rate"
            .to_owned(),
    );
    notification(NotificationEvent::Opened, vec![alert])
}

pub(crate) fn updated() -> Notification {
    let mut notification = opened();
    let mut second = alert("Checkout p99 latency is over 3 s", Priority::P2);
    second.category = "latency".into();
    second.rule = Some("latency-high".into());
    second.reason = "duration_p99 3412 is over 3000".to_owned();
    second.measurement = Some(Measurement {
        value: Some(3412.0),
        threshold: Some(3000.0),
        comparison: ">".into(),
        unit: "Milliseconds".into(),
        period_seconds: Some(60),
        window_seconds: Some(300),
    });
    notification.event = NotificationEvent::Updated;
    notification.reason = "1 more alert began to fire; the priority rose from P2 to P1".to_owned();
    notification.at += SignedDuration::from_mins(3);
    notification.alerts.push(second);
    notification.incident.firing = 2;
    notification.incident.version = 2;
    notification
}

pub(crate) fn resolved() -> Notification {
    let mut alert = alert("Payments error rate is over 5 %", Priority::P1);
    alert.status = Status::Resolved;
    alert.ends_at = Some(opened_at() + SignedDuration::from_mins(14));
    alert.measurement = Some(percent(0.4));
    let mut notification = notification(NotificationEvent::Resolved, vec![alert]);
    notification.reason = "every alert is resolved".to_owned();
    notification.at = opened_at() + SignedDuration::from_mins(14);
    notification.incident.version = 3;
    notification
}

pub(crate) fn info() -> Notification {
    let mut alert = alert(
        "Deployment of orders-api to production succeeded",
        Priority::P4,
    );
    alert.status = Status::Info;
    alert.source = "aws.codedeploy".into();
    alert.kind = "CodeDeploy Deployment State-change Notification".into();
    alert.category = "change".into();
    alert.rule = Some("deployments".into());
    alert.reason = "a deployment succeeded".to_owned();
    alert.labels = [("alertname", "orders-api"), ("service", "orders")]
        .into_iter()
        .collect();
    let mut notification = notification(NotificationEvent::Info, vec![alert]);
    notification.reason = "1 report".to_owned();
    notification.incident.service = "orders".into();
    notification.incident.category = "change".into();
    notification.incident.key = "orders/change".into();
    notification
}

pub(crate) fn guardduty() -> Notification {
    let mut alert = alert(
        "EC2 instance i-0abc1234 is communicating with a known command and control server",
        Priority::P1,
    );
    alert.source = "aws.guardduty".into();
    alert.kind = "GuardDuty Finding".into();
    alert.category = "security".into();
    alert.rule = Some("guardduty-high".into());
    alert.reason = "GuardDuty severity 8 is at least 7".to_owned();
    alert.description =
        "EC2 instance i-0abc1234 is querying the domain name c2.bad.example, which is known for \
        command and control."
            .to_owned();
    alert.labels = [
        ("alertname", "Backdoor:EC2/C&CActivity.B!DNS"),
        ("service", "platform"),
        ("severity", "8"),
        (
            "resource",
            "arn:aws:ec2:ap-south-1:123456789012:instance/i-0abc1234",
        ),
        ("finding_id", "16afba5c5c43e07c9e3e5e2e544e95df"),
    ]
    .into_iter()
    .collect();
    let mut notification = notification(NotificationEvent::Opened, vec![alert]);
    notification.incident.service = "platform".into();
    notification.incident.category = "security".into();
    notification.incident.key = "platform/security".into();
    notification.incident.runbook = None;
    notification
}

pub(crate) fn unmatched() -> Notification {
    let mut alert = alert("Something that no rule knows", Priority::P3);
    alert.rule = None;
    alert.reason = "no rule matched".to_owned();
    alert.category = "other".into();
    alert.source = "unknown".into();
    alert.kind = "text".into();
    let mut notification = notification(NotificationEvent::Opened, vec![alert]);
    notification.incident.runbook = None;
    notification
}

pub(crate) fn anomaly() -> Notification {
    let mut alert = alert(
        "Orders per minute are outside the expected band",
        Priority::P2,
    );
    alert.measurement = Some(Measurement {
        value: Some(12.0),
        threshold: Some(86.5),
        comparison: "outside".into(),
        unit: "Count".into(),
        period_seconds: Some(300),
        window_seconds: Some(900),
    });
    notification(NotificationEvent::Opened, vec![alert])
}

pub(crate) fn no_value() -> Notification {
    let mut alert = alert("Heartbeat of menu-sync is missing", Priority::P2);
    alert.measurement = Some(Measurement {
        threshold: Some(1.0),
        comparison: "<".into(),
        unit: "Count".into(),
        ..Measurement::default()
    });
    notification(NotificationEvent::Opened, vec![alert])
}

pub(crate) fn long() -> Notification {
    let mut alert = alert(
        &"An endless title about payments & orders ".repeat(60),
        Priority::P1,
    );
    alert.description = "An endless description. ".repeat(400);
    alert.reason = "because ".repeat(300);
    alert.measurement = Some(percent(7.25));
    for number in 0..80 {
        alert
            .labels
            .set(format!("label_{number:02}"), "value ".repeat(60));
    }
    notification(NotificationEvent::Opened, vec![alert])
}

pub(crate) const HOSTILE: &str = "<script>alert('x')</script> \"><img src=x onerror=alert(1)> *bold* _it_ ~no~ `code` \
    ```block``` <!channel> <@U123> <https://evil.example|AWS> &amp; \r\nBcc: all@example.com\r\n\
    \u{202e}txet desrever\u{202c} مدفوعات 支払い 🔥🚒";

pub(crate) fn hostile() -> Notification {
    let mut alert = alert(HOSTILE, Priority::P1);
    alert.description = HOSTILE.repeat(3);
    alert.reason = HOSTILE.to_owned();
    alert.rule = Some(HOSTILE.into());
    alert.source = HOSTILE.into();
    alert.kind = HOSTILE.into();
    alert.category = HOSTILE.into();
    alert.labels.set(HOSTILE, HOSTILE);
    alert.annotations.set(HOSTILE, HOSTILE);
    alert.console_url = Some("javascript:alert(1)".to_owned());
    alert.runbook = Some(format!("https://evil.example/{HOSTILE}"));
    let mut notification = notification(NotificationEvent::Opened, vec![alert]);
    notification.reason = HOSTILE.to_owned();
    notification.incident.service = HOSTILE.into();
    notification.incident.category = HOSTILE.into();
    notification.incident.key = HOSTILE.into();
    notification.incident.runbook = Some("https://console.aws.amazon.com@evil.example/".to_owned());
    notification
}

pub(crate) fn burst() -> Notification {
    let alerts = (1..=20)
        .map(|number| {
            let mut alert = alert(
                &format!("Queue orders-{number:02} is over 80 % full"),
                Priority::P3,
            );
            alert.labels.set("QueueName", format!("orders-{number:02}"));
            alert.measurement = Some(percent(80.0 + f64::from(number)));
            alert
        })
        .collect();
    let mut notification = notification(NotificationEvent::Updated, alerts);
    notification.alerts_omitted = 137;
    notification.incident.firing = 157;
    notification.reason = "157 alerts began to fire".to_owned();
    notification
}

pub(crate) fn empty() -> Notification {
    notification(NotificationEvent::Opened, Vec::new())
}

/// Links as the notifier signs them, to every incident.
pub(crate) fn links(notification: &Notification) -> Links {
    Links::of(notification, |incident| {
        let act_token = format!("l1.k1.{}.c0de", incident.id);
        Some(SignedLink {
            view_url: format!("https://tocsin.example.com/i/{act_token}"),
            act_token,
        })
    })
}

/// All of them, by name.
pub(crate) fn all() -> Vec<(&'static str, Notification)> {
    vec![
        ("opened", opened()),
        ("linked", opened()),
        ("updated", updated()),
        ("resolved", resolved()),
        ("info", info()),
        ("guardduty", guardduty()),
        ("unmatched", unmatched()),
        ("anomaly", anomaly()),
        ("no_value", no_value()),
        ("long", long()),
        ("hostile", hostile()),
        ("burst", burst()),
        ("empty", empty()),
        ("escalated", escalated()),
        ("reminder", reminder()),
        ("flapping", flapping()),
        ("flapping_over", later::flapping_over()),
        ("acknowledged", acknowledged()),
        ("unacknowledged", unacknowledged()),
        ("let_go_when_over", later::let_go_when_over()),
        ("several", several()),
    ]
}
