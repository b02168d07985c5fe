//! Queues repeat, reorder and hand on what they should not: each alert is told once, and none is lost.

use anyhow::Result;
use harness::wait;
use jiff::ToSpan;

use crate::messages::AlarmMessage;
use crate::scene::{SOON, Scene};

#[test]
fn the_same_message_twice_is_told_once() -> Result<()> {
    let scene = Scene::new()?;
    let message = AlarmMessage::payments("hasivu-payment-failures").body();
    scene.alert(&message)?;
    scene.wait_for("e-mail", 1, Scene::emails)?;
    scene.alert(&message)?;
    scene.settle()?;
    assert_eq!(scene.emails()?.len(), 1);
    assert_eq!(scene.slack()?.len(), 1);
    assert_eq!(scene.sms()?.len(), 1);
    assert_eq!(scene.counted("AlertsNotified")?, 1.0);
    assert_eq!(scene.counted_for("AlertsSuppressed", "duplicate")?, 1.0);
    scene.assert_balanced(2.0)
}

#[test]
fn the_same_alarm_by_two_roads_is_told_once() -> Result<()> {
    let scene = Scene::new()?;
    let alarm = AlarmMessage::payments("hasivu-payment-failures-direct");
    let answer = scene.stack.invoke("alert-fanout", &alarm.direct())?;
    assert!(answer.get("errorType").is_none(), "{answer}");
    scene.wait_for("e-mail", 1, Scene::emails)?;
    scene.alert(&alarm.body())?;
    scene.settle()?;
    assert_eq!(scene.emails()?.len(), 1);
    assert_eq!(scene.counted_for("AlertsSuppressed", "duplicate")?, 1.0);
    scene.assert_balanced(2.0)
}

#[test]
fn a_recovery_that_overtakes_its_alarm_leaves_nothing_open() -> Result<()> {
    let scene = Scene::new()?;
    let began = AlarmMessage::payments("hasivu-payment-failures-reordered");
    let ended = AlarmMessage {
        state: "OK",
        value: 0.4,
        at: began.at + 30.seconds(),
        ..began.clone()
    };
    scene.alert(&ended.body())?;
    scene.settle()?;
    scene.alert(&began.body())?;
    scene.settle()?;
    for notification in scene.notifications()? {
        assert_ne!(notification["incident"]["status"], "open", "{notification}");
    }
    scene.assert_balanced(2.0)
}

#[test]
fn malformed_messages_neither_stop_nor_vanish_among_good_ones() -> Result<()> {
    let scene = Scene::new()?;
    let cut = AlarmMessage::payments("hasivu-cut-short").body();
    let messages = [
        "{\"AlarmName\": \"cut".to_owned(),
        "\u{fffd}\u{fffd} not JSON at all".to_owned(),
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[".to_owned(),
        cut.chars().take(200).collect(),
        AlarmMessage::payments("hasivu-payment-failures-good").body(),
        r#"{"source": 17, "detail-type": ["a"], "detail": "text"}"#.to_owned(),
        "x".repeat(200_000),
    ];
    let count = messages.len();
    scene.stack.send("ingest", &messages)?;

    scene.wait_for("SMS of the good one", 1, Scene::sms)?;
    // What cannot be read waits for others before it is told.
    wait::until("the others to be told", SOON, || {
        Ok((scene.notifications()?.len() > 1).then_some(()))
    })?;
    scene.settle()?;
    let told = scene.notifications()?;
    assert!(
        told.iter()
            .any(|notification| notification["incident"]["priority"] == "P1"),
        "the good one is told of"
    );
    assert!(
        told.len() > 1,
        "what cannot be read is told of, too: a person may be able to"
    );
    assert!(scene.counted("AlertsUnmatched")? >= 1.0);
    assert!(scene.queued("ingest-dlq")?.is_empty());
    scene.assert_balanced(f64::from(u32::try_from(count)?))
}
