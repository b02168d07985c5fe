//! What machines do about incidents.

use credentials::bearer::Scope;
use serde_json::{Value, json};
use settings::Priority;
use test_case::test_case;

use crate::support::{IP, Town, token};

#[test_case("acknowledge", None, "acknowledge")]
#[test_case("acknowledge", Some(json!({ "for": "30m" })), "acknowledge"; "for a while")]
#[test_case("acknowledge", Some(json!({ "until": "2026-03-02T12:00:00Z" })), "acknowledge"; "until a time")]
#[test_case("comment", Some(json!({ "text": "the disk is full" })), "comment")]
#[test_case("priority", Some(json!({ "priority": "P1" })), "set_priority")]
#[test_case("resolve", Some(json!({ "verdict": "false_positive", "why": "a drill" })), "resolve")]
#[test_case("resolve", None, "resolve"; "without a verdict")]
#[tokio::test]
async fn every_act_is_carried_out_and_in_the_trail(name: &str, body: Option<Value>, act: &str) {
    let (town, id) = Town::with_incident().await;
    let got = town
        .admin("POST", &format!("/v1/incidents/{id}/{name}"), body)
        .await;
    assert_eq!(got.status, 200, "{}", got.body);
    assert_eq!(got.json()["changed"], true);
    assert_eq!(got.json()["incident"]["id"], id.as_str());
    let trail = town.audit(&id).await;
    assert_eq!(trail.len(), 1);
    assert_eq!(trail[0]["act"]["act"], act);
    assert_eq!(trail[0]["by"]["via"], "token");
    assert_eq!(trail[0]["by"]["from"], IP);
    let who = trail[0]["by"]["who"].as_str().unwrap();
    assert_eq!(who, format!("bootstrap (token {})", token(0).id()));
}

#[tokio::test]
async fn an_act_tells_people_and_sets_timers() {
    let (town, id) = Town::with_incident().await;
    let (told, set) = (
        town.topic.0.lock().unwrap().len(),
        town.alarms.0.lock().unwrap().len(),
    );
    let got = town
        .admin("POST", &format!("/v1/incidents/{id}/resolve"), None)
        .await;
    assert_eq!(got.json()["incident"]["status"], "resolved");
    assert!(
        town.topic.0.lock().unwrap().len() > told,
        "the end is told at once"
    );
    assert!(
        town.alarms.0.lock().unwrap().len() > set,
        "its report is due"
    );
    assert_eq!(
        town.store.outbox_len(),
        0,
        "what is published is out of the outbox"
    );
}

#[tokio::test]
async fn the_same_again_changes_nothing() {
    let (town, id) = Town::with_incident().await;
    let path = format!("/v1/incidents/{id}/acknowledge");
    assert_eq!(
        town.admin("POST", &path, None).await.json()["changed"],
        true
    );
    assert_eq!(
        town.admin("POST", &path, None).await.json()["changed"],
        false
    );
    let give = format!("/v1/incidents/{id}/unacknowledge");
    assert_eq!(
        town.admin("POST", &give, None).await.json()["changed"],
        true
    );
    assert_eq!(
        town.admin("POST", &give, None).await.json()["changed"],
        false
    );
    assert_eq!(town.audit(&id).await.len(), 2);
}

#[tokio::test]
async fn an_incident_that_is_over_says_so() {
    let (town, id) = Town::with_incident().await;
    town.admin("POST", &format!("/v1/incidents/{id}/resolve"), None)
        .await;
    let got = town
        .admin("POST", &format!("/v1/incidents/{id}/acknowledge"), None)
        .await;
    assert_eq!(got.problem(409)["type"], "urn:tocsin:problem:over");
    let got = town
        .admin(
            "POST",
            &format!("/v1/incidents/{id}/comment"),
            Some(json!({"text": "x"})),
        )
        .await;
    assert_eq!(got.status, 200, "a comment may follow the end");
}

