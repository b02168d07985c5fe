//! What is shown.

use insta::assert_snapshot;
use serde_json::{Value, json};
use test_case::test_case;

use crate::documents::{self, A, B};
use crate::server::{Server, TOKEN, code, err, out, reply, tocsin};

fn shown((line, document): (&'static str, Value), arguments: &[&str]) -> (String, Server) {
    let server = Server::new([(line, vec![reply(200, document)])]);
    let output = server.run(arguments);
    assert_eq!(code(&output), 0, "{output:?}");
    (out(&output), server)
}

#[test]
fn incidents_are_listed_the_most_urgent_first_and_the_open_ones_before_all() {
    let list = ("GET /v1/incidents", documents::three());
    let (text, server) = shown(
        list,
        &["incidents", "--all", "--service", "a&b", "--priority", "P1"],
    );
    assert_snapshot!(text);
    let asked = server.asked();
    assert_eq!(
        asked[0].line,
        "GET /v1/incidents?status=all&service=a%26b&priority=P1&limit=200"
    );
    assert_eq!(
        asked[0].header("authorization"),
        Some(&*format!("Bearer {TOKEN}"))
    );
    assert_eq!(asked[0].header("idempotency-key"), None);
}

#[test_case(&["incidents"], "open")]
#[test_case(&["incidents", "--resolved"], "resolved")]
fn only_those_of_a_status_are_asked_for(arguments: &[&str], status: &str) {
    let list = ("GET /v1/incidents", documents::three());
    let (_text, server) = shown(list, arguments);
    let line = format!("GET /v1/incidents?status={status}&limit=200");
    assert_eq!(server.asked()[0].line, line);
}

#[test]
fn priorities_are_coloured_where_that_is_wanted() {
    let server = Server::new([("GET", vec![reply(200, documents::open())])]);
    let run = |name: &str| {
        let mut command = tocsin(&["incidents"]);
        command
            .env("TOCSIN_URL", server.url())
            .env("TOCSIN_TOKEN", TOKEN);
        out(&command.env(name, "1").output().unwrap())
    };
    assert!(run("CLICOLOR_FORCE").contains("\u{1b}[1;31mP1\u{1b}[0m  INC-"));
    assert!(!run("NO_COLOR").contains('\u{1b}'));
}

#[test]
fn lists_come_whole_though_the_server_gives_parts() {
    let mut first = documents::open();
    first["next"] = "more of it".into();
    let empty = json!({"incidents": [], "next": "even more"});
    let server = Server::new([
        (
            "GET /v1/incidents?status=open&limit=200&cursor=more%20of%20it",
            vec![reply(200, empty)],
        ),
        (
            "GET /v1/incidents?status=open&limit=200&cursor=even%20more",
            vec![reply(200, documents::three())],
        ),
        ("GET /v1/incidents", vec![reply(200, first)]),
    ]);
    let output = server.run(&["incidents", "--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["incidents"].as_array().unwrap().len(), 5);
    assert_eq!(document.get("next"), None);
    let output = server.run(&["incidents", "--json", "--limit", "3"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["incidents"].as_array().unwrap().len(), 3);
}

#[test]
fn a_list_without_end_is_given_up() {
    let server = Server::new([(
        "GET",
        vec![reply(200, json!({"incidents": [], "next": "x"}))],
    )]);
    let output = server.run(&["incidents"]);
    assert_eq!(code(&output), 3);
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn nothing_is_said_to_be_nothing() {
    let server = Server::new([("GET", vec![reply(200, json!({"incidents": []}))])]);
    let output = server.run(&["incidents"]);
    assert_eq!(
        (code(&output), out(&output), err(&output)),
        (0, String::new(), "no incident\n".to_owned())
    );
}

#[test]
fn an_incident_is_shown_with_what_happened() {
    let (text, server) = shown(("GET /v1/incidents/", documents::incident()), &["show", A]);
    assert_snapshot!(text);
    assert_eq!(server.asked().len(), 1, "a whole id needs no look-up");
    assert_eq!(server.asked()[0].line, format!("GET /v1/incidents/{A}"));
}

#[test]
fn why_is_told_in_sentences() {
    let (text, server) = shown(("GET", documents::why()), &["why", &A.to_lowercase()]);
    assert_snapshot!(text);
    assert_eq!(server.asked()[0].line, format!("GET /v1/incidents/{A}/why"));
}

#[test]
fn who_did_what_is_told_line_by_line() {
    let (text, server) = shown(("GET", documents::audit()), &["audit", A]);
    assert_snapshot!(text);
    assert_eq!(
        server.asked()[0].line,
        format!("GET /v1/incidents/{A}/audit?limit=200")
    );
}

#[test_case("2026-07-31T12:00Z", 3; "a time")]
#[test_case("2026-07-31T12:20:00+00:00", 1; "a later one")]
#[test_case("1m", 0; "the last minute")]
fn only_what_was_done_since_is_told(since: &str, lines: usize) {
    let arguments = ["audit", A, "--since", since, "--json"];
    let (text, _server) = shown(("GET", documents::audit()), &arguments);
    let given: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(given["entries"].as_array().unwrap().len(), lines);
}

#[test]
fn who_made_and_ended_silences_is_told_line_by_line() {
    let line = |at: &str, ended: bool| {
        json!({
            "at": at, "by": {"who": "Anna (token abcdefgh2345)", "via": "token", "from": "203.0.113.9"},
            "ended": ended, "silence": documents::silence(&json!({})),
        })
    };
    let entries = [
        line("2026-07-31T11:00:00Z", false),
        line("2026-07-31T12:00:00Z", true),
    ];
    let trail = json!({"entries": entries, "unreadable": 0, "next": null});
    let (text, server) = shown(("GET", trail), &["audit", "--silences"]);
    assert_eq!(server.asked()[0].line, "GET /v1/silences/audit?limit=200");
    let lines: Vec<&str> = text.lines().collect();
    let matchers = "sil-2345abcd: service=\"orders\", severity=~\"warn.*\"";
    let made = format!("made {matchers} until 2026-07-31 14:00:00Z: moving the database");
    assert!(lines[1].ends_with(&made), "{text}");
    assert!(lines[2].ends_with(&format!("ended {matchers}")), "{text}");
}

#[test]
fn a_trail_without_a_line_is_said_to_be() {
    let nothing = json!({"entries": [], "unreadable": 2, "next": null});
    let server = Server::new([("GET", vec![reply(200, nothing)])]);
    let output = server.run(&["audit", A]);
    assert_eq!((code(&output), out(&output)), (0, String::new()));
    assert_eq!(
        err(&output),
        "nobody has done anything about it\n2 lines of the trail cannot be read\n"
    );
}

#[test_case("show", A, documents::incident(); "show")]
#[test_case("audit", A, documents::audit(); "audit")]
#[test_case("why", A, documents::why(); "why")]
#[test_case("oncall", "", documents::on_call(); "oncall")]
#[test_case("silence list", "", documents::silences(); "silences")]
#[test_case("token list", "", documents::tokens(); "tokens")]
fn documents_are_given_as_they_are(command: &str, id: &str, document: Value) {
    let mut arguments: Vec<&str> = command.split(' ').collect();
    arguments.extend((!id.is_empty()).then_some(id));
    arguments.push("--json");
    let (text, _server) = shown(("GET", document.clone()), &arguments);
    let given: Value = serde_json::from_str(&text).unwrap();
    let mut document = document;
    if document["next"].is_null() {
        document.as_object_mut().unwrap().remove("next");
    }
    assert_eq!(given, document);
}

#[test]
fn silences_are_listed_by_their_end() {
    let list = ("GET /v1/silences?state=all", documents::silences());
    let (text, _server) = shown(list, &["silence", "list", "--all"]);
    assert_snapshot!(text);
}

#[test]
fn who_is_on_call_is_told() {
    let duty = (
        "GET /v1/oncall?at=2026-07-31T12%3A00%3A00Z",
        documents::on_call(),
    );
    let (text, _server) = shown(duty, &["oncall", "--at", "2026-07-31T14:00+02:00"]);
    assert_snapshot!(text);
}

#[test_case(false; "valid ones")]
#[test_case(true; "all")]
fn tokens_are_listed_without_secrets(all: bool) {
    let arguments = ["token", "list", "--all"];
    let arguments = if all { &arguments[..] } else { &arguments[..2] };
    let (text, _server) = shown(("GET /v1/tokens", documents::tokens()), arguments);
    assert_snapshot!(if all { "all_tokens" } else { "valid_tokens" }, text);
}

#[test]
fn who_asks_is_told() {
    let caller = json!({"token": {"id": "abcdefgh2345", "name": "Anna", "scopes": ["read", "act"]}, "from": "203.0.113.9"});
    let (text, _server) = shown(("GET /v1/whoami", caller), &["whoami"]);
    assert_eq!(
        text,
        "Anna (token abcdefgh2345) may read, act, and comes from 203.0.113.9\n"
    );
}

#[test_case("01KYVB5", A; "a beginning")]
#[test_case("c9xf", A; "an end, in small letters")]
#[test_case("INC-01KYVB9", B; "a beginning with the prefix")]
#[test_case("--latest", A; "the latest")]
fn an_open_incident_may_be_abbreviated(given: &str, meant: &str) {
    let server = Server::new([
        ("GET /v1/incidents?", vec![reply(200, documents::open())]),
        ("GET", vec![reply(200, documents::incident())]),
    ]);
    assert_eq!(code(&server.run(&["show", given])), 0);
    let asked = server.asked();
    assert_eq!(asked[0].line, "GET /v1/incidents?status=open&limit=200");
    assert_eq!(asked[1].line, format!("GET /v1/incidents/{meant}"));
}

#[test]
fn an_abbreviation_that_fits_several_names_them() {
    let server = Server::new([("GET", vec![reply(200, documents::open())])]);
    let output = server.run(&["ack", "xf"]);
    assert_eq!(code(&output), 1);
    assert_snapshot!(err(&output));
    assert_eq!(server.asked().len(), 1, "nothing is done");
}
