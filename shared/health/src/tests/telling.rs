//! When trouble is told, and when its end.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use settings::Measured;
use test_case::test_case;

use super::{Story, settings};
use crate::{Catalogue, Fault, FaultKind, Grade, Overall, ProbeResult, State, decide, due};

const API: &str = "name: api, service: api, kind: http, target: 'https://api.example', every: 1m, severity: critical, degraded_when: ['total_ms > 1000'], down_when: ['total_ms > 9000']";

#[test_case("uuuuuuuu", &[]; "well")]
#[test_case("uduuduud", &[]; "one failure of three is none")]
#[test_case("uddd", &["2 +api"]; "two of three are an outage, told once")]
#[test_case("udud", &["3 +api"]; "not in a row")]
#[test_case("uddudu", &["2 +api"]; "one good answer is no recovery")]
#[test_case("udduu", &["2 +api", "4 -api"]; "two good answers are")]
#[test_case("udduuuddd", &["2 +api", "4 -api", "7 +api"]; "an outage after a recovery counts anew")]
#[test_case("uggg", &["2 +~api"]; "degraded is not down")]
#[test_case("ugguu", &["2 +~api", "4 -~api"]; "and ends")]
#[test_case("uggdd", &["2 +~api", "4 -~api", "4 +api"]; "worse takes the place of bad")]
#[test_case("uddggg", &["2 +api", "4 -api", "4 +~api"]; "bad takes the place of worse")]
#[test_case("uddgu", &["2 +api", "4 -api"]; "what is degraded once is not degraded")]
#[test_case("udgd", &["2 +~api", "3 -~api", "3 +api"]; "down counts as degraded too")]
#[test_case("ud?d", &["3 +api"]; "unknown is no verdict between two")]
#[test_case("udd????u", &["2 +api"]; "unknown is no recovery")]
#[test_case("uddu?u", &["2 +api"]; "nor a part of one")]
#[test_case("uddu?uu", &["2 +api", "6 -api"]; "which begins anew")]
#[test_case("?????????????", &["10 +?api"]; "unknown for long")]
#[test_case("u?????????????uuu", &["10 +?api", "14 -?api"]; "until it answers")]
#[test_case("u............u", &["10 +?api", "13 -?api"]; "whoever is not asked is unknown")]
#[test_case("udd............uu", &["2 +api", "12 +?api", "15 -?api", "16 -api"]; "an outage outlasts ignorance")]
#[test_case("ucccc", &["1 +!api"]; "a certificate expires soon")]
#[test_case("ucdduu", &["1 +!api", "3 +api", "4 -!api", "5 -api"]; "renewed, as far as anybody can see")]
fn people_hear(letters: &str, expected: &[&str]) {
    let mut story = Story::new(&[API]);
    story.run(&[("api", letters)]);
    assert_eq!(story.heard, expected);
}

#[test]
fn what_comes_and_goes_has_to_keep_still() {
    let mut story = Story::new(&[API]);
    // After six changes in half an hour it has to be well for a quarter of an hour.
    story.run(&[("api", &"dduu".repeat(3))]);
    assert_eq!(story.heard.len(), 6, "{:?}", story.heard);
    story.run(&[("api", &"dduu".repeat(5))]);
    assert_eq!(story.heard.len(), 7, "{:?}", story.heard);
    let decision = story.decide(&[]);
    assert!(decision.document.checks["api:responseTime"][0].flapping);
    story.run(&[("api", &"u".repeat(20))]);
    // The last failure was in the minute 29.
    assert_eq!(story.heard.last().unwrap(), "44 -api");
    assert_eq!(story.heard.len(), 8);
}

#[test]
fn a_repeated_run_counts_once() {
    let mut story = Story::new(&[API]);
    let answer = story.answer("api", 'd');
    let late = ProbeResult {
        at: answer.at + SignedDuration::from_secs(5),
        ..answer.clone()
    };
    for answers in [
        vec![answer.clone(), answer.clone()],
        vec![answer],
        vec![late],
    ] {
        story.decide(&answers);
    }
    assert!(story.heard.is_empty(), "{:?}", story.heard);
    story.minute = 1;
    story.decide(&[story.answer("api", 'd')]);
    assert_eq!(story.heard, ["1 +api"]);
}

