//! How many lines a second become metrics on one core, from the compressed delivery on, beside the floor: the same
//! delivery unpacked and each line read as JSON, and nothing done with it.
//!
//! `cargo bench -p log-metrics --bench lines`

#![expect(
    clippy::expect_used,
    reason = "a benchmark without its input has nothing to measure"
)]

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use log_metrics::{Batch, Program, emf};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use settings::Settings;

const LINES: usize = 10_000;
const CONFIGURATION: &str = include_str!("../../../config/monitoring.yaml");

fn main() {
    divan::main();
}

/// A quarter of an hour of a platform that takes orders: lines of about 200 bytes.
fn lines() -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(11);
    (0..LINES)
        .map(|at| {
            let id = format!("{:08x}-1c2d-4e3f-9a0b-{:012x}", random.u32(..), random.u64(..) >> 16);
            let user = random.u32(..20_000);
            match random.u8(..10) {
                0 => format!("REPORT RequestId: {id}\tDuration: {}.31 ms\tBilled Duration: {} ms\tMemory Size: 512 MB\tMax Memory Used: {} MB\t", random.u8(..), random.u8(..), random.u8(..)),
                1 => format!("2026-11-24T00:10:06.123Z\t{id}\tINFO\tmenu {user} was read from the cache in {} ms, no need to ask the database for the meals of the day", random.u8(..)),
                2 => json!({ "level": "info", "event": "payment.captured", "amount": random.u32(..90_000), "method": "upi", "gateway_ms": random.u16(..2_000), "order_id": format!("order_{at}"), "user_id": format!("u{user}"), "requestId": id }).to_string(),
                3 => json!({ "level": "info", "event": "order.placed", "order_id": format!("order_{at}"), "user_id": format!("u{user}"), "school_id": random.u16(..400), "items": random.u8(..9), "requestId": id, "source": "parent-app" }).to_string(),
                4 => json!({ "level": "debug", "message": "cache miss", "key": format!("menu:{user}"), "ttl": 300, "requestId": id, "trace": "1-5759e988-bd862e3fe1be46a994272793", "component": "menu-cache" }).to_string(),
                _ => json!({ "level": "info", "event": "http.request", "route": format!("/api/v1/route-{}", random.u8(..40)), "method": "GET", "status": 200, "duration_ms": random.u16(..900), "user_id": format!("u{user}"), "requestId": id, "ip": "203.0.113.7" }).to_string(),
            }
        })
        .collect()
}

fn delivery() -> (String, usize, usize) {
    let lines = lines();
    let size = lines.iter().map(String::len).sum();
    let events: Vec<_> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| json!({ "id": format!("{at:056}"), "timestamp": 1_795_478_400_000_u64 + at as u64 * 90, "message": line }))
        .collect();
    let text = format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/aws/lambda/hasivu-orders","logStream":"2026/11/24/[$LATEST]0123456789abcdef0123456789abcdef","subscriptionFilters":["tocsin"],"logEvents":{}}}"#,
        json!(events)
    );
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text.as_bytes()).expect("memory");
    (
        STANDARD.encode(gzip.finish().expect("memory")),
        size,
        text.len(),
    )
}

#[divan::bench]
fn payload_to_metrics(bencher: Bencher<'_, '_>) {
    let settings = Settings::from_yaml(CONFIGURATION).expect("the shipped configuration");
    let program = Program::new(&settings.logs).expect("the shipped configuration");
    let (data, size, _) = delivery();
    bencher
        .counter(ItemsCount::new(LINES))
        .counter(BytesCount::new(size))
        .bench_local(|| {
            let mut batch = Batch::new(&program);
            batch.delivery(&data, &mut |_| ());
            let outcome = batch.finish();
            emf::lines(program.namespace(), &outcome.points)
        });
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "logEvents", borrow)]
    events: Vec<Event<'a>>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    message: std::borrow::Cow<'a, str>,
}

fn unpack(data: &str) -> Vec<u8> {
    let packed = STANDARD.decode(data).expect("it was encoded");
    let mut text = Vec::new();
    GzDecoder::new(packed.as_slice())
        .read_to_end(&mut text)
        .expect("it was packed");
    text
}

/// Unpacking and plain parsing: no rules, no fields, no metrics.
#[divan::bench]
fn floor_plain_parse(bencher: Bencher<'_, '_>) {
    let (data, size, _) = delivery();
    bencher
        .counter(ItemsCount::new(LINES))
        .counter(BytesCount::new(size))
        .bench_local(|| {
            let text = unpack(&data);
            let envelope: Envelope<'_> = serde_json::from_slice(&text).expect("it is JSON");
            let parsed = envelope.events.iter().filter(|event| {
                event.message.starts_with('{')
                    && serde_json::from_str::<IgnoredAny>(&event.message).is_ok()
            });
            parsed.count()
        });
}

/// Parsing into `serde_json::Value`, as most do it.
#[divan::bench]
fn floor_parse_into_values(bencher: Bencher<'_, '_>) {
    let (data, size, _) = delivery();
    bencher
        .counter(ItemsCount::new(LINES))
        .counter(BytesCount::new(size))
        .bench_local(|| {
            let text = unpack(&data);
            let envelope: Envelope<'_> = serde_json::from_slice(&text).expect("it is JSON");
            let parsed = envelope
                .events
                .iter()
                .filter_map(|event| serde_json::from_str::<serde_json::Value>(&event.message).ok());
            parsed.count()
        });
}

#[divan::bench]
fn floor_unpack(bencher: Bencher<'_, '_>) {
    let (data, _, size) = delivery();
    bencher
        .counter(BytesCount::new(size))
        .bench_local(|| unpack(&data));
}
