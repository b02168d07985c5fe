//! Reports of what merely happened.

use alert_classification::Status;
use test_case::test_case;

use super::{Bench, batch, brief, outcomes};
use crate::IncidentStatus;

#[test_case("~a@1", "quiet: reported"; "a report is told")]
#[test_case("~a@1 ~b@2 ~c@3", "quiet: reported reported reported"; "reports of one batch are all told")]
#[test_case("~a@1 | ~a@2", "quiet: reported | quiet: reported"; "it happened again")]
#[test_case("~a@2 | ~a@1", "quiet: reported | quiet: reported"; "a late report is told")]
#[test_case("+a@1 | ~a@2 | -a@3", "opened: began | open: reported | resolved: ended"; "a report does not end a firing alert")]
#[test_case("+a@1 ~b@1", "opened: began reported"; "a report beside an alert is told apart")]
#[test_case("~a@1 ~a@2 ~a@3 ~a@4 ~a@5 ~a@6 ~a@7 ~a@8 ~a@9 | ~a@1 | ~a@2", "quiet: reported reported reported reported reported reported reported reported reported | unchanged: out_of_order | unchanged: duplicate"; "the memory for repetitions is short but safe")]
fn a_report_comes_to(script: &str, expected: &str) {
    assert_eq!(outcomes(script), expected);
}

#[test]
fn different_reports_of_the_same_second_are_all_told_once() {
    let mut bench = Bench::new();
    let mut twelve: Vec<_> = (0..12).map(|_| super::parse("~a@1")).collect();
    for (n, arrival) in twelve.iter_mut().enumerate() {
        arrival.alert.alert.annotations.set("user", n.to_string());
    }
    let decision = bench.send(&twelve);
    assert_eq!(
        brief(&decision),
        format!("quiet:{}", " reported".repeat(12))
    );
    assert_eq!(bench.state.infos.values().next().unwrap().events.len(), 8);
    let mut other = Bench::new();
    other.send(&twelve[..2]);
    assert_eq!(
        brief(&other.send(&twelve[..2])),
        "unchanged: duplicate duplicate"
    );
    twelve[0].alert.alert.title.push('!');
    twelve[1].alert.alert.description.push('!');
    assert_eq!(brief(&other.send(&twelve[..2])), "quiet: reported reported");
}

#[test]
fn reports_are_handed_on_oldest_first() {
    let mut bench = Bench::new();
    let decision = bench.send(&batch("~a@3 ~b@1 ~a@2"));
    let places: Vec<Option<usize>> = decision.steps.iter().map(|step| step.place).collect();
    assert_eq!(places, [Some(1), Some(2), Some(0)]);
}

#[test]
fn a_report_opens_no_episode() {
    let bench = Bench::run("~b@1/P1");
    assert_eq!(bench.state.status(), IncidentStatus::Info);
    assert!(bench.state.episode.is_none());
    assert!(bench.state.alerts.is_empty());
}

#[test]
fn a_report_about_a_firing_alert_does_not_touch_it() {
    let mut bench = Bench::run("+a@1/P1");
    let before = bench.state.alerts.clone();
    let decision = bench.send(&batch("~a@2/P3"));
    assert_eq!(brief(&decision), "open: reported");
    assert_eq!(bench.state.alerts, before);
    assert_eq!(bench.firing().len(), 1);
    assert!(
        batch("~a@2")
            .iter()
            .all(|a| a.alert.alert.status == Status::Info)
    );
}
