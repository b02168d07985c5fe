//! How the suite and what it watches are.

use health::Document;
use serde_json::json;
use store::{SensorStates, Version};

use crate::support::{Town, event};

/// A status document as `health-check` keeps it, of that time.
async fn keep(town: &Town, status: &str) {
    let document = json!({
        "status": status, "version": "1", "description": "health of x", "time": town.now(),
        "checks": {"db:responseTime": [{
            "componentId": "db", "componentType": "datastore", "status": status, "condition": "down",
            "since": town.now(), "observedValue": 12.5, "observedUnit": "ms",
        }]},
    });
    let body = document.to_string();
    let version = town
        .store
        .sensor_state("health-check", "status")
        .await
        .unwrap()
        .version;
    let saved = town
        .store
        .save_sensor_state("health-check", "status", version, &body, None);
    saved.await.unwrap();
}

#[tokio::test]
async fn its_own_health_needs_no_token_and_no_table() {
    let town = Town::new();
    town.store.fail_next(100);
    let got = town.send(&event("GET", "/health", &[], None)).await;
    assert_eq!(
        (got.status, got.json()["status"].as_str()),
        (200, Some("pass"))
    );
    assert_eq!(got.header("content-type"), Some("application/health+json"));
}

#[tokio::test]
async fn what_is_watched_is_shown_to_who_may_read() {
    let town = Town::new();
    let nobody = town
        .send(&event("GET", "/health/detailed", &[], None))
        .await;
    nobody.problem(401);
    keep(&town, "fail").await;
    let got = town.admin("GET", "/health/detailed", None).await;
    assert_eq!(got.header("content-type"), Some("application/health+json"));
    assert_eq!(
        got.json()["checks"]["db:responseTime"][0]["condition"],
        "down"
    );
    assert_eq!(got.json()["status"], "fail");
    serde_json::from_value::<Document>(got.json()).unwrap();
}

#[tokio::test]
async fn what_nobody_renews_or_can_read_is_not_well() {
    let town = Town::new();
    let got = town.admin("GET", "/health/detailed", None).await;
    assert_eq!(got.json()["status"], "warn");
    keep(&town, "pass").await;
    town.advance(300);
    let got = town.admin("GET", "/health/detailed", None).await;
    assert_eq!(got.json()["status"], "pass");
    town.advance(60);
    let got = town.admin("GET", "/health/detailed", None).await;
    assert_eq!(got.json()["status"], "warn");
    assert!(
        got.json()["notes"][0]
            .as_str()
            .unwrap()
            .contains("6 minutes"),
        "{}",
        got.body
    );
    let saved = town
        .store
        .save_sensor_state("health-check", "status", Version(1), "[]", None);
    saved.await.unwrap();
    let got = town.admin("GET", "/health/detailed", None).await;
    assert_eq!(got.json()["status"], "warn");
}
