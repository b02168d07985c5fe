//! What one invocation did, as metrics.

use lambda_support::metrics::Metrics;

/// What one invocation did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Books {
    /// Reports that lie in the bucket now.
    pub written: u64,
    /// Messages about reports that the topic has.
    pub told: u64,
    /// Requests for incidents that nobody knows any more.
    pub unknown: u64,
    /// Requests that wait until people have been told of the end.
    pub waiting: u64,
    /// Requests that come again, because something did not work.
    pub failed: u64,
}

impl Books {
    /// Enters the books into the metrics.
    pub(crate) fn count(self, metrics: &mut Metrics) {
        metrics.count("ReportsWritten", self.written);
        metrics.count("ReportsTold", self.told);
        metrics.count("ReportsUnknown", self.unknown);
        metrics.count("ReportsWaiting", self.waiting);
        metrics.count("ReportsFailed", self.failed);
    }
}
