//! What is done.

use serde_json::{Value, json};
use test_case::test_case;

use crate::documents::{self, A};
use crate::server::{Server, code, err, out, reply};

#[test_case(&["ack", A], "acknowledge", &json!({}), "acknowledged")]
#[test_case(&["ack", A, "--for", "2h"], "acknowledge", &json!({"for": "2h"}), "acknowledged"; "for a while")]
#[test_case(&["unack", A], "unacknowledge", &json!({}), "given back")]
#[test_case(&["resolve", A, "--true"], "resolve", &json!({"verdict": "true_positive"}), "resolved as a true positive"; "real")]
#[test_case(&["resolve", A, "--false", "--why", "a load test"], "resolve",
    &json!({"verdict": "false_positive", "why": "a load test"}), "resolved as a false positive"; "false")]
#[test_case(&["comment", A, "looks like the database"], "comment", &json!({"text": "looks like the database"}), "noted")]
#[test_case(&["priority", A, "p1"], "priority", &json!({"priority": "P1"}), "P1 now")]
fn an_act_is_sent_once_with_a_key(arguments: &[&str], act: &str, body: &Value, done: &str) {
    let server = Server::new([("POST", vec![reply(200, documents::acted(true))])]);
    let output = server.run(arguments);
    assert_eq!(code(&output), 0, "{output:?}");
    let line = format!("P2 {A} {done}: Checkout: error rate 7 % is over 5 %\n");
    assert_eq!(out(&output), line);
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].line, format!("POST /v1/incidents/{A}/{act}"));
    assert_eq!(asked[0].body, *body);
    assert_eq!(asked[0].header("content-type"), Some("application/json"));
    assert!(asked[0].header("idempotency-key").unwrap().len() > 30);
}

