//! One day from beginning to end.

use std::sync::{Arc, Mutex, PoisonError};

use alert_classification::{Alert, Classification, ClassifiedAlert, Fingerprint, Labels, Status};
use engine::timers::TimerMessage;
use engine::{Engine, Outcome as Done, Patience, Unhurried, outbox};
use incident::{Arrival, Policy, RecordName};
use jiff::{SignedDuration, Timestamp};
use settings::{Channel, Settings};

use crate::channel::{self, CHANNELS, Letter, Topic};
use crate::chaos::Chaos;
use crate::guard::Guard;
use crate::judge::{self, Violation, Witness};
use crate::people;
use crate::plan::{Faults, Input, Plan, SimAlert};
use crate::queue::Queue;
use crate::runtime::{Shared, SkewedClock, Task};

/// How many functions run at the same time.
const CONCURRENT: usize = 4;
/// After the day nothing goes wrong any more, and this much time is left to put things right.
const AFTERMATH: SignedDuration = SignedDuration::from_hours(2);

/// What came of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What was not as it must be.
    pub violations: Vec<Violation>,
    /// How many steps functions took.
    pub steps: u64,
    /// How many functions died.
    pub crashes: u64,
    /// How many notifications were decided on, and how many delivered.
    pub told: (usize, usize),
}

/// What goes through the ingest queue.
#[derive(Clone, Debug)]
struct Event {
    number: usize,
    at: Timestamp,
    alert: SimAlert,
}

/// All that takes part.
struct Day {
    shared: Shared,
    faults: Arc<Mutex<Faults>>,
    without: Option<Guard>,
    policy: Arc<Policy>,
    store: Chaos,
    topic: Topic,
    witness: Arc<Mutex<Witness>>,
    ingest: Queue<Event>,
    timers: Queue<TimerMessage>,
    acts: Queue<(usize, crate::plan::SimAct)>,
    tasks: Vec<Task>,
    seeds: u64,
    steps: u64,
    crashes: u64,
}

/// The configuration of every day.
pub(crate) const CONFIGURATION: &str = include_str!("../monitoring.yaml");

/// The configuration, read once.
fn policy() -> Arc<Policy> {
    static POLICY: std::sync::OnceLock<Arc<Policy>> = std::sync::OnceLock::new();
    let read = || match Settings::from_yaml(CONFIGURATION) {
        Ok(settings) => Arc::new(Policy::new(settings).naming_all_alerts()),
        Err(faults) => {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            unreachable!(
                "the simulation's configuration is faulty: {}",
                faults.join("\n")
            )
        }
    };
    Arc::clone(POLICY.get_or_init(read))
}

