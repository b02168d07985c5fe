//! One invocation: read, decide, publish, account.
//!
//! It knows the ports only; which table, topic and queue stand behind them is `function`'s business.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use engine::timers::Timers;
use engine::{
    CONCURRENT, Carried, Clock, Engine, EngineError, Outcome, Pace, Ports, Publisher, Settled,
    Strays,
};
use futures_util::{StreamExt, stream};
use incident::Arrival;
use lambda_support::batch::BatchResponse;
use lambda_support::error::chain;
use serde_json::value::RawValue;
use store::{Outbox, RecordStore};
use tokio::sync::mpsc;

use crate::again::{Again, Backlog};
use crate::answer::{Answer, HandlerError};
use crate::books::Books;
use crate::event::{Event, Message};
use crate::read;
use crate::rules::Rules;

/// How many decided chunks are published together, when they are ready at the same time.
const TOGETHER: usize = 10;
/// How many publications are under way at the same time.
const PUBLISHING: usize = 4;
/// For how long the queue is asked to hand out again what failed.
const POSTPONING: Duration = Duration::from_secs(1);
/// How often the queue hands a message out before it goes to the dead-letter queue: about twenty minutes.
pub const RECEIVES: u32 = 15;

/// Handles events with an engine and its ports.
#[derive(Debug)]
pub struct Handler<S, C, P, T, B> {
    /// What decides.
    pub engine: Engine<S, C>,
    /// Where what comes of decisions goes.
    pub ports: Ports<P, T>,
    /// Where what failed waits.
    pub backlog: B,
    /// How alerts are classified.
    pub rules: Rules,
}

/// What became of a batch of messages.
#[derive(Debug, Default)]
struct Processed {
    /// Messages that failed, by their place.
    failed: BTreeMap<usize, Failed>,
    books: Books,
}

/// A message that is to be handed out again.
#[derive(Debug)]
struct Failed {
    reason: String,
    /// How many of its alerts are not decided; the others are in the books.
    alerts: u64,
}

