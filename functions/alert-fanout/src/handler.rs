//! One invocation: read, fold, load, decide, write, publish, account.
//!
//! It knows the ports only; which table and topic stand behind them is `function`'s business.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use incident::IncidentState;
use jiff::Timestamp;
use lambda_support::batch::BatchResponse;
use lambda_support::error::chain;
use serde_json::value::RawValue;
use store::{IncidentStore, Loaded, Outbox};
use tokio::sync::mpsc;

use crate::answer::{Answer, HandlerError};
use crate::books::Books;
use crate::commit::{SettleError, Settled, load, load_open, settle};
use crate::deadline::Deadline;
use crate::event::{Event, Message};
use crate::group::{self, Group};
use crate::outbox;
use crate::publish::{Outgoing, Publisher};
use crate::rules::Rules;
use crate::stray::{self, States};

/// How many incidents are written at the same time.
const CONCURRENT: usize = 8;
/// How many decided incidents are published together, when they are ready at the same time.
const TOGETHER: usize = 10;
/// How many publications are under way at the same time.
const PUBLISHING: usize = 4;

/// How long one invocation insists.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How often a state is read and a decision taken again when the table stumbles or somebody else
    /// was faster. Few decide at the same time (the ingest queue's concurrency, and whoever invokes
    /// the function directly), and each time one of them wins.
    pub attempts: u32,
    /// The longest pause before the second attempt.
    pub pause: Duration,
    /// How often the queue hands a message out before it goes to the dead-letter queue.
    pub receives: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 8,
            pause: Duration::from_millis(40),
            receives: 10,
        }
    }
}

