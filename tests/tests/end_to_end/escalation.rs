//! What is told later: groups that wait, ladders that climb, and timers that are lost.

use std::time::Duration;

use anyhow::Result;
use harness::wait;

use crate::messages::AlarmMessage;
use crate::scene::Scene;

/// The next tick comes within a minute.
const NEXT_TICK: Duration = Duration::from_secs(140);

#[test]
fn what_nobody_acknowledges_reaches_pagerduty() -> Result<()> {
    let scene = Scene::new()?;
    scene.alert(&AlarmMessage::payments("hasivu-ladder-payments").body())?;
    scene.wait_for("e-mail", 1, Scene::emails)?;
    let page = scene.wait_for("page", 1, Scene::pagerduty)?.remove(0);
    let event: serde_json::Value = serde_json::from_str(&page.body)?;
    assert_eq!(event["event_action"], "trigger", "{event}");
    let opened_as = event["dedup_key"].clone();
    let id = event["payload"]["custom_details"]["incident_id"].as_str();
    let id = id.map(|id| format!("{id}/"));
    assert!(
        id.is_some_and(|id| opened_as.as_str().is_some_and(|key| key.starts_with(&id))),
        "{event}"
    );
    assert!(scene.counted("TimersReceived")? >= 1.0);
    assert_eq!(scene.emails()?.len(), 1, "the others know");

    // Who was paged is told that it is over.
    let ended = AlarmMessage {
        state: "OK",
        value: 0.4,
        at: jiff::Timestamp::now(),
        ..AlarmMessage::payments("hasivu-ladder-payments")
    };
    scene.alert(&ended.body())?;
    let pages = scene.wait_for("page", 2, Scene::pagerduty)?;
    let event: serde_json::Value = serde_json::from_str(&pages[1].body)?;
    assert_eq!(event["event_action"], "resolve", "{event}");
    assert_eq!(event["dedup_key"], opened_as, "the one that was opened");
    scene.assert_balanced(2.0)
}

#[test]
fn a_group_waits_for_others_and_tells_of_them_together() -> Result<()> {
    let scene = Scene::new()?;
    scene.alert(&AlarmMessage::payments("hasivu-wait-1").body())?;
    scene.alert(&AlarmMessage::payments("hasivu-wait-2").body())?;
    let email = scene.wait_for("e-mail", 1, Scene::emails)?.remove(0);
    assert!(
        email.body_text.contains("hasivu-wait-1"),
        "{}",
        email.body_text
    );
    assert!(
        email.body_text.contains("hasivu-wait-2"),
        "{}",
        email.body_text
    );
    scene.assert_balanced(2.0)?;
    assert_eq!(scene.emails()?.len(), 1);
    Ok(())
}

#[test]
fn a_timer_that_is_lost_is_made_good_by_the_next_tick() -> Result<()> {
    let scene = Scene::new()?;
    scene.stack.deliver("timers", false)?;
    let lost = (|| {
        scene.alert(&AlarmMessage::payments("hasivu-wait-lost").body())?;
        scene.wait_for("timer", 1, |scene| scene.queued("timers"))?;
        scene.stack.purge("timers")
    })();
    scene.stack.deliver("timers", true)?;
    lost?;
    wait::until("the e-mail after a tick", NEXT_TICK, || {
        Ok((scene.emails()?.len() == 1).then_some(()))
    })?;
    scene.assert_balanced(1.0)
}
