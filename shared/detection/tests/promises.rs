//! What holds whatever comes: order, repetition and batches change nothing, and no state outgrows its record.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    dead_code,
    reason = "a test that cannot go on should stop with the place, and uses a part of the support"
)]

mod support;

use std::collections::BTreeSet;

use alert_classification::{Finding, Status};
use detection::{
    Config, Detector, EventField, EventKind, SecurityEvent, State, SubjectKey, observe, shards_of,
};
use proptest::prelude::*;
use support::{at, attack, config, config_of, event, fired, shipped};

/// A few subjects, so that they meet.
fn some_event() -> impl Strategy<Value = SecurityEvent> {
    let kinds = prop::sample::select(vec![
        EventKind::LoginFailed,
        EventKind::TokenInvalid,
        EventKind::RateLimited,
        EventKind::AccessDenied,
        EventKind::PaymentSucceeded,
        EventKind::PaymentFailed,
        EventKind::PaymentRefunded,
        EventKind::PolicyViolated,
    ]);
    (kinds, 0..600_i64, 0..3_u8, 0..3_u8, 0..12_u8, any::<u32>()).prop_map(
        |(kind, seconds, account, address, thing, id)| {
            let account = format!("parent-{account:06}");
            let address = format!("203.0.{address}.7");
            let card = format!("card_{thing:08}");
            let door = format!("GET /admin/{thing}");
            let fields = [
                (EventField::Account, account.as_str()),
                (EventField::Address, address.as_str()),
                (EventField::Card, card.as_str()),
                (EventField::Endpoint, door.as_str()),
                (EventField::Detail, "export"),
            ];
            let mut event = event(kind, seconds, &fields);
            event.id = format!("{id}-{seconds}").into();
            event
        },
    )
}

/// What fires, by its labels.
fn firing(findings: &[Finding]) -> BTreeSet<String> {
    let fires = findings.iter().filter(|f| f.status == Status::Firing);
    fires.map(|f| format!("{:?}", f.labels)).collect()
}

/// Counts alone, without the conditions that ask what else happened: those may change their mind when more is known.
fn plain() -> Config {
    config_of(|policy| {
        policy.failure_percent = 1;
        policy.tries_per_account = 100_000;
    })
}

proptest! {
    #[test]
    fn order_repetition_and_batches_change_nothing(
        (events, shuffled) in prop::collection::vec(some_event(), 1..150)
            .prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle())),
        batch in 1..40_usize,
        again in 0..3_usize,
    ) {
        let config = plain();
        // Nothing is later than `lateness`.
        let now = at(700);
        let mut whole = State::new(0, 1);
        let expected = firing(&observe(&mut whole, &events, now, &config));
        let mut state = State::new(0, 1);
        let mut found = Vec::new();
        for batch in shuffled.chunks(batch) {
            for _ in 0..=again {
                found.extend(observe(&mut state, batch, now, &config));
            }
        }
        prop_assert_eq!(found.len(), firing(&found).len(), "each once");
        prop_assert_eq!(firing(&found), expected);
    }

    #[test]
    fn shards_together_find_what_one_finds(
        events in prop::collection::vec(some_event(), 1..150),
        shards in 1..20_u16,
    ) {
        let now = at(700);
        let expected = firing(&observe(&mut State::new(0, 1), &events, now, &plain()));
        let mut policy = shipped();
        policy.shards = shards;
        policy.failure_percent = 1;
        policy.tries_per_account = 100_000;
        let config = Config::new(policy, SubjectKey::new(*b"a key for tests!"));
        let mut found = Vec::new();
        for shard in 0..shards {
            let mine: Vec<SecurityEvent> = events
                .iter()
                .filter(|event| shards_of(event, &config).contains(&shard))
                .cloned()
                .collect();
            found.extend(observe(&mut State::new(shard, shards), &mine, now, &config));
        }
        prop_assert_eq!(firing(&found), expected);
    }

    #[test]
    fn a_state_is_what_was_written(
        events in prop::collection::vec(some_event(), 1..150),
        cut in 0..150_usize,
    ) {
        let config = config();
        let (first, second) = events.split_at(cut.min(events.len()));
        let mut kept = State::new(0, 1);
        observe(&mut kept, first, at(700), &config);
        let written = serde_json::to_string(&kept).unwrap();
        let mut read: State = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(&read, &kept);
        let a = observe(&mut kept, second, at(750), &config);
        let b = observe(&mut read, second, at(750), &config);
        prop_assert_eq!(a, b);
        prop_assert_eq!(read, kept);
    }
}

