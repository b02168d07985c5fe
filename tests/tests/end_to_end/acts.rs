//! People who act: by the link in a message, by Slack's button, by PagerDuty, and at a terminal.

use std::time::Duration;

use anyhow::{Context, Result};
use harness::inbox;
use harness::visitor::{PAGERDUTY_WEBHOOK_SECRET, SLACK_SIGNING_SECRET, Terminal, Visitor};
use harness::wait;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::messages::AlarmMessage;
use crate::scene::{SOON, Scene};

/// Longer than the local configuration waits before the step that pages.
const STEP: Duration = Duration::from_secs(8);

/// An incident that climbs its ladder within seconds: its first e-mail's link, and its id.
fn begins(scene: &Scene, name: &str) -> Result<(Visitor, String, String)> {
    scene.alert(&AlarmMessage::payments(name).body())?;
    let email = scene.wait_for("e-mail", 1, Scene::emails)?.remove(0);
    let (visitor, path) = Visitor::of_link(scene.stack.aws(), &email.body_text)?;
    let told = wait::until("the webhook's document", SOON, || {
        Ok(scene.notifications()?.into_iter().next())
    })?;
    let id = told
        .pointer("/incident/id")
        .and_then(Value::as_str)
        .context("an id")?;
    Ok((visitor, path, id.to_owned()))
}

/// Nobody is paged any more: the ladder's next step would have come within seconds.
fn nobody_is_paged(scene: &Scene) -> Result<()> {
    wait::quiet("the ladder to stand still", STEP, SOON, || {
        Ok(inbox::waiting(&scene.stack, &["pagerduty"])? == 0)
    })?;
    let pages = scene.pagerduty()?;
    let triggered = |page: &harness::sink::Received| page.body.contains("\"trigger\"");
    assert!(!pages.iter().any(triggered), "{pages:?}");
    Ok(())
}

#[test]
fn a_link_shows_and_only_its_button_acts() -> Result<()> {
    let scene = Scene::new()?;
    let (visitor, path, _id) = begins(&scene, "hasivu-ladder-link")?;

    let page = visitor.get(&path)?;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("hasivu-ladder-link"), "{}", page.body);
    // A link preview opens it again and again; nothing comes of that.
    let again = visitor.get(&path)?;
    assert!(
        again.body.contains("Acknowledge: I am on it"),
        "{}",
        again.body
    );

    let pressed = visitor.press(&page, &path, "acknowledge")?;
    assert_eq!(pressed.status, 303, "{}", pressed.body);
    let after = visitor.get(&path)?;
    assert!(
        !after.body.contains("Acknowledge: I am on it"),
        "{}",
        after.body
    );
    nobody_is_paged(&scene)?;

    // A token that somebody has changed is none.
    let (head, last) = path.split_at(path.len() - 1);
    let other = if last == "A" { "B" } else { "A" };
    let forged = visitor.get(&format!("{head}{other}"))?;
    assert_eq!(forged.status, 403, "{}", forged.body);
    Ok(())
}

#[test]
fn a_button_in_slack_acknowledges_and_nothing_forged_or_old_does() -> Result<()> {
    let scene = Scene::new()?;
    let (visitor, path, _) = begins(&scene, "hasivu-ladder-slack")?;
    let message = scene.wait_for("Slack message", 1, Scene::slack)?.remove(0);
    let message: Value = serde_json::from_str(&message.body)?;
    let value = button(&message).context("the message has a button")?;
    let payload = json!({
        "type": "block_actions",
        "user": { "id": "U1", "username": "anna", "name": "anna" },
        "response_url": "",
        "actions": [{ "action_id": "acknowledge", "type": "button", "value": value }],
    });
    let payload = payload.to_string();
    let now = Timestamp::now();

    let forged = visitor.slack(&payload, now, "another secret altogether")?;
    assert!(matches!(forged.status, 401 | 403), "{forged:?}");
    let old = visitor.slack(&payload, now - 10.minutes(), SLACK_SIGNING_SECRET)?;
    assert!(matches!(old.status, 401 | 403), "{old:?}");
    assert!(visitor.get(&path)?.body.contains("Acknowledge: I am on it"));

    let pressed = visitor.slack(&payload, now, SLACK_SIGNING_SECRET)?;
    assert_eq!(pressed.status, 200, "{pressed:?}");
    assert!(!visitor.get(&path)?.body.contains("Acknowledge: I am on it"));
    let replayed = visitor.slack(&payload, now, SLACK_SIGNING_SECRET)?;
    assert_eq!(replayed.status, 409, "{replayed:?}");
    nobody_is_paged(&scene)
}

