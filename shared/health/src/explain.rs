//! What explains what: a thing whose dependency is down is no news.

use compact_str::CompactString;
use jiff::{SignedDuration, Timestamp};
use settings::Severity;

use crate::catalogue::{Catalogue, Watched};
use crate::judge::Grade;
use crate::memory::Memory;
use crate::state::State;

/// What explains trouble.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Explanation {
    /// The dependency's probe.
    pub(crate) by: CompactString,
    /// Nobody knows yet whether the dependency is in trouble; the next answers will show.
    pub(crate) suspected: bool,
}

/// What explains trouble of that grade, if anything does.
pub(crate) fn explanation(
    catalogue: &Catalogue<'_>,
    state: &State,
    one: &Watched<'_>,
    grade: Grade,
    now: Timestamp,
) -> Option<Explanation> {
    let mut suspect = None;
    for need in &one.needs {
        let Some(need) = catalogue.watched().get(*need) else {
            continue;
        };
        // Whoever hears of the lesser trouble only would not hear of the worse.
        if rank(need.probe.severity) > rank(one.probe.severity) {
            continue;
        }
        let Some(memory) = state.probes.get(&need.probe.name) else {
            continue;
        };
        let by = || need.probe.name.clone();
        match memory.trouble.as_ref().map(|trouble| trouble.grade) {
            Some(worse) if worse >= grade => {
                return Some(Explanation {
                    by: by(),
                    suspected: false,
                });
            }
            Some(_) => {}
            None if is_suspect(memory, need, now) => {
                suspect.get_or_insert_with(|| Explanation {
                    by: by(),
                    suspected: true,
                });
            }
            None => {}
        }
    }
    suspect
}

/// It was down when it was last asked, which was of late, and not yet often enough to be believed.
fn is_suspect(memory: &Memory, one: &Watched<'_>, now: Timestamp) -> bool {
    let twice = i64::try_from(one.probe.every.as_millis().saturating_mul(2)).unwrap_or(i64::MAX);
    memory.latest == Grade::Down
        && memory
            .last_at
            .is_some_and(|at| now.duration_since(at) <= SignedDuration::from_millis(twice))
}

/// The less, the worse.
const fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Critical => 0,
        Severity::High => 1,
        Severity::Medium => 2,
        Severity::Low => 3,
    }
}
