//! How many lines a second one core mines, and what a pattern costs in memory.
//!
//! The lines are those of the folder that `LOG_MINING_SETS` names (`*_structured.csv`), else generated ones.

#![expect(
    clippy::expect_used,
    reason = "a benchmark without its input has nothing to measure"
)]

#[expect(
    dead_code,
    reason = "it is shared with the tests, which judge what is found"
)]
#[path = "../tests/support/mod.rs"]
mod support;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use jiff::Timestamp;
use log_mining::{Configuration, Miner};

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

fn lines() -> Vec<String> {
    let sets = support::folder();
    if sets.is_empty() {
        return support::generated(50_000, 1).lines;
    }
    sets.into_iter().flat_map(|set| set.lines).collect()
}

fn counted<'a, 'b>(bencher: Bencher<'a, 'b>, lines: &[String]) -> Bencher<'a, 'b> {
    let bytes: usize = lines.iter().map(String::len).sum();
    bencher
        .counter(ItemsCount::new(lines.len()))
        .counter(BytesCount::new(bytes))
}

/// From nothing: every form of lines is new once.
#[divan::bench]
fn cold(bencher: Bencher<'_, '_>) {
    let lines = lines();
    counted(bencher, &lines).bench_local(|| {
        let mut miner = Miner::new(Configuration::default());
        for line in &lines {
            divan::black_box(miner.observe(line.as_bytes(), Timestamp::UNIX_EPOCH));
        }
        miner.len()
    });
}

/// A miner that has seen the same lines before, as an instance has that is in use.
#[divan::bench]
fn warm(bencher: Bencher<'_, '_>) {
    let lines = lines();
    let mut miner = Miner::new(Configuration::default());
    for line in &lines {
        miner.observe(line.as_bytes(), Timestamp::UNIX_EPOCH);
    }
    counted(bencher, &lines).bench_local(|| {
        for line in &lines {
            divan::black_box(miner.observe(line.as_bytes(), Timestamp::UNIX_EPOCH));
        }
    });
}

/// Nothing is like anything before: every line makes a pattern, and the oldest make room.
#[divan::bench(args = [100, 1_000, 10_000])]
fn hostile(bencher: Bencher<'_, '_>, max_patterns: usize) {
    let word = |number: usize| -> String {
        format!("{number:06}")
            .bytes()
            .map(|digit| char::from(digit - b'0' + b'k'))
            .collect()
    };
    let lines: Vec<String> = (0..20_000)
        .map(|at| format!("{} {} fails {}", word(at), word(at * 7), word(at * 13)))
        .collect();
    counted(bencher, &lines).bench_local(|| {
        let mut miner = Miner::new(Configuration {
            max_patterns,
            ..Configuration::default()
        });
        for line in &lines {
            divan::black_box(miner.observe(line.as_bytes(), Timestamp::UNIX_EPOCH));
        }
        miner
    });
}

/// Reading and writing the stored state.
#[divan::bench]
fn save_and_resume(bencher: Bencher<'_, '_>) {
    let mut miner = Miner::new(Configuration::default());
    for line in lines() {
        miner.observe(line.as_bytes(), Timestamp::UNIX_EPOCH);
    }
    bencher.bench_local(|| {
        let text = serde_json::to_string(&miner.save()).expect("a state");
        let state = serde_json::from_str(&text).expect("the same state");
        Miner::resume(Configuration::default(), &state).expect("a miner")
    });
}
