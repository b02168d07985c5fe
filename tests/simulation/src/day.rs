//! One day from beginning to end.

use std::sync::{Arc, Mutex, PoisonError};

use engine::timers::TimerMessage;
use incident::Policy;
use jiff::{SignedDuration, Timestamp};
use store::RecordKey;

use crate::channel::{CHANNELS, Letter, Topic};
use crate::chaos::Chaos;
use crate::configurations::policy;
use crate::event::Event;
use crate::guard::Guard;
use crate::judge::{self, End, Violation};
use crate::plan::{Faults, Input, Plan, SimAct};
use crate::queue::Queue;
use crate::runtime::{Shared, Task};
use crate::witness::Witness;

/// How many functions run at the same time.
const CONCURRENT: usize = 6;
/// After the day nothing goes wrong any more, and this much time is left to put things right.
const AFTERMATH: SignedDuration = SignedDuration::from_hours(2);

/// What is decided at the very end is delivered within this time.
const LAST_WORDS: SignedDuration = SignedDuration::from_mins(10);

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

/// All that takes part.
pub(crate) struct Day {
    pub(crate) shared: Shared,
    pub(crate) faults: Arc<Mutex<Faults>>,
    pub(crate) without: Option<Guard>,
    /// The configurations, and from when each is deployed.
    pub(crate) policies: Vec<(Timestamp, Arc<Policy>)>,
    pub(crate) store: Chaos,
    pub(crate) topic: Topic,
    pub(crate) witness: Arc<Mutex<Witness>>,
    pub(crate) ingest: Queue<Event>,
    pub(crate) timers: Queue<TimerMessage>,
    pub(crate) acts: Queue<(usize, SimAct)>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) seeds: u64,
    pub(crate) steps: u64,
    pub(crate) crashes: u64,
}

pub(crate) fn start() -> Timestamp {
    Timestamp::from_second(1_767_225_600).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Runs a day, with all guards or without one, and judges it.
#[must_use]
pub fn run(plan: &Plan, without: Option<Guard>) -> Outcome {
    let mut day = Day::new(plan, without);
    day.live(plan);
    let end = day.end();
    let mut violations = judge::judge(plan, &end);
    if plan.faults != Faults::default() && judge::is_comparable(plan) {
        let calm = Plan {
            faults: Faults::default(),
            ..plan.clone()
        };
        let mut other = Day::new(&calm, None);
        other.live(&calm);
        violations.extend(judge::compare(plan, &end, &other.end()));
    }
    Outcome {
        violations,
        steps: day.steps,
        crashes: day.crashes,
        told: (end.witness.told.len(), end.witness.delivered.len()),
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
            policies: vec![(start(), policy(0))],
            store: Chaos::new(&shared, &faults, without, &witness),
            topic: Topic {
                shared: shared.clone(),
                faults: Arc::clone(&faults),
                queues: queues.collect(),
                witness: Arc::clone(&witness),
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
                Input::Deploy(_, variant) => self.policies.push((at, policy(*variant))),
            }
        }
        let mut tick = start();
        let quiet = end
            .checked_add(SignedDuration::from_mins(10))
            .unwrap_or(end);
        let night = quiet.checked_add(AFTERMATH).unwrap_or(end);
        let mut over = false;
        let late = night.checked_add(LAST_WORDS).unwrap_or(night);
        while self.shared.now() < night || (self.shared.now() < late && self.is_busy()) {
            if !over && self.shared.now() >= quiet {
                *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = Faults::default();
                over = true;
            }
            if self.shared.now() >= tick {
                tick = tick
                    .checked_add(SignedDuration::from_mins(1))
                    .unwrap_or(late);
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
            self.shared.advance(next.unwrap_or(late));
        }
    }

    /// Whether somebody is at work, or something is on its way.
    fn is_busy(&self) -> bool {
        let mut letters = self.topic.queues.iter().map(|(_, queue)| queue);
        !self.tasks.is_empty()
            || letters.any(|queue| !queue.is_empty())
            || self.store.table().outbox_len() > 0
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

    /// What can be judged.
    fn end(&self) -> End {
        let witness = self.witness.lock().unwrap_or_else(PoisonError::into_inner);
        let mut end = End {
            now: self.shared.now(),
            witness: witness.clone(),
            incidents: Vec::new(),
            groups: Vec::new(),
            due: Vec::new(),
            dead: self.dead_letters(),
            left: self.left(),
            policy: self
                .policies
                .last()
                .map_or_else(|| policy(0), |(_, last)| Arc::clone(last)),
        };
        for (key, record) in self.store.table().records() {
            end.due.extend(record.due_at.map(|due| (key.clone(), due)));
            let body = record.body.unwrap_or_default();
            let read = match key {
                RecordKey::Incident(_) => {
                    serde_json::from_str(&body).map(|state| end.incidents.push(state))
                }
                RecordKey::Group(_) => {
                    serde_json::from_str(&body).map(|group| end.groups.push(group))
                }
                RecordKey::Inhibition(_)
                | RecordKey::Silences
                | RecordKey::Episode(_)
                | RecordKey::Once(_)
                | RecordKey::Sensor(_) => Ok(()),
            };
            if let Err(error) = read {
                end.left.push(format!("{key} cannot be read: {error}"));
            }
        }
        end
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

/// So many milliseconds from the beginning.
pub(crate) fn after(millis: u64) -> Timestamp {
    let millis = i64::try_from(millis).unwrap_or(i64::MAX);
    start()
        .checked_add(SignedDuration::from_millis(millis))
        .unwrap_or(Timestamp::MAX)
}
