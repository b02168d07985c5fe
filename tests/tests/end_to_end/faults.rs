//! Channels that fail: the others go on, and what cannot be sent is where a person looks.

use anyhow::Result;
use harness::alarm;
use harness::sink::{Answer, Received, SLACK_WEBHOOK};
use serde_json::json;

use crate::messages::AlarmMessage;
use crate::scene::Scene;

#[test]
fn slack_that_fails_twice_gets_the_message_in_the_end() -> Result<()> {
    let scene = Scene::new()?;
    let answers = vec![Answer::status(500), Answer::hang_up()];
    scene.stack.sink().script(SLACK_WEBHOOK, answers, None)?;
    scene.alert(&AlarmMessage::payments("hasivu-payment-failures-retried").body())?;

    let posts = scene.wait_for("post to Slack", 3, Scene::slack)?;
    scene.settle()?;
    assert_eq!(scene.slack()?.len(), 3, "not again after it was taken");
    assert_eq!(answered(&posts), [500, 0, 200]);
    assert_eq!(scene.emails()?.len(), 1);
    assert_eq!(scene.sent_by("slack", "NotificationsRetried")?, 2.0);
    assert_eq!(scene.sent_by("slack", "NotificationsSent")?, 1.0);
    assert!(scene.queued("slack-dlq")?.is_empty());
    Ok(())
}

#[test]
fn slack_that_asks_for_patience_is_given_it() -> Result<()> {
    let scene = Scene::new()?;
    let answers = vec![Answer::status(429).retry_after(4)];
    scene.stack.sink().script(SLACK_WEBHOOK, answers, None)?;
    scene.alert(&AlarmMessage::payments("hasivu-payment-failures-limited").body())?;

    let posts = scene.wait_for("post to Slack", 2, Scene::slack)?;
    assert_eq!(answered(&posts), [429, 200]);
    let waited = posts[1].at_ms - posts[0].at_ms;
    assert!(waited >= 4000, "it asked for 4 s and got {waited} ms");
    Ok(())
}

#[test]
fn slack_that_is_down_for_good_delays_nobody_and_raises_an_alarm() -> Result<()> {
    let scene = Scene::new()?;
    scene
        .stack
        .sink()
        .script(SLACK_WEBHOOK, Vec::new(), Some(Answer::status(500)))?;
    scene.alert(&AlarmMessage::payments("hasivu-payment-failures-undeliverable").body())?;

    scene.wait_for("e-mail", 1, Scene::emails)?;
    scene.wait_for("SMS", 1, Scene::sms)?;
    scene.wait_for("webhook request", 1, Scene::webhook)?;
    let letters = scene.wait_for("dead letter", 1, |scene| scene.queued("slack-dlq"))?;
    let attribute = |name: &str| letters[0].message_attributes[name]["StringValue"].clone();
    assert!(
        attribute("reason").as_str().unwrap().contains("500"),
        "{}",
        attribute("reason")
    );
    assert_eq!(attribute("channel"), "slack");
    assert_eq!(attribute("attempts"), "3");
    assert!(
        letters[0].body.contains("tocsin.notification/1"),
        "the letter can be sent again"
    );
    scene.settle()?;
    assert_eq!(scene.slack()?.len(), 3);
    assert_eq!(scene.sent_by("slack", "NotificationsDeadLettered")?, 1.0);

    // The local AWS measures no queues. So the alarm's definition is compared with the queue that has the letter, and its action
    // is carried out by setting its state.
    let name = format!("{}-slack-dead-letters", scene.stack.name());
    let definition = alarm::describe(&scene.stack, &name)?;
    assert_eq!(definition["Namespace"], "AWS/SQS");
    assert_eq!(
        definition["MetricName"],
        "ApproximateNumberOfMessagesVisible"
    );
    assert_eq!(definition["ComparisonOperator"], "GreaterThanThreshold");
    assert_eq!(definition["Threshold"], 0.0);
    let dimensions = json!([{"Name": "QueueName", "Value": scene.stack.queue_name("slack-dlq")}]);
    assert_eq!(definition["Dimensions"], dimensions);
    assert_eq!(
        definition["AlarmActions"],
        json!([scene.stack.topic_arn("operator")])
    );

    scene.stack.make_queue("operator-probe")?;
    scene.stack.subscribe_queue("operator", "operator-probe")?;
    alarm::set_state(&scene.stack, &name, "ALARM", "one message is in the queue")?;
    let told = scene.wait_for("message to the operator", 1, |scene| {
        scene.queued("operator-probe")
    })?;
    assert!(told[0].body.contains(&name), "{}", told[0].body);
    alarm::set_state(&scene.stack, &name, "OK", "the test is over")?;
    Ok(())
}

fn answered(posts: &[Received]) -> Vec<u16> {
    posts.iter().map(|post| post.answered).collect()
}
