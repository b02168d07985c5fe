//! The configurations of the days: one, and what deployments may make of it.

use std::sync::{Arc, OnceLock};

use incident::Policy;
use settings::Settings;

/// How many there are.
pub const CONFIGURATIONS: usize = 4;

const BASE: &str = include_str!("../monitoring.yaml");

/// What is written instead of what in each. The receivers and steps stay; who is called for what is critical
/// does so too, and so the judge may ask for it on every day.
const CHANGES: [&[(&str, &str)]; CONFIGURATIONS] = [
    &[],
    // Every route has another id, and so every group is another one.
    &[
        (
            "'priority=\"P1\"'], receiver",
            "'priority=~\"P1\"'], receiver",
        ),
        (
            "'priority=\"P2\"'], group_by",
            "'priority=~\"P2\"'], group_by",
        ),
        (
            "'alertname=\"errors\"'], receiver",
            "'alertname=~\"errors\"'], receiver",
        ),
    ],
    // The ledger's route is gone: what it had belongs to the team.
    &[(
        "'alertname=\"errors\"'], receiver",
        "'alertname=\"nothing\"'], receiver",
    )],
    // What is critical is grouped by more, and what is urgent by nothing. A group of what is critical has one
    // incident still: the judge takes a step that a route's message says for one of all that it names.
    &[
        (
            "'priority=\"P1\"'], receiver: people, group_by: [service, category]",
            "'priority!~\"P[2-4]\"'], receiver: people, group_by: [service, category, alertname]",
        ),
        (
            "'priority=\"P2\"'], group_by: [service, category]",
            "'priority!~\"P[134]\"'], group_by: []",
        ),
    ],
];

/// A configuration, each read once.
pub(crate) fn policy(variant: usize) -> Arc<Policy> {
    static POLICIES: OnceLock<Vec<Arc<Policy>>> = OnceLock::new();
    let policies = POLICIES.get_or_init(|| CHANGES.iter().map(|changes| read(changes)).collect());
    let known = policies.get(variant).or(policies.first()).cloned();
    known.unwrap_or_else(|| read(&[]))
}

fn read(changes: &[(&str, &str)]) -> Arc<Policy> {
    let mut text = BASE.to_owned();
    for (before, after) in changes {
        assert!(
            text.contains(before),
            "there is no `{before}` to be changed"
        );
        text = text.replace(before, after);
    }
    match Settings::from_yaml(&text) {
        Ok(settings) => Arc::new(Policy::new(settings).naming_all_alerts()),
        Err(faults) => {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            unreachable!(
                "the simulation's configuration is faulty: {}",
                faults.join("\n")
            )
        }
    }
}
