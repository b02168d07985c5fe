//! One run: what is due is asked, what it means decided, kept, and told.

use std::collections::BTreeMap;
use std::sync::Arc;

use adapters::FindingSink;
use health::{Catalogue, Decision, ProbeResult, State, Suppressed, Watched, decide, due};
use jiff::{SignedDuration, Timestamp};
use lambda_support::error::chain;
use probes::{AwsApi, Prober, Run, SecretSource};
use settings::Settings;
use store::{LoadedRecord, Saved, SensorStates, StoreError, Version};

use crate::books::Books;
use crate::demand::{Answer, answered, chosen};

/// Whose memory it is.
pub const SENSOR: &str = "health-check";
/// What is remembered between two runs.
pub const PART: &str = "state";
/// The status document, for whoever wants to show it.
pub const STATUS: &str = "status";

/// So often a decision is taken anew when another run was faster.
const PATIENCE: u32 = 4;
/// A memory that nobody has touched for so long says nothing any more.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// More findings than this wait for no topic; far more than a catalogue has.
const PENDING: usize = 500;

/// Asks, decides, keeps and tells.
#[derive(Debug)]
pub struct Handler<S, F, A, K> {
    /// What is configured.
    pub settings: Arc<Settings>,
    /// The values of the names in targets.
    pub targets: BTreeMap<String, String>,
    /// What is remembered.
    pub store: S,
    /// Where findings go.
    pub sink: F,
    /// What asks.
    pub prober: Prober<A, K>,
}

