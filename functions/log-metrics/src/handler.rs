//! One delivery: through the rules, to the topic, into the memory, out as metrics.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use adapters::FindingSink;
use alert_classification::Finding;
use detection::{Config, SecurityEvent};
use jiff::Timestamp;
use lambda_support::metrics::Metrics;
use log_metrics::{Batch, Delivery, InvalidProgram, Program, emf};
use settings::{InvalidSettings, SecurityPolicy, Settings};
use store::{SensorStates, StoreError};
use tokio::sync::Mutex;

use crate::attacks::Attacks;
use crate::key::KeySource;
use crate::memory::Memory;
use crate::patterns::Patterns;

/// The sensor's name in the table.
pub(crate) const SENSOR: &str = "log-metrics";
/// So many deliveries are known again by the instance that has read them.
const KNOWN: usize = 1_000;
/// Findings that wait for the topic, at most.
const WAITING: usize = 1_000;

/// Why a delivery should come again, or why none can be read.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The embedded configuration cannot be read.
    #[error("the embedded configuration cannot be read: build the function again")]
    Configuration(#[from] InvalidSettings),
    /// The embedded rules cannot be compiled.
    #[error("the embedded rules cannot be compiled: build the function again")]
    Program(#[from] InvalidProgram),
    /// The alerts topic did not take all findings.
    #[error("{count} findings could not be published: {reason}")]
    Unpublished {
        /// How many.
        count: usize,
        /// Why the first of them was not.
        reason: String,
    },
    /// The table did not take what was counted of attacks.
    #[error("what was counted of attacks could not be saved")]
    Table(#[from] StoreError),
    /// What was counted cannot be written.
    #[error("what was counted of attacks cannot be written")]
    State(#[source] serde_json::Error),
    /// Other instances were quicker, each time.
    #[error("`{part}` could not be saved: other instances were quicker each time")]
    Busy {
        /// The part of the sensor's state.
        part: String,
    },
    /// The key of the detectors' hashes cannot be read.
    #[error("the key of the detectors cannot be read: {0}")]
    Key(String),
}

/// What is printed when a delivery is done.
#[derive(Debug)]
pub struct Books {
    /// Lines of the embedded metric format: what the rules counted.
    pub lines: Vec<String>,
    /// The function's own metrics.
    pub metrics: Metrics,
}

/// The rules, the ways out, and what this instance knows.
#[derive(Debug)]
pub struct Handler<S, F, K> {
    program: Program,
    policy: SecurityPolicy,
    states: S,
    topic: F,
    key: K,
    /// How the names of the suite's own log groups begin.
    own: String,
    instance: Mutex<Instance>,
}

#[derive(Debug, Default)]
struct Instance {
    attacks: Attacks,
    memory: Memory,
    patterns: Patterns,
    /// Deliveries that were done, so that the same again counts nothing.
    done: VecDeque<u64>,
    /// Findings whose cause is saved, and that the topic has not taken yet.
    waiting: Vec<Finding>,
}

impl<S: SensorStates, F: FindingSink, K: KeySource> Handler<S, F, K> {
    /// Compiles the rules.
    ///
    /// # Errors
    /// When they are faulty, which the build has ruled out.
    pub fn new(
        settings: Settings,
        states: S,
        topic: F,
        key: K,
        stack: &str,
    ) -> Result<Self, HandlerError> {
        Ok(Self {
            program: Program::new(&settings.logs)?,
            policy: settings.security,
            states,
            topic,
            key,
            own: format!("/aws/lambda/{stack}-"),
            instance: Mutex::default(),
        })
    }

    /// Looks whether an attack is over, of which nothing is heard any more.
    ///
    /// # Errors
    /// When findings could not be published, or the table does not answer.
    pub async fn tick(&self, now: Timestamp) -> Result<Books, HandlerError> {
        let mut metrics = Metrics::new("log-metrics");
        let mut instance = self.instance.lock().await;
        let told = self.look(&mut instance.attacks, &[], true, now).await?;
        metrics.count("AttackFindings", told);
        let lines = Vec::new();
        Ok(Books { lines, metrics })
    }

    async fn look(
        &self,
        attacks: &mut Attacks,
        events: &[SecurityEvent],
        every: bool,
        now: Timestamp,
    ) -> Result<u64, HandlerError> {
        if events.is_empty() && !every && !attacks.is_due(now) {
            return Ok(0);
        }
        let key = self.key.key().await.map_err(HandlerError::Key)?;
        let config = Config::new(self.policy.clone(), key);
        attacks
            .look(events, every, &config, &self.states, &self.topic, now)
            .await
    }

    /// Reads a delivery.
    ///
    /// # Errors
    /// When findings could not be published: Lambda delivers again.
    pub async fn handle(&self, data: &str, now: Timestamp) -> Result<Books, HandlerError> {
        let mut metrics = Metrics::new("log-metrics");
        let mut instance = self.instance.lock().await;
        let instance = &mut *instance;
        let mark = mark(data);
        if instance.done.contains(&mark) {
            metrics.count("DeliveriesRepeated", 1);
            let lines = Vec::new();
            return Ok(Books { lines, metrics });
        }
        let mut batch = Batch::new(&self.program).without(&self.own);
        let patterns = &mut instance.patterns;
        let delivery = batch.delivery(data, &mut |line| patterns.observe(line));
        if let Delivery::Faulty(fault) = delivery {
            // It would be the same the next time; what could be read is read.
            tracing::error!(error_type = "delivery", reason = %fault, "a delivery could not be read to its end");
        }
        let outcome = batch.finish();
        let counts = outcome.counts;
        let mut findings: Vec<Finding> = outcome.findings.iter().filter_map(convert).collect();
        metrics.count("LogFindings", findings.len() as u64);
        findings.append(&mut instance.waiting);
        publish(&self.topic, &findings).await?;
        let attacks = self
            .look(&mut instance.attacks, &outcome.security, false, now)
            .await?;

        instance.memory.add(&outcome.state);
        let saved = instance.memory.save(&self.states, &self.program, now).await;
        let told = instance.patterns.save(&self.states, now).await;
        let mut later: Vec<Finding> = saved.hints.iter().filter_map(convert).collect();
        later.extend(told.findings);
        if let Err(error) = publish(&self.topic, &later).await {
            // Their cause is saved and would not be told again: they go out with the next delivery.
            tracing::warn!(error_type = "topic", reason = %error, "findings wait for the alerts topic");
            later.truncate(WAITING);
            instance.waiting = later;
        }

        let mut points = outcome.points;
        points.extend(saved.points);
        instance.done.push_back(mark);
        if instance.done.len() > KNOWN {
            instance.done.pop_front();
        }
        metrics.count("LogLines", counts.lines);
        metrics.count("LogLinesMatched", counts.matched);
        metrics.count("LogEventsMalformed", counts.malformed);
        metrics.count("LogLinesCut", counts.cut);
        metrics.count("LogRecordsOverLimit", counts.other + counts.over);
        metrics.count("OwnLinesIgnored", counts.ignored);
        metrics.count("AttackFindings", attacks);
        metrics.count("SecurityEvents", outcome.security.len() as u64);
        metrics.count("LogPatternsTold", told.told);
        metrics.count("LogStateUnsaved", saved.unsaved + told.unsaved);
        metrics.count(
            "DeliveriesFaulty",
            u64::from(matches!(delivery, Delivery::Faulty(_))),
        );
        let lines = emf::lines(self.program.namespace(), &points);
        Ok(Books { lines, metrics })
    }
}

/// Publishes findings, or says that some could not be.
pub(crate) async fn publish(
    topic: &impl FindingSink,
    findings: &[Finding],
) -> Result<(), HandlerError> {
    if findings.is_empty() {
        return Ok(());
    }
    let unpublished = topic.publish(findings).await;
    match unpublished.first() {
        None => Ok(()),
        Some(first) => Err(HandlerError::Unpublished {
            count: unpublished.len(),
            reason: first.reason.clone(),
        }),
    }
}

/// The same document, as the alerts topic's port has it.
fn convert(finding: &log_metrics::Finding) -> Option<Finding> {
    let value = serde_json::to_value(finding).ok()?;
    let converted = serde_json::from_value(value);
    if let Err(error) = &converted {
        tracing::error!(error_type = "finding", reason = %error, "a finding does not fit its schema");
    }
    converted.ok()
}

fn mark(data: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    data.hash(&mut hasher);
    hasher.finish()
}
