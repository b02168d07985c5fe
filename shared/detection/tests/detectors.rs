//! Each detector fires at its threshold and not below, when it should and not when it should not.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop with the place"
)]

mod support;

use alert_classification::Status;
use detection::{Detector, EventField, EventKind, SecurityEvent, State, observe};
use support::{at, attack, config, config_of, event, fired, live, run};
use test_case::test_case;

use EventField::{
    Account, Address, Amount, Card, Currency, Detail, Device, Endpoint, Latitude, Longitude,
};

#[test]
fn every_detector_fires_exactly_at_its_threshold() {
    let config = config();
    for detector in Detector::ALL {
        let threshold = detector.default_tier().threshold;
        let (_, found) = run(&attack(detector, threshold, 1), &config);
        assert_eq!(fired(&found, detector).len(), 1, "{detector}: {found:#?}");
        if detector.counts() && threshold > 1 {
            let (_, found) = run(&attack(detector, threshold - 1, 1), &config);
            assert!(
                fired(&found, detector).is_empty(),
                "{detector} below its threshold"
            );
        }
    }
}

#[test]
fn it_fires_once_however_long_it_lasts() {
    let config = config();
    for detector in Detector::ALL {
        let n = 3 * detector.default_tier().threshold;
        let (_, found) = live(&attack(detector, n, 1), &config);
        assert_eq!(fired(&found, detector).len(), 1, "{detector}");
    }
}

#[test]
fn the_patient_are_found_too_and_nobody_fast_is_needed() {
    let config = config();
    for detector in Detector::ALL {
        let Some(slow) = detector.default_slow() else {
            continue;
        };
        // Spread over eleven twelfths of the window, which is the least that it looks at.
        let window = i64::try_from(slow.window.as_millis() / 1_000).unwrap() * 11 / 12;
        let step = window / i64::from(slow.threshold);
        let (_, found) = live(&attack(detector, slow.threshold, step), &config);
        let mine = fired(&found, detector);
        assert_eq!(mine.len(), 1, "{detector}");
        assert_eq!(mine[0].annotations.get("pace"), Some("slow"), "{detector}");
        let (_, found) = live(&attack(detector, slow.threshold - 1, step), &config);
        assert!(
            fired(&found, detector).is_empty(),
            "{detector} below its slow threshold"
        );
    }
}

#[test]
fn what_is_spread_beyond_the_window_is_none() {
    let config = config_of(|policy| {
        policy
            .detectors
            .values_mut()
            .for_each(|how| how.slow = None);
    });
    for detector in Detector::ALL {
        if !detector.counts() || detector.default_tier().threshold < 2 {
            continue;
        }
        let tier = detector.default_tier();
        let window = i64::try_from(tier.window.as_millis() / 1_000).unwrap();
        let step = window / i64::from(tier.threshold - 1) + 1;
        let (_, found) = live(&attack(detector, 3 * tier.threshold, step), &config);
        assert!(fired(&found, detector).is_empty(), "{detector}");
    }
}

#[test]
fn when_it_is_calm_it_is_over_with_the_same_labels() {
    let config = config();
    for detector in Detector::ALL {
        let (mut state, found) = run(
            &attack(detector, detector.default_tier().threshold, 1),
            &config,
        );
        let mut over = Vec::new();
        let mut ends = 0;
        while let Some(due) = state.due_at(&config) {
            let early = due.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap();
            assert!(
                observe(&mut state, &[], early, &config).is_empty(),
                "{detector}"
            );
            over.extend(observe(&mut state, &[], due, &config));
            ends += 1;
            assert!(ends < 10, "{detector}: the end does not come");
        }
        let labels = |status: Status, list: &[alert_classification::Finding]| {
            let mut labels: Vec<String> = list
                .iter()
                .filter(|f| f.status == status)
                .map(|f| format!("{:?}", f.labels))
                .collect();
            labels.sort();
            labels
        };
        assert_eq!(
            labels(Status::Firing, &found),
            labels(Status::Resolved, &over),
            "{detector}"
        );
        for end in &over {
            let began = found.iter().find(|f| f.labels == end.labels).unwrap();
            assert!(end.changed_at > began.changed_at && end.starts_at == began.starts_at);
        }
    }
}

