//! How many alerts a second the whole core takes in on one core of the machine: classification,
//! incidents, routing, groups, silences, inhibition and notifications, in virtual time.
//!
//! `cargo bench -p replay --bench core`. The routing tree has 1,000 routes; the alerts make 5,000 groups
//! and meet 1,000 silences.

#![expect(
    clippy::expect_used,
    reason = "a benchmark without its input has nothing to measure"
)]

use std::sync::Arc;

use alert_classification::{Alert, ClassifiedAlert, Classifier, Fingerprint, Labels, Status};
use compact_str::CompactString;
use divan::Bencher;
use divan::counter::ItemsCount;
use incident::{Actor, Arrival, Policy, Silence, Via};
use jiff::{SignedDuration, Timestamp};
use mimalloc::MiMalloc;
use replay::Driver;
use serde_json::{Value, json};
use settings::Settings;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const ROUTES: usize = 1_000;
const GROUPS: usize = 5_000;
const SILENCES: usize = 1_000;
/// So many alerts come in one batch, as with a queue.
const BATCH: usize = 100;

fn main() {
    divan::main();
}

fn settings() -> Arc<Settings> {
    let routes: Vec<Value> = (0..ROUTES)
        .map(|number| json!({ "matchers": [format!("team=\"t{number}\"")], "receiver": format!("r{}", number % 10) }))
        .collect();
    let receivers: Vec<Value> = (0..10)
        .map(|number| json!({ "name": format!("r{number}"), "webhook": [{ "send_resolved": true }] }))
        .collect();
    let settings = json!({
        "project": "bench", "rules": [],
        "route": {
            "receiver": "r0", "group_by": ["team", "alertname"], "group_wait": "30s", "group_interval": "5m",
            "repeat_interval": "4h", "routes": routes,
        },
        "receivers": receivers,
        "inhibit_rules": [{
            "source_matchers": ["severity=\"critical\""], "target_matchers": ["severity=\"warning\""], "equal": ["team"],
        }],
    });
    Arc::new(Settings::from_yaml(&settings.to_string()).expect("the settings are right"))
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + seconds).expect("a time of this century")
}

fn alert(number: usize, status: Status, now: Timestamp) -> Alert {
    let group = number % GROUPS;
    let labels: Labels = [
        ("alertname", format!("HighErrorRate{}", group / ROUTES)),
        ("cluster", "eu-west-1".to_owned()),
        (
            "instance",
            format!("10.0.{}.{}:9100", number / 250 % 250, number % 250),
        ),
        ("number", number.to_string()),
        ("severity", "warning".to_owned()),
        ("team", format!("t{}", group % ROUTES)),
    ]
    .into_iter()
    .collect();
    let annotations = [("summary", "5 % of the requests fail")]
        .into_iter()
        .collect();
    Alert {
        source: CompactString::const_new("bench"),
        kind: CompactString::const_new("Alert"),
        status,
        title: "5 % of the requests fail".to_owned(),
        description: "More than 5 % of the requests failed within 10 minutes".to_owned(),
        fingerprint: Fingerprint::of(labels.iter()),
        labels,
        annotations,
        measurement: None,
        starts_at: now,
        ends_at: (status == Status::Resolved).then_some(now),
        changed_at: now,
        fired_anew: false,
        lifetime_minutes: None,
        console_url: None,
    }
}

fn arrival(alert: ClassifiedAlert, now: Timestamp) -> Arrival {
    Arrival {
        alert,
        received_at: now,
        message: CompactString::default(),
        lifetime: None,
        incident: None,
    }
}

fn driver(settings: &Arc<Settings>, silences: usize) -> Driver {
    let mut driver = Driver::new(Policy::new(Arc::clone(settings)), at(0));
    for number in 0..silences {
        // Every tenth alert of a hundred teams is held back; the others are asked in vain.
        let text = if number < 100 {
            format!("number=~\"{number}.*0\"")
        } else {
            format!("instance=\"192.168.0.{number}\"")
        };
        let silence = Silence {
            id: format!("s{number}").into(),
            matchers: vec![format!("team=\"t{number}\"").into(), text.into()],
            starts_at: at(0),
            ends_at: at(36_000),
            times: Vec::new(),
            maintenance: false,
            created_by: Actor {
                who: "bench".into(),
                via: Via::Replay,
                from: None,
            },
            created_at: at(0),
            comment: String::new(),
            warned: false,
        };
        driver.silence(silence).expect("the silence is right");
    }
    driver
}

/// All alerts fire within five minutes; an hour later all end; the time in between passes as well.
fn run(settings: &Arc<Settings>, driver: Driver, count: usize) -> usize {
    run_in_batches(settings, driver, count, BATCH)
}

fn run_in_batches(
    settings: &Arc<Settings>,
    mut driver: Driver,
    count: usize,
    batch_size: usize,
) -> usize {
    let classifier = Classifier::new(Arc::clone(settings));
    let mut told = 0;
    for (begin, status) in [(0, Status::Firing), (3_600, Status::Resolved)] {
        for first in (0..count).step_by(batch_size) {
            let part = 300 * first / count;
            let now = at(begin + i64::try_from(part).expect("small"));
            driver.advance(now, true);
            let batch = (first..count.min(first + batch_size))
                .map(|number| arrival(classifier.classify(alert(number, status, now)), now));
            driver.arrive(batch.collect());
            told += driver.take_told().len();
        }
        driver.advance(at(begin + 3_000), true);
        told += driver.take_told().len();
    }
    let now = driver.now();
    driver.advance(
        now.checked_add(SignedDuration::from_hours(1))
            .expect("near"),
        true,
    );
    told + driver.take_told().len()
}

/// Each alert arrives twice, firing and resolved: the figure counts arrivals.
#[divan::bench(args = [10_000, 100_000], sample_count = 5, sample_size = 1)]
fn alerts_fire_and_end(bencher: Bencher<'_, '_>, count: usize) {
    let settings = settings();
    bencher
        .counter(ItemsCount::new(2 * count))
        .with_inputs(|| driver(&settings, SILENCES))
        .bench_local_values(|driver| divan::black_box(run(&settings, driver, count)));
}

/// The same when each comes by itself, as a replay of recorded events has it.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn one_by_one(bencher: Bencher<'_, '_>) {
    let settings = settings();
    bencher
        .counter(ItemsCount::new(2 * 100_000_usize))
        .with_inputs(|| driver(&settings, SILENCES))
        .bench_local_values(|driver| {
            divan::black_box(run_in_batches(&settings, driver, 100_000, 1))
        });
}

/// The same without a silence, to see what they cost.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn without_silences(bencher: Bencher<'_, '_>) {
    let settings = settings();
    bencher
        .counter(ItemsCount::new(2 * 10_000_usize))
        .with_inputs(|| driver(&settings, 0))
        .bench_local_values(|driver| divan::black_box(run(&settings, driver, 10_000)));
}

/// A million arrivals: 500,000 alerts that fire and end.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn a_million_arrivals(bencher: Bencher<'_, '_>) {
    let settings = settings();
    bencher
        .counter(ItemsCount::new(1_000_000_usize))
        .with_inputs(|| driver(&settings, SILENCES))
        .bench_local_values(|driver| divan::black_box(run(&settings, driver, 500_000)));
}