impl<S, C, P, T, B> Handler<S, C, P, T, B>
where
    S: RecordStore + Outbox,
    C: Clock,
    P: Publisher,
    T: Timers,
    B: Backlog,
{
    /// Handles one event of any kind, and gives the answer and the books.
    ///
    /// # Errors
    /// When a direct invocation could not be carried out; a batch answers which messages failed.
    pub async fn handle(
        &self,
        event: &RawValue,
        request_id: &str,
        pace: &impl Pace,
    ) -> (Result<Answer, HandlerError>, Books) {
        match Event::read(event, request_id, self.engine.clock().now()) {
            Event::Batch(messages) => {
                let Processed { failed, books } = self.process(&messages, pace).await;
                let failed: Vec<&Message> = failed
                    .keys()
                    .filter_map(|place| messages.get(*place))
                    .collect();
                self.hand_out_again(&failed).await;
                let response: BatchResponse =
                    failed.iter().map(|message| message.id.clone()).collect();
                (Ok(Answer::Batch(response)), books)
            }
            Event::Direct(message) => {
                let Processed { failed, books } = self.process(&[message], pace).await;
                match failed.into_values().next() {
                    None => (Ok(Answer::Direct(Box::new(books.clone()))), books),
                    Some(failed) => (Err(HandlerError::Failed(failed.reason)), books),
                }
            }
        }
    }

    /// Sees to it that what failed comes again soon. If that fails, the queue does it, only later.
    async fn hand_out_again(&self, failed: &[&Message]) {
        let messages: Vec<Again> = failed.iter().copied().filter_map(Again::of).collect();
        if messages.is_empty() {
            return;
        }
        // The answer is what counts.
        let told = tokio::time::timeout(POSTPONING, self.backlog.again(&messages)).await;
        let error = match told {
            Ok(Ok(())) => return,
            Ok(Err(error)) => chain(&error).to_string(),
            Err(late) => late.to_string(),
        };
        tracing::warn!(
            stage = "postpone",
            error,
            "what failed comes again later than it could"
        );
    }

    async fn process(&self, messages: &[Message], pace: &impl Pace) -> Processed {
        let mut processed = Processed::default();
        let (arrivals, places) = read::read(messages, &self.rules.classifier);
        if !arrivals.is_empty() {
            // Boxed, as the compiler gives up on futures that are nested too deeply.
            Box::pin(self.decide(arrivals, places, pace, &mut processed)).await;
        }
        for (place, failed) in &processed.failed {
            let Some(message) = messages.get(*place) else {
                continue;
            };
            let last = message.attempt >= RECEIVES;
            tracing::error!(
                stage = "decide",
                message_id = message.id,
                attempt = message.attempt,
                dead_lettered = last,
                error = failed.reason,
                "a message is not processed"
            );
            if last {
                processed.books.given_up(failed.alerts);
            }
        }
        let ticks = messages.iter().filter(|message| message.tick).count();
        processed.books.heartbeats += count(ticks);
        processed
    }

    /// Decides about all alerts: what fires first, and then what may end something elsewhere, for
    /// which that has to be found.
    async fn decide(
        &self,
        mut arrivals: Vec<Arrival>,
        mut places: Vec<usize>,
        pace: &impl Pace,
        processed: &mut Processed,
    ) {
        let strays = self
            .strays(&mut arrivals, &mut places, pace, processed)
            .await;
        let apart: BTreeSet<usize> = strays.places().collect();
        let all = arrivals.into_iter().zip(places).enumerate();
        let (late, soon): (Vec<_>, Vec<_>) = all.partition(|(at, _)| apart.contains(at));
        let unzip =
            |some: Vec<(usize, (Arrival, usize))>| some.into_iter().map(|(_, one)| one).unzip();
        let (arrivals, places): (Vec<Arrival>, Vec<usize>) = unzip(soon);
        self.decide_some(arrivals, &places, pace, processed).await;
        if strays.is_empty() {
            return;
        }
        let (mut arrivals, places): (Vec<Arrival>, Vec<usize>) = unzip(late);
        let home = pace
            .allow(self.engine.bring_home(&strays, &mut arrivals))
            .await;
        match home.map_err(EngineError::from).flatten() {
            Ok(()) => self.decide_some(arrivals, &places, pace, processed).await,
            Err(error) => {
                for place in places {
                    processed.fail(place, &error);
                }
            }
        }
    }

    /// Decides several units at a time, and publishes meanwhile what is decided.
    async fn decide_some(
        &self,
        arrivals: Vec<Arrival>,
        places: &[usize],
        pace: &impl Pace,
        processed: &mut Processed,
    ) {
        let units = engine::units(&self.rules.policy, arrivals.clone());
        // A slow topic must not hold up the decisions: they are safe only when they are written.
        let (decided, to_publish) = mpsc::unbounded_channel();
        let work: Vec<_> = units
            .into_iter()
            .map(|unit| {
                let decided = decided.clone();
                async move {
                    let mut dispositions = Vec::new();
                    for chunk in unit.chunks {
                        let waiting: Vec<usize> = chunk.places().collect();
                        let settled = pace.allow(self.engine.settle(chunk)).await;
                        let settled = settled.unwrap_or_else(|late| {
                            let error = Arc::new(EngineError::from(late));
                            let failed = waiting.into_iter();
                            Settled {
                                dispositions: failed
                                    .map(|place| (place, Err(Arc::clone(&error))))
                                    .collect(),
                                outcome: Outcome::default(),
                            }
                        });
                        dispositions.extend(settled.dispositions);
                        // The other end is open as long as this one.
                        let _taken = decided.send(settled.outcome);
                    }
                    dispositions
                }
            })
            .collect();
        drop(decided);
        let decide = async {
            let mut all = Vec::new();
            let mut units = stream::iter(work).buffer_unordered(CONCURRENT);
            while let Some(dispositions) = units.next().await {
                all.extend(dispositions);
            }
            all
        };
        let (dispositions, told) = tokio::join!(decide, self.tell(to_publish, pace));
        for (at, disposition) in dispositions {
            match (disposition, arrivals.get(at), places.get(at)) {
                (Ok(disposition), Some(arrival), _) => {
                    processed.books.decided(&disposition, arrival);
                }
                (Err(error), _, Some(place)) => processed.fail(*place, &error),
                (Ok(_) | Err(_), _, _) => {}
            }
        }
        processed.books.groups.merge(told.books);
        processed.books.undone.merge(told.undone);
    }

    /// Publishes what comes out of the channel until it is closed, and sends its timers.
    async fn tell(&self, decided: mpsc::UnboundedReceiver<Outcome>, pace: &impl Pace) -> Carried {
        let chunks = stream::unfold(decided, |mut decided| async move {
            let mut chunk = Vec::new();
            let received = decided.recv_many(&mut chunk, TOGETHER).await;
            (received > 0).then_some((chunk, decided))
        });
        chunks
            .map(|chunk| Box::pin(self.carry_out(chunk, pace)))
            .buffer_unordered(PUBLISHING)
            .fold(Carried::default(), |mut all, carried| async move {
                all.merge(carried);
                all
            })
            .await
    }

    async fn carry_out(&self, outcomes: Vec<Outcome>, pace: &impl Pace) -> Carried {
        let mut outcome = Outcome::default();
        for next in outcomes {
            outcome.merge(next);
        }
        self.ports.carry_out(&self.engine, outcome, pace).await
    }

    /// The resolves whose alerts fire nowhere so far as is known. Those of which even that is not known,
    /// because the table cannot be read, are not decided.
    async fn strays(
        &self,
        arrivals: &mut Vec<Arrival>,
        places: &mut Vec<usize>,
        pace: &impl Pace,
        processed: &mut Processed,
    ) -> Strays {
        let resolves: Vec<usize> = arrivals
            .iter()
            .enumerate()
            .filter(|(_, arrival)| {
                arrival.alert.alert.status == alert_classification::Status::Resolved
            })
            .map(|(at, _)| at)
            .collect();
        if resolves.is_empty() {
            return Strays::default();
        }
        let (lost, error) = match pace.allow(self.engine.strays(arrivals)).await {
            Ok(Ok(strays)) => return strays,
            Ok(Err(lost)) => (lost.places, lost.error),
            Err(late) => (resolves, late.into()),
        };
        for at in lost.into_iter().rev() {
            if at < arrivals.len() && at < places.len() {
                arrivals.remove(at);
                processed.fail(places.remove(at), &error);
            }
        }
        Strays::default()
    }
}

impl Processed {
    /// Hands a message out again, for one of its alerts that is not decided.
    fn fail(&mut self, place: usize, error: &EngineError) {
        let failed = self.failed.entry(place).or_insert_with(|| Failed {
            reason: chain(error).to_string(),
            alerts: 0,
        });
        failed.alerts += 1;
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