#[test]
fn after_its_end_it_takes_as_many_to_begin_anew() {
    let config = config();
    let detector = Detector::InvalidTokens;
    let (mut state, _) = run(&attack(detector, 20, 1), &config);
    let over = observe(&mut state, &[], at(19 + 1_800), &config);
    assert_eq!(over.len(), 1);
    let more = |n: u32, from: i64| -> Vec<SecurityEvent> {
        let mut events = attack(detector, n, 1);
        for event in &mut events {
            event.at = event
                .at
                .checked_add(jiff::SignedDuration::from_secs(from))
                .unwrap();
        }
        events
    };
    assert!(observe(&mut state, &more(19, 2_000), at(2_020), &config).is_empty());
    assert_eq!(
        observe(&mut state, &more(1, 2_030), at(2_040), &config).len(),
        1
    );
}

#[test]
fn who_is_allowed_does_nothing_wrong() {
    for (field, text) in [
        (Address, "192.0.2.77"),
        (Account, "Load-Test@HASIVU.example"),
    ] {
        for detector in Detector::ALL {
            let mut events = attack(detector, 2 * detector.default_tier().threshold, 1);
            for event in &mut events {
                event.set(field, text);
            }
            let (state, found) = run(&events, &config());
            assert!(found.is_empty(), "{detector}: {found:?}");
            assert!(state.is_empty());
            assert_eq!(state.counters().allowed, events.len() as u64);
        }
    }
}

#[test]
fn a_detector_that_is_off_is_silent() {
    for detector in Detector::ALL {
        let config = config_of(|policy| {
            policy.detectors.remove(&detector);
        });
        let (_, found) = run(
            &attack(detector, detector.default_tier().threshold, 1),
            &config,
        );
        assert!(fired(&found, detector).is_empty(), "{detector}");
    }
}

/// Failed log-ins, each by `account(i)` from `address(i)`.
fn failed(
    n: u32,
    account: impl Fn(u32) -> String,
    address: impl Fn(u32) -> String,
) -> Vec<SecurityEvent> {
    (0..n)
        .map(|i| {
            let fields = [(Account, account(i)), (Address, address(i))];
            let fields: Vec<_> = fields.iter().map(|(f, t)| (*f, t.as_str())).collect();
            event(EventKind::LoginFailed, i64::from(i), &fields)
        })
        .collect()
}

#[test_case(60, true; "few get in")]
#[test_case(200, false; "most get in")]
fn an_address_that_many_share_is_forced_only_if_most_fail(log_ins: u32, expected: bool) {
    let mut events = failed(100, |i| format!("parent-{i}"), |_| "203.0.113.7".to_owned());
    for i in 0..log_ins {
        let account = format!("parent-{}", 5_000 + i);
        let fields = [(Account, account.as_str()), (Address, "203.0.113.7")];
        events.push(event(
            EventKind::LoginSucceeded,
            10 + i64::from(i) / 4,
            &fields,
        ));
    }
    let (_, found) = run(&events, &config());
    for detector in [Detector::BruteForceAddress, Detector::PasswordSpraying] {
        assert_eq!(!fired(&found, detector).is_empty(), expected, "{detector}");
    }
}

#[test]
fn many_tries_for_each_of_few_accounts_are_no_spraying() {
    let events = failed(
        120,
        |i| format!("parent-{}", i % 12),
        |_| "203.0.113.7".to_owned(),
    );
    let (_, found) = run(&events, &config());
    assert!(fired(&found, Detector::PasswordSpraying).is_empty());
    assert_eq!(fired(&found, Detector::BruteForceAddress).len(), 1);
}

#[test]
fn a_network_is_told_if_no_address_of_it_is() {
    let spread = failed(
        20,
        |i| format!("parent-{i}"),
        |i| format!("203.0.113.{}", i % 10),
    );
    let (_, found) = run(&spread, &config());
    let told = fired(&found, Detector::PasswordSpraying);
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0].labels.get("subject"),
        Some("network:203.0.113.0/24")
    );
}

#[test]
fn stuffing_comes_from_many_addresses() {
    let one = failed(300, |i| format!("parent-{i}"), |_| "203.0.113.7".to_owned());
    let (_, found) = run(&one, &config());
    assert!(fired(&found, Detector::CredentialStuffing).is_empty());
}

