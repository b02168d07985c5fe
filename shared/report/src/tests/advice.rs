//! When which recommendation is given.

use alert_classification::Status;
use incident::{Act, IncidentId, IncidentKey, VerdictKind};
use jiff::SignedDuration;
use settings::Priority;

use super::town::{Town, at};
use crate::{Earlier, PostMortem, Promise, RecommendationKind as Kind, Remediation, postmortem};

fn kinds(report: &PostMortem) -> Vec<Kind> {
    report.recommendations.iter().map(|it| it.kind).collect()
}

#[test]
fn nothing_is_advised_where_all_went_well() {
    let mut town = Town::new();
    town.to(at("14:00:00"));
    town.fires("pay-errors");
    town.to(at("14:02:00"));
    town.act("payments/errors", "anna", &Act::Acknowledge { until: None });
    town.to(at("14:10:00"));
    town.ends("pay-errors");
    let report = town.report("payments/errors");
    assert_eq!(kinds(&report), []);
    let promises: Vec<Promise> = report.figures.iter().map(|figure| figure.promise).collect();
    assert_eq!(
        promises,
        [
            Promise::None,
            Promise::Met,
            Promise::Met,
            Promise::Met,
            Promise::Met
        ]
    );
}

#[test]
fn a_ladder_that_nobody_answered() {
    let mut town = Town::new();
    town.to(at("14:00:00"));
    town.fires("pay-errors");
    town.to(at("15:30:00"));
    let report = town.report("payments/errors");
    assert_eq!(
        kinds(&report),
        [
            Kind::Acknowledgement,
            Kind::LadderExhausted,
            Kind::Escalation
        ]
    );
    assert!(
        report
            .figures
            .iter()
            .skip(2)
            .all(|figure| figure.promise == Promise::Missed)
    );
}

#[test]
fn what_ends_by_itself_needed_nobody() {
    let mut town = Town::new();
    town.to(at("14:00:00"));
    town.fires("pay-errors");
    town.to(at("14:03:00"));
    town.ends("pay-errors");
    assert_eq!(kinds(&town.report("payments/errors")), [Kind::Unattended]);
}

#[test]
fn found_late_without_rule_or_runbook_and_never_ended() {
    let mut town = Town::new();
    town.to(at("12:00:00"));
    town.push_for(
        "strange",
        "strange things",
        Status::Firing,
        3_600 * 30,
        Some(90),
    );
    town.to(at("14:00:00"));
    let key = town.first_key();
    let kinds = kinds(&town.report(&key));
    for kind in [
        Kind::Detection,
        Kind::Classification,
        Kind::Runbook,
        Kind::Lapse,
    ] {
        assert!(kinds.contains(&kind), "{kind:?} in {kinds:?}");
    }
}

#[test]
fn an_alarm_is_missing_where_only_aws_told() {
    let mut town = Town::new();
    town.to(at("14:00:00"));
    town.push_from("aws.rds", "pay-errors", "failover", Status::Firing, 0, None);
    let report = town.report("payments/errors");
    let advice = report
        .recommendations
        .iter()
        .find(|it| it.kind == Kind::MissingAlarm)
        .unwrap();
    assert!(
        advice.evidence[0].starts_with("failover came from aws.rds"),
        "{advice:?}"
    );
    // As soon as an alarm fires too there is one.
    town.fires("pay-failures");
    let report = town.report("payments/errors");
    assert!(!kinds(&report).contains(&Kind::MissingAlarm));
}

#[test]
fn silenced_too_long_to_be_told_in_time() {
    let mut town = Town::new();
    town.to(at("14:00:00"));
    town.silence("s1", r#"service="payments""#, at("14:20:00"));
    town.fires("pay-errors");
    town.to(at("14:40:00"));
    let report = town.report("payments/errors");
    let kinds = kinds(&report);
    assert!(
        kinds.contains(&Kind::Notification) && kinds.contains(&Kind::Silence),
        "{kinds:?}"
    );
    let first = &report.recommendations[0];
    assert_eq!(first.kind, Kind::Notification);
    assert!(
        first
            .evidence
            .iter()
            .any(|fact| fact.contains("silence s1 of carl")),
        "{first:?}"
    );
}

#[test]
fn a_priority_that_people_corrected() {
    let mut town = Town::new();
    town.to(at("14:00:00"));
    town.fires("order-slow");
    town.to(at("14:01:00"));
    let priority = Priority::P3;
    town.act("orders/latency", "ben", &Act::SetPriority { priority });
    assert!(kinds(&town.report("orders/latency")).contains(&Kind::Priority));
}

#[test]
fn what_was_before_counts_within_30_days() {
    let mut town = Town::new();
    town.to(at("14:00:00"));
    town.fires("pay-errors");
    town.to(at("14:01:00"));
    let verdict = Some(VerdictKind::FalsePositive);
    town.act(
        "payments/errors",
        "ben",
        &Act::Resolve {
            verdict,
            why: String::new(),
        },
    );
    let mut case = town.case("payments/errors");
    let earlier = |key: &str, days: i64| {
        let opened_at = case
            .now
            .checked_sub(SignedDuration::from_hours(days * 24))
            .unwrap();
        Earlier {
            id: IncidentId::of(key, opened_at, 1),
            key: IncidentKey::try_new(key).unwrap(),
            title: "before".into(),
            service: "payments".into(),
            category: "errors".into(),
            priority: Priority::P1,
            opened_at,
            resolved_at: None,
            verdict: Some(VerdictKind::FalsePositive),
        }
    };
    let earlier = vec![
        earlier("payments/errors", 3),
        earlier("payments/errors", 40),
        earlier("payments/other", 5),
    ];
    case.earlier = earlier;
    case.remediations = vec![Remediation {
        at: case.now,
        what: "restart function pay".into(),
        succeeded: Some(false),
        detail: "access denied".into(),
    }];
    let report = postmortem(&case).unwrap();
    assert_eq!((report.similar.same, report.similar.alike), (1, 2));
    let kinds = kinds(&report);
    for kind in [Kind::Repetition, Kind::FalsePositive, Kind::Remediation] {
        assert!(kinds.contains(&kind), "{kind:?} in {kinds:?}");
    }
}
