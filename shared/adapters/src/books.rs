//! The books of decisions as metrics, the same from every function that decides.

use engine::{Books, Undone};
use lambda_support::metrics::Metrics;

/// Enters what was decided, and what of it could not be carried out, into the metrics.
pub fn count(books: &Books, undone: Undone, metrics: &mut Metrics) {
    metrics.count("AlertsGrouped", books.grouped);
    metrics.count("AlertsNotified", books.notified);
    metrics.count("AlertsSuppressed", books.suppressed.values().sum());
    for (reason, count) in &books.suppressed {
        metrics.count_by("AlertsSuppressed", "reason", reason.as_str(), *count);
    }
    metrics.count("IncidentsOpened", books.opened);
    metrics.count("IncidentsResolved", books.resolved);
    metrics.count("RecordsUnreadable", books.unreadable);
    metrics.count("DecisionsRepeated", books.again);
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    metrics.count("NotificationsUnpublished", number(undone.unpublished));
    metrics.count("TimersUnscheduled", number(undone.unscheduled));
}
