//! What every channel is told about a dozen real events, from the event itself: classified by the
//! shipped rules, decided as an incident, rendered.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use alert_classification::Classifier;
use incident::{Arrival, Notification, Policy, RecordName, World};
use jiff::{SignedDuration, Timestamp};
use notification::{email, pagerduty, slack, sms, webhook};
use settings::Settings;
use test_case::test_case;

const NOW: &str = "2026-11-23T03:14:15Z";

fn classifier() -> &'static Classifier {
    static CLASSIFIER: OnceLock<Classifier> = OnceLock::new();
    CLASSIFIER.get_or_init(|| Classifier::new(settings()))
}

fn settings() -> Settings {
    Settings::from_yaml(include_str!("../../../config/monitoring.yaml")).unwrap()
}

fn body(event: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../alert-classification/tests/events");
    std::fs::read_to_string(folder.join(event).with_extension("json")).unwrap()
}

/// Lets time pass until somebody is told: P4 is told once a day.
fn first_told(
    world: &mut World,
    timers: &mut BTreeSet<RecordName>,
    now: &mut Timestamp,
) -> Notification {
    loop {
        if let Some(told) = world.take_effects().notifications.into_iter().next() {
            return told;
        }
        timers.extend(world.take_changed());
        let due = timers
            .iter()
            .filter_map(|name| Some((world.due_at(name)?, name.clone())));
        let (at, name) = due.min().expect("somebody is told");
        *now = at.max(*now);
        world.wake(&name, *now);
    }
}

/// What somebody is told first after the last of these bodies, which arrive one after the other.
fn notify(bodies: &[&str]) -> Notification {
    let mut now: Timestamp = NOW.parse().unwrap();
    let mut world = World::whole(Policy::new(settings()));
    let mut timers = BTreeSet::new();
    let mut told = None;
    for body in bodies {
        let arrivals = classifier()
            .read(body, now)
            .into_iter()
            .map(|alert| Arrival {
                alert,
                received_at: now,
                message: "message".into(),
                lifetime: None,
                incident: None,
            });
        world.arrive(arrivals.collect(), now);
        told = Some(first_told(&mut world, &mut timers, &mut now));
        now += SignedDuration::from_mins(1);
    }
    told.expect("there is a body")
}

fn all_channels(notification: &Notification) -> String {
    let mut told = String::new();
    let channels: Vec<_> = notification.channels.iter().map(|c| c.as_str()).collect();
    let _ = writeln!(told, "told by: {}\n", channels.join(", "));
    let email = email::render(notification, None);
    let _ = writeln!(
        told,
        "── e-mail\nSubject: {}\n\n{}",
        email.subject, email.text
    );
    let _ = writeln!(told, "── SMS\n{}\n", sms::render(notification, None, 1));
    let message = serde_json::to_string_pretty(&slack::render(notification, None)).unwrap();
    let _ = writeln!(told, "── Slack\n{message}\n");
    let event = match pagerduty::render(notification, None) {
        pagerduty::Rendered::Event(event) => event.body("key").unwrap(),
        pagerduty::Rendered::Suppressed(reason) => format!("suppressed: {reason}"),
    };
    let _ = writeln!(told, "── PagerDuty\n{event}\n");
    let body = webhook::body(notification, None).unwrap();
    let value: serde_json::Value = serde_json::from_str(&body).unwrap();
    let _ = writeln!(
        told,
        "── webhook\n{}",
        serde_json::to_string_pretty(&value).unwrap()
    );
    told
}

#[test_case("cwalarm-lambda-composite-1"; "composite alarm by lambda")]
#[test_case("cwalarm-lambda-1"; "alarm by lambda")]
#[test_case("eb-cloudwatch-alarm-state-change-3"; "metric math by eventbridge")]
#[test_case("sns-http-cwalarm-sns-1"; "alarm by sns")]
#[test_case("sns-cwalarm-sns-5"; "older alarm by sns")]
#[test_case("eb-guardduty-finding-3"; "guardduty")]
#[test_case("eb-security-hub-findings-custom-action-5"; "security hub")]
#[test_case("eb-aws-health-event-3"; "health")]
#[test_case("eb-kms-cmk-deletion-1"; "kms")]
#[test_case("eb-ecs-service-action-5"; "ecs")]
#[test_case("eb-step-functions-execution-status-change-1"; "step functions")]
#[test_case("eb-trusted-advisor-check-item-refresh-notification-3"; "trusted advisor")]
#[test_case("sns-http-text-5"; "budget")]
#[test_case("sns-other-1"; "anybodys json")]
#[test_case("cwlogs-1"; "logs")]
fn reads_well(event: &str) {
    let told = all_channels(&notify(&[&body(event)]));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/real");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(event, told));
}

#[test]
fn a_recovery_is_told_to_those_who_were_told() {
    let firing = body("sns-http-cwalarm-sns-1");
    let resolved = firing
        .replace(
            r#"\"NewStateValue\":\"ALARM\""#,
            r#"\"NewStateValue\":\"OK\""#,
        )
        .replace("2022-09-25T18:50:37.811", "2022-09-25T19:02:37.811");
    assert_ne!(firing, resolved);
    let opened = notify(&[&firing]);
    let told = notify(&[&firing, &resolved]);
    assert_eq!(told.event, incident::NotificationEvent::Resolved);
    assert_eq!(told.channels, opened.channels);
    assert_eq!(told.incident.id, opened.incident.id);
    assert!(email::render(&told, None).subject.contains("RESOLVED"));
}
