//! The patterns of plain text: mined by this instance, and shared with the others through the table.

use std::collections::BTreeMap;

use alert_classification::Finding;
use jiff::{SignedDuration, Timestamp};
use lambda_support::error::chain;
use log_metrics::Line;
use log_mining::{Configuration, Miner, Origin};
use store::{Saved, SensorStates, StoreError};

use crate::handler::SENSOR;

/// The patterns of a log group are shared at most so often by one instance.
const PAUSE: SignedDuration = SignedDuration::from_secs(60);
const TRIES: usize = 6;
/// What nobody has written to for so long is forgotten.
const KEEP: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Log groups that one instance mines; a group more has its turn in another instance.
const GROUPS: usize = 200;

#[derive(Debug, Default)]
pub(crate) struct Patterns {
    groups: BTreeMap<String, Group>,
}

#[derive(Debug)]
struct Group {
    local: Miner,
    saved_at: Option<Timestamp>,
    has_news: bool,
}

/// What came of saving.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) findings: Vec<Finding>,
    pub(crate) told: u64,
    pub(crate) unsaved: u64,
}

impl Patterns {
    /// Takes in a line of plain text. Lambda's own lines and JSON have rules; their patterns would be those of loggers.
    pub(crate) fn observe(&mut self, line: &Line<'_>) {
        let text = line.message.lines().next().unwrap_or_default();
        if line.of_lambda || text.trim_start().starts_with(['{', '[']) || text.is_empty() {
            return;
        }
        let Ok(at) = Timestamp::from_millisecond(line.at) else {
            return;
        };
        if !self.groups.contains_key(line.group) {
            if self.groups.len() >= GROUPS {
                return;
            }
            let group = Group {
                local: Miner::new(Configuration::default()),
                saved_at: None,
                has_news: false,
            };
            self.groups.insert(line.group.to_owned(), group);
        }
        if let Some(group) = self.groups.get_mut(line.group) {
            let masked = masking::mask(text);
            let seen = group.local.observe(masked.as_bytes(), at);
            if seen.is_new {
                group.local.keep_example(seen.key, &masked);
            }
            group.has_news = true;
        }
    }

    /// Shares what is due. What cannot be shared waits for the next delivery.
    pub(crate) async fn save(&mut self, states: &impl SensorStates, now: Timestamp) -> Outcome {
        let mut outcome = Outcome::default();
        for (name, group) in &mut self.groups {
            let is_due = group
                .saved_at
                .is_none_or(|at| now.duration_since(at) >= PAUSE);
            if !group.has_news || !is_due {
                continue;
            }
            match share(states, name, group, now).await {
                Ok(Some(findings)) => {
                    outcome.told += findings.len() as u64;
                    outcome.findings.extend(findings);
                }
                Ok(None) => outcome.unsaved += 1,
                Err(error) => {
                    tracing::warn!(error_type = "table", log_group = %name, reason = %chain(&error), "patterns wait to be saved");
                    outcome.unsaved += 1;
                }
            }
        }
        outcome
    }
}

async fn share(
    states: &impl SensorStates,
    name: &str,
    group: &mut Group,
    now: Timestamp,
) -> Result<Option<Vec<Finding>>, StoreError> {
    let part = format!("patterns#{name}");
    for _ in 0..TRIES {
        let loaded = states.sensor_state(SENSOR, &part).await?;
        let mut stored = loaded.body.as_deref().map_or_else(
            || Miner::new(Configuration::default()),
            |body| resume(name, body),
        );
        let notices = stored.absorb(&group.local, now);
        let body = match serde_json::to_string(&stored.save()) {
            Ok(body) => body,
            Err(error) => {
                tracing::error!(error_type = "state", log_group = %name, reason = %error, "patterns cannot be written");
                return Ok(None);
            }
        };
        match states
            .save_sensor_state(SENSOR, &part, loaded.version, &body, Some(now + KEEP))
            .await?
        {
            Saved::Kept(_) => {
                // Resumed, so that only what comes from now on is news the next time.
                group.local = resume(name, &body);
                group.saved_at = Some(now);
                group.has_news = false;
                let service = name.rsplit('/').next().unwrap_or(name);
                let origin = Origin {
                    service,
                    log_group: name,
                };
                let findings = notices.iter().map(|notice| notice.finding(&origin, now));
                return Ok(Some(findings.collect()));
            }
            Saved::Outdated => {}
        }
    }
    Ok(None)
}

fn resume(name: &str, body: &str) -> Miner {
    let state = serde_json::from_str(body).map_err(|error| error.to_string());
    let miner = state.and_then(|state| {
        Miner::resume(Configuration::default(), &state).map_err(|error| error.to_string())
    });
    miner.unwrap_or_else(|reason| {
        tracing::error!(error_type = "state", log_group = %name, reason, "patterns cannot be read and are begun anew");
        Miner::new(Configuration::default())
    })
}
