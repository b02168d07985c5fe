//! Deliveries as CloudWatch Logs makes them, and what comes of them.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses its part, and one that cannot go on should stop with the place"
)]

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use log_metrics::{Batch, Outcome, Program};
use serde_json::json;
use settings::Settings;

pub(crate) const GROUP: &str = "/aws/lambda/hasivu-payments";
/// 2026-11-24T05:30:00 in Kolkata, when the UTC day begins.
pub(crate) const START: i64 = 1_795_478_400_000;

/// A program of these lines of YAML below `logs:`.
pub(crate) fn program(logs: &str) -> Program {
    let text = format!(
        "project: HASIVU\nrules: []\nlogs:\n  groups: ['*']\n  time_zone: Asia/Kolkata\n{logs}"
    );
    let settings = Settings::from_yaml(&text).unwrap_or_else(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        unreachable!("{}", lines.join("\n"))
    });
    Program::new(&settings.logs).unwrap()
}

pub(crate) fn envelope(group: &str, lines: &[&str]) -> String {
    let events: Vec<_> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| json!({ "id": format!("{at:056}"), "timestamp": START + at as i64 * 1_000, "message": line }))
        .collect();
    let stream = "2026/11/24/[$LATEST]0123456789abcdef0123456789abcdef";
    // As CloudWatch Logs orders it; a map of serde_json would order it by name.
    format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":{},"logStream":{},"subscriptionFilters":["tocsin"],"logEvents":{}}}"#,
        json!(group),
        json!(stream),
        json!(events)
    )
}

pub(crate) fn pack(text: &[u8]) -> String {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text).unwrap();
    STANDARD.encode(gzip.finish().unwrap())
}

pub(crate) fn run(program: &Program, lines: &[&str]) -> Outcome {
    let mut batch = Batch::new(program);
    let delivery = batch.delivery(&pack(envelope(GROUP, lines).as_bytes()), &mut |_| ());
    assert_eq!(delivery, log_metrics::Delivery::Whole);
    batch.finish()
}

/// Name, dimensions and what was there, a line each.
pub(crate) fn picture(outcome: &Outcome) -> String {
    let points = outcome.points.iter().map(|point| {
        let dimensions = point
            .dimensions
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let data = match &point.data {
            log_metrics::Data::Single(number) => number.to_string(),
            log_metrics::Data::Distribution(values) => {
                let values = values.iter().map(|(value, count)| {
                    if *count == 1 {
                        value.to_string()
                    } else {
                        format!("{value}×{count}")
                    }
                });
                values.collect::<Vec<_>>().join(" ")
            }
        };
        let minute = (point.at - START) / 60_000;
        format!(
            "{} [{}] +{minute}m {}: {data}",
            point.metric,
            dimensions.collect::<Vec<_>>().join(" "),
            point.unit
        )
    });
    points.collect::<Vec<_>>().join("\n")
}
