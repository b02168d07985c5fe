//! Attacks in a nutshell, and a state to let them loose on.

use std::sync::LazyLock;

use alert_classification::{Finding, Status};
use detection::{
    Config, Detector, EventField, EventKind, SecurityEvent, State, SubjectKey, observe,
};
use jiff::{SignedDuration, Timestamp};
use settings::{SecurityPolicy, Settings};

/// The policy that is shipped.
pub(crate) fn shipped() -> SecurityPolicy {
    static POLICY: LazyLock<SecurityPolicy> = LazyLock::new(|| {
        let text = include_str!("../../../../config/monitoring.yaml");
        Settings::from_yaml(text).unwrap().security
    });
    POLICY.clone()
}

/// The shipped policy in one shard.
pub(crate) fn config() -> Config {
    config_of(|_| {})
}

/// The shipped policy in one shard, with something changed.
pub(crate) fn config_of(change: impl FnOnce(&mut SecurityPolicy)) -> Config {
    let mut policy = shipped();
    policy.shards = 1;
    change(&mut policy);
    Config::new(policy, SubjectKey::new(*b"a key for tests!"))
}

/// So many seconds after the beginning, which is that of a part of every window.
pub(crate) fn at(seconds: i64) -> Timestamp {
    let start = Timestamp::from_second(1_764_547_200).unwrap();
    start
        .checked_add(SignedDuration::from_secs(seconds))
        .unwrap()
}

/// An event with some fields.
pub(crate) fn event(kind: EventKind, seconds: i64, fields: &[(EventField, &str)]) -> SecurityEvent {
    let mut event = SecurityEvent::new(kind, at(seconds));
    for (field, text) in fields {
        assert!(event.set(*field, text), "{field}: {text}");
    }
    event
}

