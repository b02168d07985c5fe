//! One invocation: wake what is due, and at the tick sweep what was left behind.

use std::collections::{BTreeMap, BTreeSet};

use engine::outbox::{self, Published};
use engine::timers::{self, Timers};
use engine::{CONCURRENT, Carried, Clock, Engine, EngineError, Pace, Ports, Publisher};
use futures_util::future::join;
use futures_util::{StreamExt, stream};
use incident::RecordName;
use jiff::{SignedDuration, Timestamp};
use lambda_support::batch::{BatchResponse, Record};
use lambda_support::error::chain;
use store::{Outbox, RecordStore};

use crate::books::Books;
use crate::message::Message;

/// What falls due before the next tick gets a message of its own now.
const AHEAD: SignedDuration = SignedDuration::from_secs(60);
/// What is due for longer was woken by no message.
const LEFT_BEHIND: SignedDuration = SignedDuration::from_secs(30);
/// What one sweep takes on; the next comes in a minute.
const SWEEP: usize = 500;

/// Handles timers and ticks with an engine and its ports.
#[derive(Debug)]
pub struct Handler<S, C, P, T> {
    /// What decides.
    pub engine: Engine<S, C>,
    /// Where what comes of decisions goes.
    pub ports: Ports<P, T>,
}

impl<S, C, P, T> Handler<S, C, P, T>
where
    S: RecordStore + Outbox,
    C: Clock,
    P: Publisher,
    T: Timers,
{
    /// Handles a batch of the queue; says which messages are to be handed out again.
    pub async fn handle(&self, records: &[Record], pace: &impl Pace) -> (BatchResponse, Books) {
        let mut books = Books::default();
        let mut due: BTreeMap<RecordName, Vec<&str>> = BTreeMap::new();
        let mut early = Vec::new();
        let mut failed: BTreeSet<&str> = BTreeSet::new();
        let now = self.engine.clock().now();
        for record in records {
            match Message::read(record) {
                Message::Tick => books.ticks += 1,
                Message::Timer(name, at) if at > now => early.push((at, name)),
                Message::Timer(name, _) => {
                    due.entry(name).or_default().push(&record.message_id);
                }
                Message::Unknown => {
                    tracing::error!(
                        stage = "read",
                        message_id = record.message_id,
                        attempt = record.receive_count,
                        "a message is neither a timer nor a tick"
                    );
                    failed.insert(&record.message_id);
                }
            }
        }
        books.early = count(early.len());
        books.timers = count(due.values().map(Vec::len).sum::<usize>() + early.len());
        books.undone.unscheduled += timers::schedule(&self.ports.timers, &early, now).await;
        let names: Vec<RecordName> = due.keys().cloned().collect();
        let ticks = books.ticks;
        // Beside one another, so that timers that are many and slow leave nobody untold. Boxed, as the compiler
        // gives up on futures that are nested too deeply.
        let outbox = Box::pin(async {
            match ticks {
                0 => None,
                _ => self.sweep_outbox(pace).await,
            }
        });
        let timers = Box::pin(async {
            let stuck = self.wake(names, pace, &mut books).await;
            let swept = ticks > 0 && self.sweep_timers(pace, &mut books).await;
            (stuck, swept)
        });
        let (published, (stuck, swept)) = join(outbox, timers).await;
        for name in stuck {
            failed.extend(due.get(&name).into_iter().flatten());
        }
        if ticks > 0 {
            books.finish_sweep(swept, published);
            Box::pin(self.warn_of_silences(pace, &mut books)).await;
        }
        let failed = records
            .iter()
            .filter(|record| failed.contains(record.message_id.as_str()))
            .map(|record| record.message_id.clone());
        (failed.collect(), books)
    }

    /// Wakes records, several at a time, and carries out what comes of each at once; gives those that
    /// could not be woken.
    async fn wake(
        &self,
        names: Vec<RecordName>,
        pace: &impl Pace,
        books: &mut Books,
    ) -> Vec<RecordName> {
        let work = names.into_iter().map(|name| {
            Box::pin(async move {
                let woken = match pace.allow(self.engine.wake_one(&name)).await {
                    Ok(woken) => woken,
                    Err(late) => Err(late.into()),
                };
                let carried = match woken {
                    Ok(outcome) => Ok(self.ports.carry_out(&self.engine, outcome, pace).await),
                    Err(error) => Err(error),
                };
                (name, carried)
            })
        });
        let work: Vec<_> = work.collect();
        let mut all = stream::iter(work).buffer_unordered(CONCURRENT);
        let mut failed = Vec::new();
        while let Some((name, carried)) = all.next().await {
            match carried {
                Ok(carried) => books.add(carried),
                Err(error) => {
                    books.failed += 1;
                    log_failure(&name, &error);
                    failed.push(name);
                }
            }
        }
        failed
    }

    /// Publishes what somebody else should have published; none when the outbox was not read.
    async fn sweep_outbox(&self, pace: &impl Pace) -> Option<Published> {
        let store = self.engine.store();
        let left = outbox::left_behind(store, pace, self.engine.clock().now()).await?;
        Some(left.publish(store, &self.ports.publisher, pace).await)
    }

    async fn warn_of_silences(&self, pace: &impl Pace, books: &mut Books) {
        let fault = match pace.allow(self.engine.warn_of_silences()).await {
            Ok(Ok(outcome)) => {
                books.add(self.ports.carry_out(&self.engine, outcome, pace).await);
                return;
            }
            Ok(Err(error)) => chain(&error).to_string(),
            Err(late) => late.to_string(),
        };
        books.failed += 1;
        tracing::error!(
            stage = "sweep",
            error = fault,
            "nobody is told of silences that end"
        );
    }

    /// Wakes what is due, and sends a message for what soon will be; says whether what is due was read.
    async fn sweep_timers(&self, pace: &impl Pace, books: &mut Books) -> bool {
        let now = self.engine.clock().now();
        let horizon = now.checked_add(AHEAD).unwrap_or(Timestamp::MAX);
        let found = match pace.allow(self.engine.due(horizon, SWEEP)).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(chain(&error).to_string()),
            Err(late) => Err(late.to_string()),
        };
        let found = match found {
            Ok(found) => found,
            Err(fault) => {
                books.failed += 1;
                tracing::error!(
                    stage = "sweep",
                    error = fault,
                    "what is due is not looked at"
                );
                return false;
            }
        };
        if found.len() >= SWEEP {
            tracing::warn!(
                stage = "sweep",
                due = found.len(),
                "more is due than one sweep takes on: the next goes on"
            );
        }
        let (overdue, soon): (Vec<_>, Vec<_>) = found.into_iter().partition(|(at, _)| *at <= now);
        books.undone.unscheduled += timers::schedule(&self.ports.timers, &soon, now).await;
        let left = overdue.iter().filter(|(at, _)| *at + LEFT_BEHIND < now);
        for (at, name) in left {
            books.swept_timers += 1;
            tracing::warn!(
                stage = "sweep", record = %engine::key_of(name), due = %at,
                "a record is due and no timer woke it"
            );
        }
        let names = overdue.into_iter().map(|(_, name)| name).collect();
        // What fails here is still due at the next tick.
        let _failed = self.wake(names, pace, books).await;
        true
    }
}

impl Books {
    /// The heart beats when both were really looked at.
    fn finish_sweep(&mut self, timers: bool, outbox: Option<Published>) {
        if timers && outbox.is_some() {
            self.heartbeats = self.ticks;
        }
        let unread = Published { sent: 0, failed: 1 };
        let Published { sent, failed } = outbox.unwrap_or(unread);
        self.swept_outbox += count(sent);
        self.undone.unpublished += failed;
    }

    fn add(&mut self, carried: Carried) {
        self.groups.merge(carried.books);
        self.undone.merge(carried.undone);
    }
}

fn log_failure(name: &RecordName, error: &EngineError) {
    tracing::error!(
        stage = "wake", record = %engine::key_of(name), error = %chain(error),
        "a record is not woken: it stays due"
    );
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
