//! How much one caller may ask for.

use serde_json::json;

use crate::support::{IP, Town, event, token};

#[tokio::test]
async fn a_token_has_a_limit_and_is_told_when_to_come_again() {
    let town = Town::new();
    for _ in 0..60 {
        assert_eq!(town.admin("GET", "/v1/whoami", None).await.status, 200);
    }
    let got = town.admin("GET", "/v1/whoami", None).await;
    got.problem(429);
    assert_eq!(got.header("retry-after"), Some("1"));
    town.advance(1);
    assert_eq!(town.admin("GET", "/v1/whoami", None).await.status, 200);
}

#[tokio::test]
async fn who_presents_what_is_wrong_waits_and_what_verifies_does_not() {
    let town = Town::new();
    for _ in 0..10 {
        town.call(&token(9), "GET", "/v1/whoami", None)
            .await
            .problem(401);
    }
    let got = town.call(&token(9), "GET", "/v1/whoami", None).await;
    got.problem(429);
    assert_eq!(got.header("retry-after"), Some("10"));
    // An office has one address for all who sit there, and Slack few for everybody.
    assert_eq!(town.admin("GET", "/v1/whoami", None).await.status, 200);
    let wrong = format!("Bearer {}", token(9).expose());
    let headers = [("authorization", wrong.as_str())];
    let mut elsewhere = event("GET", "/v1/whoami", &headers, None);
    elsewhere["requestContext"]["http"]["sourceIp"] = "203.0.113.10".into();
    town.send(&elsewhere).await.problem(401);
    // What a caller writes into a header makes nobody another one.
    let headers = [
        ("authorization", wrong.as_str()),
        ("x-forwarded-for", "192.0.2.7"),
    ];
    let mut pretended = event("GET", "/v1/whoami", &headers, None);
    pretended["requestContext"]["http"]["sourceIp"] = IP.into();
    town.send(&pretended).await.problem(429);
}

#[tokio::test]
async fn wrong_links_and_signatures_bar_nobody_behind_the_same_address() {
    let (town, id) = Town::with_incident().await;
    let hook = [("x-pagerduty-signature", "v1=00")];
    let hook = event("POST", "/pagerduty/webhook", &hook, Some("{}"));
    for _ in 0..10 {
        town.send(&hook).await.problem(401);
    }
    town.send(&hook).await.problem(429);
    let wrong = event("GET", "/i/wrong", &[], None);
    assert_eq!(town.send(&wrong).await.status, 429);
    let path = format!("/i/{}", town.link(&id, credentials::link::Purpose::Act));
    assert_eq!(town.send(&event("GET", &path, &[], None)).await.status, 200);
}

#[tokio::test]
async fn pages_have_a_limit_too_and_it_is_a_page() {
    let (town, id) = Town::with_incident().await;
    let path = format!("/i/{}", town.link(&id, credentials::link::Purpose::View));
    for _ in 0..30 {
        assert_eq!(town.send(&event("GET", &path, &[], None)).await.status, 200);
    }
    let got = town.send(&event("GET", &path, &[], None)).await;
    assert_eq!(got.status, 429);
    assert!(got.body.starts_with("<!doctype html>"));
    assert_eq!(got.header("retry-after"), Some("2"));
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let (town, id) = Town::with_incident().await;
    let body = json!({ "text": "x".repeat(70_000) });
    let got = town
        .admin("POST", &format!("/v1/incidents/{id}/comment"), Some(body))
        .await;
    got.problem(413);
}
