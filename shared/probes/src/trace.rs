//! One asking: how long it may take, how far it came, and what was measured on the way.

use std::collections::BTreeMap;
use std::time::Duration;

use health::{Fault, FaultKind};
use settings::Measured;
use tokio::time::{Instant, timeout_at};

/// One asking.
#[derive(Debug)]
pub(crate) struct Trace {
    begun: Instant,
    end: Instant,
    /// The run ends before the probe's own time is up: then its silence says nothing.
    is_cut: bool,
    measured: BTreeMap<Measured, f64>,
}

impl Trace {
    /// Begins now, and ends with the probe's own time or the run's.
    pub(crate) fn begin(timeout: Duration, run_ends: Instant) -> Self {
        let begun = Instant::now();
        let own = begun + timeout;
        Self {
            begun,
            end: own.min(run_ends),
            is_cut: run_ends < own,
            measured: BTreeMap::new(),
        }
    }

    /// What came before does not count as the thing's own time.
    pub(crate) fn restart(&mut self) {
        self.begun = Instant::now();
    }

    /// Waits for a step; when it takes too long, that has the step's name.
    pub(crate) async fn step<T>(
        &self,
        late: FaultKind,
        step: impl Future<Output = T>,
    ) -> Result<T, Fault> {
        self.step_until(self.end, late, step).await
    }

    /// Waits for a step that must not take all the time that is left.
    pub(crate) async fn step_until<T>(
        &self,
        end: Instant,
        late: FaultKind,
        step: impl Future<Output = T>,
    ) -> Result<T, Fault> {
        timeout_at(end.min(self.end), step).await.map_err(|_| {
            let waited = self.begun.elapsed().as_millis();
            if self.is_cut {
                Fault::new(
                    FaultKind::OutOfTime,
                    format!("the run ended after {waited} ms of waiting"),
                )
            } else {
                Fault::new(late, format!("nothing for {waited} ms"))
            }
        })
    }

    /// The time that is left, cut into equal parts.
    pub(crate) fn share(&self, parts: usize) -> Instant {
        let parts = u32::try_from(parts).unwrap_or(u32::MAX).max(1);
        let now = Instant::now();
        now + self.end.saturating_duration_since(now) / parts
    }

    /// Milliseconds since a moment. Over several connections the last one's count.
    pub(crate) fn lap(&mut self, what: Measured, since: Instant) {
        self.measure(what, millis(since.elapsed()));
    }

    pub(crate) fn measure(&mut self, what: Measured, value: f64) {
        self.measured.insert(what, value);
    }

    /// The end: how long it took counts only when there was an answer.
    pub(crate) fn finish(mut self, is_well: bool) -> BTreeMap<Measured, f64> {
        if is_well {
            self.lap(Measured::TotalMs, self.begun);
        }
        self.measured
    }
}

/// Milliseconds with microseconds behind the point.
pub(crate) fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}
