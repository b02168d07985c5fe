//! Who is told of what.

use anyhow::{Result, bail};
use harness::alarm::{self, Alarm};
use harness::wait;

use crate::messages::AlarmMessage;
use crate::scene::{SOON, Scene, check_signature};

#[test]
fn a_breached_metric_reaches_everybody_and_so_does_its_recovery() -> Result<()> {
    let scene = Scene::new()?;
    let alarm = Alarm {
        name: "hasivu-payment-failure-rate",
        description: "Too many payments fail at the gateway.",
        namespace: "HASIVU",
        metric: "PaymentFailureRate",
        unit: "Percent",
        threshold: 5.0,
        period_seconds: 10,
    };
    alarm.put(&scene.stack)?;
    measure_until(&scene, &alarm, 12.4, 40, "ALARM")?;

    let email = scene.wait_for("e-mail", 1, Scene::emails)?.remove(0);
    assert!(
        email.subject.starts_with("[P1] OPENED payments"),
        "{}",
        email.subject
    );
    assert_eq!(email.to, ["oncall@example.com"]);
    assert_eq!(email.source, "tocsin@example.com");
    assert!(
        email.body_text.contains(alarm.description),
        "{}",
        email.body_text
    );
    assert!(
        email
            .body_html
            .is_some_and(|html| html.contains(alarm.description))
    );

    let sms = scene.wait_for("SMS", 1, Scene::sms)?.remove(0);
    assert_eq!(sms.to, "+14155550100");
    let (words, link) = sms.text.rsplit_once('\n').unwrap();
    assert!(words.starts_with("P1 OPENED payments: "), "{}", sms.text);
    assert!(
        words.contains(" Answer by ") && words.contains(" #"),
        "{}",
        sms.text
    );
    assert!(
        link.starts_with("https://") && link.contains("/i/l1."),
        "{}",
        sms.text
    );
    // What matters fits into one segment by itself, and with the link behind it into two, each with its header.
    let (alone, whole) = (septets(words)?, septets(&sms.text)?);
    assert!(
        alone <= 160 && whole <= 2 * 153,
        "{alone} of {whole}: {}",
        sms.text
    );

    let slack = scene.wait_for("Slack message", 1, Scene::slack)?.remove(0);
    let message: serde_json::Value = serde_json::from_str(&slack.body)?;
    assert!(slack.body.contains("payments"), "{message}");

    let webhook = scene
        .wait_for("webhook request", 1, Scene::webhook)?
        .remove(0);
    let secret = scene.stack.secret("webhook")?;
    check_signature(&webhook, secret["signing_key"].as_str().unwrap())?;
    let notification = &scene.notifications()?[0];
    assert_eq!(notification["event"], "opened");
    assert_eq!(notification["incident"]["priority"], "P1");
    assert_eq!(notification["incident"]["response_minutes"], 5);
    assert!(
        !notification["alerts"][0]["reason"]
            .as_str()
            .unwrap()
            .is_empty()
    );

    alarm::next_second()?;
    measure_until(&scene, &alarm, 0.4, 4000, "OK")?;
    let email = scene.wait_for("e-mail", 2, Scene::emails)?.remove(1);
    assert!(
        email.subject.starts_with("[P1] RESOLVED payments"),
        "{}",
        email.subject
    );
    let notification = &scene.wait_for("webhook document", 2, Scene::notifications)?[1];
    assert_eq!(notification["event"], "resolved");
    assert_eq!(notification["incident"]["status"], "resolved");

    scene.settle()?;
    assert_eq!(
        (
            scene.emails()?.len(),
            scene.slack()?.len(),
            scene.webhook()?.len()
        ),
        (2, 2, 2)
    );
    assert_eq!(
        scene.sms()?.len(),
        2,
        "who was woken is told that it is over"
    );
    assert_eq!(
        scene.sent_by("pagerduty", "NotificationsSent")?,
        0.0,
        "nobody failed to answer yet"
    );
    scene.assert_balanced(2.0)
}

#[test]
fn what_is_merely_to_be_watched_goes_by_email_only() -> Result<()> {
    let scene = Scene::new()?;
    let alarm = AlarmMessage {
        namespace: "AWS/Billing",
        metric: "EstimatedCharges",
        unit: "None",
        threshold: 500.0,
        value: 612.5,
        ..AlarmMessage::payments("hasivu-monthly-cost")
    };
    scene.alert(&alarm.body())?;
    let email = scene.wait_for("e-mail", 1, Scene::emails)?.remove(0);
    assert!(email.subject.starts_with("[P4]"), "{}", email.subject);
    scene.settle()?;
    assert_eq!(scene.emails()?.len(), 1);
    assert_eq!(scene.sms()?.len(), 0);
    assert_eq!(scene.slack()?.len(), 0);
    assert_eq!(scene.webhook()?.len(), 0);
    scene.assert_balanced(1.0)
}

/// What a text takes of a text message. One character outside of the GSM 7-bit alphabet would more than double it, so this
/// message, whose texts are ours, has none but the printable ones that ASCII and that alphabet share.
fn septets(text: &str) -> Result<usize> {
    let width = |character| {
        Ok(match character {
            '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' => 2,
            '\n' | ' '..='_' | 'a'..='z' => 1,
            other => bail!("{other:?} is not in the alphabet: {text}"),
        })
    };
    text.chars().map(width).sum()
}

/// As a service does: it goes on measuring until the alarm has seen enough.
fn measure_until(
    scene: &Scene,
    alarm: &Alarm<'_>,
    value: f64,
    count: u32,
    state: &str,
) -> Result<()> {
    wait::until(&format!("the alarm to be in state {state}"), SOON, || {
        alarm.measure(&scene.stack, value, count)?;
        let found = alarm::describe(&scene.stack, alarm.name)?;
        Ok((found.get("StateValue").is_some_and(|now| now == state)).then_some(()))
    })
}