/// Handles events with a store and a topic.
#[derive(Clone, Debug)]
pub struct Handler<S, P> {
    /// Where states and the outbox are.
    pub store: S,
    /// Where notifications go.
    pub publisher: P,
    /// How alerts are classified, folded and told.
    pub rules: Arc<Rules>,
    /// What time it is.
    pub clock: fn() -> Timestamp,
    /// How long to insist.
    pub patience: Patience,
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

impl<S, P> Handler<S, P>
where
    S: IncidentStore<IncidentState> + Outbox,
    P: Publisher,
{
    /// Handles one event of any kind, and gives the answer and the books.
    ///
    /// # Errors
    /// When a direct invocation could not be carried out; a batch answers which messages failed.
    pub async fn handle(
        &self,
        event: &RawValue,
        request_id: &str,
        deadline: Deadline,
    ) -> (Result<Answer, HandlerError>, Books) {
        match Event::read(event, request_id, (self.clock)()) {
            Event::Batch(messages) => {
                let Processed { failed, books } = self.process(&messages, deadline).await;
                let failed = messages
                    .iter()
                    .enumerate()
                    .filter(|(place, _)| failed.contains_key(place))
                    .map(|(_, message)| message.id.clone());
                let response: BatchResponse = failed.collect();
                (Ok(Answer::Batch(response)), books)
            }
            Event::Direct(message) => {
                let Processed { failed, books } = self.process(&[message], deadline).await;
                match failed.into_values().next() {
                    None => (Ok(Answer::Direct(books.clone())), books),
                    Some(failed) => (Err(HandlerError::Failed(failed.reason)), books),
                }
            }
        }
    }

    async fn process(&self, messages: &[Message], deadline: Deadline) -> Processed {
        let mut processed = Processed::default();
        let groups = group::fold(messages, &self.rules);
        self.decide(groups, deadline, &mut processed).await;
        for (place, failed) in &processed.failed {
            let Some(message) = messages.get(*place) else {
                continue;
            };
            let last = message.attempt >= self.patience.receives;
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
        if ticks > 0 {
            processed.books.heartbeats += count(ticks);
            self.sweep(deadline, &mut processed.books).await;
        }
        processed
    }

    /// Decides about all groups, several at a time, and publishes meanwhile what is decided.
    async fn decide(&self, groups: Vec<Group>, deadline: Deadline, processed: &mut Processed) {
        if groups.is_empty() {
            return;
        }
        let keys: Vec<&str> = groups.iter().map(|group| group.key.as_str()).collect();
        let states = deadline
            .allow(load(&self.store, self.patience, &keys))
            .await
            .map_err(SettleError::from)
            .and_then(|loaded| Ok(loaded?));
        let mut states = match states {
            Ok(states) => states,
            Err(error) => {
                for group in &groups {
                    processed.fail(&group.messages, &error);
                }
                return;
            }
        };
        let groups = self
            .bring_home(groups, &mut states, deadline, processed)
            .await;
        let work: Vec<_> = groups
            .into_iter()
            .map(|group| {
                let known = states
                    .remove(group.key.as_str())
                    .unwrap_or_else(Loaded::nothing);
                self.settle(group, known, deadline)
            })
            .collect();
        // A slow topic must not hold up the decisions: they are safe only when they are written.
        let (decided, to_publish) = mpsc::unbounded_channel();
        let decide = async {
            let mut settled = stream::iter(work).buffer_unordered(CONCURRENT);
            while let Some((group, settled)) = settled.next().await {
                match settled {
                    Ok(settled) => {
                        processed.books.decided(&settled.decision, &group.arrivals);
                        if !settled.outgoing.is_empty() {
                            // The other end is open as long as this one.
                            let _taken = decided.send(settled.outgoing);
                        }
                    }
                    Err(error) => processed.fail(&group.messages, &error),
                }
            }
            drop(decided);
        };
        let ((), unpublished) = tokio::join!(decide, self.publish(to_publish, deadline));
        processed.books.unpublished += count(unpublished);
    }

    /// Publishes what comes out of the channel until it is closed, and gives how many notifications
    /// are still in the outbox.
    async fn publish(
        &self,
        decided: mpsc::UnboundedReceiver<Vec<Outgoing>>,
        deadline: Deadline,
    ) -> usize {
        let chunks = stream::unfold(decided, |mut decided| async move {
            let mut chunk = Vec::new();
            let received = decided.recv_many(&mut chunk, TOGETHER).await;
            (received > 0).then_some((chunk, decided))
        });
        chunks
            .map(|chunk| {
                let messages = chunk.into_iter().flatten().collect();
                outbox::publish(&self.store, &self.publisher, deadline, messages)
            })
            .buffer_unordered(PUBLISHING)
            .fold(
                0,
                |failed, published| async move { failed + published.failed },
            )
            .await
    }

    async fn settle(
        &self,
        group: Group,
        known: Loaded<IncidentState>,
        deadline: Deadline,
    ) -> (Group, Result<Settled, SettleError>) {
        let settled = settle(
            &self.store,
            &self.rules,
            self.patience,
            self.clock,
            &group.key,
            known,
            &group.arrivals,
        );
        let settled = deadline.allow(settled).await;
        let settled = settled.map_err(SettleError::from).flatten();
        (group, settled)
    }

    /// Decides resolves where their alerts fire. Only when there is one that fires nowhere so far as
    /// is known, the open incidents are looked through.
    async fn bring_home(
        &self,
        mut groups: Vec<Group>,
        states: &mut States,
        deadline: Deadline,
        processed: &mut Processed,
    ) -> Vec<Group> {
        let strays = stray::take(&mut groups, states);
        if strays.is_empty() {
            return groups;
        }
        let open = deadline
            .allow(load_open(&self.store, self.patience, states))
            .await
            .map_err(SettleError::from)
            .and_then(|open| Ok(open?));
        match open {
            Ok(open) => {
                states.extend(open);
                stray::place(strays, &mut groups, states);
            }
            Err(error) => {
                let messages: Vec<usize> = strays.iter().map(|stray| stray.message).collect();
                processed.fail(&messages, &error);
            }
        }
        groups
    }

    /// Sweeps the outbox. What is left in it is counted; the heartbeat says only that a message
    /// comes through, or a topic that is down would look like a function that is dead.
    async fn sweep(&self, deadline: Deadline, books: &mut Books) {
        let now = (self.clock)();
        let swept = outbox::sweep(&self.store, &self.publisher, deadline, now).await;
        books.swept += count(swept.sent);
        books.unpublished += count(swept.failed);
    }
}

impl Processed {
    /// Hands messages out again, one for each of the alerts that are not decided.
    fn fail(&mut self, messages: &[usize], error: &SettleError) {
        let reason = chain(error).to_string();
        for place in messages {
            let failed = self.failed.entry(*place).or_insert_with(|| Failed {
                reason: reason.clone(),
                alerts: 0,
            });
            failed.alerts += 1;
        }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
