//! The books balance, nothing is left undone, and nobody's work is lost.

use jiff::SignedDuration;

use super::{End, Violation, broken};
use crate::plan::{Input, Plan};

/// The promise that each decision is taken on the newest versions.
pub const OVERWRITTEN: &str = "no decision is overwritten";
/// When nothing goes wrong any more, what is due is done within so long.
const LATE: SignedDuration = SignedDuration::from_mins(5);

/// What came in is accounted for, in each incident and in each group.
pub(super) fn balance(end: &End, violations: &mut Vec<Violation>) {
    const PROMISE: &str = "the books balance";
    for state in &end.incidents {
        let counters = &state.counters;
        if counters.received != counters.grouped + counters.suppressed_total() {
            violations.push(broken(PROMISE, format!("{}: {counters:?}", state.key)));
        }
    }
    for group in &end.groups {
        let counters = &group.counters;
        let pending = group.pending();
        if counters.received != counters.notified + counters.suppressed_total() + pending {
            let what = format!("{}: {counters:?}, {pending} pending", group.key);
            violations.push(broken(PROMISE, what));
        }
    }
}

/// An event is taken for news once at most, and what was is in the books of an incident for good.
pub(super) fn counted(end: &End, violations: &mut Vec<Violation>) {
    const PROMISE: &str = "what arrives is counted once";
    let events = &end.witness.events;
    for (number, seen) in events.iter().filter(|(_, seen)| seen.grouped > 1) {
        let what = format!("event {number} was news {} times", seen.grouped);
        violations.push(broken(PROMISE, what));
    }
    let news: u64 = events.values().map(|seen| u64::from(seen.grouped)).sum();
    let most = u64::try_from(events.len()).unwrap_or(u64::MAX);
    let counted: u64 = end.incidents.iter().map(|s| s.counters.grouped).sum();
    if counted < news || counted > most {
        let what = format!("{news} of {most} events were said to be news, the table has {counted}");
        violations.push(broken(PROMISE, what));
    }
}

/// Nothing waits for ever, and no decision was lost on its way.
pub(super) fn done(plan: &Plan, end: &End, violations: &mut Vec<Violation>) {
    let mut left = |what| violations.push(broken("all work is done in the end", what));
    end.left.iter().cloned().for_each(&mut left);
    for (number, input) in plan.inputs.iter().enumerate() {
        let seen = end.witness.events.get(&number);
        let accepted = seen.is_some_and(|seen| seen.accepted.is_some());
        match input {
            Input::Alert(..) if !accepted => left(format!("event {number} was not decided upon")),
            Input::Alert(..) | Input::Act(..) | Input::Deploy(..) => {}
        }
    }
    for (key, due) in &end.due {
        if end.now.duration_since(*due) > LATE {
            let what = format!("{key} is due since {due}, and it is {}", end.now);
            violations.push(broken("what is due is done", what));
        }
    }
    let witness = &end.witness;
    for id in &witness.forgotten {
        let what = format!("{id} was left to the sweep by a function that lived");
        violations.push(broken("who decides publishes", what));
    }
    for what in &witness.overwritten {
        violations.push(broken(OVERWRITTEN, what.clone()));
    }
}