pub(crate) fn start() -> Timestamp {
    Timestamp::from_second(1_767_225_600).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Runs a day, with all guards or without one, and judges it.
#[must_use]
pub fn run(plan: &Plan, without: Option<Guard>) -> Outcome {
    let mut day = Day::new(plan, without);
    day.live(plan);
    let witness = day
        .witness
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let mut violations = judge::judge(plan, &witness, &day.store, &day.dead_letters(), &day.left());
    if plan.faults != Faults::default() && judge::is_comparable(plan) {
        let calm = Plan {
            faults: Faults::default(),
            ..plan.clone()
        };
        let mut other = Day::new(&calm, None);
        other.live(&calm);
        let calm = other
            .witness
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        violations.extend(judge::compare(&day.store, &other.store, &witness, &calm));
    }
    Outcome {
        violations,
        steps: day.steps,
        crashes: day.crashes,
        told: (witness.told.len(), witness.delivered.len()),
    }
}

impl Day {
    fn new(plan: &Plan, without: Option<Guard>) -> Self {
        let shared = Shared::new(start(), plan.seed);
        let faults = Arc::new(Mutex::new(plan.faults));
        let witness = Arc::new(Mutex::new(Witness::default()));
        let queue = |receives| Queue::new(&shared, &faults, receives);
        let queues = CHANNELS
            .iter()
            .map(|channel| (*channel, Queue::new(&shared, &faults, 12)));
        Self {
            policy: policy(),
            store: Chaos::new(&shared, &faults, without, &witness),
            topic: Topic {
                shared: shared.clone(),
                faults: Arc::clone(&faults),
                queues: queues.collect(),
            },
            ingest: queue(30),
            timers: Queue::new(&shared, &faults, 3),
            acts: Queue::new(&shared, &Arc::new(Mutex::new(Faults::default())), 1_000),
            witness,
            tasks: Vec::new(),
            seeds: plan.seed,
            steps: 0,
            crashes: 0,
            shared,
            faults,
            without,
        }
    }

    fn live(&mut self, plan: &Plan) {
        let mut end = start();
        for (number, input) in plan.inputs.iter().enumerate() {
            let at = after(input.at());
            end = end.max(at);
            match input {
                Input::Alert(_, alert) => {
                    let alert = alert.clone();
                    self.ingest.send(Event { number, at, alert }, at);
                }
                Input::Act(_, act) => self.acts.send((number, *act), at),
            }
        }
        let mut tick = start();
        let quiet = end
            .checked_add(SignedDuration::from_mins(10))
            .unwrap_or(end);
        let night = quiet.checked_add(AFTERMATH).unwrap_or(end);
        let mut over = false;
        while self.shared.now() < night {
            if !over && self.shared.now() >= quiet {
                *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = Faults::default();
                over = true;
            }
            if self.shared.now() >= tick {
                tick = tick
                    .checked_add(SignedDuration::from_mins(1))
                    .unwrap_or(night);
                let misses = self
                    .faults
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .sweep;
                if !self.shared.chance(misses) {
                    self.sweep();
                }
                continue;
            }
            if self.tasks.len() < CONCURRENT && self.begin() {
                continue;
            }
            if self.turn() {
                continue;
            }
            let next = [
                Some(tick),
                self.shared.next_wake(),
                self.ingest.next(),
                self.timers.next(),
                self.acts.next(),
                self.topic
                    .queues
                    .iter()
                    .filter_map(|(_, queue)| queue.next())
                    .min(),
                (!over).then_some(quiet),
            ];
            let now = self.shared.now();
            let next = next.into_iter().flatten().filter(|at| *at > now).min();
            self.shared.advance(next.unwrap_or(night));
        }
    }

    /// Lets one function take a step, or die; whether there was one to.
    fn turn(&mut self) -> bool {
        let awake: Vec<usize> = self
            .tasks
            .iter()
            .enumerate()
            .filter(|(_, task)| task.is_awake())
            .map(|(place, _)| place)
            .collect();
        let Some(place) = awake.get(self.shared.pick(awake.len())).copied() else {
            return false;
        };
        self.steps += 1;
        let crash = self
            .faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .crash;
        if self.shared.chance(crash) {
            self.crashes += 1;
            drop(self.tasks.swap_remove(place));
        } else if self.tasks.get_mut(place).is_some_and(Task::poll) {
            drop(self.tasks.swap_remove(place));
        }
        true
    }

    /// Begins a function for what can be received; whether there was something.
    fn begin(&mut self) -> bool {
        let first = self.shared.pick(4);
        for place in 0..4 {
            let task = match (first + place) % 4 {
                0 => self.fan_out(),
                1 => self.ring(),
                2 => self.person(),
                _ => self.deliver(),
            };
            if let Some(task) = task {
                self.tasks.push(task);
                return true;
            }
        }
        false
    }

    fn engine(&mut self) -> Engine<Chaos, SkewedClock> {
        self.seeds = self.seeds.wrapping_add(1);
        let most = u64::from(
            self.faults
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .skew,
        );
        let skew = i64::try_from(self.shared.below(2 * most + 1)).unwrap_or_default();
        let skew = skew - i64::try_from(most).unwrap_or_default();
        let clock = SkewedClock {
            shared: self.shared.clone(),
            skew: SignedDuration::from_millis(skew),
        };
        let policy = Arc::clone(&self.policy);
        Engine::new(
            self.store.clone(),
            policy,
            clock,
            Patience::default(),
            self.seeds,
        )
    }

    fn fan_out(&mut self) -> Option<Task> {
        let batch = self.ingest.receive(10);
        if batch.is_empty() {
            return None;
        }
        let engine = self.engine();
        let after = self.after();
        let queue = self.ingest.clone();
        let without = self.without;
        if without == Some(Guard::DeleteAfterWork) {
            batch.iter().for_each(|message| queue.delete(message.id));
        }
        let unique = self.steps;
        Some(Task::new(async move {
            let arrivals = batch
                .iter()
                .map(|message| {
                    arrival(
                        &message.body,
                        (without == Some(Guard::Duplicates)).then_some(unique),
                    )
                })
                .collect();
            let arrived = engine.arrive(arrivals).await;
            after.carry_out(&engine, arrived.outcome).await;
            for (message, disposition) in batch.iter().zip(&arrived.dispositions) {
                if disposition.is_ok() {
                    queue.delete(message.id);
                }
            }
        }))
    }

    fn ring(&mut self) -> Option<Task> {
        let batch = self.timers.receive(10);
        if batch.is_empty() {
            return None;
        }
        let engine = self.engine();
        let after = self.after();
        let queue = self.timers.clone();
        Some(Task::new(async move {
            let names: Vec<RecordName> = batch.iter().filter_map(|m| m.body.name()).collect();
            let woken = engine.wake(names).await;
            let failed = !woken.failed.is_empty();
            after.carry_out(&engine, woken.outcome).await;
            for message in &batch {
                if !failed {
                    queue.delete(message.id);
                }
            }
        }))
    }

    fn person(&mut self) -> Option<Task> {
        let message = self.acts.receive(1).pop()?;
        let engine = self.engine();
        let after = self.after();
        let queue = self.acts.clone();
        let shared = self.shared.clone();
        Some(Task::new(async move {
            let (number, act) = message.body;
            if let Ok(outcome) = people::act(&engine, &shared, number, act).await {
                after.carry_out(&engine, outcome).await;
                queue.delete(message.id);
            }
        }))
    }

    fn deliver(&mut self) -> Option<Task> {
        let first = self.shared.pick(self.topic.queues.len());
        for place in 0..self.topic.queues.len() {
            let (channel, queue) = self
                .topic
                .queues
                .get((first + place) % self.topic.queues.len())?;
            let Some(message) = queue.receive(1).pop() else {
                continue;
            };
            let (channel, queue): (Channel, Queue<Letter>) = (*channel, queue.clone());
            return Some(Task::new(channel::send(
                self.store.clone(),
                self.shared.clone(),
                Arc::clone(&self.faults),
                Arc::clone(&self.witness),
                queue,
                channel,
                message,
            )));
        }
        None
    }

    fn sweep(&mut self) {
        let engine = self.engine();
        let after = self.after();
        self.tasks.push(Task::new(async move {
            let now = after.shared.now();
            if let Ok(due) = engine.due(now, 100).await {
                let names: Vec<RecordName> = due.into_iter().map(|(_, name)| name).collect();
                let woken = engine.wake(names).await;
                after.carry_out(&engine, woken.outcome).await;
            }
            outbox::sweep(engine.store(), &after.topic, &Unhurried, now).await;
        }));
    }

    fn after(&self) -> After {
        After {
            shared: self.shared.clone(),
            topic: self.topic.clone(),
            timers: self.timers.clone(),
        }
    }

    fn dead_letters(&self) -> Vec<Letter> {
        if self.without == Some(Guard::DeadLetters) {
            return Vec::new();
        }
        self.topic
            .queues
            .iter()
            .flat_map(|(_, queue)| queue.dead())
            .collect()
    }

    /// What is left undone, in words.
    fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        if !self.ingest.is_empty() {
            left.push("the ingest queue holds messages".to_owned());
        }
        let dead = self.ingest.dead().len();
        if dead > 0 {
            left.push(format!("{dead} events are dead letters"));
        }
        for (channel, queue) in &self.topic.queues {
            if !queue.is_empty() {
                left.push(format!("the queue of {channel} holds messages"));
            }
        }
        let outbox = self.store.table().outbox_len();
        if outbox > 0 {
            left.push(format!("the outbox holds {outbox} entries"));
        }
        left
    }
}

