//! What matchers of routes, inhibit rules and silences look at.

use alert_classification::{ClassifiedAlert, Labels, Measurement};
use settings::{Lookup, Priority};

use crate::notification::AlertSummary;

/// Before the name of a label that is meant itself, and not what the classification says.
const LABEL: &str = "label.";

/// An alert as matchers see it: its labels, and `priority`, `service` and `category` of its
/// classification.
///
/// Where a rule has classified the alert, its word on these three counts; else a label of that name
/// does, so that alerts that were labelled elsewhere are routed by their own labels. Whatever the rules
/// say, `label.priority` is the label, and nothing without one.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    labels: &'a Labels,
    measurement: Option<&'a Measurement>,
    priority: Priority,
    service: &'a str,
    category: &'a str,
    ruled: bool,
}

impl<'a> Subject<'a> {
    /// An alert that was just classified, with the priority that counts.
    #[must_use]
    pub fn of(alert: &'a ClassifiedAlert, priority: Priority) -> Self {
        Self {
            labels: &alert.alert.labels,
            measurement: alert.alert.measurement.as_ref(),
            priority,
            service: &alert.classification.service,
            category: &alert.classification.category,
            ruled: alert.classification.rule.is_some(),
        }
    }

    /// An alert as it is remembered.
    #[must_use]
    pub fn remembered(alert: &'a AlertSummary, service: &'a str) -> Self {
        Self {
            labels: &alert.labels,
            measurement: alert.measurement.as_ref(),
            priority: alert.priority,
            service,
            category: &alert.category,
            ruled: alert.rule.is_some(),
        }
    }

    /// The values of some labels; what is empty is left out. `label.priority` is told as `priority`,
    /// where that is not one of them.
    #[must_use]
    pub fn values<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Labels {
        let names: Vec<&str> = names.into_iter().collect();
        let told = |name: &'n str| {
            let label = name.strip_prefix(LABEL)?;
            (!names.contains(&label)).then_some(label)
        };
        names
            .iter()
            .filter_map(|name| Some((told(name).unwrap_or(name), self.text(name)?)))
            .collect()
    }

    /// All labels.
    #[must_use]
    pub const fn labels(&self) -> &'a Labels {
        self.labels
    }

    fn classified(&self, name: &str) -> Option<&'a str> {
        match name {
            "priority" => Some(self.priority.as_str()),
            "service" => Some(self.service),
            "category" => Some(self.category),
            _label => None,
        }
    }
}

impl Lookup for Subject<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        if let Some(label) = name.strip_prefix(LABEL) {
            return self.labels.get(label);
        }
        let label = || self.labels.get(name);
        let classified = || self.classified(name).filter(|text| !text.is_empty());
        if self.ruled {
            classified().or_else(label)
        } else {
            label().or_else(classified)
        }
    }

    fn number(&self, name: &str) -> Option<f64> {
        let measured = self.measurement;
        match name {
            "value" => measured?.value,
            "threshold" => measured?.threshold,
            _label => self
                .text(name)?
                .trim()
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite()),
        }
    }
}
