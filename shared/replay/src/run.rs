//! Runs a scenario: its steps in virtual time.

use std::collections::BTreeMap;
use std::sync::Arc;

use alert_classification::{Alert as Classifiable, Classifier, Fingerprint, Labels, Status};
use compact_str::CompactString;
use incident::{Actor, Arrival, IncidentId, IncidentKey, Policy, Silence, Via};
use jiff::{SignedDuration, Timestamp};
use settings::Settings;

use crate::driver::{Driver, Told};
use crate::scenario::{Action, Alert, InvalidScenario, Scenario, ScenarioStep};
use crate::seconds::Seconds;
use crate::show::Line;

/// Runs a scenario with its own settings, or with others, and gives what was told.
///
/// # Errors
/// When the settings or a step are faulty.
pub fn run(
    scenario: &Scenario,
    settings: Option<Arc<Settings>>,
) -> Result<Vec<Line>, InvalidScenario> {
    let start = scenario.start();
    let told = tell(scenario, settings)?;
    Ok(told.iter().flat_map(|told| Line::of(told, start)).collect())
}

/// Runs a scenario as [`run`] does, and gives the notifications themselves.
///
/// # Errors
/// When the settings or a step are faulty.
pub fn tell(
    scenario: &Scenario,
    settings: Option<Arc<Settings>>,
) -> Result<Vec<Told>, InvalidScenario> {
    let settings = match settings {
        Some(settings) => settings,
        None => Arc::new(scenario.settings()?),
    };
    let start = scenario.start();
    let policy = Arc::new(Policy::new(Arc::clone(&settings)).naming_all_alerts());
    let classifier = Classifier::new(Arc::clone(&settings));
    let mut runner = Runner {
        driver: Driver::new(Arc::clone(&policy), start),
        policy,
        classifier,
        start,
        pushed: 0,
    };
    let mut steps: Vec<(usize, &ScenarioStep)> = scenario.steps.iter().enumerate().collect();
    steps.sort_by(|(_, a), (_, b)| a.at.get().total_cmp(&b.at.get()));
    let end = scenario.until.after(start);
    for (place, step) in steps {
        let at = step.at.after(start);
        if at > end {
            break;
        }
        runner.driver.advance(at, false);
        runner.step(place, step)?;
        runner.driver.advance(at, true);
    }
    runner.driver.advance(end, true);
    Ok(runner.driver.take_told())
}

struct Runner {
    driver: Driver,
    policy: Arc<Policy>,
    classifier: Classifier,
    start: Timestamp,
    pushed: i64,
}

impl Runner {
    fn step(&mut self, place: usize, step: &ScenarioStep) -> Result<(), InvalidScenario> {
        let faulty = |problem: String| InvalidScenario::Step { place, problem };
        match step.action(place, self.start)? {
            Action::Push(alerts) => {
                let arrivals = alerts.iter().map(|alert| self.arrival(alert)).collect();
                self.driver.arrive(arrivals);
            }
            Action::Silence(silence) => {
                let times = silence.times.clone();
                let matchers = silence.matchers.clone();
                let silence = self.silence(&silence.id, matchers, silence.from, silence.until);
                let made = self.driver.silence(Silence { times, ..silence });
                made.map_err(|error| faulty(error.to_string()))?;
            }
            Action::Unsilence(id) => {
                self.driver.unsilence(id);
            }
            Action::Reload => self.driver.reload(Arc::clone(&self.policy)),
            Action::Act(incident, act) => {
                let by = actor(incident.by.as_deref());
                for (key, id) in self.incidents(&incident.incident) {
                    let done = self.driver.act(&key, &id, &act, &by);
                    done.map_err(|error| faulty(error.to_string()))?;
                }
            }
            Action::Maintenance(work) => {
                let id = format!("maintenance-{place}");
                let matcher = format!("service=\"{}\"", work.service);
                let mut silence = self.silence(&id, vec![matcher], work.from, work.until);
                silence.maintenance = true;
                let made = self.driver.silence(silence);
                made.map_err(|error| faulty(error.to_string()))?;
            }
        }
        Ok(())
    }

    fn silence(&self, id: &str, matchers: Vec<String>, from: Seconds, until: Seconds) -> Silence {
        Silence {
            id: id.into(),
            matchers: matchers.into_iter().map(CompactString::from).collect(),
            starts_at: from.after(self.start),
            ends_at: until.after(self.start),
            times: Vec::new(),
            maintenance: false,
            created_by: actor(None),
            created_at: self.driver.now(),
            comment: String::new(),
            warned: false,
        }
    }

    fn arrival(&mut self, alert: &Alert) -> Arrival {
        let now = self.driver.now();
        let labels: Labels = alert
            .labels
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let annotations: Labels = alert
            .annotations
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let ends_at = alert.ends_at.map(|at| at.after(self.start));
        // As Alertmanager: what has only an end began then.
        let starts_at = alert
            .starts_at
            .map(|at| at.after(self.start))
            .or(ends_at)
            .unwrap_or(now);
        let over = ends_at.is_some_and(|end| end <= now);
        // Later pushes are later news, even at the same instant.
        self.pushed += 1;
        let changed_at = now
            .checked_add(SignedDuration::from_nanos(self.pushed))
            .unwrap_or(now);
        let title = annotations
            .get("summary")
            .or_else(|| labels.get("alertname"))
            .unwrap_or("alert")
            .to_owned();
        let timeout = self.policy.routing().resolve_timeout.as_millis();
        Arrival {
            alert: self.classifier.classify(Classifiable {
                source: CompactString::const_new("alertmanager"),
                kind: CompactString::const_new("Alert"),
                status: if over {
                    Status::Resolved
                } else {
                    Status::Firing
                },
                title,
                description: annotations
                    .get("description")
                    .unwrap_or_default()
                    .to_owned(),
                fingerprint: Fingerprint::of(labels.iter()),
                labels,
                annotations,
                measurement: None,
                starts_at,
                ends_at,
                changed_at,
                fired_anew: false,
                lifetime_minutes: None,
                console_url: None,
            }),
            received_at: now,
            message: CompactString::default(),
            lifetime: i64::try_from(timeout).ok().map(SignedDuration::from_millis),
            incident: None,
        }
    }

    /// The open incidents of which an alert has these labels.
    fn incidents(&self, labels: &BTreeMap<String, String>) -> Vec<(IncidentKey, IncidentId)> {
        let mut found: Vec<(IncidentKey, IncidentId)> = self
            .driver
            .world()
            .incidents()
            .filter_map(|state| {
                let episode = state.open_episode()?;
                let mut firing = state
                    .firing()
                    .filter_map(|(_, alert)| alert.details.as_ref());
                let carries = firing.any(|details| {
                    labels
                        .iter()
                        .all(|(name, value)| details.labels.get(name) == Some(value))
                });
                carries.then(|| (state.key.clone(), episode.id.clone()))
            })
            .collect();
        found.sort();
        found
    }
}

fn actor(who: Option<&str>) -> Actor {
    Actor {
        who: who.unwrap_or("scenario").into(),
        via: Via::Replay,
        from: None,
    }
}
