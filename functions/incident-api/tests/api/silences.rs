//! Silences.

use serde_json::{Value, json};
use settings::Priority;
use test_case::test_case;

use crate::support::Town;

fn weekend() -> Value {
    json!({
        "matchers": ["service=\"orders\"", "alertname=~\"orders-.*\""], "duration": "4h",
        "times": [{ "weekdays": ["saturday", "sunday"], "location": "Asia/Kolkata" }],
        "comment": "the batch of the weekend", "maintenance": true,
    })
}

#[tokio::test]
async fn a_silence_is_made_found_and_ended() {
    let town = Town::new();
    let got = town.admin("POST", "/v1/silences", Some(weekend())).await;
    assert_eq!(got.status, 201, "{}", got.body);
    let made = got.json();
    assert_eq!(made["state"], "active");
    assert_eq!(made["ends_at"], "2026-03-02T12:00:00Z");
    assert_eq!(made["created_by"]["via"], "token");
    let place = got.header("location").unwrap().to_owned();
    assert_eq!(town.admin("GET", &place, None).await.json(), made);
    let list = town.admin("GET", "/v1/silences", None).await.json();
    assert_eq!(list["silences"].as_array().unwrap().len(), 1);
    let ended = town.admin("DELETE", &place, None).await;
    assert_eq!(ended.json()["state"], "expired");
    town.admin("DELETE", &place, None).await.problem(404);
    let list = town.admin("GET", "/v1/silences", None).await.json();
    assert!(list["silences"].as_array().unwrap().is_empty());
    let list = town
        .admin("GET", "/v1/silences?state=expired", None)
        .await
        .json();
    assert_eq!(list["silences"].as_array().unwrap().len(), 1);
    town.admin("GET", "/v1/silences?state=tired", None)
        .await
        .problem(400);
    town.admin("GET", "/v1/silences/sil-x", None)
        .await
        .problem(404);
    let got = town.admin("GET", "/v1/silences/audit", None).await;
    assert_eq!(got.status, 200, "{}", got.body);
    let trail = got.json();
    let ended = |place: usize| trail["entries"][place]["ended"].as_bool();
    assert_eq!(
        (ended(0), ended(1), ended(2)),
        (Some(false), Some(true), None)
    );
    assert_eq!(trail["entries"][1]["silence"]["state"], "expired");
    let who = trail["entries"][1]["by"]["who"].as_str().unwrap();
    assert!(who.starts_with("bootstrap (token "), "{who}");
    assert_eq!(
        (&trail["unreadable"], &trail["next"]),
        (&json!(0), &json!(null))
    );
    let got = town.admin("GET", "/v1/silences/audit?limit=1", None).await;
    let next = got.json()["next"].as_str().unwrap().to_owned();
    let rest = format!(
        "/v1/silences/audit?cursor={}",
        incident_api::form::encode(&next)
    );
    let rest = town.admin("GET", &rest, None).await.json();
    assert_eq!(rest["entries"][0]["ended"], true);
    let got = town.admin("GET", "/v1/silences/audit?cursor=x", None).await;
    assert_eq!(got.problem(400)["field"], "cursor");
}

#[tokio::test]
async fn a_silence_holds_back_what_it_is_about() {
    let town = Town::new();
    let body =
        json!({ "matchers": ["service=\"orders\""], "duration": "1h", "comment": "a drill" });
    town.admin("POST", "/v1/silences", Some(body)).await;
    town.fires("orders", "orders-errors", Priority::P1).await;
    assert!(town.topic.0.lock().unwrap().is_empty());
    town.fires("payments", "payments-errors", Priority::P1)
        .await;
    assert_eq!(town.topic.0.lock().unwrap().len(), 1);
}

#[test_case("matchers", json!([]), 400, "matchers"; "no matcher")]
#[test_case("matchers", json!(["service=~\".*\""]), 422, "matchers"; "everything")]
#[test_case("matchers", json!(["service=\"a\"", "=="]), 422, "matchers[1]"; "a faulty one")]
#[test_case("matchers", json!("service=\"a\""), 400, "matchers"; "no list")]
#[test_case("matchers", json!(["service=\"a\"", format!("a=\"{}\"", "x".repeat(600))]), 400, "matchers[1]"; "a long one")]
#[test_case("duration", json!("500d"), 422, "ends_at"; "too long")]
#[test_case("duration", json!("0s"), 422, "ends_at"; "no time")]
#[test_case("duration", json!(null), 400, "duration"; "no end")]
#[test_case("comment", json!(" "), 400, "comment"; "no reason")]
#[test_case("times", json!([{ "weekdays": ["holiday"] }]), 400, "times"; "a faulty time")]
#[test_case("creator", json!("me"), 400, "creator"; "an unknown field")]
#[tokio::test]
async fn a_faulty_silence_names_its_field(field: &str, value: Value, status: u64, named: &str) {
    let town = Town::new();
    let before = town.content();
    let mut body = weekend();
    body[field] = value;
    let got = town.admin("POST", "/v1/silences", Some(body)).await;
    assert_eq!(got.problem(status)["field"], named);
    assert_eq!(town.content(), before);
}
