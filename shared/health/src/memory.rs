//! What is remembered of one probe, and how an answer changes it.

use std::collections::BTreeMap;

use alert_classification::Labels;
use compact_str::CompactString;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use settings::{Duration, Flapping, Measured, Probe};

use crate::fault::Fault;
use crate::judge::{Crossed, Grade, Judgement};

/// What is remembered of one probe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// When the newest answer was asked for.
    pub(crate) last_at: Option<Timestamp>,
    /// How good it was.
    pub(crate) latest: Grade,
    pub(crate) fault: Option<Fault>,
    pub(crate) crossed: Option<Crossed>,
    pub(crate) measured: BTreeMap<Measured, f64>,
    /// The newest answer that says something; before there is one, when it was first thought of.
    pub(crate) known_at: Timestamp,
    /// Since when it is what it is.
    pub(crate) since: Timestamp,
    /// The newest grades that say something, the newest last; no more than are counted.
    grades: Vec<Grade>,
    /// Answers in a row that were not down, and those that were up.
    not_down: u8,
    up: u8,
    bad_since: Option<Timestamp>,
    bad_at: Option<Timestamp>,
    /// When trouble began and ended of late.
    changes: Vec<Timestamp>,
    pub(crate) trouble: Option<Trouble>,
    pub(crate) certificate: Option<Told>,
    pub(crate) unknown: Option<Told>,
    /// Trouble may have been told that nobody remembers.
    #[serde(default)]
    pub(crate) amnesia: bool,
}

/// Trouble that has lasted long enough to be believed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trouble {
    /// Degraded or down.
    pub(crate) grade: Grade,
    pub(crate) since: Timestamp,
    pub(crate) told: Option<Told>,
    /// What explains it, so that it is not told.
    pub(crate) explained_by: Option<CompactString>,
    /// It was explained once: then it has to fail anew before it is told.
    pub(crate) was_explained: bool,
    /// How often it failed since nothing explains it.
    pub(crate) failures: u8,
}

/// A finding that people have heard of, so that its end can be told in the same words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) kind: CompactString,
    pub(crate) labels: Labels,
    pub(crate) since: Timestamp,
    pub(crate) title: String,
}

/// Trouble that is over, or became another.
pub(crate) struct Ended(pub(crate) Trouble);

impl Memory {
    pub(crate) const fn new(now: Timestamp, amnesia: bool) -> Self {
        Self {
            last_at: None,
            latest: Grade::Unknown,
            fault: None,
            crossed: None,
            measured: BTreeMap::new(),
            known_at: now,
            since: now,
            grades: Vec::new(),
            not_down: 0,
            up: 0,
            bad_since: None,
            bad_at: None,
            changes: Vec::new(),
            trouble: None,
            certificate: None,
            unknown: None,
            amnesia,
        }
    }

    /// Whether an answer is news: not older than the newest, nor the same run's by another delivery.
    pub(crate) fn is_news(&self, at: Timestamp, probe: &Probe) -> bool {
        self.last_at
            .is_none_or(|last| at.duration_since(last) >= apart(probe))
    }

    /// Takes an answer; says what trouble it ends.
    pub(crate) fn take(
        &mut self,
        probe: &Probe,
        judged: &Judgement,
        measured: &BTreeMap<Measured, f64>,
        flapping: &Flapping,
    ) -> Option<Ended> {
        let Judgement { at, grade, .. } = *judged;
        let before = self.condition();
        self.last_at = Some(at);
        self.latest = grade;
        self.fault.clone_from(&judged.fault);
        self.crossed.clone_from(&judged.crossed);
        self.measured.clone_from(measured);
        let ended = if grade == Grade::Unknown {
            // It says nothing, least of all that it is well again.
            self.not_down = 0;
            self.up = 0;
            None
        } else {
            self.known_at = at;
            self.count(probe, grade, at);
            self.turn(probe, at, flapping)
        };
        if self.condition() != before {
            self.since = at;
        }
        ended
    }

