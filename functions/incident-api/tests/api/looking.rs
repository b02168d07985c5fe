//! Looking at incidents changes nothing.

use credentials::link::Purpose;
use serde_json::json;
use settings::Priority;
use test_case::test_case;

use crate::support::{Town, event, token};

#[tokio::test]
async fn a_list_is_filtered_and_comes_in_parts() {
    let town = Town::new();
    let mut ids = Vec::new();
    for (service, priority) in [
        ("orders", Priority::P1),
        ("payments", Priority::P2),
        ("menus", Priority::P2),
        ("orders-2", Priority::P3),
    ] {
        ids.push(town.fires(service, "errors", priority).await);
        town.advance(1);
    }
    town.admin("POST", &format!("/v1/incidents/{}/resolve", ids[1]), None)
        .await;
    let list = async |query: &str| {
        let got = town
            .admin("GET", &format!("/v1/incidents{query}"), None)
            .await;
        assert_eq!(got.status, 200, "{}", got.body);
        got.json()
    };
    let names = |list: &serde_json::Value| -> Vec<String> {
        let incidents = list["incidents"].as_array().unwrap().iter();
        incidents
            .map(|incident| incident["service"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&list("").await), ["orders-2", "menus", "orders"]);
    assert_eq!(names(&list("?status=resolved").await), ["payments"]);
    assert_eq!(
        names(&list("?status=all&priority=P2").await),
        ["menus", "payments"]
    );
    assert_eq!(names(&list("?status=all&priority=P1,p3").await).len(), 2);
    assert_eq!(names(&list("?service=menus").await), ["menus"]);
    let mut parts = Vec::new();
    let mut query = "?status=all&limit=3".to_owned();
    loop {
        let part = list(&query).await;
        parts.extend(names(&part));
        match part["next"].as_str() {
            Some(next) => query = format!("?status=all&limit=3&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(parts, ["orders-2", "menus", "payments", "orders"]);
}

#[test_case("status=broken", "status")]
#[test_case("priority=P9", "priority")]
#[test_case("limit=0", "limit")]
#[test_case("limit=many", "limit"; "no number")]
#[test_case("cursor=x", "cursor")]
#[tokio::test]
async fn a_faulty_question_names_its_parameter(query: &str, field: &str) {
    let town = Town::new();
    let problem = town
        .admin("GET", &format!("/v1/incidents?{query}"), None)
        .await
        .problem(400);
    assert_eq!(
        (problem["field"].as_str(), problem["place"].as_str()),
        (Some(field), Some("query"))
    );
}

#[tokio::test]
async fn an_incident_is_shown_with_all_that_is_known() {
    let (town, id) = Town::with_incident().await;
    town.advance(120);
    town.admin("POST", &format!("/v1/incidents/{id}/acknowledge"), None)
        .await;
    town.admin(
        "POST",
        &format!("/v1/incidents/{id}/comment"),
        Some(json!({"text": "looking"})),
    )
    .await;
    let shown = town
        .admin("GET", &format!("/v1/incidents/{id}"), None)
        .await
        .json();
    assert_eq!(shown["incident"]["id"], id.as_str());
    assert_eq!(shown["respond_by"], "2026-03-02T08:15:00Z");
    assert_eq!(shown["acknowledged"], true);
    assert_eq!(
        shown["acknowledgement"]["until"], "2026-03-02T10:02:00Z",
        "the policy's ack_timeout"
    );
    assert_eq!(shown["first_acknowledged_at"], "2026-03-02T08:02:00Z");
    assert_eq!(shown["alerts"][0]["measurement"]["value"], 7.25);
    assert_eq!(
        shown["alerts"][0]["runbook"],
        "https://runbooks.example.com/orders"
    );
    let texts: Vec<&str> = shown["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts[0], "Opened as P2");
    assert!(
        texts.iter().any(|text| text.ends_with("acknowledged")),
        "{texts:?}"
    );
    assert!(texts.last().unwrap().ends_with("“looking”"), "{texts:?}");
    let why = town
        .admin("GET", &format!("/v1/incidents/{id}/why"), None)
        .await
        .json();
    assert_eq!(why["schema"], "tocsin.why/1");
    assert_eq!(why["alerts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn who_is_on_call_is_told_now_and_then() {
    let town = Town::new();
    let shown = town
        .admin("GET", "/v1/oncall?at=2026-01-06T00:00:00Z", None)
        .await
        .json();
    let rotation = &shown["rotations"][0];
    assert_eq!(rotation["name"], "primary");
    assert_eq!(rotation["now"]["receiver"], "first");
    assert_eq!(rotation["now"]["from"], "2026-01-05T03:30:00Z");
    let next: Vec<&str> = rotation["next"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["receiver"].as_str().unwrap())
        .collect();
    assert_eq!(next, ["second", "first", "second"]);
    assert_eq!(
        town.admin("GET", "/v1/oncall", None).await.json()["at"],
        "2026-03-02T08:00:00Z"
    );
    town.admin("GET", "/v1/oncall?at=tomorrow", None)
        .await
        .problem(400);
}

#[tokio::test]
async fn no_get_and_no_head_changes_anything() {
    let (town, id) = Town::with_incident().await;
    let body = json!({ "matchers": ["service=\"x\""], "duration": "1h", "comment": "x" });
    let silence = town.admin("POST", "/v1/silences", Some(body)).await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let act = town.link(&id, Purpose::Act);
    let before = town.content();
    let told = town.topic.0.lock().unwrap().len();
    let bearer = format!("Bearer {}", token(0).expose());
    for (_, path) in incident_api::route::ROUTES {
        let path = path
            .replace("{token}", &act)
            .replace("{action}", "acknowledge");
        let path = path.replace(
            "{id}",
            if path.contains("silences") {
                &silence
            } else {
                id.as_str()
            },
        );
        for method in ["GET", "HEAD"] {
            let form = town.keys().confirm(&act, "acknowledge", town.now());
            let body = crate::support::form(&[("confirmation", &form)]);
            let got = town
                .send(&event(
                    method,
                    &path,
                    &[("authorization", &bearer)],
                    Some(&body),
                ))
                .await;
            assert!(got.status < 500, "{method} {path}");
            assert!(
                method == "GET" || got.body.is_empty(),
                "{method} {path} has a body"
            );
            town.advance(2);
        }
    }
    assert_eq!(town.content(), before);
    assert_eq!(town.topic.0.lock().unwrap().len(), told);
}

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_it_private() {
    let (town, id) = Town::with_incident().await;
    let page = format!("/i/{}", town.link(&id, Purpose::Act));
    for path in [
        "/healthz",
        "/openapi.json",
        "/v1/incidents",
        "/nowhere",
        page.as_str(),
        "/i/forged",
    ] {
        let got = town.send(&event("GET", path, &[], None)).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(got.header(name), Some(value), "{path}");
        }
        let policy = got.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe"));
    }
}