/// `n` times what a detector counts, `step` seconds apart.
pub(crate) fn attack(detector: Detector, n: u32, step: i64) -> Vec<SecurityEvent> {
    use EventField::{
        Account, Address, Amount, Card, Currency, Detail, Device, Endpoint, Latitude, Longitude,
    };
    let mut events: Vec<SecurityEvent> = (0..n)
        .map(|i| {
            let s = i64::from(i) * step;
            let own = format!("198.51.{}.{}", i / 200, i % 200);
            let account = format!("parent-{i:06}");
            let card = format!("card_{i:08}");
            let door = format!("GET /admin/{i}");
            let one = (
                "parent-009999",
                "203.0.113.7",
                "device-000001",
                "card_00000001",
            );
            match detector {
                Detector::BruteForceAccount => {
                    event(EventKind::LoginFailed, s, &[(Account, one.0)])
                }
                // Two tries for each account are no spraying if there are few.
                Detector::BruteForceAddress => {
                    let account = format!("parent-{:06}", i % 7);
                    event(
                        EventKind::LoginFailed,
                        s,
                        &[(Account, &account), (Address, one.1)],
                    )
                }
                Detector::BruteForceDistributed => event(
                    EventKind::LoginFailed,
                    s,
                    &[(Account, one.0), (Address, &own)],
                ),
                Detector::PasswordSpraying => event(
                    EventKind::LoginFailed,
                    s,
                    &[(Account, &account), (Address, one.1)],
                ),
                Detector::CredentialStuffing => event(
                    EventKind::LoginFailed,
                    s,
                    &[(Account, &account), (Address, &own)],
                ),
                Detector::AccountTakeover => event(
                    EventKind::LoginFailed,
                    s,
                    &[(Account, one.0), (Address, one.1)],
                ),
                Detector::ImpossibleTravel => event(
                    EventKind::LoginSucceeded,
                    s,
                    &[(Account, one.0), (Latitude, "19.07"), (Longitude, "72.87")],
                ),
                Detector::RateLimit => event(EventKind::RateLimited, s, &[(Address, one.1)]),
                Detector::InvalidTokens => event(EventKind::TokenInvalid, s, &[(Address, one.1)]),
                Detector::UnauthorisedAccess => event(
                    EventKind::AccessDenied,
                    s,
                    &[(Account, one.0), (Endpoint, "GET /x")],
                ),
                Detector::PrivilegeProbing => event(
                    EventKind::AccessDenied,
                    s,
                    &[(Account, one.0), (Endpoint, &door)],
                ),
                Detector::PaymentVelocityAccount => {
                    event(EventKind::PaymentSucceeded, s, &[(Account, one.0)])
                }
                Detector::PaymentVelocityDevice => {
                    event(EventKind::PaymentSucceeded, s, &[(Device, one.2)])
                }
                Detector::PaymentVelocityCard => {
                    event(EventKind::PaymentSucceeded, s, &[(Card, one.3)])
                }
                Detector::CardTesting => event(EventKind::PaymentFailed, s, &[(Address, one.1)]),
                Detector::ManyCards => event(
                    EventKind::PaymentSucceeded,
                    s,
                    &[(Device, one.2), (Card, &card)],
                ),
                Detector::JustUnderLimit => event(
                    EventKind::PaymentSucceeded,
                    s,
                    &[(Account, one.0), (Amount, "499900"), (Currency, "INR")],
                ),
                Detector::RefundAbuse => event(EventKind::PaymentRefunded, s, &[(Account, one.0)]),
                Detector::RefundAmount => event(
                    EventKind::PaymentRefunded,
                    s,
                    &[(Account, one.0), (Amount, "1500000"), (Currency, "INR")],
                ),
                Detector::PolicyViolation => event(
                    EventKind::PolicyViolated,
                    s,
                    &[(Account, one.0), (Detail, "export-without-approval")],
                ),
            }
        })
        .collect();
    // Two detectors need one event more, which is the point of them.
    let end = i64::from(n) * step;
    match detector {
        Detector::AccountTakeover => events.push(event(
            EventKind::LoginSucceeded,
            end,
            &[(Account, "parent-009999"), (Address, "203.0.113.7")],
        )),
        Detector::ImpossibleTravel => events.push(event(
            EventKind::LoginSucceeded,
            end,
            &[
                (Account, "parent-009999"),
                (Latitude, "51.5"),
                (Longitude, "-0.12"),
            ],
        )),
        Detector::BruteForceAccount
        | Detector::BruteForceAddress
        | Detector::BruteForceDistributed
        | Detector::PasswordSpraying
        | Detector::CredentialStuffing
        | Detector::RateLimit
        | Detector::InvalidTokens
        | Detector::UnauthorisedAccess
        | Detector::PrivilegeProbing
        | Detector::PaymentVelocityAccount
        | Detector::PaymentVelocityDevice
        | Detector::PaymentVelocityCard
        | Detector::CardTesting
        | Detector::ManyCards
        | Detector::JustUnderLimit
        | Detector::RefundAbuse
        | Detector::RefundAmount
        | Detector::PolicyViolation => {}
    }
    events
}

/// Lets everything happen in one batch, at the time of the last event.
pub(crate) fn run(events: &[SecurityEvent], config: &Config) -> (State, Vec<Finding>) {
    let mut state = State::new(0, 1);
    let now = events.iter().map(|event| event.at).max().unwrap();
    let findings = observe(&mut state, events, now, config);
    (state, findings)
}

/// Lets everything happen one by one, each as soon as it comes.
pub(crate) fn live(events: &[SecurityEvent], config: &Config) -> (State, Vec<Finding>) {
    let mut state = State::new(0, 1);
    let mut findings = Vec::new();
    for event in events {
        findings.extend(observe(
            &mut state,
            std::slice::from_ref(event),
            event.at,
            config,
        ));
    }
    (state, findings)
}

/// The kinds that fire, of one detector.
pub(crate) fn fired(findings: &[Finding], detector: Detector) -> Vec<&Finding> {
    findings
        .iter()
        .filter(|found| found.status == Status::Firing)
        .filter(|found| found.annotations.get("detector") == Some(detector.as_str()))
        .collect()
}
