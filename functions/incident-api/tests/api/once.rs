//! What is asked for with an `Idempotency-Key` is done once, and done.

use incident::IncidentId;
use serde_json::{Value, json};
use store::{Fault, Page, RecordStore};
use test_case::test_case;

use crate::support::{Got, Town, event, token};

/// How long a claim holds a key, and how long a key is remembered.
const LEASE: i64 = 16;
const DAY: i64 = 24 * 3_600;

impl Town {
    async fn keyed(&self, method: &str, path: &str, key: &str, body: Option<Value>) -> Got {
        let bearer = format!("Bearer {}", token(0).expose());
        let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", key)];
        let body = body.map(|body| body.to_string());
        self.send(&event(method, path, &headers, body.as_deref()))
            .await
    }

    async fn comments(&self, id: &IncidentId, key: &str, text: &str) -> Got {
        let path = format!("/v1/incidents/{id}/comment");
        self.keyed("POST", &path, key, Some(json!({ "text": text })))
            .await
    }

    /// How much was done, by the trails.
    async fn trails(&self) -> usize {
        let mut lines = 0;
        let incidents = self.admin("GET", "/v1/incidents?status=all", None).await;
        for incident in incidents.json()["incidents"].as_array().unwrap() {
            let id = incident["id"].as_str().unwrap();
            lines += self.audit(&IncidentId::try_new(id).unwrap()).await.len();
        }
        let silences = self.store.notes("AUDIT#SILENCES", Page::first(100)).await;
        lines + silences.unwrap().notes.len()
    }
}

#[tokio::test]
async fn the_answer_is_given_again_and_the_key_is_for_one_request() {
    let (town, id) = Town::with_incident().await;
    let first = town.comments(&id, "a", "one").await;
    let again = town.comments(&id, "a", "one").await;
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(first.body, again.body);
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(
        town.comments(&id, "a", "two").await.problem(422)["type"],
        "urn:tocsin:problem:key-reused"
    );
    assert_eq!(town.comments(&id, "b", "one").await.status, 200);
    assert_eq!(town.audit(&id).await.len(), 2);
    town.comments(&id, &"k".repeat(256), "x").await.problem(400);
    town.advance(DAY + 1);
    let forgotten = town.comments(&id, "a", "three").await;
    assert_eq!(forgotten.status, 200, "it is forgotten after a day");
}

