//! The books of decisions as metrics, the same from every function that decides.

use engine::Books;
use lambda_support::metrics::Metrics;

/// Enters the books into the metrics.
pub fn count(books: &Books, metrics: &mut Metrics) {
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
}
