//! What a source says, on its way to a decision.

use alert_classification::{Alert, Classification, ClassifiedAlert, Fingerprint, Labels, Status};
use incident::Arrival;
use jiff::{SignedDuration, Timestamp};

use crate::plan::SimAlert;

/// What goes through the ingest queue.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) number: usize,
    pub(crate) at: Timestamp,
    pub(crate) alert: SimAlert,
}

impl SimAlert {
    /// What identifies it.
    pub(crate) fn labels(&self) -> Labels {
        [
            ("alertname", self.name),
            ("service", self.service),
            ("priority", self.priority.as_str()),
        ]
        .into_iter()
        .collect()
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.labels().iter())
    }
}

/// An event as classification reads it.
pub(crate) fn arrival(event: &Event, anew: Option<u64>) -> Arrival {
    let SimAlert {
        service,
        name,
        priority,
        firing,
    } = &event.alert;
    let nanos = i64::try_from(anew.unwrap_or_default()).unwrap_or_default();
    let at = event
        .at
        .checked_add(SignedDuration::from_nanos(nanos))
        .unwrap_or(event.at);
    let status = if *firing {
        Status::Firing
    } else {
        Status::Resolved
    };
    Arrival {
        alert: ClassifiedAlert {
            alert: Alert {
                source: "aws.cloudwatch".into(),
                kind: "CloudWatch Alarm State Change".into(),
                status,
                title: format!("{service}: {name}"),
                description: String::new(),
                fingerprint: event.alert.fingerprint(),
                labels: event.alert.labels(),
                annotations: Labels::new(),
                measurement: None,
                starts_at: at,
                ends_at: (!firing).then_some(at),
                changed_at: at,
                fired_anew: false,
                lifetime_minutes: None,
                console_url: None,
            },
            classification: Classification {
                priority: *priority,
                category: (*name).into(),
                stable_category: (*name).into(),
                service: (*service).into(),
                response_minutes: priority.default_response_minutes(),
                rule: Some("simulated".into()),
                reason: "simulated".to_owned(),
                runbook: None,
            },
        },
        received_at: at,
        message: format!("message-{}", event.number).into(),
        lifetime: None,
        incident: None,
    }
}