#[tokio::test]
async fn keys_of_two_callers_are_two() {
    let (town, id) = Town::with_incident().await;
    assert_eq!(town.comments(&id, "a", "one").await.status, 200);
    let body = json!({ "name": "other", "scopes": ["act"] });
    let made = town.admin("POST", "/v1/tokens", Some(body)).await;
    let bearer = format!("Bearer {}", made.json()["token"].as_str().unwrap());
    let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", "a")];
    let path = format!("/v1/incidents/{id}/comment");
    let body = Some(r#"{"text":"two"}"#);
    let got = town.send(&event("POST", &path, &headers, body)).await;
    assert_eq!(got.status, 200, "{}", got.body);
}

#[test_case(Fault::Unavailable; "nothing happens any more")]
#[test_case(Fault::AnswerLost; "one answer is lost and then nothing happens")]
#[tokio::test]
async fn wherever_a_request_is_cut_short_it_is_done_once_when_it_comes_again(fault: Fault) {
    for act in [
        "comment",
        "resolve",
        "acknowledge",
        "silence",
        "end a silence",
    ] {
        for step in 0..14 {
            let (town, id) = Town::with_incident().await;
            let body = json!({ "matchers": ["service=\"x\""], "duration": "1h", "comment": "x" });
            let (method, path, body) = match act {
                "silence" => ("POST", "/v1/silences".to_owned(), Some(body)),
                "end a silence" => {
                    let made = town.admin("POST", "/v1/silences", Some(body)).await;
                    let path = made.header("location").unwrap().to_owned();
                    ("DELETE", path, None)
                }
                act => {
                    let body = (act == "comment").then(|| json!({ "text": "x" }));
                    ("POST", format!("/v1/incidents/{id}/{act}"), body)
                }
            };
            let before = town.trails().await;
            town.store.inject_after(step, fault);
            for later in step + 1..step + 100 {
                town.store.inject_after(later, Fault::Unavailable);
            }
            let first = town.keyed(method, &path, "a", body.clone()).await;
            town.store.clear_faults();
            let mut again = town.keyed(method, &path, "a", body.clone()).await;
            if again.status == 409 {
                // It died with the key in its hand.
                let wait: i64 = again.header("retry-after").unwrap().parse().unwrap();
                assert!(wait <= LEASE + 1, "{wait}");
                town.advance(wait);
                again = town.keyed(method, &path, "a", body.clone()).await;
            }
            let place = format!("{act}, {fault:?} at {step}: {} {}", first.body, again.body);
            assert!(again.status < 300, "{place}");
            if first.status < 300 {
                assert_eq!(first.body, again.body, "{place}");
            }
            assert_eq!(town.trails().await, before + 1, "{place}");
            let replayed = town.keyed(method, &path, "a", body).await;
            assert_eq!(replayed.body, again.body, "{place}");
            assert_eq!(replayed.header("idempotency-replayed"), Some("true"));
        }
    }
}

#[tokio::test]
async fn a_request_that_failed_is_carried_out_when_it_comes_again() {
    let (town, id) = Town::with_incident().await;
    // The key is claimed in two steps; then nothing works for as long as the engine insists.
    for step in 0..8 {
        town.store.inject_after(2 + step, Fault::Unavailable);
    }
    let failed = town.comments(&id, "a", "x").await;
    assert!(failed.problem(503)["remedy"].is_string());
    assert_eq!(failed.header("retry-after"), Some("2"));
    let other = town.comments(&id, "a", "y").await;
    assert_eq!(other.problem(422)["type"], "urn:tocsin:problem:key-reused");
    let again = town.comments(&id, "a", "x").await;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(again.header("idempotency-replayed"), None);
    assert_eq!(town.audit(&id).await.len(), 1);
}

#[tokio::test]
async fn who_asks_while_it_is_carried_out_is_to_wait() {
    let (town, id) = Town::with_incident().await;
    let before = town.store.operations();
    town.comments(&id, "measured", "x").await;
    let steps = town.store.operations() - before;
    // The first waits a moment before its act's commit is tried again; then the others come.
    town.store.inject_after(steps - 1, Fault::Throttled);
    let (first, second, other) = tokio::join!(
        town.comments(&id, "a", "one"),
        town.comments(&id, "a", "one"),
        town.comments(&id, "a", "two"),
    );
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(second.problem(409)["type"], "urn:tocsin:problem:unanswered");
    assert_eq!(second.header("retry-after"), Some("17"));
    assert_eq!(other.problem(422)["type"], "urn:tocsin:problem:key-reused");
    assert_eq!(town.comments(&id, "a", "one").await.body, first.body);
    assert_eq!(town.audit(&id).await.len(), 2);
}

#[tokio::test]
async fn a_refusal_is_an_answer_too() {
    let (town, id) = Town::with_incident().await;
    let acknowledge = format!("/v1/incidents/{id}/acknowledge");
    town.admin("POST", &format!("/v1/incidents/{id}/resolve"), None)
        .await;
    let first = town.keyed("POST", &acknowledge, "a", None).await;
    assert_eq!(first.problem(409)["type"], "urn:tocsin:problem:over");
    let again = town.keyed("POST", &acknowledge, "a", None).await;
    assert_eq!((again.problem(409), again.body), (first.json(), first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
}

#[tokio::test]
async fn what_was_made_is_where_it_was_said_to_be() {
    let town = Town::new();
    let body = json!({ "matchers": ["service=\"x\""], "duration": "1h", "comment": "x" });
    let made = town
        .keyed("POST", "/v1/silences", "a", Some(body.clone()))
        .await;
    let again = town.keyed("POST", "/v1/silences", "a", Some(body)).await;
    assert_eq!((made.status, again.status), (201, 201));
    assert!(made.header("location").is_some());
    assert_eq!(made.header("location"), again.header("location"));
}

#[tokio::test]
async fn a_token_is_shown_once() {
    let town = Town::new();
    let body = json!({ "name": "x", "scopes": ["read"] });
    let made = town
        .keyed("POST", "/v1/tokens", "a", Some(body.clone()))
        .await;
    assert_eq!(made.status, 201);
    let again = town.keyed("POST", "/v1/tokens", "a", Some(body)).await;
    assert_eq!(again.problem(409)["type"], "urn:tocsin:problem:shown-once");
    assert_eq!(again.header("retry-after"), None);
    let list = town.admin("GET", "/v1/tokens", None).await;
    assert_eq!(list.json()["entries"].as_array().unwrap().len(), 1);
    let token = made.json()["token"].as_str().unwrap().to_owned();
    assert!(!town.content().contains(token.rsplit_once('_').unwrap().1));
}
