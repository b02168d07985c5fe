//! Repeated, late and overtaken events.

use test_case::test_case;

use super::{Bench, batch, outcomes};
use crate::{Change, IncidentStatus};

#[test_case("+a@1 | +a@1", "opened: began | unchanged: duplicate"; "a repeated firing is no news")]
#[test_case("+a@1 +a@1", "opened: began duplicate"; "a repetition within a batch counts once")]
#[test_case("+a@1 | -a@2 | -a@2", "opened: began | resolved: ended | unchanged: duplicate"; "a repeated resolve is no news")]
#[test_case("+a@1 | -a@2 | +a@1", "opened: began | resolved: ended | unchanged: out_of_order"; "a firing repeated after its resolve opens nothing")]
#[test_case("~a@1 | ~a@1 ~a@1", "quiet: reported | unchanged: duplicate duplicate"; "a repeated report is no news")]
#[test_case("+a@1 | +a@1 +b@1", "opened: began | open: duplicate began"; "a repetition does not hide its neighbour")]
fn duplicates(script: &str, expected: &str) {
    assert_eq!(outcomes(script), expected);
}

#[test_case("-a@2 | +a@1", "quiet: resolve_without_firing | unchanged: out_of_order"; "a firing overtaken by its resolve opens nothing")]
#[test_case("-a@2 +a@1", "quiet: resolved_before_told resolved_before_told"; "order within a batch is the order of the source")]
#[test_case("-a@2 | +a@3", "quiet: resolve_without_firing | opened: began"; "a firing after the resolve opens")]
#[test_case("+a@3 | -a@2", "opened: began | unchanged: out_of_order"; "a late resolve of an earlier firing ends nothing")]
#[test_case("+a@3 | +a@1 | -a@4", "opened: began | unchanged: out_of_order | resolved: ended"; "a late firing changes nothing")]
#[test_case("+a@1 | -a@1", "opened: began | unchanged: out_of_order"; "at equal times a firing stays")]
#[test_case("-a@1 | +a@1", "quiet: resolve_without_firing | opened: began"; "at equal times firing wins")]
#[test_case("-a@1 +a@1", "opened: superseded began"; "at equal times firing wins within a batch")]
#[test_case("+a@1/P3 +a@1/P1", "opened: duplicate began"; "at equal times the most urgent firing wins")]
#[test_case("+a@1 | -a@3 | -a@2", "opened: began | resolved: ended | unchanged: out_of_order"; "an older resolve is out of order")]
#[test_case("+a@1 | -a@2 | -a@3 | +a@2", "opened: began | resolved: ended | quiet: already_resolved | unchanged: out_of_order"; "a newer resolve moves the time that counts")]
fn source_time_orders(script: &str, expected: &str) {
    assert_eq!(outcomes(script), expected);
}

#[test]
fn a_decision_that_changes_nothing_leaves_the_state_as_it_was() {
    let mut bench = Bench::run("+a@1 +b@2 | -a@3 ~c@1");
    let before = bench.state.clone();
    let decision = bench.send(&batch("+a@1 +b@2 -a@3 ~c@1"));
    assert_eq!(decision.change, Change::Unchanged);
    assert_eq!(bench.state, before);
    assert!(decision.steps.is_empty());
    assert_eq!(before.version, 2);
}

#[test]
fn deciding_again_gives_the_same_decision() {
    let bench = Bench::run("+a@1");
    let batch = &batch("+b@2/P1 -a@3 ~c@3");
    let decide = |mut state| {
        let decision = crate::decide(&mut state, batch, bench.now, &bench.policy);
        (decision, state)
    };
    assert_eq!(decide(bench.state.clone()), decide(bench.state.clone()));
}

#[test]
fn an_old_event_counts_by_when_it_was_seen() {
    // A day-old alarm that reaches us now is as good as a new one: its resolve must be remembered.
    let script = "-a@-900000 | +z@1 | -z@2 | +a@-900001";
    assert_eq!(
        outcomes(script),
        "quiet: resolve_without_firing | opened: began | resolved: ended | unchanged: out_of_order"
    );
    assert_eq!(Bench::run(script).state.status(), IncidentStatus::Resolved);
}
