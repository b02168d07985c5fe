//! What should have been told, held against what was.

use serde::Serialize;

use crate::expected::{Expected, ExpectedAlert};
use crate::explain;
use crate::seconds::Seconds;
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
        /// What was told that comes nearest.
        #[serde(skip_serializing_if = "Option::is_none")]
        nearest: Option<Nearest>,
    },
    /// A notification was told that nothing expects.
    Unexpected {
        /// What was told.
        told: Line,
    },
}

/// What was told instead, and why it is not what was expected.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nearest {
    /// What was told.
    pub told: Line,
    /// What differs.
    pub why: Vec<String>,
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
    let missing: Vec<Difference> = missing
        .into_iter()
        .filter_map(|place| {
            let row = expected.get(place)?;
            Some(Difference::Missing {
                place,
                expected: row.clone(),
                nearest: nearest(row, told, &taken),
            })
        })
        .collect();
    let unexpected: Vec<Difference> = told
        .iter()
        .zip(&taken)
        .filter(|(line, row)| row.is_none() && !missing.iter().any(|it| it.is_about(line)))
        .map(|(line, _)| Difference::Unexpected { told: line.clone() })
        .collect();
    missing.into_iter().chain(unexpected).collect()
}

impl Difference {
    /// Whether it names a notification already.
    fn is_about(&self, line: &Line) -> bool {
        match self {
            Self::Missing { nearest, .. } => nearest.as_ref().is_some_and(|it| it.told == *line),
            Self::Unexpected { told } => told == line,
        }
    }
}

/// What comes nearest, of what nothing else expects if there is any.
fn nearest(row: &Expected, told: &[Line], taken: &[Option<usize>]) -> Option<Nearest> {
    let (line, _) = told.iter().zip(taken).min_by(|(a, by_a), (b, by_b)| {
        let key = |line: &Line, by: &Option<usize>| (explain::distance(row, line), by.is_some());
        let ((a_far, a_taken), (b_far, b_taken)) = (key(a, by_a), key(b, by_b));
        a_far.total_cmp(&b_far).then(a_taken.cmp(&b_taken))
    })?;
    let mut why = explain::why(row, line);
    if why.is_empty() {
        why.push("another expectation has it already".to_owned());
    }
    Some(Nearest {
        told: line.clone(),
        why,
    })
}

fn assign(row: usize, fits: &[Vec<usize>], taken: &mut [Option<usize>], seen: &mut [bool]) -> bool {
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
    fits_receiver(row, line)
        && row.step.is_none_or(|step| line.step == Some(step))
        && off(row, line) == 0.0
        && row
            .alerts
            .as_deref()
            .is_none_or(|alerts| same(alerts, line))
}

pub(crate) fn fits_receiver(row: &Expected, line: &Line) -> bool {
    let who = |name: &str| name == line.receiver || Some(name) == line.rotation.as_deref();
    let receiver = row.receiver.as_deref().is_none_or(who);
    receiver && (row.to.is_empty() || row.to.iter().any(|name| who(name)))
}

/// How many seconds before (negative) or after its window something came; 0 within it.
pub(crate) fn off(row: &Expected, line: &Line) -> f64 {
    let (early, late) = (line.at - row.from.get(), line.at - row.until.get());
    if early < -EPSILON {
        early
    } else if late > EPSILON {
        late
    } else {
        0.0
    }
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

/// Whether a time is near enough to the one that is expected, if one is.
pub(crate) fn near(expected: Option<Seconds>, is: Option<f64>) -> bool {
    match (expected, is) {
        (None, _) => true,
        (Some(expected), Some(is)) => (expected.get() - is).abs() <= TOLERANCE + EPSILON,
        (Some(_), None) => false,
    }
}

fn same_alert(row: &ExpectedAlert, alert: &LineAlert) -> bool {
    row.labels == alert.labels
        && row.status == alert.status
        && near(row.starts_at, Some(alert.starts_at))
        && near(row.ends_at, alert.ends_at)
        && row
            .annotations
            .as_ref()
            .is_none_or(|annotations| *annotations == alert.annotations)
}
