//! Alerts for tests, as classification gives them.
//!
//! It is a development dependency: no function has it. It knows alerts only, so that the tests of the
//! crates that decide about them can use it, too.

use alert_classification::{Alert, Classification, ClassifiedAlert, Fingerprint, Labels, Status};
use jiff::Timestamp;
use settings::Priority;

/// CloudWatch says since `at` that too many of a service's requests fail, or that it is over. The rule
/// `error-rate` has matched.
#[must_use]
pub fn alert(
    service: &str,
    name: &str,
    status: Status,
    at: Timestamp,
    priority: Priority,
) -> ClassifiedAlert {
    let labels: Labels = [("alertname", name), ("service", service)]
        .into_iter()
        .collect();
    ClassifiedAlert {
        alert: Alert {
            source: "aws.cloudwatch".into(),
            kind: "CloudWatch Alarm State Change".into(),
            status,
            title: format!("{name} is {}", status.as_str()),
            description: String::new(),
            fingerprint: Fingerprint::of(labels.iter()),
            labels,
            annotations: Labels::new(),
            measurement: None,
            starts_at: at,
            ends_at: (status == Status::Resolved).then_some(at),
            changed_at: at,
            fired_anew: false,
            lifetime_minutes: None,
            console_url: None,
        },
        classification: Classification {
            priority,
            category: "errors".into(),
            stable_category: "errors".into(),
            service: service.into(),
            response_minutes: priority.default_response_minutes(),
            rule: Some("error-rate".into()),
            reason: "the error rate is over 5 %".to_owned(),
            runbook: None,
        },
    }
}
