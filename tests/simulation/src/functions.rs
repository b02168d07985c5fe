//! The functions of the suite, each as one task: receive, decide, write, publish, delete.

use std::sync::{Arc, Mutex, PoisonError};

use engine::timers::TimerMessage;
use engine::{Engine, Outcome as Done, Patience, Unhurried, outbox};
use incident::{Policy, RecordName};
use jiff::{SignedDuration, Timestamp};
use settings::Channel;

use crate::channel::{Letter, Sender, Topic};
use crate::chaos::Chaos;
use crate::configurations::policy;
use crate::day::Day;
use crate::event::arrival;
use crate::guard::Guard;
use crate::people;
use crate::plan::Faults;
use crate::queue::Queue;
use crate::runtime::{Shared, SkewedClock, Task};
use crate::witness::Witness;

/// So long after a deployment some functions still begin with the configuration before it.
const ROLLOUT: SignedDuration = SignedDuration::from_secs(60);

impl Day {
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
        let apart = i64::try_from(self.seeds % 999_983).unwrap_or_default();
        let clock = SkewedClock {
            shared: self.shared.clone(),
            // No two clocks read the same nanosecond: else one could take the other's work for its own.
            skew: SignedDuration::from_millis(skew) + SignedDuration::from_nanos(apart),
        };
        let policy = self.deployed();
        Engine::new(
            self.store.seen_by(self.seeds),
            policy,
            clock,
            Patience::default(),
            self.seeds,
        )
    }

    /// The configuration of a function that begins now.
    fn deployed(&self) -> Arc<Policy> {
        let now = self.shared.now();
        let mut deployed = self.policies.iter().rev().filter(|(at, _)| *at <= now);
        let newest = deployed.next();
        let older = deployed.next();
        let is_new = |at: Timestamp| now.duration_since(at) < ROLLOUT;
        let known = match (newest, older) {
            (Some((at, _)), Some(older)) if is_new(*at) && self.shared.chance(50) => Some(older),
            (newest, _) => newest,
        };
        known.map_or_else(|| policy(0), |(_, policy)| Arc::clone(policy))
    }

    pub(crate) fn fan_out(&mut self) -> Option<Task> {
        // A batch is what one poller has: rarely all that is there.
        let batch = self.ingest.receive(1 + self.shared.pick(10));
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
        let (shared, witness) = (self.shared.clone(), Arc::clone(&self.witness));
        for message in &batch {
            let mut witness = witness.lock().unwrap_or_else(PoisonError::into_inner);
            witness.receive(message.body.number, shared.now());
        }
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
                if let Ok(disposition) = disposition {
                    let mut witness = witness.lock().unwrap_or_else(PoisonError::into_inner);
                    witness.accept(message.body.number, disposition.outcome, shared.now());
                    queue.delete(message.id);
                }
            }
        }))
    }

    pub(crate) fn ring(&mut self) -> Option<Task> {
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

    pub(crate) fn person(&mut self) -> Option<Task> {
        let message = self.acts.receive(1).pop()?;
        let engine = self.engine();
        let after = self.after();
        let queue = self.acts.clone();
        let shared = self.shared.clone();
        Some(Task::new(async move {
            let (number, act) = message.body;
            let mut outcome = Done::default();
            let done = people::act(&engine, &shared, number, act, &mut outcome).await;
            after.carry_out(&engine, outcome).await;
            if done.is_ok() {
                queue.delete(message.id);
            }
        }))
    }

    pub(crate) fn deliver(&mut self) -> Option<Task> {
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
            let sender = Sender {
                store: self.store.clone(),
                shared: self.shared.clone(),
                faults: Arc::clone(&self.faults),
                without: self.without,
                witness: Arc::clone(&self.witness),
                queue,
                channel,
            };
            return Some(Task::new(sender.send(message)));
        }
        None
    }

    pub(crate) fn sweep(&mut self) {
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
            faults: Arc::clone(&self.faults),
            topic: self.topic.clone(),
            timers: self.timers.clone(),
            witness: Arc::clone(&self.witness),
            by: self.seeds,
        }
    }
}

/// What a function does after a decision is written.
struct After {
    shared: Shared,
    faults: Arc<Mutex<Faults>>,
    topic: Topic,
    timers: Queue<TimerMessage>,
    witness: Arc<Mutex<Witness>>,
    /// Which function it is.
    by: u64,
}

impl After {
    async fn carry_out(&self, engine: &Engine<Chaos, SkewedClock>, outcome: Done) {
        let now = self.shared.now();
        let farthest = now
            .checked_add(engine::timers::FARTHEST)
            .unwrap_or(Timestamp::MAX);
        for (due, name) in &outcome.timers {
            let lost = self
                .faults
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .timers;
            if *due <= farthest && !self.shared.chance(lost) {
                self.timers.send(TimerMessage::new(*due, name), *due);
            }
        }
        outbox::publish(engine.store(), &self.topic, &Unhurried, outcome.outgoing).await;
        let mut witness = self.witness.lock().unwrap_or_else(PoisonError::into_inner);
        witness.end(self.by);
    }
}