#[test]
fn answers_that_come_late_or_from_the_future_are_ignored() {
    let mut story = Story::new(&[API]);
    story.minute = 5;
    story.decide(&[story.answer("api", 'u')]);
    let known = story.state.clone();
    let mut old = story.answer("api", 'd');
    old.at -= SignedDuration::from_mins(3);
    let mut future = story.answer("api", 'd');
    future.at += SignedDuration::from_mins(3);
    let stranger = story.answer("stranger", 'd');
    let decision = story.decide(&[old, future, stranger]);
    assert_eq!((decision.ignored, decision.state), (3, known));
}

#[test]
fn what_is_no_longer_watched_is_over() {
    let mut story = Story::new(&[API]);
    story.run(&[("api", "dd")]);
    story.settings = settings(&[&API.replace("name: api", "name: other")]).into();
    story.decide(&[]);
    assert_eq!(story.heard, ["1 +api", "2 -api"]);
}

#[test]
fn firing_and_resolve_have_the_same_labels_whatever_changed_meanwhile() {
    let mut story = Story::new(&[API]);
    story.run(&[("api", "d")]);
    let begun = story.decide(&[]).findings;
    assert!(begun.is_empty());
    let begun = story.decide(&[story.answer("api", 'd')]).findings;
    story.settings = settings(&[&API.replace("critical", "low")]).into();
    story.minute += 1;
    story.decide(&[story.answer("api", 'u')]);
    story.minute += 1;
    let ended = story.decide(&[story.answer("api", 'u')]).findings;
    assert_eq!(begun[0].labels, ended[0].labels);
    assert_eq!(begun[0].labels.get("severity"), Some("critical"));
    assert!(begun[0].changed_at < ended[0].changed_at);
    assert_eq!(begun[0].starts_at, ended[0].starts_at);
}

#[test]
fn findings_are_pending_until_they_are_published() {
    let settings = settings(&[API]);
    let catalogue = Catalogue::new(&settings, &BTreeMap::new());
    let mut story = Story::new(&[API]);
    let first = decide(
        &catalogue,
        State::new(),
        &[story.answer("api", 'd')],
        story.now(),
    );
    story.minute = 1;
    let second = decide(
        &catalogue,
        first.state,
        &[story.answer("api", 'd')],
        story.now(),
    );
    assert_eq!(second.state.pending, second.findings);
    // Nobody published it: the next run still has it.
    let third = decide(&catalogue, second.state, &[], story.now());
    assert_eq!((third.findings.len(), third.state.pending.len()), (0, 1));
}

#[test]
fn after_a_lost_memory_what_is_well_is_told_to_be_well() {
    let mut story = Story::new(&[API]);
    story.state = State::forgotten();
    story.run(&[("api", "uu")]);
    assert_eq!(story.heard, ["0 -api", "0 -~api", "0 -?api"]);
    let mut story = Story::new(&[API]);
    story.state = State::forgotten();
    story.run(&[("api", "?dduu")]);
    assert_eq!(story.heard, ["2 +api", "4 -api"]);
}