/// An account that is at home at one address, and then `failures` from another and a log-in from `last`.
fn night(failures: u32, from: &str, last: &str) -> Vec<SecurityEvent> {
    let log_in = |s: i64, address: &str| {
        event(
            EventKind::LoginSucceeded,
            s,
            &[(Account, "parent-000007"), (Address, address)],
        )
    };
    let mut events = vec![log_in(0, "203.0.113.7")];
    for i in 0..failures {
        let fields = [(Account, "parent-000007"), (Address, from)];
        events.push(event(EventKind::LoginFailed, 7_200 + i64::from(i), &fields));
    }
    events.push(log_in(7_300, last));
    events
}

#[test_case(10, "198.51.100.9", "198.51.100.9", true; "the attacker gets in")]
#[test_case(10, "198.51.100.9", "203.0.113.200", true; "somebody gets in from elsewhere")]
#[test_case(10, "198.51.100.9", "203.0.113.7", false; "the owner logs in meanwhile, at home")]
#[test_case(10, "203.0.113.7", "203.0.113.7", true; "somebody at home guesses")]
#[test_case(9, "198.51.100.9", "198.51.100.9", false; "somebody who forgot")]
fn a_log_in_after_many_failures_is_suspicious(
    failures: u32,
    from: &str,
    last: &str,
    expected: bool,
) {
    let (_, found) = live(&night(failures, from, last), &config());
    assert_eq!(
        fired(&found, Detector::AccountTakeover).len(),
        usize::from(expected)
    );
}

#[test]
fn the_log_in_may_be_heard_of_before_the_failures() {
    let mut events = night(10, "198.51.100.9", "198.51.100.9");
    let log_in = events.pop().unwrap();
    let config = config();
    let mut state = State::new(0, 1);
    assert!(observe(&mut state, &[log_in], at(7_301), &config).is_empty());
    let found = observe(&mut state, &events[1..], at(7_302), &config);
    assert_eq!(fired(&found, Detector::AccountTakeover).len(), 1);
}

#[test]
fn who_gets_in_while_others_are_sprayed_is_named() {
    let mut events = failed(
        12,
        |i| format!("parent-{i:06}"),
        |_| "203.0.113.7".to_owned(),
    );
    let fields = [(Account, "parent-000777"), (Address, "203.0.113.7")];
    events.push(event(EventKind::LoginSucceeded, 6, &fields));
    let (_, found) = run(&events, &config());
    let told = fired(&found, Detector::AccountTakeover);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].labels.get("subject"), Some("address:203.0.113.7"));
    assert_eq!(told[0].annotations.get("got_in"), Some("pa…77"));
}

#[test_case("28.61", "77.20", 1_800, true; "to Delhi in half an hour")]
#[test_case("28.61", "77.20", 7_200, false; "to Delhi by air")]
#[test_case("18.52", "73.85", 60, false; "to the next town")]
#[test_case("0", "0", 60, false; "to nowhere")]
fn nobody_travels_faster_than_an_airliner(north: &str, east: &str, seconds: i64, expected: bool) {
    let log_in = |s: i64, north: &str, east: &str| {
        let fields = [
            (Account, "parent-000007"),
            (Latitude, north),
            (Longitude, east),
        ];
        event(EventKind::LoginSucceeded, s, &fields)
    };
    let there = [log_in(0, "19.07", "72.87"), log_in(seconds, north, east)];
    let (_, found) = live(&there, &config());
    assert_eq!(
        fired(&found, Detector::ImpossibleTravel).len(),
        usize::from(expected)
    );
}

#[test]
fn of_two_log_ins_the_later_may_be_heard_of_first() {
    let log_in = |s: i64, north: &str, east: &str| {
        let fields = [
            (Account, "parent-000007"),
            (Latitude, north),
            (Longitude, east),
        ];
        event(EventKind::LoginSucceeded, s, &fields)
    };
    let config = config();
    let mut state = State::new(0, 1);
    let later = [log_in(600, "28.61", "77.20")];
    assert!(observe(&mut state, &later, at(601), &config).is_empty());
    let found = observe(&mut state, &[log_in(0, "19.07", "72.87")], at(602), &config);
    assert_eq!(fired(&found, Detector::ImpossibleTravel).len(), 1);
}

