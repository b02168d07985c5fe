//! Repeated, late and overtaken events.

use test_case::test_case;

use super::{Bench, outcomes};
use crate::IncidentStatus;

#[test_case("+a@1 | +a@1", "opened: notified | unchanged: duplicate"; "a repeated firing tells nobody again")]
#[test_case("+a@1 +a@1", "opened: notified duplicate"; "a repetition within a batch tells once")]
#[test_case("+a@1 | -a@2 | -a@2", "opened: notified | resolved: notified | unchanged: duplicate"; "a repeated resolve tells nobody again")]
#[test_case("+a@1 | -a@2 | +a@1", "opened: notified | resolved: notified | unchanged: out_of_order"; "a firing repeated after its resolve opens nothing")]
#[test_case("~a@1 | ~a@1 ~a@1", "info: notified | unchanged: duplicate duplicate"; "a repeated report tells nobody again")]
#[test_case("+a@1 | +a@1 +b@1", "opened: notified | updated: duplicate notified"; "a repetition does not hide its neighbour")]
fn duplicates(script: &str, expected: &str) {
    assert_eq!(outcomes(script), expected);
}

#[test_case("-a@2 | +a@1", "silent: resolve_without_firing | unchanged: out_of_order"; "a firing overtaken by its resolve opens nothing")]
#[test_case("-a@2 +a@1", "silent: resolved_before_told resolved_before_told"; "order within a batch is the order of the source")]
#[test_case("-a@2 | +a@3", "silent: resolve_without_firing | opened: notified"; "a firing after the resolve opens")]
#[test_case("+a@3 | -a@2", "opened: notified | unchanged: out_of_order"; "a late resolve of an earlier firing ends nothing")]
#[test_case("+a@3 | +a@1 | -a@4", "opened: notified | unchanged: out_of_order | resolved: notified"; "a late firing changes nothing")]
#[test_case("+a@1 | -a@1", "opened: notified | unchanged: out_of_order"; "at equal times a firing stays")]
#[test_case("-a@1 | +a@1", "silent: resolve_without_firing | opened: notified"; "at equal times firing wins")]
#[test_case("-a@1 +a@1", "opened: superseded notified"; "at equal times firing wins within a batch")]
#[test_case("+a@1 | -a@3 | -a@2", "opened: notified | resolved: notified | unchanged: out_of_order"; "an older resolve is out of order")]
#[test_case("+a@1 | -a@2 | -a@3 | +a@2", "opened: notified | resolved: notified | silent: already_resolved | unchanged: out_of_order"; "a newer resolve moves the time that counts")]
fn source_time_orders(script: &str, expected: &str) {
    assert_eq!(outcomes(script), expected);
}

#[test]
fn a_decision_that_changes_nothing_leaves_the_state_as_it_was() {
    let mut bench = Bench::run("+a@1 +b@2 | -a@3 ~c@1");
    let before = bench.state.clone();
    let decision = bench.send(&super::batches("+a@1 +b@2 -a@3 ~c@1")[0]);
    assert_eq!(decision.state, before);
    assert!(decision.effects.is_empty());
    assert_eq!(before.version, 2);
}

#[test]
fn deciding_again_gives_the_same_decision() {
    let bench = Bench::run("+a@1");
    let batch = &super::batches("+b@2/P1 -a@3 ~c@3")[0];
    let first = crate::decide(bench.state.clone(), batch, bench.now, &bench.policy);
    let second = crate::decide(bench.state, batch, bench.now, &bench.policy);
    assert_eq!(first, second);
}

#[test]
fn an_old_event_counts_by_when_it_was_seen() {
    // A day-old alarm that reaches us now is as good as a new one: its resolve must be remembered.
    let script = "-a@-900000 | +z@1 | -z@2 | +a@-900001";
    assert_eq!(
        outcomes(script),
        "silent: resolve_without_firing | opened: notified | resolved: notified | unchanged: out_of_order"
    );
    assert_eq!(Bench::run(script).state.status(), IncidentStatus::Resolved);
}
