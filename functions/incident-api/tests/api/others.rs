//! Slack and PagerDuty.

use credentials::link::Purpose;
use credentials::{pagerduty, slack};
use incident::IncidentId;
use serde_json::{Value, json};
use settings::Priority;
use test_case::test_case;

use crate::support::{Got, Town, event, form, pagerduty_secret, slack_secret};

/// What Slack posts for a button.
fn pressed(action: &str, value: &str) -> String {
    let payload = json!({
        "type": "block_actions",
        "user": { "id": "U0123ABCD", "username": "anna", "name": "anna", "team_id": "T0123" },
        "api_app_id": "A0123", "token": "Shh_its_a_seekrit",
        "container": { "type": "message", "message_ts": "1772438400.000100", "channel_id": "C0123" },
        "trigger_id": "12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3",
        "team": { "id": "T0123", "domain": "example" },
        "channel": { "id": "C0123", "name": "ops" },
        "response_url": "https://hooks.slack.com/actions/T0123/1/xyz",
        "actions": [{
            "action_id": action, "block_id": "=qXel", "type": "button", "value": value,
            "text": { "type": "plain_text", "text": "Acknowledge" }, "action_ts": "1772438405.1",
        }],
    });
    form(&[("payload", &payload.to_string())])
}

async fn slack(town: &Town, body: &str) -> Got {
    let headers = slack::sign(&slack_secret(), body.as_bytes(), town.now());
    let headers = [
        ("X-Slack-Signature", headers.signature.as_str()),
        ("X-Slack-Request-Timestamp", headers.timestamp.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    town.send(&event("POST", "/slack/actions", &headers, Some(body)))
        .await
}

fn value(town: &Town, id: &IncidentId, purpose: Purpose) -> String {
    format!("{id} {}", town.link(id, purpose))
}

#[test_case("acknowledge", "acknowledge", 2; "acknowledge, which counts from the last press")]
#[test_case("resolve", "resolve", 1)]
#[tokio::test]
async fn a_button_acts_as_who_pressed_it(action: &str, act: &str, twice: usize) {
    let (town, id) = Town::with_incident().await;
    let body = pressed(action, &value(&town, &id, Purpose::Act));
    let got = slack(&town, &body).await;
    assert_eq!((got.status, got.body.as_str()), (200, ""));
    let trail = town.audit(&id).await;
    assert_eq!(trail[0]["act"]["act"], act);
    assert_eq!(trail[0]["by"]["who"], "slack:anna (U0123ABCD)");
    assert_eq!(trail[0]["by"]["via"], "slack");
    assert_eq!(trail[0]["by"]["from"], "slack T0123/C0123");
    assert!(
        town.whispers.0.lock().unwrap().is_empty(),
        "everybody is told anyway"
    );
    // The same signed request again is not obeyed, and another one changes nothing and says so.
    slack(&town, &body).await.problem(409);
    town.advance(5);
    assert_eq!(slack(&town, &body).await.status, 200);
    assert_eq!(town.audit(&id).await.len(), twice);
    let told = town.whispers.0.lock().unwrap().pop();
    assert_eq!(
        told.is_some_and(|(_, text)| text.contains("nothing has changed")),
        twice == 1
    );
}

#[tokio::test]
async fn a_base_64_body_is_the_one_that_is_signed() {
    use base64::Engine;
    let (town, id) = Town::with_incident().await;
    let body = pressed("acknowledge", &value(&town, &id, Purpose::Act));
    let headers = slack::sign(&slack_secret(), body.as_bytes(), town.now());
    let headers = [
        ("x-slack-signature", headers.signature.as_str()),
        ("x-slack-request-timestamp", headers.timestamp.as_str()),
    ];
    let encoded = base64::engine::general_purpose::STANDARD.encode(&body);
    let mut event = event("POST", "/slack/actions", &headers, Some(&encoded));
    event["isBase64Encoded"] = true.into();
    assert_eq!(town.send(&event).await.status, 200);
    assert_eq!(town.audit(&id).await.len(), 1);
}

#[tokio::test]
async fn other_buttons_and_payloads_do_nothing() {
    let (town, id) = Town::with_incident().await;
    for body in [
        pressed("runbook", ""),
        pressed("open_page", ""),
        form(&[("payload", r#"{"type":"view_submission"}"#)]),
    ] {
        assert_eq!(slack(&town, &body).await.status, 200);
    }
    slack(&town, &form(&[("payload", "{")])).await.problem(400);
    assert!(town.audit(&id).await.is_empty());
}

#[tokio::test]
async fn a_button_of_another_incident_or_for_looking_or_expired_does_nothing() {
    let (town, id) = Town::with_incident().await;
    let other = town.fires("payments", "errors", Priority::P3).await;
    let view = value(&town, &id, Purpose::View);
    let mixed = format!("{id} {}", town.link(&other, Purpose::Act));
    let forged = format!("{}x", value(&town, &id, Purpose::Act));
    let late = value(&town, &id, Purpose::Act);
    for (value, days, word) in [
        (view.as_str(), 0, "none that Tocsin made"),
        (mixed.as_str(), 0, "none that Tocsin made"),
        (forged.as_str(), 0, "none that Tocsin made"),
        ("", 0, "none that Tocsin made"),
        (late.as_str(), 7, "expired"),
    ] {
        town.advance(days * 24 * 3600 + 1);
        let got = slack(&town, &pressed("acknowledge", value)).await;
        assert_eq!(got.status, 200, "{}", got.body);
        let (address, text) = town
            .whispers
            .0
            .lock()
            .unwrap()
            .pop()
            .expect("they are told");
        assert!(
            text.starts_with("Not done:") && text.contains(word),
            "{text}"
        );
        assert_eq!(address, "https://hooks.slack.com/actions/T0123/1/xyz");
    }
    assert!(town.audit(&id).await.is_empty());
    assert!(town.audit(&other).await.is_empty());
}

#[tokio::test]
async fn nothing_is_posted_to_addresses_that_are_not_slack_s() {
    let (town, _) = Town::with_incident().await;
    for address in [
        "https://evil.example/",
        "http://hooks.slack.com/",
        "https://hooks.slack.com.evil.example/",
    ] {
        let body = pressed("acknowledge", "x");
        let place = incident_api::form::encode("https://hooks.slack.com/actions/T0123/1/xyz");
        let body = body.replace(&place, &incident_api::form::encode(address));
        assert_eq!(slack(&town, &body).await.status, 200);
    }
    assert!(town.whispers.0.lock().unwrap().is_empty());
}

#[test_case(|_, _| {}, 0, 200; "right")]
#[test_case(|_, body| body.push('x'), 0, 401; "another body")]
#[test_case(|headers, _| headers.signature = flip(&headers.signature), 0, 401; "a flipped bit")]
#[test_case(|headers, _| headers.signature.clear(), 0, 401; "no signature")]
#[test_case(|headers, _| headers.timestamp.push('0'), 0, 401; "another time")]
#[test_case(|_, _| {}, 301, 401; "stale")]
#[test_case(|_, _| {}, -301, 401; "from the future")]
#[tokio::test]
async fn only_slack_may_press(
    change: fn(&mut slack::SlackHeaders, &mut String),
    later: i64,
    status: u64,
) {
    let (town, id) = Town::with_incident().await;
    let mut body = pressed("acknowledge", &value(&town, &id, Purpose::Act));
    let mut headers = slack::sign(&slack_secret(), body.as_bytes(), town.now());
    change(&mut headers, &mut body);
    town.advance(later);
    let headers = [
        ("x-slack-signature", headers.signature.as_str()),
        ("x-slack-request-timestamp", headers.timestamp.as_str()),
    ];
    let got = town
        .send(&event("POST", "/slack/actions", &headers, Some(&body)))
        .await;
    assert_eq!(got.status, status, "{}", got.body);
    assert_eq!(town.audit(&id).await.len(), usize::from(status == 200));
}

fn flip(hex: &str) -> String {
    let last = if hex.ends_with('0') { "1" } else { "0" };
    format!("{}{last}", &hex[..hex.len() - 1])
}

/// What PagerDuty posts.
fn webhook(kind: &str, key: &str, more: &Value) -> String {
    let mut event = json!({
        "event": {
            "id": "5ac64822-4adc-4fda-ade0-410becf0de4f", "event_type": kind, "resource_type": "incident",
            "occurred_at": "2026-03-02T08:00:00.169Z",
            "agent": {
                "html_url": "https://acme.pagerduty.com/users/PLH1HKV", "id": "PLH1HKV",
                "self": "https://api.pagerduty.com/users/PLH1HKV", "summary": "Tenex Engineer",
                "type": "user_reference",
            },
            "client": { "name": "PagerDuty" },
            "data": {
                "id": "PGR0VU2", "type": "incident", "number": 2, "status": "triggered",
                "incident_key": key, "created_at": "2026-03-02T07:59:00Z", "title": "errors",
                "urgency": "high", "resolve_reason": null, "conference_bridge": null,
                "priority": { "id": "PSO75BM", "summary": "P1", "type": "priority_reference" },
            },
        },
    });
    for (name, value) in more.as_object().unwrap() {
        event["event"][name] = value.clone();
    }
    event.to_string()
}

async fn pagerduty(town: &Town, body: &str) -> Got {
    let signature = pagerduty::sign(&[pagerduty_secret()], body.as_bytes());
    let headers = [("X-PagerDuty-Signature", signature.as_str())];
    town.send(&event("POST", "/pagerduty/webhook", &headers, Some(body)))
        .await
}

#[test_case("incident.acknowledged", "acknowledge")]
#[test_case("incident.resolved", "resolve")]
#[test_case("incident.priority_updated", "set_priority")]
#[tokio::test]
async fn what_a_person_does_in_pagerduty_is_done_here(kind: &str, act: &str) {
    let (town, id) = Town::with_incident().await;
    // As our messages write it: the incident, and the group that told of it.
    let key = format!("{id}/0123456789abcdef");
    let body = webhook(kind, &key, &json!({}));
    let got = pagerduty(&town, &body).await;
    assert_eq!(got.json()["done"], "the act", "{}", got.body);
    let trail = town.audit(&id).await;
    assert_eq!(trail[0]["act"]["act"], act);
    assert_eq!(trail[0]["by"]["who"], "pagerduty:Tenex Engineer");
    assert_eq!(trail[0]["by"]["via"], "pagerduty");
    // PagerDuty sends it again when it has heard no answer.
    let again = pagerduty(&town, &body).await;
    assert_eq!(again.status, 200);
    assert!(
        again.json()["done"]
            .as_str()
            .unwrap()
            .contains("heard before")
    );
    assert_eq!(town.audit(&id).await.len(), 1);
}

#[tokio::test]
async fn a_note_finds_its_incident_and_is_noted_once() {
    let (town, id) = Town::with_incident().await;
    let note = webhook(
        "incident.annotated",
        "",
        &json!({ "data": {
            "incident": { "id": "PGR0VU2", "summary": "errors", "type": "incident_reference" },
            "id": "P2LA89X", "content": "I sure am glad we are using PagerDuty!", "trimmed": false,
            "type": "incident_note",
        }}),
    );
    let got = pagerduty(&town, &note).await;
    assert!(
        got.json()["done"]
            .as_str()
            .unwrap()
            .contains("not one of ours"),
        "{}",
        got.body
    );
    pagerduty(
        &town,
        &webhook("incident.triggered", id.as_str(), &json!({})),
    )
    .await;
    for _ in 0..2 {
        assert_eq!(pagerduty(&town, &note).await.status, 200);
    }
    let trail = town.audit(&id).await;
    assert_eq!(trail.len(), 1);
    assert_eq!(
        trail[0]["act"]["text"],
        "I sure am glad we are using PagerDuty!"
    );
}

#[tokio::test]
async fn an_acknowledgement_goes_and_comes() {
    let (town, id) = Town::with_incident().await;
    for kind in [
        "incident.acknowledged",
        "incident.unacknowledged",
        "incident.acknowledged",
        "incident.reopened",
    ] {
        town.advance(1);
        let more = json!({ "id": town.now().to_string() });
        let got = pagerduty(&town, &webhook(kind, id.as_str(), &more)).await;
        assert_eq!(got.json()["done"], "the act", "{kind}");
    }
    assert_eq!(town.audit(&id).await.len(), 4);
}

#[tokio::test]
async fn what_comes_again_late_does_not_undo_what_was_done_since() {
    let (town, id) = Town::with_incident().await;
    let at = |kind: &str, second: u64| {
        let more = json!({ "id": kind, "occurred_at": format!("2026-03-02T08:00:0{second}Z") });
        webhook(kind, id.as_str(), &more)
    };
    let acknowledged = at("incident.acknowledged", 1);
    for step in 0..100 {
        town.store.inject_after(step, store::Fault::Unavailable);
    }
    assert_eq!(pagerduty(&town, &acknowledged).await.status, 503);
    town.store.clear_faults();
    pagerduty(&town, &at("incident.unacknowledged", 2)).await;
    let got = pagerduty(&town, &acknowledged).await;
    assert_eq!(got.status, 200);
    assert_eq!(
        got.json()["done"],
        "nothing: it is older than what was done"
    );
    assert!(town.audit(&id).await.is_empty());
    // What was done later is not held back, nor what is in no such order.
    for (kind, second) in [
        ("incident.priority_updated", 0),
        ("incident.acknowledged", 3),
        ("incident.reopened", 4),
        ("incident.resolved", 5),
    ] {
        let got = pagerduty(&town, &at(kind, second)).await;
        assert_eq!(got.json()["done"], "the act", "{kind}");
    }
    let got = pagerduty(&town, &at("incident.acknowledged", 3)).await;
    assert_eq!(
        got.json()["done"],
        "nothing: it is older than what was done"
    );
    assert_eq!(town.audit(&id).await.len(), 4);
}

#[test_case(&json!({ "agent": null }); "nobody")]
#[test_case(&json!({ "agent": { "id": "P1", "type": "events_api_v2_inbound_integration_reference", "summary": "Tocsin" } }); "our own echo")]
#[test_case(&json!({ "event_type": "incident.escalated" }); "what says nothing here")]
#[test_case(&json!({ "event_type": "pagey.ping" }); "a test")]
#[test_case(&json!({ "occurred_at": "2026-02-20T08:00:00Z" }); "what was long ago")]
#[test_case(&json!({ "data": { "id": "PX", "incident_key": "d3640fbd41094207a1c11e58e46b1662" } }); "an incident of somebody else")]
#[test_case(&json!({ "data": { "id": "PX", "incident_key": "INC-0123456789ABCDEF" } }); "a forgotten one")]
#[tokio::test]
async fn what_is_not_obeyed_is_answered_with_success(more: &Value) {
    let (town, id) = Town::with_incident().await;
    let got = pagerduty(&town, &webhook("incident.acknowledged", id.as_str(), more)).await;
    assert_eq!(got.status, 200, "{}", got.body);
    assert!(
        got.json()["done"].as_str().unwrap().starts_with("nothing"),
        "{}",
        got.body
    );
    assert!(town.audit(&id).await.is_empty());
}

#[tokio::test]
async fn a_webhook_that_met_a_table_that_fails_is_obeyed_once_when_it_comes_again() {
    for fault in [store::Fault::Unavailable, store::Fault::AnswerLost] {
        for step in 0..12 {
            let (town, id) = Town::with_incident().await;
            let triggered = webhook("incident.triggered", id.as_str(), &json!({}));
            pagerduty(&town, &triggered).await;
            let note = json!({ "data": {
                "id": "PN", "content": "I look", "incident": { "id": "PGR0VU2" },
            } });
            let note = webhook("incident.annotated", id.as_str(), &note);
            town.store.inject_after(step, fault);
            for later in step + 1..step + 100 {
                town.store.inject_after(later, store::Fault::Unavailable);
            }
            pagerduty(&town, &note).await;
            town.store.clear_faults();
            for _ in 0..2 {
                assert_eq!(pagerduty(&town, &note).await.status, 200);
            }
            assert_eq!(town.audit(&id).await.len(), 1, "{fault:?} at {step}");
        }
    }
}

#[tokio::test]
async fn only_pagerduty_may_tell() {
    let (town, id) = Town::with_incident().await;
    let body = webhook("incident.acknowledged", id.as_str(), &json!({}));
    let right = pagerduty::sign(&[pagerduty_secret()], body.as_bytes());
    let other = pagerduty::sign(&[slack_secret()], body.as_bytes());
    for signature in [flip(&right), other, "v1=00".to_owned(), String::new()] {
        let headers = [("x-pagerduty-signature", signature.as_str())];
        town.send(&event("POST", "/pagerduty/webhook", &headers, Some(&body)))
            .await
            .problem(401);
    }
    let headers = [("x-pagerduty-signature", right.as_str())];
    town.send(&event(
        "POST",
        "/pagerduty/webhook",
        &headers,
        Some(&format!("{body} ")),
    ))
    .await
    .problem(401);
    assert!(town.audit(&id).await.is_empty());
}
