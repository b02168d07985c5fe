//! What is told is a finding as it is documented, and the classification takes it for what it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use alert_classification::{Classifier, read};
use settings::{Priority, Settings};
use test_case::test_case;

use super::Story;
use crate::Catalogue;

const SHIPPED: &str = include_str!("../../../../config/monitoring.yaml");

/// What each letter's finding is taken for, of a probe of that severity.
fn classified(severity: &str, letters: &str) -> (Priority, String, String, String) {
    let line = format!(
        "name: api-down-time, service: api, kind: http, target: 'https://api.example', every: 1m, \
         severity: {severity}, degraded_when: ['total_ms > 1000']"
    );
    let mut story = Story::new(&[&line]);
    let mut found = Vec::new();
    for letter in letters.chars() {
        found.extend(
            story
                .decide(&[story.answer("api-down-time", letter)])
                .findings,
        );
        story.minute += 1;
    }
    let classifier = Classifier::new(Arc::new(Settings::from_yaml(SHIPPED).unwrap()));
    let mut first = None;
    for finding in &found {
        let body = serde_json::to_string(finding).unwrap();
        let reading = read(&body, story.now());
        assert_eq!(reading.fault, None);
        let alerts = classifier.read(&body, story.now());
        let [one] = alerts.as_slice() else {
            panic!("{alerts:?}");
        };
        let class = &one.classification;
        let seen = (
            class.priority,
            class.category.to_string(),
            class.service.to_string(),
            class.rule.clone().unwrap_or_default().to_string(),
        );
        // The end is of the same incident as the beginning.
        assert_eq!(class.stable_category, class.category);
        let fingerprint = one.alert.fingerprint;
        let (known, begun) = first.get_or_insert((seen.clone(), fingerprint));
        assert_eq!((&*known, &*begun), (&seen, &fingerprint));
    }
    assert!(!found.is_empty());
    first.unwrap().0
}

#[test_case(
    "critical",
    "dduu",
    Priority::P1,
    "availability",
    "probe-down-critical"
)]
#[test_case("high", "dduu", Priority::P2, "availability", "probe-down")]
#[test_case("low", "dduu", Priority::P3, "availability", "probe-down-lesser")]
#[test_case(
    "critical",
    "gguu",
    Priority::P2,
    "degradation",
    "probe-degraded-critical"
)]
#[test_case("medium", "gguu", Priority::P3, "degradation", "probe-degraded")]
#[test_case(
    "critical",
    "????????????uu",
    Priority::P2,
    "monitoring",
    "probe-unknown-critical"
)]
#[test_case("low", "????????????uu", Priority::P3, "monitoring", "probe-unknown")]
#[test_case("critical", "ccuu", Priority::P3, "maintenance", "probe-certificate")]
fn findings_are_taken_for_what_they_are(
    severity: &str,
    letters: &str,
    priority: Priority,
    category: &str,
    rule: &str,
) {
    let expected = (
        priority,
        category.to_owned(),
        "api".to_owned(),
        rule.to_owned(),
    );
    assert_eq!(classified(severity, letters), expected);
}

#[test]
fn the_shipped_catalogue_asks_nothing_that_nobody_named() {
    let settings = Settings::from_yaml(SHIPPED).unwrap();
    let catalogue = Catalogue::new(&settings, &BTreeMap::new());
    assert!(settings.probes.len() >= 10);
    assert!(catalogue.watched().is_empty());
    assert_eq!(catalogue.left_out().len(), settings.probes.len());
}
