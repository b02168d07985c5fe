//! What a miner knows, as it is stored between invocations.

use serde::{Deserialize, Serialize};

use crate::activity::Activity;
use crate::miner::{Configuration, Miner};
use crate::template::{TemplateId, decode, encode};

/// The name and version of the stored form.
const SCHEMA: &str = "tocsin.log-patterns/1";

/// The texts of all stored patterns have at most so many bytes; those seen least recently are left out.
const MAX_BYTES: usize = 192 * 1024;

/// What a miner knows, for storing: bounded, and the same for the same knowledge.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct State {
    schema: String,
    /// When the first line came, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started: Option<i64>,
    /// How many patterns have made room.
    #[serde(default)]
    forgotten: u64,
    patterns: Vec<Record>,
}

/// A pattern: short names, because there are many of them.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Record {
    /// The encoded pattern.
    t: String,
    /// All lines.
    n: u64,
    /// First seen.
    f: i64,
    /// Last seen.
    l: i64,
    /// The open window.
    w: i64,
    /// Lines in the open window.
    c: u64,
    /// The level, in thousandths.
    e: u64,
    /// Closed windows.
    h: u32,
    /// Told as suddenly frequent by this identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    q: Option<u64>,
}

/// Why a stored state cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StateError {
    /// Another version wrote it.
    #[error("the stored patterns have the form {found:?}, and only {SCHEMA:?} is known here")]
    Version {
        /// The form that it says.
        found: String,
    },
    /// A pattern is none.
    #[error("the stored pattern {index} cannot be read")]
    Pattern {
        /// Which one, from zero.
        index: usize,
    },
}

impl Default for State {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            started: None,
            forgotten: 0,
            patterns: Vec::new(),
        }
    }
}

impl State {
    /// How many patterns are stored.
    #[must_use]
    pub fn len(&self) -> usize {
        self.patterns.len()
    }

    /// Whether no pattern is stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }
}

impl Miner {
    /// What the miner knows. What no store knows of yet is part of it.
    #[must_use]
    pub fn save(&self) -> State {
        let mut records: Vec<(bool, i64, Record)> = self
            .patterns
            .iter()
            .filter_map(|(_, entry)| {
                let family = self.patterns.family(entry.family)?;
                let activity = &entry.activity;
                let record = Record {
                    t: encode(family, &entry.values),
                    n: activity.total,
                    f: activity.first_seen,
                    l: activity.last_seen,
                    w: activity.window,
                    c: activity.in_window,
                    e: (activity.level * 1000.0).round() as u64,
                    h: activity.windows,
                    q: activity.frequent.map(TemplateId::number),
                };
                Some((activity.frequent.is_none(), -activity.last_seen, record))
            })
            .collect();
        // What is told and not yet over is kept in any case, then what came last.
        records.sort_by(|a, b| (a.0, a.1, &a.2.t).cmp(&(b.0, b.1, &b.2.t)));
        let mut bytes = 0;
        let kept = records
            .iter()
            .take_while(|(_, _, record)| {
                bytes += record.t.len();
                bytes <= MAX_BYTES
            })
            .count();
        let left_out = records.len() - kept;
        records.truncate(kept);
        let mut patterns: Vec<Record> = records.into_iter().map(|(_, _, record)| record).collect();
        patterns.sort_by(|a, b| a.t.cmp(&b.t));
        State {
            schema: SCHEMA.to_owned(),
            started: self.started,
            forgotten: self.forgotten + left_out as u64,
            patterns,
        }
    }

    /// A miner that knows what was stored.
    ///
    /// # Errors
    /// If it was stored by another version, or is damaged: then a miner has to begin anew.
    pub fn resume(configuration: Configuration, state: &State) -> Result<Self, StateError> {
        if state.schema != SCHEMA {
            return Err(StateError::Version {
                found: state.schema.chars().take(64).collect(),
            });
        }
        let mut miner = Self::new(configuration);
        miner.started = state.started;
        miner.forgotten = state.forgotten;
        let mut records: Vec<(usize, &Record)> = state.patterns.iter().enumerate().collect();
        // The order in which they were seen is the order in which they will make room.
        records.sort_by_key(|(_, record)| record.l);
        for (index, record) in records {
            let (shape, varying_words) = decode(&record.t).ok_or(StateError::Pattern { index })?;
            let activity = Activity {
                total: record.n,
                first_seen: record.f,
                last_seen: record.l,
                level: record.e as f64 / 1000.0,
                windows: record.h,
                window: record.w,
                in_window: record.c,
                frequent: record.q.map(TemplateId::from_number),
                fresh: Vec::new(),
            };
            miner.restore(shape, &varying_words, activity);
        }
        miner.make_room();
        Ok(miner)
    }
}
