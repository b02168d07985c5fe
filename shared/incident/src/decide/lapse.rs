//! What fires and is not heard of any more is over one day.
//!
//! Many sources tell that something is wrong and never that it is right again. Without an end their
//! incident would stay open for ever, and the next trouble would be no news.

use alert_classification::Fingerprint;
use jiff::{SignedDuration, Timestamp};

use crate::state::{AlertPhase, IncidentState};

/// When a firing that is heard of now lapses.
pub(super) fn at(lifetime_minutes: Option<u32>, now: Timestamp) -> Option<Timestamp> {
    let lifetime = SignedDuration::from_mins(i64::from(lifetime_minutes?));
    Some(now.checked_add(lifetime).unwrap_or(Timestamp::MAX))
}

/// Ends what lapsed by now. Its time of change stays: any newer firing begins again.
pub(super) fn lapse(state: &mut IncidentState, now: Timestamp) -> Vec<Fingerprint> {
    let mut lapsed = Vec::new();
    for (fingerprint, alert) in &mut state.alerts {
        if alert.is_firing() && alert.lapses_at.is_some_and(|at| at <= now) {
            alert.phase = AlertPhase::Resolved;
            alert.ends_at = alert.lapses_at;
            lapsed.push(*fingerprint);
        }
    }
    lapsed
}
