//! One outage of the database, not forty.

use super::Story;

const DB: &str = "name: db, service: api, kind: tcp, target: 'db:1', every: 1m, severity: critical, degraded_when: ['total_ms > 1000']";

fn api(name: &str) -> String {
    format!(
        "name: {name}, service: api, kind: tcp, target: 'x:1', every: 1m, depends_on: [db], degraded_when: ['total_ms > 1000']"
    )
}

fn town(probes: &[String]) -> Story {
    let mut lines = vec![DB];
    lines.extend(probes.iter().map(String::as_str));
    Story::new(&lines)
}

#[test]
fn forty_that_need_a_database_are_one_outage_of_it() {
    let names: Vec<String> = (0..40).map(|n| format!("api-{n}")).collect();
    let mut story = town(&names.iter().map(|name| api(name)).collect::<Vec<_>>());
    let with = |letters: &'static str| -> Vec<(&str, &str)> {
        let of_all = names.iter().map(|name| (name.as_str(), letters));
        std::iter::once(("db", letters)).chain(of_all).collect()
    };
    story.run(&with("uddddd"));
    assert_eq!(story.heard, ["2 +db"]);
    assert_eq!(story.unheard.len(), 40, "{:?}", story.unheard);
    assert!(story.unheard[0].ends_with("dependency_down db"));
    story.run(&with("uuu"));
    assert_eq!(story.heard, ["2 +db", "7 -db"]);
}

#[test]
fn whoever_fails_first_waits_for_what_its_dependency_says() {
    let mut story = town(&[api("api")]);
    story.run(&[("db", "uuddd"), ("api", "udddd")]);
    assert_eq!(story.heard, ["3 +db"]);
    assert_eq!(
        story.unheard,
        ["2 api dependency_suspected db", "3 api dependency_down db"]
    );
}

#[test]
fn a_suspicion_that_was_wrong_delays_by_one_answer() {
    let mut story = town(&[api("api")]);
    story.run(&[("db", "uduu"), ("api", "uddd")]);
    // When the database failed, the other had not failed often enough; then nothing is suspected.
    assert_eq!(story.heard, ["2 +api"]);
    let mut story = town(&[api("api")]);
    story.run(&[("db", "uuduu"), ("api", "udddd")]);
    assert_eq!(story.heard, ["3 +api"]);
}

#[test]
fn what_still_fails_when_its_dependency_is_well_again_is_news() {
    let mut story = town(&[api("api")]);
    story.run(&[("db", "udduuuu"), ("api", "udddddd")]);
    assert_eq!(story.heard, ["2 +db", "4 -db", "5 +api"]);
}

#[test]
fn what_was_told_before_is_told_to_be_over() {
    let mut story = town(&[api("api")]);
    story.run(&[("db", "uuuudddd"), ("api", "udddddduu")]);
    assert_eq!(story.heard, ["2 +api", "5 +db", "8 -api"]);
}

#[test]
fn what_ends_unheard_is_not_told_to_be_over() {
    let mut story = town(&[api("api")]);
    story.run(&[("db", "uddddd"), ("api", "udddduu")]);
    assert_eq!(story.heard, ["2 +db"]);
}

#[test]
fn degraded_explains_degraded_and_no_outage() {
    let mut story = town(&[api("slow"), api("dead")]);
    story.run(&[("db", "uggg"), ("slow", "uggg"), ("dead", "uddd")]);
    assert_eq!(story.heard, ["2 +~db", "2 +dead"]);
    assert_eq!(story.unheard, ["2 slow dependency_down db"]);
}

#[test]
fn unknown_explains_nothing() {
    let mut story = town(&[api("api")]);
    story.run(&[("db", "u????"), ("api", "udddd")]);
    assert_eq!(story.heard, ["2 +api"]);
}

#[test]
fn a_small_thing_does_not_hide_a_great_outage() {
    let mut story = Story::new(&[
        "name: cache, service: api, kind: tcp, target: 'x:1', every: 1m, severity: low",
        "name: api, service: api, kind: tcp, target: 'x:1', every: 1m, severity: critical, depends_on: [cache]",
    ]);
    story.run(&[("cache", "uddd"), ("api", "uddd")]);
    assert_eq!(story.heard, ["2 +cache", "2 +api"]);
}

#[test]
fn what_is_needed_through_others_explains_too_even_if_they_are_not_asked() {
    let mut story = Story::new(&[
        DB,
        "name: pool, service: api, kind: tcp, target: '${pool}', depends_on: [db]",
        "name: api, service: api, kind: tcp, target: 'x:1', every: 1m, depends_on: [pool]",
    ]);
    story.run(&[("db", "uddd"), ("api", "uddd")]);
    assert_eq!(story.heard, ["2 +db"]);
    let decision = story.decide(&[]);
    let check = &decision.document.checks["api:responseTime"][0];
    assert_eq!(check.explained_by.as_deref(), Some("db"));
}
