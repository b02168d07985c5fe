//! Sketches and memory in the table: what this instance has seen is merged into what all have, part by part.

use std::collections::BTreeMap;

use compact_str::CompactString;
use jiff::{SignedDuration, Timestamp};
use lambda_support::error::chain;
use log_metrics::{Finding, Point, Program, State, advice, memory_part};
use store::{Saved, SensorStates, StoreError, Version};

use crate::handler::SENSOR;

/// A part is written at most so often by one instance: what it sees in between is seen again, mostly.
const PAUSE: SignedDuration = SignedDuration::from_secs(60);
/// So often another instance may be quicker.
const TRIES: usize = 6;
/// A day's part is of no use after this, and a month's after that.
const KEEP_DAY: SignedDuration = SignedDuration::from_hours(24 * 7);
const KEEP_MONTH: SignedDuration = SignedDuration::from_hours(24 * 40);
/// So much waits for a table that does not answer.
const WAITING: usize = 2_000;

/// What this instance has seen and not yet saved, and what it knows to be saved.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pending: State,
    known: BTreeMap<CompactString, Known>,
    /// The day whose hints this instance has told.
    hinted: CompactString,
}

#[derive(Debug)]
struct Known {
    state: State,
    version: Version,
    saved_at: Timestamp,
}

/// What came of saving.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Estimates over what all instances have seen.
    pub(crate) points: Vec<Point>,
    /// Hints about functions' memory.
    pub(crate) hints: Vec<Finding>,
    /// Parts that wait because the table did not answer.
    pub(crate) unsaved: u64,
}

impl Memory {
    pub(crate) fn add(&mut self, state: &State) {
        if self.pending.sketches.len() < WAITING {
            self.pending.merge(state);
        }
    }

    /// Saves the parts that are due. What cannot be saved waits for the next delivery.
    pub(crate) async fn save(
        &mut self,
        states: &impl SensorStates,
        program: &Program,
        now: Timestamp,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let mut pending = State::default();
        for (name, part) in std::mem::take(&mut self.pending).parts() {
            let known = self.known.get(&name);
            let is_due = known.is_none_or(|known| now.duration_since(known.saved_at) >= PAUSE);
            // What is known to be saved need not be saved again, nor told: repeated deliveries end here.
            let is_news = known.is_none_or(|known| known.state.clone().merge(&part));
            if !is_news {
                continue;
            }
            if !is_due {
                pending.merge(&part);
                continue;
            }
            match self.save_part(states, &name, &part, now).await {
                Ok(Some(whole)) => outcome.points.extend(whole.points(Some(&part))),
                Ok(None) => {
                    outcome.unsaved += 1;
                    pending.merge(&part);
                }
                Err(error) => {
                    tracing::warn!(error_type = "table", part = %name, reason = %chain(&error), "what was seen waits to be saved");
                    outcome.unsaved += 1;
                    pending.merge(&part);
                }
            }
        }
        self.pending = pending;
        outcome.hints = self.hints(states, program, now).await;
        self.known
            .retain(|_, known| now.duration_since(known.saved_at) < KEEP_DAY);
        outcome
    }

    async fn save_part(
        &mut self,
        states: &impl SensorStates,
        name: &CompactString,
        part: &State,
        now: Timestamp,
    ) -> Result<Option<State>, StoreError> {
        for _ in 0..TRIES {
            // An instance that wrote last need not read: if another has written since, its version is refused.
            let (mut whole, version) = match self.known.remove(name) {
                Some(known) => (known.state, known.version),
                None => {
                    let loaded = states.sensor_state(SENSOR, name).await?;
                    if let Some(fault) = &loaded.fault {
                        tracing::error!(error_type = "state", part = %name, reason = %fault, "what was remembered cannot be read and is begun anew");
                    }
                    let body = loaded.body.as_deref();
                    (
                        body.map_or_else(State::default, |body| read(name, body)),
                        loaded.version,
                    )
                }
            };
            let is_news = whole.merge(part);
            let version = if is_news {
                let body = match serde_json::to_string(&whole) {
                    Ok(body) => body,
                    Err(error) => {
                        tracing::error!(error_type = "state", part = %name, reason = %error, "what is remembered cannot be written");
                        return Ok(None);
                    }
                };
                // A month's part has a shorter name: `…#2026-11`.
                let is_month = name
                    .rsplit('#')
                    .next()
                    .is_some_and(|period| period.len() == 7);
                let keep = if is_month { KEEP_MONTH } else { KEEP_DAY };
                match states
                    .save_sensor_state(SENSOR, name, version, &body, Some(now + keep))
                    .await?
                {
                    Saved::Kept(version) => version,
                    Saved::Outdated => continue,
                }
            } else {
                version
            };
            let state = whole.clone();
            self.known.insert(
                name.clone(),
                Known {
                    state,
                    version,
                    saved_at: now,
                },
            );
            return Ok(Some(whole));
        }
        Ok(None)
    }

    /// Hints about yesterday, once a day and instance: the same hint twice is one alert.
    async fn hints(
        &mut self,
        states: &impl SensorStates,
        program: &Program,
        now: Timestamp,
    ) -> Vec<Finding> {
        let today = program.zone().to_datetime(now).date();
        let Ok(yesterday) = today.yesterday() else {
            return Vec::new();
        };
        let label = compact_str::format_compact!("{yesterday}");
        if self.hinted == label {
            return Vec::new();
        }
        match states.sensor_state(SENSOR, &memory_part(&label)).await {
            Ok(loaded) => {
                self.hinted = label.clone();
                let state = loaded
                    .body
                    .map_or_else(State::default, |body| read(&label, &body));
                advice::hints(&state, now, program.zone())
            }
            Err(error) => {
                tracing::warn!(error_type = "table", reason = %chain(&error), "hints about memory wait");
                Vec::new()
            }
        }
    }
}

/// What another version wrote is begun anew, and said.
fn read(name: &str, body: &str) -> State {
    serde_json::from_str(body).unwrap_or_else(|error| {
        tracing::error!(error_type = "state", part = %name, reason = %error, "what was remembered cannot be read and is begun anew");
        State::default()
    })
}