#[test_case("acknowledge", json!({ "until": "2020-01-01T00:00:00Z" }), 422, "until")]
#[test_case("acknowledge", json!({ "until": "soon" }), 400, "until"; "no time")]
#[test_case("acknowledge", json!({ "for": "x" }), 400, "for")]
#[test_case("acknowledge", json!({ "fro": "1h" }), 400, "fro")]
#[test_case("comment", json!({}), 400, "text")]
#[test_case("comment", json!({ "text": "" }), 422, "text"; "empty")]
#[test_case("comment", json!({ "text": "x".repeat(2001) }), 422, "text"; "too long")]
#[test_case("priority", json!({ "priority": "P5" }), 400, "priority")]
#[test_case("resolve", json!({ "verdict": "maybe" }), 400, "verdict")]
#[tokio::test]
async fn a_fault_names_its_field_and_place(name: &str, body: Value, status: u64, field: &str) {
    let (town, id) = Town::with_incident().await;
    let before = town.content();
    let got = town
        .admin("POST", &format!("/v1/incidents/{id}/{name}"), Some(body))
        .await;
    let problem = got.problem(status);
    assert_eq!(problem["field"], field);
    assert_eq!(problem["place"], "body");
    assert_eq!(town.content(), before);
}

#[test_case("INC-0123456789ABCDEF", 404)]
#[test_case("INC-1", 400)]
#[test_case("..", 400)]
#[tokio::test]
async fn unknown_incidents(id: &str, status: u64) {
    let town = Town::new();
    for (method, path) in [
        ("GET", format!("/v1/incidents/{id}")),
        ("GET", format!("/v1/incidents/{id}/why")),
        ("GET", format!("/v1/incidents/{id}/audit")),
        ("POST", format!("/v1/incidents/{id}/acknowledge")),
    ] {
        town.admin(method, &path, None).await.problem(status);
    }
}

#[tokio::test]
async fn a_token_may_do_what_its_scopes_say_and_no_more() {
    let (town, id) = Town::with_incident().await;
    let make = async |scope: Scope| {
        let body = json!({ "name": format!("only {scope}"), "scopes": [scope] });
        let got = town.admin("POST", "/v1/tokens", Some(body)).await;
        assert_eq!(got.status, 201, "{}", got.body);
        credentials::bearer::Token::parse(got.json()["token"].as_str().unwrap()).unwrap()
    };
    let silence = json!({ "matchers": ["service=\"orders\""], "duration": "1h", "comment": "x" });
    let requests: Vec<(&str, String, Option<Value>, Scope)> = vec![
        ("GET", "/v1/incidents".to_owned(), None, Scope::Read),
        ("GET", format!("/v1/incidents/{id}"), None, Scope::Read),
        ("GET", format!("/v1/incidents/{id}/why"), None, Scope::Read),
        (
            "GET",
            format!("/v1/incidents/{id}/audit"),
            None,
            Scope::Read,
        ),
        ("GET", "/v1/silences".to_owned(), None, Scope::Read),
        ("GET", "/v1/oncall".to_owned(), None, Scope::Read),
        (
            "POST",
            format!("/v1/incidents/{id}/acknowledge"),
            None,
            Scope::Act,
        ),
        (
            "POST",
            format!("/v1/incidents/{id}/unacknowledge"),
            None,
            Scope::Act,
        ),
        (
            "POST",
            format!("/v1/incidents/{id}/comment"),
            Some(json!({"text": "x"})),
            Scope::Act,
        ),
        (
            "POST",
            format!("/v1/incidents/{id}/priority"),
            Some(json!({"priority": "P3"})),
            Scope::Act,
        ),
        (
            "POST",
            "/v1/silences".to_owned(),
            Some(silence),
            Scope::Silence,
        ),
        ("GET", "/v1/tokens".to_owned(), None, Scope::Admin),
        (
            "POST",
            "/v1/tokens".to_owned(),
            Some(json!({"name": "x", "scopes": ["read"]})),
            Scope::Admin,
        ),
        (
            "DELETE",
            "/v1/tokens/abcdefghijkl".to_owned(),
            None,
            Scope::Admin,
        ),
    ];
    for scope in Scope::ALL {
        let bearer = make(scope).await;
        for (method, path, body, needed) in &requests {
            let got = town.call(&bearer, method, path, body.clone()).await;
            let may = scope == *needed || scope == Scope::Admin;
            assert_eq!(
                got.status == 403,
                !may,
                "{scope} {method} {path}: {}",
                got.body
            );
        }
        town.advance(3600);
    }
    assert_eq!(town.fires("orders", "x", Priority::P2).await, id);
}
