//! The shipped rules give each finding the priority that it deserves.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    dead_code,
    reason = "a test that cannot go on should stop with the place, and uses a part of the support"
)]

mod support;

use alert_classification::{Classifier, Finding};
use detection::{Detector, SOURCE, State, kind, observe};
use settings::{Priority, Settings};
use support::{at, attack, config, fired, run};

const SHIPPED: &str = include_str!("../../../config/monitoring.yaml");

/// What the requirement says: who got in and who steals wake somebody at once.
const fn expected(detector: Detector) -> (Priority, &'static str) {
    match detector {
        Detector::AccountTakeover | Detector::ImpossibleTravel => {
            (Priority::P1, "account-takeover")
        }
        Detector::PaymentVelocityAccount
        | Detector::PaymentVelocityDevice
        | Detector::PaymentVelocityCard
        | Detector::CardTesting
        | Detector::ManyCards
        | Detector::JustUnderLimit
        | Detector::RefundAmount => (Priority::P1, "payment-fraud"),
        Detector::RefundAbuse => (Priority::P2, "payment-fraud"),
        Detector::BruteForceAccount
        | Detector::BruteForceAddress
        | Detector::BruteForceDistributed
        | Detector::PasswordSpraying
        | Detector::CredentialStuffing
        | Detector::InvalidTokens
        | Detector::UnauthorisedAccess
        | Detector::PrivilegeProbing
        | Detector::PolicyViolation => (Priority::P2, "security"),
        Detector::RateLimit => (Priority::P3, "security"),
    }
}

#[test]
fn each_finding_and_its_end_have_their_priority_and_their_service() {
    let classifier = Classifier::new(Settings::from_yaml(SHIPPED).unwrap());
    let config = config();
    for detector in Detector::ALL {
        let (mut state, found): (State, _) = run(
            &attack(detector, detector.default_tier().threshold, 1),
            &config,
        );
        let began = fired(&found, detector)[0].clone();
        let over = observe(&mut state, &[], at(30 * 86_400), &config);
        let over = over.iter().find(|end| end.labels == began.labels).unwrap();
        assert_eq!(began.source, SOURCE);
        let classify = |finding: &Finding| {
            let body = serde_json::to_string(finding).unwrap();
            let alert = classifier.read(&body, at(0)).pop().unwrap();
            let of = alert.classification;
            (of.priority, of.category.to_string(), of.service.to_string())
        };
        let (first, second) = (classify(&began), classify(over));
        assert_eq!(
            (first.0, first.1.as_str()),
            expected(detector),
            "{}",
            kind(detector)
        );
        assert_eq!(first.2, detector.default_service());
        assert_eq!(first, second, "{detector}: its end is another incident's");
    }
}
