//! What fires and is not heard of any more is over one day.
//!
//! Many sources tell that something is wrong and never that it is right again. Without an end their
//! incident would stay open for ever, and the next trouble would be no news.

use alert_classification::Fingerprint;
use jiff::Timestamp;

use crate::state::{AlertPhase, IncidentState};

/// Ends what is over by now. Its time of change stays: any newer firing begins again.
pub(super) fn lapse(state: &mut IncidentState, now: Timestamp) -> Vec<Fingerprint> {
    let mut lapsed = Vec::new();
    for (fingerprint, alert) in &mut state.alerts {
        if alert.is_firing() && alert.span.is_over(now) {
            alert.phase = AlertPhase::Resolved;
            alert.lapsed = true;
            lapsed.push(*fingerprint);
        }
    }
    lapsed
}
