//! `security`: its defaults, what may be written, and what is wrong with what may not.
#![cfg(feature = "yaml")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop with the place"
)]

use settings::{Detector, Duration, SecurityPolicy, Settings, Tier};
use test_case::test_case;

fn read(security: &str) -> Result<SecurityPolicy, String> {
    let text = format!("project: x\nrules: []\nsecurity:\n{security}\n");
    Settings::from_yaml(&text)
        .map(|settings| settings.security)
        .map_err(|faults| {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            lines.join("\n")
        })
}

#[test]
fn without_the_section_every_detector_works_that_needs_no_amounts() {
    let settings = Settings::from_yaml("project: x\nrules: []\n").unwrap();
    assert_eq!(settings.security, SecurityPolicy::default());
    let off: Vec<Detector> = Detector::ALL
        .into_iter()
        .filter(|detector| !settings.security.detectors.contains_key(detector))
        .collect();
    assert_eq!(off, [Detector::JustUnderLimit, Detector::RefundAmount]);
}

#[test]
fn what_is_shipped_turns_on_the_rest() {
    let shipped = include_str!("../../../config/monitoring.yaml");
    let policy = Settings::from_yaml(shipped).unwrap().security;
    assert_eq!(policy.detectors.len(), Detector::ALL.len());
    assert!(policy.allow.has_account("load-test@hasivu.example"));
    assert!(policy.allow.has_address("192.0.2.9".parse().unwrap()));
    assert!(!policy.allow.has_address("203.0.113.9".parse().unwrap()));
    assert_eq!(policy.limits["INR"], [500_000, 1_500_000, 5_000_000]);
}

#[test]
fn what_is_written_counts_and_the_rest_is_default() {
    let policy = read(
        "  detectors:\n    brute_force_account: { threshold: 7, service: login }\n    rate_limit: { enabled: false }\n    many_cards: { slow: { enabled: false } }",
    )
    .unwrap();
    let brute = &policy.detectors[&Detector::BruteForceAccount];
    let tier = Tier {
        threshold: 7,
        window: Duration::from_minutes(15),
    };
    assert_eq!(brute.tier, tier);
    assert_eq!(brute.service, "login");
    assert_eq!(brute.slow, Detector::BruteForceAccount.default_slow());
    assert!(!policy.detectors.contains_key(&Detector::RateLimit));
    assert_eq!(policy.detectors[&Detector::ManyCards].slow, None);
}

#[test]
fn a_threshold_above_the_default_slow_one_leaves_that_out() {
    let policy = read("  detectors: { brute_force_account: { threshold: 40 } }").unwrap();
    assert_eq!(policy.detectors[&Detector::BruteForceAccount].slow, None);
}

#[test_case("  shards: 0", "security.shards: 0 is out of range; write 1 to 256"; "no record")]
#[test_case("  lateness: 7h", "security.lateness"; "later than Lambda tries")]
#[test_case("  calm: 5m", "security.calm: `5m` is shorter than `lateness`"; "over before it has arrived")]
#[test_case("  failure_percent: 101", "security.failure_percent"; "more than all")]
#[test_case("  failure_percnt: 10", "did you mean `failure_percent`"; "a field that is not there")]
#[test_case("  network: { ipv4: 33 }", "security.network.ipv4"; "more bits than there are")]
#[test_case("  amounts: { limits: { rupees: [1] } }", "`rupees` is no currency"; "no currency")]
#[test_case("  amounts: { limits: { INR: [] } }", "security.amounts.limits.INR: nothing"; "no limit")]
#[test_case("  amounts: { limits: { INR: [5.5] } }", "a whole number"; "a broken paisa")]
#[test_case("  amounts: { refunds: { INR: 0 } }", "every refund is as much as nothing"; "no refund")]
#[test_case("  allow: { addresses: [home] }", "security.allow.addresses[0]: `home` is no address"; "no address")]
#[test_case("  allow: { addresses: [0.0.0.0/0] }", "every address there is"; "all addresses")]
#[test_case("  allow: { accounts: [' '] }", "no name"; "nobody")]
#[test_case("  detectors: { rate_limits: {} }", "did you mean `rate_limit`"; "no such detector")]
#[test_case("  detectors: { rate_limit: { threshold: 0 } }", "security.detectors.rate_limit.threshold: 0 is out of range"; "a threshold of nothing")]
#[test_case("  detectors: { many_cards: { threshold: 501 } }", "write 1 to 500"; "more things than are remembered")]
#[test_case("  detectors: { rate_limit: { window: 30s } }", "security.detectors.rate_limit.window: `30s`"; "too short")]
#[test_case("  detectors: { rate_limit: { window: soon } }", "`soon` is no duration"; "no duration")]
#[test_case("  detectors: { rate_limit: { slow: { window: 24h } } }", "the field `threshold` is missing"; "slow without a number")]
#[test_case("  detectors: { many_cards: { slow: { window: 30m } } }", "no slower than 4 in 1h"; "slow that is fast")]
#[test_case("  detectors: { impossible_travel: { threshold: 3 } }", "counts nothing"; "a threshold for what counts nothing")]
#[test_case("  detectors: { impossible_travel: { slow: {} } }", "knows no slow attack"; "slow for what is about a moment")]
#[test_case("  detectors: { just_under_limit: {} }", "there are no `amounts.limits`"; "a detector without its amounts")]
fn names_the_fault(security: &str, expected: &str) {
    let faults = read(security).unwrap_err();
    assert!(faults.contains(expected), "{faults}");
}

#[test]
fn all_faults_are_named_at_once() {
    let faults = read(
        "  shards: 500\n  allow: { addresses: [a, b] }\n  detectors:\n    rate_limit: { threshold: 0, window: 30s }",
    )
    .unwrap_err();
    assert_eq!(faults.lines().count(), 5, "{faults}");
}
