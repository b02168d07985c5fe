//! Whatever comes in, the miner lives on, and what it keeps is bounded.

#[expect(
    dead_code,
    reason = "it is shared with the test of accuracy, which judges what is found"
)]
mod support;

use jiff::Timestamp;
use log_mining::{Configuration, Miner};
use proptest::prelude::*;

fn small() -> Configuration {
    Configuration {
        max_patterns: 20,
        ..Configuration::default()
    }
}

/// Bytes, text, and what looks like log lines: the signs that mean something, close together.
fn line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "\\PC{0,80}".prop_map(String::into_bytes),
        "([a-f]{1,3}|user|[0-9]{1,3}|[=:,()\\[\\]{}\"'<>|./\\\\@ ;-]|null|true|ms|Mon){0,40}"
            .prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_bytes_are_a_line(lines in proptest::collection::vec(line(), 1..80)) {
        let mut miner = Miner::new(small());
        for line in &lines {
            let seen = miner.observe(line, Timestamp::UNIX_EPOCH);
            prop_assert!(miner.pattern(seen.key).is_some());
            prop_assert!(miner.len() <= 20);
            let again = miner.observe(line, Timestamp::UNIX_EPOCH);
            prop_assert_eq!((again.key, again.is_new), (seen.key, false));
        }
    }

    #[test]
    fn what_is_saved_is_what_is_known(lines in proptest::collection::vec(line(), 1..60)) {
        let mut miner = Miner::new(Configuration::default());
        for line in &lines {
            miner.observe(line, Timestamp::UNIX_EPOCH);
        }
        let state = miner.save();
        let mut resumed = Miner::resume(Configuration::default(), &state).expect("our own state");
        prop_assert_eq!(resumed.save(), state);
        for line in &lines {
            let (ours, theirs) = (miner.observe(line, Timestamp::UNIX_EPOCH), resumed.observe(line, Timestamp::UNIX_EPOCH));
            prop_assert_eq!((ours.id, ours.is_new), (theirs.id, theirs.is_new), "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn nothing_is_counted_twice_or_lost(lines in proptest::collection::vec(line(), 1..60), cut in 0..60_usize) {
        let (first, second) = lines.split_at(cut.min(lines.len()));
        let mut stored = Miner::new(Configuration::default());
        for part in [first, second] {
            let mut local = Miner::resume(Configuration::default(), &stored.save()).expect("our own state");
            for line in part {
                local.observe(line, Timestamp::UNIX_EPOCH);
            }
            stored.absorb(&local, Timestamp::UNIX_EPOCH);
        }
        let count: u64 = stored.patterns().iter().map(|pattern| pattern.count).sum();
        prop_assert_eq!(count, lines.len() as u64);
    }
}

#[test]
fn giant_lines_are_survived() {
    let mut miner = Miner::new(Configuration::default());
    for line in [
        "x".repeat(5_000_000),
        "x ".repeat(2_000_000),
        "(".repeat(1_000_000),
        "a=b ".repeat(1_000_000),
        "7 x ".repeat(500_000),
    ] {
        let key = miner.observe(line.as_bytes(), Timestamp::UNIX_EPOCH).key;
        let template = miner.pattern(key).expect("a pattern").template;
        assert!(template.len() < 4096, "{}", template.len());
    }
}

#[test]
fn what_is_stored_is_bounded_and_keeps_what_came_last() {
    let mut dice = support::Dice(7);
    let mut miner = Miner::new(Configuration {
        max_patterns: 1000,
        ..Configuration::default()
    });
    let mut word = || -> String {
        (0..12)
            .map(|_| char::from(b'g' + dice.below(20) as u8))
            .collect()
    };
    for at in 0..3000 {
        let line = (0..60).map(|_| word()).collect::<Vec<_>>().join(" ");
        miner.observe(line.as_bytes(), Timestamp::from_second(at).expect("a time"));
    }
    assert!(miner.len() <= 1000);
    assert!(miner.forgotten() >= 2000, "{}", miner.forgotten());
    let state = miner.save();
    let text = serde_json::to_string(&state).expect("JSON");
    assert!(text.len() < 400_000, "{} bytes", text.len());
    assert!(state.len() > 100, "{} patterns", state.len());
}

#[test]
fn instances_may_merge_in_any_order() {
    let set = support::generated(3000, 3);
    let instance = |part: usize| {
        let mut miner = Miner::new(Configuration::default());
        for line in set.lines.iter().skip(part).step_by(3) {
            miner.observe(line.as_bytes(), Timestamp::UNIX_EPOCH);
        }
        miner
    };
    let merged = |order: [usize; 3]| {
        let mut stored = Miner::new(Configuration::default());
        for part in order {
            stored.absorb(&instance(part), Timestamp::UNIX_EPOCH);
        }
        let mut patterns: Vec<(String, u64)> = stored
            .patterns()
            .into_iter()
            .map(|pattern| (pattern.template, pattern.count))
            .collect();
        patterns.sort();
        patterns
    };
    assert_eq!(merged([0, 1, 2]), merged([2, 0, 1]));
}
