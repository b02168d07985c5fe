//! Security events a second, of a busy day and of a flood of made-up names.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark that cannot go on should stop with the place"
)]

use detection::{Config, EventField, EventKind, SecurityEvent, State, SubjectKey, observe};
use divan::Bencher;
use divan::counter::ItemsCount;
use jiff::Timestamp;
use settings::SecurityPolicy;

const EVENTS: usize = 10_000;

fn main() {
    divan::main();
}

fn events(accounts: usize, addresses: usize) -> Vec<SecurityEvent> {
    let mut random = fastrand::Rng::with_seed(7);
    (0..EVENTS)
        .map(|i| {
            let at =
                Timestamp::from_second(1_764_547_200 + i64::try_from(i / 50).unwrap()).unwrap();
            let kind = match i % 10 {
                0 | 1 => EventKind::LoginFailed,
                2..=5 => EventKind::LoginSucceeded,
                6..=8 => EventKind::PaymentSucceeded,
                _ => EventKind::AccessDenied,
            };
            let mut event = SecurityEvent::new(kind, at);
            let number = random.usize(..addresses);
            let address = format!(
                "10.{}.{}.{}",
                number >> 16,
                (number >> 8) & 255,
                number & 255
            );
            event.set(EventField::Address, &address);
            event.set(
                EventField::Account,
                &format!("parent-{}", random.usize(..accounts)),
            );
            event.set(
                EventField::Device,
                &format!("device-{}", random.usize(..accounts)),
            );
            event.set(EventField::Endpoint, "GET /schools");
            event.id = format!("{i:056}").into();
            event
        })
        .collect()
}

fn run(bencher: Bencher<'_, '_>, events: &[SecurityEvent]) {
    let policy = SecurityPolicy {
        shards: 1,
        ..SecurityPolicy::default()
    };
    let config = Config::new(policy, SubjectKey::new(*b"a key for tests!"));
    let now = events.last().unwrap().at;
    bencher
        .counter(ItemsCount::new(events.len()))
        .with_inputs(|| State::new(0, 1))
        .bench_local_values(|mut state| {
            for batch in events.chunks(500) {
                divan::black_box(observe(&mut state, batch, now, &config));
            }
            state
        });
}

#[divan::bench]
fn a_busy_day(bencher: Bencher<'_, '_>) {
    run(bencher, &events(500, 300));
}

#[divan::bench]
fn made_up_names(bencher: Bencher<'_, '_>) {
    run(bencher, &events(1_000_000, 1_000_000));
}

#[divan::bench]
fn one_small_batch_with_its_record(bencher: Bencher<'_, '_>) {
    let config = Config::new(
        SecurityPolicy::default(),
        SubjectKey::new(*b"a key for tests!"),
    );
    let events = events(1_000_000, 1_000_000);
    let now = events.last().unwrap().at;
    let mut state = State::new(0, 16);
    observe(&mut state, &events, now, &config);
    let written = serde_json::to_string(&state).unwrap();
    let few: Vec<SecurityEvent> = events.iter().take(20).cloned().collect();
    bencher.bench_local(|| {
        let mut state: State = serde_json::from_str(&written).unwrap();
        observe(&mut state, &few, now, &config);
        serde_json::to_string(&state).unwrap()
    });
}
