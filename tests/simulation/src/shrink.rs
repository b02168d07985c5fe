//! Looks for a smaller day that is as bad.

use crate::day::run;
use crate::guard::Guard;
use crate::plan::{Faults, Plan};

/// Takes away inputs and faults as long as a promise stays broken.
#[must_use]
pub fn shrink(plan: &Plan, without: Option<Guard>) -> Plan {
    let fails = |plan: &Plan| !run(plan, without).violations.is_empty();
    let mut smallest = plan.clone();
    loop {
        let mut smaller = None;
        for place in 0..smallest.inputs.len() {
            let mut candidate = smallest.clone();
            candidate.inputs.remove(place);
            if fails(&candidate) {
                smaller = Some(candidate);
                break;
            }
        }
        if smaller.is_none() {
            smaller = calmer(&smallest.faults)
                .into_iter()
                .map(|faults| Plan {
                    faults,
                    ..smallest.clone()
                })
                .find(|candidate| fails(candidate));
        }
        match smaller {
            Some(smaller) => smallest = smaller,
            None => return smallest,
        }
    }
}

/// The same faults without one kind.
fn calmer(faults: &Faults) -> Vec<Faults> {
    let mut all = Vec::new();
    let mut without = |change: fn(&mut Faults)| {
        let mut calmer = *faults;
        change(&mut calmer);
        if calmer != *faults {
            all.push(calmer);
        }
    };
    without(|faults| faults.duplicate = 0);
    without(|faults| faults.delay = 0);
    without(|faults| faults.lose = 0);
    without(|faults| faults.crash = 0);
    without(|faults| faults.stumble = 0);
    without(|faults| faults.lost_answer = 0);
    without(|faults| faults.topic = 0);
    without(|faults| faults.channel = 0);
    without(|faults| faults.sweep = 0);
    without(|faults| faults.skew = 0);
    without(|faults| faults.timers = 0);
    without(|faults| faults.stall = 0);
    without(|faults| faults.latency = 0);
    all
}