/// Why a run failed. It is repeated; what it told already is told with the same times and labels.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The table does not answer.
    #[error("the memory of the probes cannot be read or kept")]
    Table(#[from] StoreError),
    /// What is to be remembered cannot be written down.
    #[error("the memory of the probes is no JSON")]
    Encode(#[from] serde_json::Error),
    /// Other runs were always faster.
    #[error("the memory of the probes changed {PATIENCE} times while it was decided about")]
    Contended,
}

/// What is remembered, and the version that it has.
struct Remembered {
    state: State,
    version: Version,
}

impl<S, F, A, K> Handler<S, F, A, K>
where
    S: SensorStates,
    F: FindingSink,
    A: AwsApi,
    K: SecretSource,
{
    /// One minute's run.
    ///
    /// # Errors
    /// When what was decided cannot be kept: then nothing was told.
    pub async fn tick(&self, run: Run, now: impl Fn() -> Timestamp) -> Result<Books, HandlerError> {
        let catalogue = Catalogue::new(&self.settings, &self.targets);
        let mut remembered = self.load().await?;
        let asked: Vec<&Watched<'_>> = (due(&remembered.state, &catalogue, now()).into_iter())
            .filter_map(|place| catalogue.watched().get(place))
            .collect();
        let results = self.prober.run(&asked, run).await;
        let mut books = Books {
            asked: count(results.len()),
            ..Books::default()
        };
        for _ in 0..PATIENCE {
            let Remembered { state, version } = remembered;
            let decision = decide(&catalogue, state, &results, now());
            let json = decision.state.to_json()?;
            let until = now().checked_add(KEPT).ok();
            let saved = self
                .store
                .save_sensor_state(SENSOR, PART, version, &json, until);
            match saved.await? {
                Saved::Kept(version) => {
                    books.ignored = count(decision.ignored);
                    self.conclude(decision, version, &results, &mut books, now())
                        .await;
                    return Ok(books);
                }
                Saved::Outdated => {
                    books.repeated += 1;
                    remembered = self.load().await?;
                }
            }
        }
        Err(HandlerError::Contended)
    }

    /// What somebody asks for by name; nothing is remembered of it.
    pub async fn demand(&self, names: &[String], run: Run) -> Answer {
        let catalogue = Catalogue::new(&self.settings, &self.targets);
        let (places, mut answer) = chosen(&catalogue, names);
        let asked = places
            .into_iter()
            .filter_map(|place| catalogue.watched().get(place));
        let asked: Vec<&Watched<'_>> = asked.collect();
        let results = self.prober.run(&asked, run).await;
        answer.results = answered(&catalogue, results);
        answer
    }

    async fn load(&self) -> Result<Remembered, StoreError> {
        let LoadedRecord {
            version,
            body,
            fault,
        } = self.store.sensor_state(SENSOR, PART).await?;
        let read = match (body, fault) {
            (Some(body), _) => State::from_json(&body).map_err(|error| chain(&error).to_string()),
            (None, Some(fault)) => Err(fault),
            (None, None) => Ok(State::new()),
        };
        let state = read.unwrap_or_else(|fault| {
            tracing::error!(
                stage = "load",
                error_type = "permanent",
                error = fault,
                "the memory of the probes cannot be read: they begin anew"
            );
            State::forgotten()
        });
        Ok(Remembered { state, version })
    }

    /// What follows once a decision is kept. Nothing here fails the run: what is left undone, the next run does.
    async fn conclude(
        &self,
        decision: Decision,
        version: Version,
        results: &[ProbeResult],
        books: &mut Books,
        now: Timestamp,
    ) {
        let Decision {
            mut state,
            document,
            suppressed,
            metrics,
            ..
        } = decision;
        log(results, &suppressed);
        books.suppressed = suppressed;
        books.measured = metrics;
        if !state.pending.is_empty() {
            self.publish(&mut state, version, books, now).await;
        }
        let kept = match serde_json::to_string(&document) {
            Ok(json) => self.show(&json, now).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = kept {
            tracing::warn!(stage = "show", error = %chain(&error), "the status document is not renewed");
        }
    }

    /// The memory is the outbox: a finding leaves it once the topic has it.
    async fn publish(
        &self,
        state: &mut State,
        version: Version,
        books: &mut Books,
        now: Timestamp,
    ) {
        let pending = std::mem::take(&mut state.pending);
        let unpublished = self.sink.publish(&pending).await;
        for one in &unpublished {
            tracing::error!(
                stage = "publish",
                error_type = "retryable",
                error = one.reason,
                "a finding is not published: the next run tries again"
            );
        }
        let before = pending.len();
        let is_left = |place: usize| unpublished.iter().any(|one| one.place == place);
        let left = pending
            .into_iter()
            .enumerate()
            .filter(|(place, _)| is_left(*place));
        state.pending = left.map(|(_, finding)| finding).collect();
        books.untold = count(state.pending.len());
        books.told = count(before - state.pending.len());
        if let Some(surplus) = state.pending.len().checked_sub(PENDING).filter(|n| *n > 0) {
            tracing::error!(
                stage = "publish",
                error_type = "permanent",
                count = surplus,
                "findings are given up, the oldest first: the topic has taken none for long"
            );
            state.pending.drain(..surplus);
        }
        if books.told == 0 {
            return;
        }
        // If this does not come to pass, the next run publishes them once more, and nobody is told twice.
        let until = now.checked_add(KEPT).ok();
        let kept = match state.to_json() {
            Ok(json) => {
                let saved = self
                    .store
                    .save_sensor_state(SENSOR, PART, version, &json, until);
                saved.await.map(drop).map_err(HandlerError::from)
            }
            Err(error) => Err(error.into()),
        };
        if let Err(error) = kept {
            tracing::warn!(
                stage = "publish", error = %chain(&error),
                "what was published is not noted: the next run publishes it again"
            );
        }
    }

    async fn show(&self, json: &str, now: Timestamp) -> Result<(), HandlerError> {
        let version = self.store.sensor_state(SENSOR, STATUS).await?.version;
        let until = now.checked_add(KEPT).ok();
        // Whoever was faster has shown something as new.
        let saved = self
            .store
            .save_sensor_state(SENSOR, STATUS, version, json, until);
        saved.await?;
        Ok(())
    }
}

fn log(results: &[ProbeResult], suppressed: &[Suppressed]) {
    for result in results {
        if let Some(fault) = &result.fault {
            tracing::info!(
                stage = "ask",
                probe = result.probe.as_str(),
                fault = fault.kind.as_str(),
                detail = fault.detail,
                "a probe has no good answer"
            );
        }
    }
    for one in suppressed {
        tracing::info!(
            stage = "decide",
            probe = one.probe.as_str(),
            grade = one.grade.as_str(),
            reason = one.reason,
            by = one.by.as_str(),
            "trouble is not told"
        );
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
