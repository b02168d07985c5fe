//! What fires and is not heard of any more is over one day.
//!
//! Many sources tell that something is wrong and never that it is right again. Without an end their
//! incident would stay open for ever, and the next trouble would be no news.

use alert_classification::Fingerprint;
use jiff::Timestamp;

use crate::state::{AlertPhase, IncidentState};

/// Ends what is over by now. Its time of change stays: any newer firing begins again.
pub(super) fn lapse(state: &mut IncidentState, now: Timestamp) -> Vec<Fingerprint> {
    let lapsed = state.alerts.ended_by(now);
    for fingerprint in &lapsed {
        state.alerts.update(*fingerprint, |alert| {
            alert.phase = AlertPhase::Resolved;
            alert.lapsed = true;
        });
    }
    lapsed
}
