//! Notices as findings, which are what Tocsin makes alerts of.

use alert_classification::{FINDING_SCHEMA, Finding, Labels, Measurement, Status};
use compact_str::{CompactString, format_compact};
use jiff::Timestamp;

use crate::merge::Notice;

/// Where the lines come from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Origin<'a> {
    /// The service that writes them.
    pub service: &'a str,
    /// The log group that has them.
    pub log_group: &'a str,
}

impl Notice {
    /// The finding for it. Its labels are the kind, the service, the log group and the template's identity, so that
    /// the end of a burst finds its beginning; all that changes is an annotation.
    #[must_use]
    pub fn finding(&self, origin: &Origin<'_>, now: Timestamp) -> Finding {
        let evidence = self.evidence();
        let short: String = evidence.template.chars().take(120).collect();
        let minutes = (evidence.window_seconds / 60).max(1);
        let (kind, status, title, description) = match self {
            Self::New(_) => (
                "NewLogPattern",
                Status::Firing,
                format!(
                    "{}: a log pattern never seen before: {short}",
                    origin.service
                ),
                "No line like it was known in this log group.".to_owned(),
            ),
            Self::Frequent(_) => (
                "FrequentLogPattern",
                Status::Firing,
                format!(
                    "{}: a log pattern is suddenly frequent: {short}",
                    origin.service
                ),
                format!(
                    "{} lines within {minutes} minutes; usually {:.1}.",
                    evidence.in_window, evidence.usual
                ),
            ),
            Self::Calm(_) => (
                "FrequentLogPattern",
                Status::Resolved,
                format!(
                    "{}: a log pattern is as frequent as usual again: {short}",
                    origin.service
                ),
                String::new(),
            ),
        };
        let labels: Labels = [
            ("service", CompactString::from(origin.service)),
            ("log_group", CompactString::from(origin.log_group)),
            ("template_id", format_compact!("{}", evidence.id)),
        ]
        .into_iter()
        .collect();
        let mut annotations: Labels = [
            ("template", CompactString::from(evidence.template.as_str())),
            ("count", format_compact!("{}", evidence.count)),
            ("first_seen", format_compact!("{}", evidence.first_seen)),
        ]
        .into_iter()
        .collect();
        if let Some(example) = &evidence.example {
            annotations.set("example", example.as_str());
        }
        let measurement = matches!(self, Self::Frequent(_)).then(|| Measurement {
            value: Some(evidence.in_window as f64),
            threshold: Some(evidence.threshold),
            comparison: CompactString::const_new(">"),
            unit: CompactString::const_new("Count"),
            period_seconds: u32::try_from(evidence.window_seconds).ok(),
            window_seconds: u32::try_from(evidence.window_seconds).ok(),
        });
        Finding {
            schema: CompactString::const_new(FINDING_SCHEMA),
            title,
            source: CompactString::const_new("tocsin.log-metrics"),
            kind: CompactString::const_new(kind),
            status,
            description,
            labels,
            annotations,
            measurement,
            starts_at: None,
            changed_at: Some(now),
            url: None,
        }
    }
}