/// What a function does after a decision is written.
struct After {
    shared: Shared,
    topic: Topic,
    timers: Queue<TimerMessage>,
}

impl After {
    async fn carry_out(&self, engine: &Engine<Chaos, SkewedClock>, outcome: Done) {
        let now = self.shared.now();
        let farthest = now
            .checked_add(engine::timers::FARTHEST)
            .unwrap_or(Timestamp::MAX);
        for (due, name) in &outcome.timers {
            if *due <= farthest {
                self.timers.send(TimerMessage::new(*due, name), *due);
            }
        }
        outbox::publish(engine.store(), &self.topic, &Unhurried, outcome.outgoing).await;
    }
}

fn after(millis: u64) -> Timestamp {
    let millis = i64::try_from(millis).unwrap_or(i64::MAX);
    start()
        .checked_add(SignedDuration::from_millis(millis))
        .unwrap_or(Timestamp::MAX)
}

/// An event as classification reads it.
fn arrival(event: &Event, anew: Option<u64>) -> Arrival {
    let SimAlert {
        service,
        name,
        priority,
        firing,
    } = &event.alert;
    let labels: Labels = [
        ("alertname", *name),
        ("service", *service),
        ("priority", priority.as_str()),
    ]
    .into_iter()
    .collect();
    let nanos = i64::try_from(anew.unwrap_or_default()).unwrap_or_default();
    let at = event
        .at
        .checked_add(SignedDuration::from_nanos(nanos))
        .unwrap_or(event.at);
    let status = if *firing {
        Status::Firing
    } else {
        Status::Resolved
    };
    Arrival {
        alert: ClassifiedAlert {
            alert: Alert {
                source: "aws.cloudwatch".into(),
                kind: "CloudWatch Alarm State Change".into(),
                status,
                title: format!("{service}: {name}"),
                description: String::new(),
                fingerprint: Fingerprint::of(labels.iter()),
                labels,
                annotations: Labels::new(),
                measurement: None,
                starts_at: at,
                ends_at: (!firing).then_some(at),
                changed_at: at,
                fired_anew: false,
                lifetime_minutes: None,
                console_url: None,
            },
            classification: Classification {
                priority: *priority,
                category: (*name).into(),
                stable_category: (*name).into(),
                service: (*service).into(),
                response_minutes: priority.default_response_minutes(),
                rule: Some("simulated".into()),
                reason: "simulated".to_owned(),
                runbook: None,
            },
        },
        received_at: at,
        message: format!("message-{}", event.number).into(),
        lifetime: None,
        incident: None,
    }
}
