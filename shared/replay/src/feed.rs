//! Runs recorded events through a configuration.

use std::sync::Arc;

use alert_classification::{ClassifiedAlert, Classifier, read};
use compact_str::CompactString;
use incident::{Arrival, Disposition, Outcome, Policy};
use jiff::Timestamp;
use settings::Settings;

use crate::driver::{Driver, Told};
use crate::event::Event;
use crate::totals::{Night, Totals};

/// Runs events, one after another, and hands out what is told as it is told.
#[derive(Debug)]
pub struct Feed {
    driver: Driver,
    classifier: Classifier,
    totals: Totals,
    from: Timestamp,
    began: bool,
}

impl Feed {
    /// Begins at `start`. What is told before `from` is neither handed out nor counted: it only
    /// brings the world into the state that it was in by then.
    #[must_use]
    pub fn new(settings: Arc<Settings>, start: Timestamp, from: Timestamp, night: Night) -> Self {
        Self {
            driver: Driver::new(Policy::new(Arc::clone(&settings)), start),
            classifier: Classifier::new(settings),
            totals: Totals::new(night),
            from,
            began: false,
        }
    }

    /// An event arrives: its alerts, and what is wrong with it, if something is.
    ///
    /// Events come in the order of their times; one that is older arrives now.
    pub fn event(&mut self, event: &Event, told: &mut impl FnMut(&Told)) -> Option<String> {
        let reading = read(&event.body, event.at);
        let alerts = reading.alerts.into_iter();
        let classified = alerts
            .map(|alert| self.classifier.classify(alert))
            .collect();
        self.alerts(event.at, classified, told);
        reading.fault
    }

    /// Classified alerts arrive.
    pub fn alerts(
        &mut self,
        at: Timestamp,
        alerts: Vec<ClassifiedAlert>,
        told: &mut impl FnMut(&Told),
    ) {
        self.advance(at, told);
        let counts = at >= self.from;
        if counts {
            self.totals.events += 1;
            self.totals.alerts += u64::try_from(alerts.len()).unwrap_or(u64::MAX);
        }
        let now = self.driver.now();
        let arrivals = alerts.into_iter().map(|alert| Arrival {
            alert,
            received_at: now,
            message: CompactString::default(),
            lifetime: None,
            incident: None,
        });
        let dispositions = self.driver.arrive(arrivals.collect());
        if counts {
            self.count(&dispositions);
        }
        self.hand_out(told);
    }

    /// Lets time pass.
    pub fn advance(&mut self, until: Timestamp, told: &mut impl FnMut(&Told)) {
        if !self.began && until >= self.from {
            self.began = true;
            self.driver.advance(self.from, false);
            self.hand_out(told);
            self.totals
                .begin(self.driver.totals(), self.driver.opened());
        }
        while self.driver.advance_once(until) {
            self.hand_out(told);
        }
    }

    /// Ends, and gives the totals.
    #[must_use]
    pub fn finish(mut self, until: Timestamp, told: &mut impl FnMut(&Told)) -> Totals {
        self.advance(until, told);
        self.totals.end(self.driver.totals(), self.driver.opened());
        self.totals
    }

    fn count(&mut self, dispositions: &[Disposition]) {
        for disposition in dispositions {
            if let Outcome::Suppressed { reason } = disposition.outcome {
                *self.totals.suppressed.entry(reason).or_default() += 1;
            }
        }
    }

    fn hand_out(&mut self, told: &mut impl FnMut(&Told)) {
        for one in self.driver.take_told() {
            if one.at >= self.from {
                self.totals.told(&one);
                told(&one);
            }
        }
    }
}
