//! Who is refused, and how.

use credentials::bearer::Scope;
use jiff::SignedDuration;
use serde_json::json;
use test_case::test_case;

use crate::support::{Town, event, record, start, token};

#[test_case(None, "missing"; "nothing")]
#[test_case(Some("Basic dXNlcjpwYXNz"), "malformed"; "another scheme")]
#[test_case(Some("Bearer x"), "malformed"; "no token")]
#[test_case(Some("TOKEN"), "malformed"; "no scheme")]
#[test_case(Some("Bearer OTHER"), "forged"; "an unknown token")]
#[test_case(Some("Bearer FLIPPED"), "forged"; "a flipped bit")]
#[test_case(Some("Bearer EXPIRED"), "expired"; "an expired one")]
#[tokio::test]
async fn a_wrong_token_is_refused(header: Option<&str>, reason: &str) {
    let town = Town::new();
    {
        let mut secrets = town.secrets.0.lock().unwrap();
        let (_, api) = secrets.as_mut().unwrap();
        let expired = record(&token(2), "old", &[Scope::Read], Some(start()));
        api["tokens"].as_array_mut().unwrap().push(json!(expired));
    }
    let good = token(0).expose();
    let flipped = if good.ends_with('E') {
        good.replace("FBQ", "FBR")
    } else {
        flip(&good)
    };
    let header = header.map(|header| {
        header
            .replace("OTHER", &token(1).expose())
            .replace("FLIPPED", &flipped)
            .replace("EXPIRED", &token(2).expose())
            .replace("TOKEN", &good)
    });
    let headers: Vec<(&str, &str)> = header
        .iter()
        .map(|header| ("authorization", header.as_str()))
        .collect();
    for path in [
        "/v1/incidents",
        "/v1/whoami",
        "/v1/tokens",
        "/v1/silences",
        "/v1/oncall",
    ] {
        let got = town.send(&event("GET", path, &headers, None)).await;
        got.problem(401);
        assert_eq!(
            got.header("www-authenticate"),
            Some("Bearer realm=\"tocsin\"")
        );
        let counted = got.metrics.iter().any(|line| {
            line.contains("\"ApiAuthFailures\":1")
                && line.contains(&format!("\"reason\":\"{reason}\""))
        });
        assert!(counted, "{:?}", got.metrics);
        assert!(!got.body.contains(&good[20..]), "no secret is repeated");
    }
}

/// Another digit in the middle of the secret.
fn flip(token: &str) -> String {
    let mut characters: Vec<char> = token.chars().collect();
    characters[40] = if characters[40] == 'A' { 'B' } else { 'A' };
    characters.into_iter().collect()
}

#[tokio::test]
async fn the_header_s_name_and_scheme_have_any_letter_case() {
    let town = Town::new();
    let bearer = format!("bEARER {}", token(0).expose());
    let got = town
        .send(&event(
            "GET",
            "/v1/whoami",
            &[("AUTHORIZATION", &bearer)],
            None,
        ))
        .await;
    assert_eq!(got.status, 200, "{}", got.body);
    assert_eq!(got.json()["token"]["name"], "bootstrap");
    assert_eq!(got.json()["token"]["scopes"], json!(["admin"]));
}

#[tokio::test]
async fn a_token_lives_from_making_to_revoking_and_is_kept_as_a_hash() {
    let town = Town::new();
    let body =
        json!({ "name": "deploy pipeline", "scopes": ["read", "silence"], "expires_in": "90d" });
    let got = town.admin("POST", "/v1/tokens", Some(body)).await;
    assert_eq!(got.status, 201, "{}", got.body);
    let text = got.json()["token"].as_str().unwrap().to_owned();
    let id = got.json()["id"].as_str().unwrap().to_owned();
    let secret = text.rsplit_once('_').unwrap().1.to_owned();
    assert!(!town.content().contains(&secret), "only the hash is kept");
    let made = credentials::bearer::Token::parse(&text).unwrap();
    assert_eq!(
        town.call(&made, "GET", "/v1/incidents", None).await.status,
        200
    );
    let list = town.admin("GET", "/v1/tokens", None).await;
    assert!(!list.body.contains("hash") && !list.body.contains(&secret));
    assert_eq!(list.json()["entries"][0]["name"], "deploy pipeline");
    assert_eq!(
        list.json()["entries"][0]["by"]["who"].as_str().unwrap()[..9],
        *"bootstrap"
    );
    let path = format!("/v1/tokens/{id}");
    assert_eq!(town.admin("DELETE", &path, None).await.status, 204);
    assert_eq!(
        town.admin("DELETE", &path, None).await.status,
        204,
        "twice is once"
    );
    town.call(&made, "GET", "/v1/incidents", None)
        .await
        .problem(401);
    let list = town.admin("GET", "/v1/tokens", None).await;
    assert_eq!(list.json()["entries"].as_array().unwrap().len(), 2);
    assert_eq!(list.json()["entries"][1]["revoked"], true);
    town.admin("DELETE", "/v1/tokens/abcdefghijkl", None)
        .await
        .problem(404);
}

#[test_case(json!({ "scopes": ["read"] }), "name")]
#[test_case(json!({ "name": "", "scopes": ["read"] }), "name"; "an empty name")]
#[test_case(json!({ "name": "x", "scopes": [] }), "scopes")]
#[test_case(json!({ "name": "x", "scopes": ["root"] }), "scopes"; "another scope")]
#[test_case(json!({ "name": "x", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z" }), "expires_at")]
#[tokio::test]
async fn faulty_tokens_are_not_made(body: serde_json::Value, field: &str) {
    let town = Town::new();
    let before = town.content();
    assert_eq!(
        town.admin("POST", "/v1/tokens", Some(body))
            .await
            .problem(400)["field"],
        field
    );
    assert_eq!(town.content(), before);
}

#[tokio::test]
async fn a_token_that_was_put_into_the_secret_is_found_within_a_minute() {
    let town = Town::new();
    assert_eq!(town.admin("GET", "/v1/whoami", None).await.status, 200);
    {
        let mut secrets = town.secrets.0.lock().unwrap();
        let (_, api) = secrets.as_mut().unwrap();
        let new = record(&token(3), "second", &[Scope::Read], None);
        api["tokens"].as_array_mut().unwrap().push(json!(new));
    }
    town.call(&token(3), "GET", "/v1/whoami", None)
        .await
        .problem(401);
    town.advance(60);
    assert_eq!(
        town.call(&token(3), "GET", "/v1/whoami", None).await.status,
        200
    );
}

#[tokio::test]
async fn tokens_of_the_table_work_without_the_secret() {
    let town = Town::new();
    let body = json!({ "name": "x", "scopes": ["read"] });
    let got = town.admin("POST", "/v1/tokens", Some(body)).await;
    let made = credentials::bearer::Token::parse(got.json()["token"].as_str().unwrap()).unwrap();
    *town.secrets.0.lock().unwrap() = None;
    town.advance(SignedDuration::from_hours(1).as_secs());
    assert_eq!(
        town.call(&made, "GET", "/v1/incidents", None).await.status,
        200
    );
}