#[test]
fn another_version_of_the_state_is_refused_by_its_number() {
    let error = State::from_json(r#"{"version":9,"shape":"another"}"#).unwrap_err();
    assert!(error.to_string().contains("version 9"), "{error}");
    assert!(State::from_json("[]").is_err());
}

#[test]
fn limits_say_which_number_crossed_which() {
    let settings = settings(&[API]);
    let mut story = Story::new(&[API]);
    story.minute = 1;
    let mut answer = story.answer("api", 'g');
    let judged = crate::judge(&settings.probes[0], &answer);
    assert_eq!(judged.grade, Grade::Degraded);
    let fault = judged.fault.unwrap();
    assert_eq!(
        fault.to_string(),
        "limit: total_ms is 2500, and total_ms > 1000 is a limit"
    );
    answer.measured.insert(Measured::TotalMs, 9500.0);
    assert_eq!(
        crate::judge(&settings.probes[0], &answer).grade,
        Grade::Down
    );
}

#[test]
fn details_are_one_short_line() {
    let fault = Fault::new(
        FaultKind::Protocol,
        format!("a\r\nb\u{7}{}", "x".repeat(900)),
    );
    assert!(fault.detail.starts_with("a b "), "{fault}");
    assert_eq!(fault.detail.chars().count(), 300);
}

#[test]
fn what_is_due_is_asked_and_what_the_ill_need_too() {
    let mut story = Story::new(&[
        "name: db, service: api, kind: tcp, target: 'db:1', every: 5m",
        &format!("{API}, depends_on: [db]"),
    ]);
    let due_now = |story: &Story| {
        let catalogue = Catalogue::new(&story.settings, &BTreeMap::new());
        due(&story.state, &catalogue, story.now())
    };
    assert_eq!(due_now(&story), [0, 1]);
    story.run(&[("db", "u"), ("api", "u")]);
    assert_eq!(due_now(&story), [1]);
    story.run(&[("api", "d")]);
    assert_eq!(due_now(&story), [0, 1]);
    story.run(&[("db", "u"), ("api", "uuu")]);
    story.minute = 7;
    assert_eq!(due_now(&story), [0, 1]);
}

#[test]
fn the_document_says_how_everything_is() {
    let mut story = Story::new(&[
        "name: db, service: api, kind: postgres, target: 'postgres://u@db/x', every: 1m, severity: critical",
        &format!("{API}, depends_on: [db]"),
        "name: pay, service: api, kind: http, target: 'https://${pay}/health'",
        "name: mail, service: api, kind: tcp, target: 'mail:25', every: 1m",
    ]);
    story.run(&[("db", "uddd"), ("api", "uddd"), ("mail", "????")]);
    let decision = story.decide(&[]);
    assert_eq!(decision.document.status, Overall::Fail);
    insta::assert_json_snapshot!(decision.document);
    let text = serde_json::to_string(&decision.document).unwrap();
    assert_eq!(
        serde_json::from_str::<crate::Document>(&text).unwrap(),
        decision.document
    );
}

#[test]
fn nothing_watched_is_not_well() {
    let mut story = Story::new(&["name: pay, service: api, kind: tcp, target: '${pay}'"]);
    assert_eq!(story.decide(&[]).document.status, Overall::Warn);
}

#[test]
fn what_is_less_than_critical_is_a_warning() {
    let mut story = Story::new(&["name: db, service: api, kind: tcp, target: 'db:1', every: 1m"]);
    story.run(&[("db", "dd")]);
    assert_eq!(story.decide(&[]).document.status, Overall::Warn);
}

#[test]
fn each_answer_is_measured_once_and_unknown_is_no_availability() {
    let mut story = Story::new(&[API]);
    let names = |decision: &crate::Decision| -> Vec<(&str, f64)> {
        decision
            .metrics
            .iter()
            .map(|metric| (metric.name, metric.value))
            .collect()
    };
    let answer = story.answer("api", 'g');
    let decision = story.decide(&[answer.clone(), answer]);
    let expected = [
        ("ProbeAvailability", 100.0),
        ("ProbeLatency", 2500.0),
        ("ProbeCertificateDays", 90.0),
    ];
    assert_eq!(names(&decision), expected);
    story.minute = 1;
    let decision = story.decide(&[story.answer("api", 'd')]);
    assert_eq!(
        names(&decision),
        [("ProbeAvailability", 0.0), ("ProbeLatency", 20.0)]
    );
    story.minute = 2;
    let decision = story.decide(&[story.answer("api", '?')]);
    assert_eq!(names(&decision)[0], ("ProbeUnknown", 1.0));
}
