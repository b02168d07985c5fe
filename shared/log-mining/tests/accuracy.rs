//! Lines that the same statement of a program wrote belong together, and no others.

#![expect(
    clippy::indexing_slicing,
    reason = "every index comes from the list itself"
)]

mod support;

use std::collections::HashMap;

use jiff::Timestamp;
use log_mining::{Change, Configuration, Miner, PatternKey};
use support::{Labelled, folder, generated};

/// The final pattern of each line.
fn mine(lines: &[String]) -> (Vec<PatternKey>, Miner) {
    let mut miner = Miner::new(Configuration {
        max_patterns: 10_000,
        keep_changes: true,
        ..Configuration::default()
    });
    let mut keys: Vec<PatternKey> = lines
        .iter()
        .map(|line| miner.observe(line.as_bytes(), Timestamp::UNIX_EPOCH).key)
        .collect();
    let joined: HashMap<PatternKey, PatternKey> = miner
        .changes()
        .into_iter()
        .filter_map(|change| match change {
            Change::Joined { from, into } => Some((from, into)),
            Change::Forgotten { .. } => None,
        })
        .collect();
    for key in &mut keys {
        while let Some(into) = joined.get(key) {
            *key = *into;
        }
    }
    (keys, miner)
}

/// The share of lines whose group has exactly the lines of the true group.
fn grouping_accuracy(set: &Labelled) -> f64 {
    let (keys, miner) = mine(&set.lines);
    let mut found: HashMap<PatternKey, Vec<usize>> = HashMap::new();
    let mut truth: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, (key, name)) in keys.iter().zip(&set.truth).enumerate() {
        found.entry(*key).or_default().push(at);
        truth.entry(name).or_default().push(at);
    }
    let mut right = 0;
    for (key, lines) in &found {
        let name = &set.truth[lines[0]];
        if truth[name.as_str()] == *lines {
            right += lines.len();
        } else {
            let pattern = miner.pattern(*key).map(|pattern| pattern.template);
            println!(
                "{}: {} lines as {pattern:?}, truth {name}",
                set.name,
                lines.len()
            );
        }
    }
    right as f64 / set.lines.len() as f64
}

#[test]
fn lines_of_one_statement_belong_together() {
    for seed in 1..=5 {
        let accuracy = grouping_accuracy(&generated(4000, seed));
        assert!(accuracy >= 0.97, "seed {seed}: {accuracy:.4}");
    }
}

/// Real logs cannot be part of this repository: where `LOG_MINING_SETS` names a folder of them they are judged, too.
#[test]
fn real_logs_are_grouped_as_people_group_them() {
    let sets = folder();
    let accuracies: Vec<f64> = sets.iter().map(grouping_accuracy).collect();
    for (set, accuracy) in sets.iter().zip(&accuracies) {
        println!("{:40} {accuracy:.4}", set.name);
    }
    if !sets.is_empty() {
        let mean = accuracies.iter().sum::<f64>() / accuracies.len() as f64;
        assert!(mean >= 0.95, "the mean of {} sets is {mean:.4}", sets.len());
    }
}

#[test]
fn the_order_of_lines_hardly_matters() {
    let set = generated(4000, 9);
    let reversed = Labelled {
        name: "reversed".to_owned(),
        lines: set.lines.iter().rev().cloned().collect(),
        truth: set.truth.iter().rev().cloned().collect(),
    };
    let (ours, theirs) = (grouping_accuracy(&set), grouping_accuracy(&reversed));
    assert!((ours - theirs).abs() <= 0.02, "{ours:.4} and {theirs:.4}");
}