#[test_case("499999", "INR", true; "just under")]
#[test_case("490000", "INR", true; "two percent under")]
#[test_case("489999", "INR", false; "further under")]
#[test_case("500000", "INR", false; "the limit itself")]
#[test_case("1499900", "INR", true; "just under the next")]
#[test_case("499999", "USD", false; "in a currency without limits")]
fn an_amount_is_just_under_a_limit(amount: &str, currency: &str, expected: bool) {
    let pay = |s: i64| {
        let fields = [
            (Account, "parent-000007"),
            (Amount, amount),
            (Currency, currency),
        ];
        event(EventKind::PaymentSucceeded, s, &fields)
    };
    let (_, found) = live(&[pay(0), pay(20_000), pay(40_000)], &config());
    assert_eq!(
        fired(&found, Detector::JustUnderLimit).len(),
        usize::from(expected)
    );
}

#[test]
fn refunds_are_added_up() {
    let refund = |s: i64, amount: &str| {
        let fields = [
            (Account, "parent-000007"),
            (Amount, amount),
            (Currency, "INR"),
        ];
        event(EventKind::PaymentRefunded, s, &fields)
    };
    let (_, found) = live(&[refund(0, "700000"), refund(10, "799999")], &config());
    assert!(found.is_empty());
    let (_, found) = live(&[refund(0, "700000"), refund(10, "800000")], &config());
    assert_eq!(fired(&found, Detector::RefundAmount).len(), 1);
}

#[test]
fn cards_of_one_account_count_where_no_device_is_known() {
    let pay = |s: i64, card: &str| {
        event(
            EventKind::PaymentSucceeded,
            s,
            &[(Account, "parent-000007"), (Card, card)],
        )
    };
    let cards = [
        "card_00000001",
        "card_00000002",
        "card_00000003",
        "card_00000004",
    ];
    let events: Vec<_> = cards
        .iter()
        .zip(0..)
        .map(|(card, s)| pay(s, card))
        .collect();
    let (_, found) = run(&events, &config());
    assert_eq!(
        fired(&found, Detector::ManyCards)[0]
            .labels
            .get("dimension"),
        Some("account")
    );
}

#[test]
fn each_rule_that_is_broken_is_a_finding_of_its_own() {
    let breaks = |s: i64, rule: &str| {
        event(
            EventKind::PolicyViolated,
            s,
            &[(Account, "parent-000007"), (Detail, rule)],
        )
    };
    let (_, found) = run(
        &[breaks(0, "export"), breaks(1, "share"), breaks(2, "export")],
        &config(),
    );
    let told = fired(&found, Detector::PolicyViolation);
    let label = config().label("account", "parent-000007");
    assert_eq!(told.len(), 2);
    for finding in told {
        assert_eq!(finding.labels.get("subject"), label.as_deref());
        assert!(finding.labels.get("policy").is_some());
    }
}

#[test]
fn no_finding_says_who_it_is() {
    let secrets = [
        "asha.rao@example.org",
        "9876543210",
        "4111111111111111",
        "device-SECRET-1",
    ];
    let mut events = Vec::new();
    for kind in EventKind::ALL {
        for i in 0..120 {
            let account = if i % 2 == 0 { secrets[0] } else { secrets[1] };
            let reference = format!("req for {}", secrets[0]);
            events.push(event(
                kind,
                i,
                &[
                    (Account, account),
                    (Address, "203.0.113.7"),
                    (Card, secrets[2]),
                    (Device, secrets[3]),
                    (Endpoint, "GET /parents/asha.rao@example.org"),
                    (Detail, "mailed 9876543210"),
                    (EventField::Reference, &reference),
                    (Amount, "499999"),
                    (Currency, "INR"),
                ],
            ));
        }
    }
    let (state, found) = run(&events, &config());
    assert!(found.len() > 10, "{}", found.len());
    let written = serde_json::to_string(&found).unwrap();
    for secret in secrets {
        assert!(!written.contains(secret), "{secret} in {written}");
    }
    // What can be blocked can be read.
    assert!(written.contains("203.0.113.7"));
    // The state holds hashes and masked forms only.
    let debug = format!("{state:?}");
    for secret in secrets {
        assert!(!debug.contains(secret), "{secret} in the state");
    }
}
