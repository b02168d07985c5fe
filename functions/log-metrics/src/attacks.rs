//! Attacks: security events go into the detectors' shards, which lie in the table.
//!
//! Findings are published before their cause is saved. An event that comes again is known by its id, so a delivery
//! that comes again after a failure counts once.

use std::collections::{BTreeMap, BTreeSet};

use adapters::FindingSink;
use alert_classification::Finding;
use detection::{Config, SecurityEvent, State, observe, shards_of};
use jiff::Timestamp;
use lambda_support::error::chain;
use store::{Saved, SensorStates};

use crate::handler::{HandlerError, SENSOR, publish};

/// So often another instance may be quicker.
const TRIES: usize = 8;

/// When which shard has to be looked at although nothing happens: what is over is to be told.
#[derive(Debug, Default)]
pub(crate) struct Attacks {
    due: BTreeMap<u16, Timestamp>,
}

impl Attacks {
    /// Whether a shard has to be looked at although nothing happens.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.due.values().any(|at| *at <= now)
    }

    /// Looks at the shards that events concern and at those that are due; at all of them, if `every`. The answer is how many
    /// findings there were.
    pub(crate) async fn look(
        &mut self,
        events: &[SecurityEvent],
        every: bool,
        config: &Config,
        states: &impl SensorStates,
        topic: &impl FindingSink,
        now: Timestamp,
    ) -> Result<u64, HandlerError> {
        let mut shards: BTreeMap<u16, Vec<SecurityEvent>> = BTreeMap::new();
        for event in events {
            for shard in shards_of(event, config) {
                shards.entry(shard).or_default().push(event.clone());
            }
        }
        let due: BTreeSet<u16> = if every {
            (0..config.shards()).collect()
        } else {
            let due = self.due.iter().filter(|(_, at)| **at <= now);
            due.map(|(shard, _)| *shard).collect()
        };
        for shard in due {
            shards.entry(shard).or_default();
        }
        let mut told = 0;
        for (shard, events) in shards {
            told += self
                .shard(shard, &events, config, states, topic, now)
                .await?;
        }
        Ok(told)
    }

    async fn shard(
        &mut self,
        shard: u16,
        events: &[SecurityEvent],
        config: &Config,
        states: &impl SensorStates,
        topic: &impl FindingSink,
        now: Timestamp,
    ) -> Result<u64, HandlerError> {
        let name = State::name(shard, config);
        for _ in 0..TRIES {
            let loaded = states.sensor_state(SENSOR, &name).await?;
            let known = loaded.body.as_deref();
            let mut state = match known.map(serde_json::from_str::<State>) {
                Some(Ok(state)) => state,
                Some(Err(error)) => {
                    tracing::error!(error_type = "state", part = %name, reason = %chain(&error), "what was counted cannot be read and is begun anew");
                    State::new(shard, config.shards())
                }
                None => State::new(shard, config.shards()),
            };
            let is_due = state.due_at(config).is_some_and(|at| at <= now);
            if events.is_empty() && !is_due {
                self.remember(shard, &state, config);
                return Ok(0);
            }
            let findings: Vec<Finding> = observe(&mut state, events, now, config);
            publish(topic, &findings).await?;
            let body = serde_json::to_string(&state).map_err(HandlerError::State)?;
            match states
                .save_sensor_state(SENSOR, &name, loaded.version, &body, None)
                .await?
            {
                Saved::Kept(_) => {
                    self.remember(shard, &state, config);
                    return Ok(findings.len() as u64);
                }
                Saved::Outdated => {}
            }
        }
        Err(HandlerError::Busy { part: name })
    }

    fn remember(&mut self, shard: u16, state: &State, config: &Config) {
        match state.due_at(config) {
            Some(at) => self.due.insert(shard, at),
            None => self.due.remove(&shard),
        };
    }
}
