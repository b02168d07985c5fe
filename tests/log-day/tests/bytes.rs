//! The same options give the same bytes, and what is written is what is promised.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop with the place"
)]

use std::io::Read;

use base64::Engine;
use log_day::{Day, LogLine, Options, Payloads, Truth};

fn day(seed: u64) -> (Vec<String>, Truth) {
    let mut lines = Vec::new();
    let options = Options {
        seed,
        lines: 20_000,
        ..Options::default()
    };
    let truth = Day::new(options)
        .run(|line: &LogLine<'_>| -> Result<(), ()> {
            lines.push(format!(
                "{} {} {} {} {}",
                line.id, line.at, line.group, line.stream, line.text
            ));
            Ok(())
        })
        .unwrap();
    (lines, truth)
}

#[test]
fn the_same_seed_gives_the_same_day_and_another_another() {
    let (first, again, other) = (day(7), day(7), day(8));
    assert_eq!(first, again);
    assert_ne!(first.0, other.0);
}

#[test]
fn there_are_about_as_many_lines_as_asked_for_in_the_order_of_time() {
    let (lines, truth) = day(1);
    assert_eq!(lines.len() as u64, truth.lines);
    // The attacks are as many however quiet the day is.
    assert!((20_000..28_000).contains(&lines.len()), "{}", lines.len());
    let times: Vec<i64> = lines
        .iter()
        .map(|line| line.split(' ').nth(1).unwrap().parse().unwrap())
        .collect();
    assert!(times.is_sorted());
    let groups: std::collections::BTreeSet<&str> = lines
        .iter()
        .map(|line| line.split(' ').nth(2).unwrap())
        .collect();
    assert_eq!(groups.len(), 77);
}

#[test]
fn every_detector_has_its_attack() {
    let (_, truth) = day(1);
    for detector in detection::Detector::ALL {
        assert!(
            truth
                .attacks
                .iter()
                .any(|attack| attack.detector == detector.as_str()),
            "{detector}"
        );
    }
}

#[test]
fn deliveries_hold_every_line_once() {
    let mut payloads = Payloads::default();
    let mut deliveries = Vec::new();
    let options = Options {
        lines: 20_000,
        ..Options::default()
    };
    let truth = Day::new(options)
        .run(|line: &LogLine<'_>| -> std::io::Result<()> {
            deliveries.extend(payloads.add(line)?);
            Ok(())
        })
        .unwrap();
    deliveries.extend(payloads.finish().unwrap());
    let mut ids = std::collections::BTreeSet::new();
    for delivery in &deliveries {
        let event: serde_json::Value = serde_json::from_str(delivery).unwrap();
        let data = event["awslogs"]["data"].as_str().unwrap();
        let packed = base64::engine::general_purpose::STANDARD
            .decode(data)
            .unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(packed.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        let payload: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(payload["messageType"], "DATA_MESSAGE");
        let events = payload["logEvents"].as_array().unwrap();
        assert!(events.len() <= 500);
        for event in events {
            assert!(ids.insert(event["id"].as_str().unwrap().to_owned()));
        }
    }
    assert_eq!(ids.len() as u64, truth.lines);
}
