//! What one run did, as metrics.

use health::{Metric, Suppressed};
use lambda_support::metrics::Metrics;

/// What one run did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Books {
    /// Probes that were asked.
    pub asked: u64,
    /// Answers that were not news.
    pub ignored: u64,
    /// Findings that the topic has.
    pub told: u64,
    /// Findings that wait for the next run.
    pub untold: u64,
    /// Trouble that people are not told of.
    pub suppressed: Vec<Suppressed>,
    /// How often the decision was taken anew because another run was faster.
    pub repeated: u64,
    /// What the probes measured.
    pub measured: Vec<Metric>,
}

impl Books {
    /// Enters the books into the metrics.
    pub(crate) fn count(&self, metrics: &mut Metrics) {
        metrics.count("ProbesAsked", self.asked);
        metrics.count("ProbeAnswersIgnored", self.ignored);
        metrics.count("FindingsTold", self.told);
        metrics.count("FindingsUntold", self.untold);
        metrics.count("HealthDecisionsRepeated", self.repeated);
        let suppressed = u64::try_from(self.suppressed.len()).unwrap_or(u64::MAX);
        metrics.count("FindingsSuppressed", suppressed);
        for one in &self.suppressed {
            metrics.count_by("FindingsSuppressed", "reason", one.reason, 1);
        }
        // Silence is trouble: an alarm waits for this.
        metrics.count("HealthCheckHeartbeat", 1);
        for one in &self.measured {
            metrics.gauge_by(one.name, one.unit, "probe", &one.probe, one.value);
        }
    }
}
