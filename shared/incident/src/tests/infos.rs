//! Reports of what merely happened.

use test_case::test_case;

use super::{Bench, batches, brief, outcomes};
use crate::IncidentStatus;

#[test_case("~a@1", "info: notified"; "a report is told")]
#[test_case("~a@1 ~b@2 ~c@3", "info: notified notified notified"; "reports of one batch are told together")]
#[test_case("~a@1 | ~a@2", "info: notified | info: notified"; "it happened again")]
#[test_case("~a@2 | ~a@1", "info: notified | info: notified"; "a late report is told")]
#[test_case("+a@1 | ~a@2 | -a@3", "opened: notified | info: notified | resolved: notified"; "a report does not end a firing alert")]
#[test_case("+a@1 ~b@1", "opened+info: notified notified"; "a report beside an alert is told apart")]
#[test_case("~a@1 ~a@2 ~a@3 ~a@4 ~a@5 ~a@6 ~a@7 ~a@8 ~a@9 | ~a@1 | ~a@2", "info: notified notified notified notified notified notified notified notified notified | unchanged: out_of_order | unchanged: duplicate"; "the memory for repetitions is short but safe")]
fn a_report_comes_to(script: &str, expected: &str) {
    assert_eq!(outcomes(script), expected);
}

#[test]
fn different_reports_of_the_same_second_are_all_told_once() {
    let mut bench = Bench::new();
    let mut batch: Vec<_> = (0..12)
        .map(|_| batches("~a@1").remove(0).remove(0))
        .collect();
    for (n, arrival) in batch.iter_mut().enumerate() {
        arrival.alert.alert.annotations.set("user", n.to_string());
    }
    let decision = bench.send(&batch);
    assert_eq!(brief(&decision), format!("info:{}", " notified".repeat(12)));
    let mut other = Bench::new();
    other.send(&batch[..2]);
    assert_eq!(
        brief(&other.send(&batch[..2])),
        "unchanged: duplicate duplicate"
    );
    batch[0].alert.alert.title.push('!');
    batch[1].alert.alert.description.push('!');
    assert_eq!(brief(&other.send(&batch[..2])), "info: notified notified");
}

#[test]
fn a_report_opens_no_episode_and_has_an_id_of_its_own() {
    let bench = Bench::run("+a@1 ~b@1/P4");
    let [opened, info] = &bench.told[..] else {
        panic!("{:?}", bench.told)
    };
    assert_ne!(opened.incident.id, info.incident.id);
    assert_eq!(info.incident.status, IncidentStatus::Info);
    assert_eq!((info.incident.firing, info.incident.resolved), (0, 0));
    assert_eq!(info.channels, [settings::Channel::Email]);
    assert_eq!(Bench::run("~b@1").state.status(), IncidentStatus::Info);
}

#[test]
fn a_report_about_a_firing_alert_is_told_as_a_report() {
    let mut bench = Bench::run("+a@1/P1");
    bench.send(&batches("~a@2/P3")[0]);
    let alert = &bench.last().alerts[0];
    assert_eq!(alert.status, alert_classification::Status::Info);
    assert_eq!(alert.priority, settings::Priority::P3);
    assert_eq!(bench.firing().len(), 1);
}