#[test]
fn what_was_so_already_is_said_to_be() {
    let server = Server::new([("POST", vec![reply(200, documents::acted(false))])]);
    let text = out(&server.run(&["ack", A]));
    assert!(
        text.contains("acknowledged (as it was already): "),
        "{text}"
    );
    let output = server.run(&["ack", A, "--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document, documents::acted(false));
}

#[test]
fn a_note_follows_the_acknowledgement() {
    let server = Server::new([("POST", vec![reply(200, documents::acted(true))])]);
    assert_eq!(code(&server.run(&["ack", A, "--note", "on it"])), 0);
    let asked = server.asked();
    assert!(asked[0].line.ends_with("/acknowledge"));
    assert!(asked[1].line.ends_with("/comment"));
    assert_eq!(asked[1].body, json!({"text": "on it"}));
    assert_ne!(
        asked[0].header("idempotency-key"),
        asked[1].header("idempotency-key")
    );
}

#[test]
fn a_lost_note_does_not_hide_the_acknowledgement() {
    let server = Server::new([
        (
            "POST /v1/incidents/INC-01KYVB5K0WABC9XF/acknowledge",
            vec![reply(200, documents::acted(true))],
        ),
        (
            "POST",
            vec![reply(422, json!({"detail": "text has 9000 characters"}))],
        ),
    ]);
    let output = server.run(&["ack", A, "--note", "on it"]);
    assert_eq!(code(&output), 1);
    assert_eq!(
        err(&output),
        format!(
            "tocsin: {A} is acknowledged, but the note is not kept: text has 9000 characters\n"
        )
    );
}

#[test_case(&["comment", "--latest", "on it"], "comment")]
#[test_case(&["priority", "--latest", "P3"], "priority")]
#[test_case(&["ack", "--latest"], "acknowledge")]
fn acts_take_the_latest(arguments: &[&str], act: &str) {
    let server = Server::new([
        ("GET", vec![reply(200, documents::open())]),
        ("POST", vec![reply(200, documents::acted(true))]),
    ]);
    assert_eq!(code(&server.run(arguments)), 0);
    assert_eq!(
        server.asked()[1].line,
        format!("POST /v1/incidents/{A}/{act}")
    );
}

#[test]
fn a_silence_is_made() {
    let server = Server::new([(
        "POST /v1/silences",
        vec![reply(201, documents::silence(&json!({})))],
    )]);
    let output = server.run(&[
        "silence",
        "add",
        "service=\"orders\"",
        "severity=~\"warn.*\"",
        "--for",
        "2h",
        "--comment",
        "moving the database",
    ]);
    assert_eq!(
        out(&output),
        "sil-2345abcd holds back service=\"orders\", severity=~\"warn.*\" until 2026-07-31 14:00:00Z (in 2h)\n"
    );
    let asked = server.asked();
    assert_eq!(
        asked[0].body,
        json!({"matchers": ["service=\"orders\"", "severity=~\"warn.*\""], "duration": "2h", "comment": "moving the database"})
    );
    assert!(asked[0].header("idempotency-key").is_some());
}

#[test]
fn a_silence_may_begin_later_and_recur() {
    let server = Server::new([(
        "POST /v1/silences",
        vec![reply(201, documents::silence(&json!({})))],
    )]);
    let output = server.run(&[
        "silence",
        "add",
        "service=\"orders\"",
        "--from",
        "2026-08-01T00:00Z",
        "--until",
        "2026-08-30T00:00Z",
        "--recurring",
        "sat,sun UTC",
        "--recurring",
        "02:00-03:00",
        "--maintenance",
        "--comment",
        "backups",
    ]);
    assert_eq!(code(&output), 0, "{output:?}");
    assert_eq!(
        server.asked()[0].body,
        json!({
            "matchers": ["service=\"orders\""], "starts_at": "2026-08-01T00:00:00Z", "ends_at": "2026-08-30T00:00:00Z",
            "times": [{"weekdays": ["sunday", "saturday"], "location": "UTC"},
                      {"times": [{"start_time": "02:00", "end_time": "03:00"}]}],
            "maintenance": true, "comment": "backups",
        })
    );
}

#[test]
fn a_silence_is_ended_whatever_its_id_looks_like() {
    let server = Server::new([("DELETE", vec![reply(200, documents::silence(&json!({})))])]);
    let output = server.run(&["silence", "end", "../tokens/x"]);
    assert_eq!(
        (code(&output), out(&output)),
        (0, "../tokens/x is over\n".to_owned())
    );
    let asked = server.asked();
    assert_eq!(asked[0].line, "DELETE /v1/silences/..%2Ftokens%2Fx");
    assert!(asked[0].header("idempotency-key").is_some());
}

#[test]
fn a_token_is_shown_once_and_alone() {
    let made = json!({"token": "tocsin_x_y", "id": "x", "name": "CI", "scopes": ["read"], "expires_at": null});
    let server = Server::new([("POST /v1/tokens", vec![reply(201, made)])]);
    let output = server.run(&[
        "token", "create", "--name", "CI", "--scope", "read,act", "--for", "90d",
    ]);
    assert_eq!(
        (code(&output), out(&output)),
        (0, "tocsin_x_y\n".to_owned())
    );
    assert!(err(&output).contains("shown once"));
    assert_eq!(
        server.asked()[0].body,
        json!({"name": "CI", "scopes": ["read", "act"], "expires_in": "90d"})
    );
}

#[test_case("abcdefgh2345"; "an id")]
#[test_case("tocsin_abcdefgh2345"; "an id with the prefix")]
#[test_case(crate::server::TOKEN; "a whole token")]
fn a_token_is_revoked_without_its_secret(given: &str) {
    let server = Server::new([("DELETE", vec![reply(204, "")])]);
    let output = server.run(&["token", "revoke", given]);
    assert_eq!(
        (code(&output), out(&output)),
        (0, "abcdefgh2345 is revoked\n".to_owned())
    );
    assert_eq!(server.asked()[0].line, "DELETE /v1/tokens/abcdefgh2345");
}
