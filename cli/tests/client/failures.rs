//! What goes wrong, and the exit code that says so.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::json;
use test_case::test_case;

use crate::documents::{self, A};
use crate::server::{Reply, Server, TOKEN, code, err, file, out, reply, tocsin};

fn acted() -> Reply {
    reply(200, documents::acted(true))
}

fn soon(status: u16) -> Reply {
    reply(status, json!({"detail": "not now", "remedy": "come again"})).with("retry-after: 0\r\n")
}

#[test_case(400; "not read")]
#[test_case(401; "not known")]
#[test_case(403; "may not")]
#[test_case(404; "not there")]
#[test_case(409; "over")]
#[test_case(422; "refused")]
fn a_refusal_names_the_field_and_the_remedy_and_is_not_tried_again(status: u16) {
    let problem = json!({"type": "urn:tocsin:problem:x", "title": "The request cannot be read", "status": status,
        "detail": "`for` cannot be read: `x` is no duration", "remedy": "write a duration such as 30m", "place": "body", "field": "for"});
    let server = Server::new([("POST", vec![reply(status, problem)])]);
    let output = server.run(&["ack", A]);
    assert_eq!(code(&output), 1);
    assert_eq!(out(&output), "");
    assert_eq!(
        err(&output),
        "tocsin: `for` cannot be read: `x` is no duration\n  at: for (in the body)\n  remedy: write a duration such as 30m\n"
    );
    assert_eq!(server.asked().len(), 1);
}

#[test_case(429)]
#[test_case(500)]
#[test_case(502)]
#[test_case(503)]
#[test_case(0; "cut off")]
fn an_act_is_tried_again_with_the_same_key(status: u16) {
    let server = Server::new([("POST", vec![soon(status), soon(status), acted()])]);
    let output = server.run(&["ack", A]);
    assert_eq!(code(&output), 0, "{output:?}");
    let asked = server.asked();
    assert_eq!(asked.len(), 3);
    let key = asked[0].header("idempotency-key");
    assert!(key.is_some() && asked.iter().all(|one| one.header("idempotency-key") == key));
}

#[test]
fn what_stays_broken_is_given_up() {
    let server = Server::new([("GET", vec![soon(503)])]);
    let output = server.run(&["incidents"]);
    assert_eq!(code(&output), 3);
    assert_eq!(err(&output), "tocsin: not now\n  remedy: come again\n");
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn who_is_to_wait_longer_than_there_is_time_is_told_at_once() {
    let busy = reply(429, json!({"detail": "too many requests"})).with("retry-after: 3600\r\n");
    let server = Server::new([("GET", vec![busy])]);
    let began = Instant::now();
    let output = server.run(&["incidents"]);
    assert_eq!(code(&output), 3);
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn retry_after_may_be_a_date() {
    let busy = reply(429, "{}").with("retry-after: Fri, 31 Jul 2026 12:00:00 GMT\r\n");
    let server = Server::new([("GET", vec![busy, reply(200, documents::open())])]);
    assert_eq!(code(&server.run(&["incidents"])), 0);
}

#[test]
fn a_token_is_not_made_twice() {
    let arguments = ["token", "create", "--name", "CI", "--scope", "read"];
    let server = Server::new([("POST", vec![soon(503)])]);
    assert_eq!(code(&server.run(&arguments)), 3);
    assert_eq!(server.asked().len(), 1, "the first may have made it");
    let made = reply(201, json!({"token": "tocsin_x_y"}));
    let server = Server::new([("POST", vec![soon(429), made])]);
    assert_eq!(
        code(&server.run(&arguments)),
        0,
        "429 comes before anything is done"
    );
}

#[test]
fn an_act_of_which_nobody_knows_is_said_to_be() {
    let unanswered = reply(
        409,
        json!({"type": "urn:tocsin:problem:unanswered", "detail": "the first request failed"}),
    )
    .with("retry-after: 0\r\n");
    let server = Server::new([("POST", vec![soon(503), unanswered])]);
    let output = server.run(&["ack", A]);
    assert_eq!(code(&output), 3);
    assert!(
        err(&output).starts_with("tocsin: it is not known whether that was done"),
        "{output:?}"
    );
}

#[test]
fn a_redirect_does_not_get_the_token() {
    let elsewhere = Server::new([("GET", vec![reply(200, documents::open())])]);
    let location = format!("location: {}/v1/incidents\r\n", elsewhere.url());
    let there = reply(302, "{}").with(location.leak());
    let server = Server::new([("GET", vec![there])]);
    assert_eq!(code(&server.run(&["incidents"])), 3);
    assert_eq!(elsewhere.asked().len(), 0);
}

#[test_case("<html>a page</html>"; "a page")]
#[test_case(r#"{"incidents": [{"id": 1}]}"#; "another document")]
#[test_case("{}"; "no list")]
fn an_answer_that_is_none_is_the_servers_fault(body: &str) {
    let server = Server::new([("GET", vec![reply(200, body)])]);
    let output = server.run(&["incidents"]);
    assert_eq!((code(&output), out(&output)), (3, String::new()));
}

#[test]
fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut command = tocsin(&["incidents", "--url", &url]);
    let output = command.env("TOCSIN_TOKEN", TOKEN).output().unwrap();
    assert_eq!(code(&output), 3);
    assert_eq!(
        err(&output),
        format!("tocsin: cannot reach {url}: nobody listens there\n")
    );
}

#[test]
fn somebody_who_never_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut command = tocsin(&["incidents", "--url", &url, "--timeout", "300ms"]);
    let output = command.env("TOCSIN_TOKEN", TOKEN).output().unwrap();
    assert_eq!(code(&output), 3);
    assert_eq!(
        err(&output),
        format!("tocsin: cannot reach {url}: it takes too long\n")
    );
}