#[test]
fn what_a_person_does_at_pagerduty_is_done_here() -> Result<()> {
    let scene = Scene::new()?;
    let (visitor, path, id) = begins(&scene, "hasivu-ladder-pagerduty")?;
    let body = json!({ "event": {
        "id": "5ac64822-4adc-4fda-ade0-410becf0de4f", "event_type": "incident.acknowledged", "resource_type": "incident",
        "occurred_at": Timestamp::now().to_string(),
        "agent": { "id": "PLH1HKV", "summary": "Anna", "type": "user_reference" },
        "data": { "id": "PGR0VU2", "type": "incident", "status": "acknowledged", "incident_key": format!("{id}/0123456789abcdef"), "title": "errors" },
    }});
    let body = body.to_string();
    let forged = visitor.pagerduty(&body, "another secret altogether")?;
    assert!(matches!(forged.status, 401 | 403), "{forged:?}");
    let told = visitor.pagerduty(&body, PAGERDUTY_WEBHOOK_SECRET)?;
    assert_eq!(told.status, 200, "{told:?}");
    assert!(!visitor.get(&path)?.body.contains("Acknowledge: I am on it"));
    nobody_is_paged(&scene)
}

#[test]
fn who_sits_at_a_terminal_acts_by_the_token_that_the_deployment_knows() -> Result<()> {
    let scene = Scene::new()?;
    let (visitor, _path, id) = begins(&scene, "hasivu-ladder-terminal")?;
    let terminal = visitor.terminal()?;

    let done = terminal.say(&["ack", &id, "--note", "I look at it"])?;
    assert!(done.contains("acknowledged"), "{done}");
    let again = terminal.say(&["ack", &id])?;
    assert!(again.contains("as it was already"), "{again}");
    let taken = listed(&terminal, &["incidents"], &id)?;
    let who = taken.get("acknowledged_by").and_then(Value::as_str);
    assert!(
        who.is_some_and(|who| who.starts_with("first, of the tests (token ")),
        "{taken}"
    );
    nobody_is_paged(&scene)?;
    let shown = terminal.say(&["show", &id])?;
    assert!(shown.contains("taken on by first, of the tests"), "{shown}");

    // Of the right form, and nobody's.
    let stranger = "tocsin_abcdefgh2345_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let refused = terminal.with_token(stranger).run(&["unack", &id])?;
    assert_eq!(
        (refused.code, refused.out.as_str()),
        (Some(1), ""),
        "{refused:?}"
    );
    assert!(
        refused.err.contains("the token is not valid"),
        "{refused:?}"
    );
    let broken = terminal.with_token("tocsin_x").run(&["unack", &id])?;
    assert_eq!(broken.code, Some(2), "{broken:?}");

    // Who has the first token makes others, which may less.
    let made = terminal.say(&["token", "create", "--name", "a reader", "--scope", "read"])?;
    let reader = terminal.with_token(made.trim());
    assert!(reader.say(&["whoami"])?.starts_with("a reader "));
    assert_eq!(reader.run(&["unack", &id])?.code, Some(1));

    terminal.say(&["resolve", &id, "--false", "--why", "we tried the ladder"])?;
    let over = listed(&terminal, &["incidents", "--resolved"], &id)?;
    assert_eq!(over.get("status").and_then(Value::as_str), Some("resolved"));
    let open = terminal.document(&["incidents"])?;
    assert_eq!(open.get("incidents"), Some(&json!([])), "{open}");
    let shown = terminal.say(&["show", &id])?;
    assert!(
        shown.contains("it was a false alarm: we tried the ladder"),
        "{shown}"
    );
    let emails = scene.wait_for("e-mail", 2, Scene::emails)?;
    assert!(
        emails[1].subject.contains("RESOLVED"),
        "{}",
        emails[1].subject
    );

    let trail = terminal.document(&["audit", &id])?;
    let acts = trail.get("entries").and_then(Value::as_array);
    let acts: Vec<_> = acts
        .into_iter()
        .flatten()
        .map(|entry| entry.pointer("/act/act").and_then(Value::as_str))
        .collect();
    let expected = ["acknowledge", "comment", "resolve"].map(Some);
    assert_eq!(
        acts, expected,
        "the same again is no act, and nobody's neither"
    );
    nobody_is_paged(&scene)
}

/// The incident in a list, once it is there: lists follow what happens at a small distance.
fn listed(terminal: &Terminal, list: &[&str], id: &str) -> Result<Value> {
    wait::until(&format!("{id} in {list:?}"), SOON, || {
        let list = terminal.document(list)?;
        let incidents = list.get("incidents").and_then(Value::as_array);
        let is_meant = |one: &&Value| one.get("id").and_then(Value::as_str) == Some(id);
        Ok(incidents.into_iter().flatten().find(is_meant).cloned())
    })
}

/// The value of the button that acknowledges, wherever in the message it is.
fn button(message: &Value) -> Option<String> {
    match message {
        Value::Object(fields) => {
            if fields.get("action_id").and_then(Value::as_str) == Some("acknowledge") {
                return Some(fields.get("value")?.as_str()?.to_owned());
            }
            fields.values().find_map(button)
        }
        Value::Array(items) => items.iter().find_map(button),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