#[test]
fn a_million_made_up_addresses_fit_into_the_record_and_hide_nobody() {
    let config = config();
    let mut state = State::new(0, 1);
    let mut random = fastrand::Rng::with_seed(4);
    let mut found = Vec::new();
    let mut largest = 0;
    for round in 0..200_i64 {
        let mut events: Vec<SecurityEvent> = (0..5_000)
            .map(|i| {
                let mut event = SecurityEvent::new(EventKind::LoginFailed, at(round));
                event.address = Some(random.u128(..).to_be_bytes().into());
                if i % 10 == 0 {
                    event.account = format!("made-up-{}", random.u64(..)).into();
                }
                event
            })
            .collect();
        // Somebody hides in the flood. Who is seen twice before there is no room is watched from then on.
        for _ in 0..if round == 0 { 2 } else { 1 } {
            let fields = [
                (EventField::Account, "parent-000007"),
                (EventField::Address, "203.0.113.7"),
            ];
            events.insert(0, event(EventKind::LoginFailed, round, &fields));
        }
        found.extend(observe(&mut state, &events, at(round), &config));
        if round % 20 == 19 {
            largest = largest.max(serde_json::to_string(&state).unwrap().len());
        }
    }
    assert!(largest <= State::LARGEST, "{largest} of {}", State::LARGEST);
    assert!(largest < 200_000);
    assert!(
        state.counters().forgotten > 900_000,
        "{:?}",
        state.counters()
    );
    // Everybody sees the flood itself, and the one who hides in it.
    assert_eq!(fired(&found, Detector::CredentialStuffing).len(), 1);
    let hidden = fired(&found, Detector::BruteForceAccount);
    assert_eq!(hidden.len(), 1, "{hidden:?}");
}

#[test]
fn a_million_accounts_that_log_in_fit_too() {
    let config = config();
    let mut state = State::new(0, 1);
    for round in 0..100_i64 {
        let events: Vec<SecurityEvent> = (0..2_000)
            .map(|i| {
                let account = format!("parent-{}", round * 2_000 + i);
                let fields = [
                    (EventField::Account, account.as_str()),
                    (EventField::Address, "203.0.113.7"),
                    (EventField::Latitude, "19.07"),
                    (EventField::Longitude, "72.87"),
                ];
                event(EventKind::LoginSucceeded, round, &fields)
            })
            .collect();
        assert!(observe(&mut state, &events, at(round), &config).is_empty());
    }
    let length = serde_json::to_string(&state).unwrap().len();
    assert!(length <= State::LARGEST, "{length}");
    assert!(state.counters().forgotten > 100_000);
}

#[test]
fn so_many_attacks_that_some_have_to_be_given_up_are_ended() {
    let config = config();
    let mut state = State::new(0, 1);
    let (mut began, mut over) = (0, 0);
    for i in 0..2_000_u32 {
        let mut events = attack(Detector::InvalidTokens, 20, 0);
        for event in &mut events {
            event.address = Some(std::net::Ipv4Addr::from(0x0a00_0000 + i).into());
        }
        for found in observe(&mut state, &events, at(1), &config) {
            match found.status {
                Status::Firing => began += 1,
                Status::Resolved => over += 1,
                Status::Info => {}
            }
        }
    }
    assert_eq!(began, 2_000);
    assert_eq!(over, state.counters().forgotten_firing);
    assert!(over > 500, "{over}");
    assert!(serde_json::to_string(&state).unwrap().len() <= State::LARGEST);
}

#[test]
fn everything_expires() {
    let config = config();
    let mut state = State::new(0, 1);
    for detector in Detector::ALL {
        observe(&mut state, &attack(detector, 30, 1), at(30), &config);
    }
    assert!(state.len() > 30);
    let findings = observe(&mut state, &[], at(9 * 86_400), &config);
    assert!(findings.iter().all(|f| f.status == Status::Resolved));
    assert!(state.is_empty(), "{state:?}");
    assert_eq!(state.due_at(&config), None);
}

#[test]
fn what_comes_too_late_is_counted_as_late() {
    let config = config();
    let mut state = State::new(0, 1);
    let events = attack(Detector::RateLimit, 60, 0);
    assert!(observe(&mut state, &events, at(901), &config).is_empty());
    assert_eq!(state.counters().late, 60);
    assert_eq!(observe(&mut state, &events, at(900), &config).len(), 1);
}

#[test]
fn what_is_of_the_future_is_of_now() {
    let config = config();
    let mut state = State::new(0, 1);
    let mut events = attack(Detector::RateLimit, 50, 0);
    events[0].at = at(90 * 86_400);
    let found = observe(&mut state, &events, at(60), &config);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].changed_at, Some(at(60)));
}

#[test]
fn a_state_of_another_version_or_a_broken_one_is_refused() {
    let error = |text: &str| serde_json::from_str::<State>(text).unwrap_err().to_string();
    assert!(error(r#"{"version":9,"body":""}"#).contains("version 9"));
    assert!(error(r#"{"version":1,"body":"////"}"#).contains("broken"));
    assert!(error(r#"{"version":1,"body":"*"}"#).contains("broken"));
}