#[test_case(&["incidents"], "set TOCSIN_URL"; "no address")]
#[test_case(&["incidents", "--url", "http://api.example.com"], "plain HTTP"; "an open road")]
#[test_case(&["incidents", "--url", "http://127.0.0.1:9"], "there is no token"; "no token")]
#[test_case(&["incidents", "--url", "http://127.0.0.1:9", "--token-file", "/nowhere/token"], "cannot read the token file"; "no file")]
#[test_case(&["incidents", "--url", "http://127.0.0.1:9", "--timeout", "soon"], "--timeout"; "no time")]
#[test_case(&["ack"], "INC"; "no incident")]
#[test_case(&["ack", A, "--latest"], "--latest"; "two incidents")]
#[test_case(&["ack", A, "--for", "2 hours"], "no duration"; "no duration")]
#[test_case(&["resolve", A], "--true"; "no verdict")]
#[test_case(&["resolve", A, "--true", "--false"], "--false"; "two verdicts")]
#[test_case(&["comment", A], "TEXT"; "no note")]
#[test_case(&["comment", "--latest", A, "text"], "TEXT only"; "latest and another")]
#[test_case(&["priority", A, "P5"], "P1, P2, P3 or P4"; "no priority")]
#[test_case(&["silence", "add", "--for", "2h", "--comment", "x"], "MATCHER"; "no matcher")]
#[test_case(&["silence", "add", "a=\"b\"", "--comment", "x"], "--for"; "no length")]
#[test_case(&["silence", "add", "a=\"b\"", "--for", "2h", "--until", "+2h", "--comment", "x"], "--until"; "two lengths")]
#[test_case(&["silence", "add", "a=\"b\"", "--for", "2h"], "--comment"; "no comment")]
#[test_case(&["silence", "add", "a=\"b\"", "--for", "2h", "--comment", "x", "--recurring", "funday"], "funday"; "no times")]
#[test_case(&["audit"], "INC"; "no incident to audit")]
#[test_case(&["audit", A, "--silences"], "--silences"; "an incident and silences")]
#[test_case(&["audit", A, "--since", "yesterday", "--url", "http://127.0.0.1:9"], "there is no token"; "an audit by nobody")]
#[test_case(&["oncall", "--at", "tomorrow"], "is no time"; "no moment")]
#[test_case(&["token", "create", "--name", "x", "--scope", "write"], "read, act, silence or admin"; "no scope")]
#[test_case(&["token", "revoke", "x"], "twelve characters"; "no token id")]
fn a_wrong_command_line_sends_nothing(arguments: &[&str], word: &str) {
    let output = tocsin(arguments).output().unwrap();
    assert_eq!(code(&output), 2, "{output:?}");
    assert!(err(&output).contains(word), "{}", err(&output));
}

#[test]
fn a_part_of_an_id_that_is_none_sends_nothing() {
    let server = Server::new([]);
    assert_eq!(code(&server.run(&["show", "a/b"])), 2);
    assert_eq!(code(&server.run(&["show", "INC-"])), 2);
    assert!(server.asked().is_empty());
}

#[test_case("zzzz", "no open incident's id begins or ends with ZZZZ"; "unknown")]
#[test_case("--latest", "no incident is open"; "none")]
fn an_incident_that_is_not_there(given: &str, word: &str) {
    let server = Server::new([("GET", vec![reply(200, json!({"incidents": []}))])]);
    let output = server.run(&["ack", given]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains(word), "{output:?}");
}

#[test_case(0o600, ""; "closed")]
#[test_case(0o644, "others may read"; "open to others")]
fn a_token_file_is_read_and_watched(mode: u32, warning: &str) {
    let path = file(&format!("token-{mode:o}"), &format!("{TOKEN}\n"), mode);
    let server = Server::new([("GET", vec![reply(200, documents::open())])]);
    let mut command = tocsin(&["incidents"]);
    command
        .env("TOCSIN_URL", server.url())
        .env("TOCSIN_TOKEN_FILE", &path);
    let output = command.output().unwrap();
    assert_eq!(code(&output), 0);
    assert_eq!(err(&output).is_empty(), warning.is_empty());
    assert!(err(&output).contains(warning));
    assert_eq!(
        server.asked()[0].header("authorization"),
        Some(&*format!("Bearer {TOKEN}"))
    );
}

#[test]
fn a_broken_token_is_not_shown() {
    let broken = TOKEN.replace("AAAA", "A A");
    let mut command = tocsin(&["incidents", "--url", "http://127.0.0.1:9"]);
    let output = command.env("TOCSIN_TOKEN", &broken).output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("TOCSIN_TOKEN has no token"));
    assert!(!err(&output).contains("AAA"));
}
