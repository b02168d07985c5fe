//! A bad minute: two thousand alarms at once, and every one of them is accounted for.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;

use crate::messages::AlarmMessage;
use crate::scene::Scene;

const ALARMS: usize = 2000;
const THINGS: [(&str, &str); 8] = [
    ("payment", "PaymentFailureRate"),
    ("rfid-reader", "ReadFailureRate"),
    ("auth", "LoginFailureRate"),
    ("order", "OrderFailureRate"),
    ("menu", "MenuErrorRate"),
    ("websocket", "ConnectionErrorRate"),
    ("notification", "SendFailureRate"),
    ("api", "5XXErrorRate"),
];

#[test]
fn two_thousand_alarms_in_a_burst_balance() -> Result<()> {
    let scene = Scene::new()?;
    let now = Timestamp::now();
    let messages: Vec<String> = (0..ALARMS)
        .map(|at| {
            // One service after the other, as its parts fail together.
            let (thing, metric) = THINGS[at * THINGS.len() / ALARMS];
            // Every tenth is a repetition of the one before it.
            let number = if at % 10 == 9 { at - 1 } else { at };
            let name = format!("hasivu-{thing}-{number}");
            let alarm = AlarmMessage {
                name: &name,
                metric,
                at: now,
                ..AlarmMessage::payments(&name)
            };
            alarm.body()
        })
        .collect();
    // All of them are there before the first is handed out. AWS would hand them out by the hundred, the local AWS by ten at most, so
    // it makes more decisions and more notifications of them than AWS would.
    scene.stack.deliver("ingest", false)?;
    let sent = scene.stack.send("ingest", &messages);
    scene.stack.deliver("ingest", true)?;
    sent?;
    scene.settle_within(Duration::from_secs(180))?;

    assert!(scene.queued("ingest-dlq")?.is_empty());
    let received = f64::from(u32::try_from(ALARMS)?);
    scene.assert_balanced(received)?;
    assert!(scene.counted("AlertsNotified")? >= 1.0);
    assert!(scene.counted_for("AlertsSuppressed", "duplicate")? >= 1.0);

    // Thousands of alarms of a few services make a few incidents, and each is told of.
    let incidents: BTreeSet<String> = scene
        .notifications()?
        .iter()
        .map(|notification| notification["incident"]["key"].as_str().unwrap().to_owned())
        .collect();
    assert!((4..=40).contains(&incidents.len()), "{incidents:?}");
    let emails = scene.emails()?.len();
    assert!(
        (incidents.len()..=400).contains(&emails),
        "{emails} e-mails for {incidents:?}"
    );
    println!(
        "{ALARMS} received = {} notified + {} suppressed; {} incidents, {emails} e-mails",
        scene.counted("AlertsNotified")?,
        scene.counted("AlertsSuppressed")?,
        incidents.len(),
    );

    // What was published is what each channel has sent, or has not for a reason of its own.
    for channel in ["email", "slack", "webhook"] {
        let fates = [
            "NotificationsSent",
            "NotificationsSuppressed",
            "NotificationsDeadLettered",
        ];
        let counts = fates.map(|name| scene.sent_by(channel, name));
        let [sent, suppressed, dead] = counts;
        println!(
            "{channel}: {} sent, {} suppressed",
            sent.as_ref().unwrap(),
            suppressed.as_ref().unwrap()
        );
        assert!(sent? >= 1.0, "{channel}");
        assert_eq!(dead?, 0.0, "{channel}");
        suppressed?;
    }
    Ok(())
}