    /// How it is, as far as anybody knows.
    pub(crate) fn condition(&self) -> Grade {
        match &self.trouble {
            Some(trouble) => trouble.grade,
            None if self.latest == Grade::Unknown => Grade::Unknown,
            None => Grade::Up,
        }
    }

    /// Whether it came and went often before it was last bad, and was so of late: it has to keep still for a while
    /// before it counts as well.
    pub(crate) fn is_flapping(&self, now: Timestamp, flapping: &Flapping) -> bool {
        let Some(bad) = self.bad_at.filter(|bad| within(*bad, now, flapping.quiet)) else {
            return false;
        };
        let before = self
            .changes
            .iter()
            .filter(|at| within(**at, bad, flapping.window));
        before.count() >= usize::try_from(flapping.changes).unwrap_or(usize::MAX)
    }

    fn count(&mut self, probe: &Probe, grade: Grade, at: Timestamp) {
        let of = usize::from(probe.fail_after.of());
        self.grades.push(grade);
        let surplus = self.grades.len().saturating_sub(of);
        self.grades.drain(..surplus);
        let streak = |count: u8, goes_on: bool| if goes_on { count.saturating_add(1) } else { 0 };
        self.not_down = streak(self.not_down, grade != Grade::Down);
        self.up = streak(self.up, grade == Grade::Up);
        if grade.is_bad() {
            self.bad_at = Some(at);
            self.bad_since.get_or_insert(at);
            if let Some(trouble) = &mut self.trouble
                && grade >= trouble.grade
            {
                trouble.failures = trouble.failures.saturating_add(1);
            }
        } else if !self.grades.iter().any(|grade| grade.is_bad()) {
            self.bad_since = None;
        }
    }

    /// Trouble begins, ends or becomes another.
    fn turn(&mut self, probe: &Probe, at: Timestamp, flapping: &Flapping) -> Option<Ended> {
        let enough = usize::from(probe.fail_after.failures());
        let fails = |grades: &[Grade], least: Grade| {
            grades.iter().filter(|grade| **grade >= least).count() >= enough
        };
        let next = match self.trouble.as_ref().map(|trouble| trouble.grade) {
            Some(Grade::Down) => {
                if self.not_down < probe.recover_after || self.is_flapping(at, flapping) {
                    return None;
                }
                // What follows an outage has to fail by itself.
                let tail = self.grades.len().saturating_sub(usize::from(self.not_down));
                self.grades.drain(..tail);
                let still = self.up < probe.recover_after && fails(&self.grades, Grade::Degraded);
                still.then_some(Grade::Degraded)
            }
            Some(Grade::Degraded) if fails(&self.grades, Grade::Down) => Some(Grade::Down),
            Some(Grade::Degraded) => {
                if self.up < probe.recover_after || self.is_flapping(at, flapping) {
                    return None;
                }
                None
            }
            Some(Grade::Up | Grade::Unknown) | None => {
                let next = [Grade::Down, Grade::Degraded];
                let next = next.into_iter().find(|least| fails(&self.grades, *least));
                next?;
                next
            }
        };
        self.changes.push(at);
        self.changes
            .retain(|change| within(*change, at, flapping.window));
        let since = self.bad_since.unwrap_or(at);
        if next.is_none() {
            self.grades.clear();
            self.bad_since = None;
        }
        let ended = self.trouble.take().map(Ended);
        self.trouble = next.map(|grade| Trouble {
            grade,
            since,
            told: None,
            explained_by: None,
            was_explained: false,
            failures: 0,
        });
        ended
    }
}

/// Two answers of one probe are never nearer to each other, unless a run was repeated.
pub(crate) fn apart(probe: &Probe) -> SignedDuration {
    const REPEATED: i64 = 20_000;
    let half = i64::try_from(probe.every.as_millis() / 2).unwrap_or(REPEATED);
    SignedDuration::from_millis(half.min(REPEATED))
}

fn within(then: Timestamp, now: Timestamp, window: Duration) -> bool {
    let window = i64::try_from(window.as_millis()).unwrap_or(i64::MAX);
    now.duration_since(then) < SignedDuration::from_millis(window)
}
