//! What should have been told, held against what was.

use serde::Serialize;

use crate::scenario::{Expected, ExpectedAlert};
use crate::show::{Line, LineAlert};

/// Times inside alerts may differ by so many seconds.
const TOLERANCE: f64 = 0.15;
/// What decimal fractions of seconds lose in calculating.
const EPSILON: f64 = 1e-6;

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "difference", rename_all = "snake_case")]
pub enum Difference {
    /// An expected notification was not told.
    Missing {
        /// Its place in `expect`, from 0.
        place: usize,
        /// What was expected.
        expected: Expected,
    },
    /// A notification was told that nothing expects.
    Unexpected {
        /// What was told.
        told: Line,
    },
}

/// Pairs expectations with notifications, so that as many as possible fit.
#[must_use]
pub fn compare(expected: &[Expected], told: &[Line]) -> Vec<Difference> {
    let fits: Vec<Vec<usize>> = expected
        .iter()
        .map(|row| {
            let fitting = told.iter().enumerate().filter(|(_, line)| fits(row, line));
            fitting.map(|(place, _)| place).collect()
        })
        .collect();
    // Windows may overlap, so the first that fits may be another row's only one.
    let mut taken: Vec<Option<usize>> = vec![None; told.len()];
    let mut missing = Vec::new();
    for row in 0..expected.len() {
        let mut seen = vec![false; told.len()];
        if !assign(row, &fits, &mut taken, &mut seen) {
            missing.push(row);
        }
    }
    let missing = missing.into_iter().filter_map(|place| {
        Some(Difference::Missing {
            place,
            expected: expected.get(place)?.clone(),
        })
    });
    let unexpected = told
        .iter()
        .zip(&taken)
        .filter(|(_, row)| row.is_none())
        .map(|(line, _)| Difference::Unexpected { told: line.clone() });
    missing.chain(unexpected).collect()
}

fn assign(
    row: usize,
    fits: &[Vec<usize>],
    taken: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for place in fits.get(row).into_iter().flatten() {
        match seen.get_mut(*place) {
            Some(seen) if !*seen => *seen = true,
            Some(_) | None => continue,
        }
        let holder = taken.get(*place).copied().flatten();
        if holder.is_none_or(|other| assign(other, fits, taken, seen)) {
            if let Some(slot) = taken.get_mut(*place) {
                *slot = Some(row);
            }
            return true;
        }
    }
    false
}

fn fits(row: &Expected, line: &Line) -> bool {
    let who = |name: &str| name == line.receiver || Some(name) == line.rotation.as_deref();
    let receiver = row.receiver.as_deref().is_none_or(who);
    let to = row.to.is_empty() || row.to.iter().any(|name| who(name));
    let step = row.step.is_none_or(|step| line.step == Some(step));
    let window = line.at >= row.from.get() - EPSILON && line.at <= row.until.get() + EPSILON;
    receiver && to && step && window && row.alerts.as_deref().is_none_or(|alerts| same(alerts, line))
}

fn same(expected: &[ExpectedAlert], line: &Line) -> bool {
    if expected.len() != line.alerts.len() {
        return false;
    }
    let mut left: Vec<&LineAlert> = line.alerts.iter().collect();
    expected.iter().all(|row| {
        let found = left.iter().position(|alert| same_alert(row, alert));
        found.map(|place| left.swap_remove(place)).is_some()
    })
}

fn same_alert(row: &ExpectedAlert, alert: &LineAlert) -> bool {
    let near = |expected: Option<f64>, is: Option<f64>| match (expected, is) {
        (None, _) => true,
        (Some(expected), Some(is)) => (expected - is).abs() <= TOLERANCE + EPSILON,
        (Some(_), None) => false,
    };
    row.labels == alert.labels
        && row.status == alert.status
        && near(row.starts_at.map(|at| at.get()), Some(alert.starts_at))
        && near(row.ends_at.map(|at| at.get()), alert.ends_at)
        && row
            .annotations
            .as_ref()
            .is_none_or(|annotations| *annotations == alert.annotations)
}
