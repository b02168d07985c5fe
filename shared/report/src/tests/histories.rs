//! What is said about little histories.

use alert_classification::Status;
use incident::{Act, VerdictKind};
use insta::assert_snapshot;

use super::town::{Town, at};
use crate::{ComingKind, PostMortem, Why};

/// Payments fail: nobody answers, a step is taken, then somebody mends it.
pub(super) fn payments() -> Town {
    let mut town = Town::new();
    town.to(at("02:00:00"));
    town.fires("pay-errors");
    town.to(at("02:10:00"));
    town.ends("pay-errors");
    town.to(at("14:05:00"));
    town.push(
        "pay-errors",
        "Payments fail <b>often</b>",
        Status::Firing,
        400,
    );
    town.to(at("14:06:30"));
    town.push(
        "pay-webhook",
        "Webhooks of Razorpay fail",
        Status::Firing,
        20,
    );
    town.to(at("14:12:10"));
    town.act("payments/errors", "anna", &Act::Acknowledge { until: None });
    town.to(at("14:15:00"));
    let text = "rolled back *v42*".to_owned();
    town.act("payments/errors", "anna", &Act::Comment { text });
    town.to(at("14:20:00"));
    town.ends("pay-webhook");
    town.to(at("14:24:00"));
    town.push(
        "pay-errors",
        "Payments fail <b>often</b>",
        Status::Resolved,
        0,
    );
    town.to(at("14:30:00"));
    let verdict = Some(VerdictKind::TruePositive);
    let why = "a bad deployment".to_owned();
    town.act("payments/errors", "anna", &Act::Resolve { verdict, why });
    town.to(at("14:31:00"));
    town
}

/// Orders are slow, which the database explains, and which is silenced afterwards.
pub(super) fn orders() -> Town {
    let mut town = Town::new();
    town.to(at("10:00:00"));
    town.fires("db-down");
    town.to(at("10:00:10"));
    town.fires("order-slow");
    town.to(at("10:30:00"));
    town.silence("s1", r#"service="orders""#, at("11:00:00"));
    town.ends("db-down");
    town.to(at("10:45:00"));
    town
}

#[test]
fn payments_told_afterwards() {
    let report = payments().report("payments/errors");
    assert_snapshot!("payments.md", report.to_markdown());
    assert_snapshot!("payments.html", report.to_html());
    insta::assert_json_snapshot!("payments", report);
}

#[test]
fn orders_told_afterwards() {
    let mut town = orders();
    town.to(at("11:20:00"));
    town.ends("order-slow");
    town.to(at("11:30:00"));
    assert_snapshot!("orders.md", town.report("orders/latency").to_markdown());
}

#[test]
fn a_story_reads_back_as_it_was_written() {
    let report = payments().report("payments/errors");
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<PostMortem>(&json).unwrap(), report);
    let why = payments().why("payments/errors");
    let json = serde_json::to_string(&why).unwrap();
    assert_eq!(serde_json::from_str::<Why>(&json).unwrap(), why);
}

#[test]
fn a_group_that_waits() {
    let mut town = Town::new();
    town.to(at("14:05:00"));
    town.fires("order-slow");
    let why = town.why("orders/latency");
    let place = &why.alerts[0].places[0];
    let said =
        "nobody is told before 14:05:30 because group_wait of route {}/{priority=\"P2\"} is 30s";
    assert!(
        place.because.contains(&said.to_owned()),
        "{:?}",
        place.because
    );
    assert_snapshot!("waits", why.to_text());
}

#[test]
fn a_ladder_that_climbs_names_whose_turn_it_will_be() {
    let mut town = Town::new();
    town.to(at("08:50:00"));
    town.fires("pay-errors");
    town.to(at("08:56:00"));
    let why = town.why("payments/errors");
    let steps: Vec<&str> = why
        .next
        .iter()
        .filter(|coming| coming.what == ComingKind::Step)
        .map(|coming| coming.sentence.as_str())
        .collect();
    assert_eq!(
        steps,
        [
            "step 2 of 2 in hard tells anna (on call in primary) and team at 09:05:00",
            "step 1 of 2 in hard, round 2 tells anna (on call in primary) at 09:20:00",
            "step 2 of 2 in hard, round 2 tells anna (on call in primary) and team at 09:30:00",
        ]
    );
    assert_snapshot!("climbs", why.to_text());
}

#[test]
fn an_acknowledgement_holds_the_ladder_and_runs_out() {
    let mut town = Town::new();
    town.to(at("14:00:00"));
    town.fires("pay-errors");
    town.to(at("14:02:00"));
    town.act("payments/errors", "anna", &Act::Acknowledge { until: None });
    town.to(at("14:03:00"));
    assert_snapshot!("acknowledged", town.why("payments/errors").to_text());
}

#[test]
fn inhibited_and_then_silenced() {
    let mut town = orders();
    assert_snapshot!("silenced", town.why("orders/latency").to_text());
    let mut earlier = Town::new();
    earlier.to(at("10:00:00"));
    earlier.fires("db-down");
    earlier.fires("order-slow");
    earlier.to(at("10:05:00"));
    assert_snapshot!("inhibited", earlier.why("orders/latency").to_text());
    town.to(at("11:01:00"));
    assert!(
        town.why("orders/latency").alerts[0].places[0]
            .held
            .is_none()
    );
}

#[test]
fn muted_at_night() {
    let mut town = Town::new();
    town.to(at("23:00:00"));
    town.push_for(
        "batch-late",
        "the nightly batch is late",
        Status::Firing,
        60,
        Some(720),
    );
    town.to(at("23:10:00"));
    assert_snapshot!("muted", town.why("batch/delay").to_text());
}

#[test]
fn flapping_is_held_back() {
    let mut town = Town::new();
    for minute in 0..3 {
        town.to(at(&format!("12:{:02}:00", 10 + minute * 4)));
        town.fires("order-slow");
        town.to(at(&format!("12:{:02}:00", 12 + minute * 4)));
        town.ends("order-slow");
    }
    town.to(at("12:23:00"));
    town.fires("order-slow");
    town.to(at("12:24:00"));
    assert_snapshot!("flaps", town.why("orders/latency").to_text());
}

#[test]
fn what_nothing_knows_is_explained_as_well() {
    let mut town = Town::new();
    town.to(at("12:00:00"));
    town.fires("strange");
    town.to(at("12:01:00"));
    let key = town.first_key();
    assert_snapshot!("strange", town.why(&key).to_text());
}
