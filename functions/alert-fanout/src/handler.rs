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

use crate::answer::{Answer, HandlerError};
use crate::books::Books;
use crate::commit::{SettleError, Settled, settle};
use crate::event::{Event, Message};
use crate::group::{self, Group};
use crate::outbox;
use crate::publish::Publisher;
use crate::rules::Rules;

/// How many incidents are written at the same time.
const CONCURRENT: usize = 8;
/// How many decided incidents are published together, when they are ready at the same time.
const TOGETHER: usize = 10;

/// How long one invocation insists.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How often a decision is taken again when somebody else was faster. Five invocations at most
    /// decide at the same time, and each time one of them wins.
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
    ) -> (Result<Answer, HandlerError>, Books) {
        match Event::read(event, request_id, (self.clock)()) {
            Event::Batch(messages) => {
                let Processed { failed, books } = self.process(&messages).await;
                let failed = messages
                    .iter()
                    .enumerate()
                    .filter(|(place, _)| failed.contains_key(place))
                    .map(|(_, message)| message.id.clone());
                let response: BatchResponse = failed.collect();
                (Ok(Answer::Batch(response)), books)
            }
            Event::Direct(message) => {
                let Processed { failed, books } = self.process(&[message]).await;
                match failed.into_values().next() {
                    None => (Ok(Answer::Direct(books.clone())), books),
                    Some(failed) => (Err(HandlerError::Failed(failed.reason)), books),
                }
            }
        }
    }

    async fn process(&self, messages: &[Message]) -> Processed {
        let mut processed = Processed::default();
        let groups = group::fold(messages, &self.rules);
        self.decide(groups, &mut processed).await;
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
        let ticks = messages.iter().filter(|message| message.is_tick()).count();
        if ticks > 0 {
            self.tick(ticks, &mut processed.books).await;
        }
        processed
    }

    /// Decides about all groups, several at a time, and publishes what is ready together.
    async fn decide(&self, groups: Vec<Group>, processed: &mut Processed) {
        if groups.is_empty() {
            return;
        }
        let keys: Vec<&str> = groups.iter().map(|group| group.key.as_str()).collect();
        let mut loaded = match self.store.load(&keys).await {
            Ok(loaded) => loaded,
            Err(error) => {
                let error = SettleError::from(error);
                for group in &groups {
                    processed.fail(group, &error);
                }
                return;
            }
        };
        let work = groups.into_iter().map(|group| {
            let known = loaded
                .remove(group.key.as_str())
                .unwrap_or_else(Loaded::nothing);
            async move {
                let settled = settle(
                    &self.store,
                    &self.rules,
                    self.patience,
                    self.clock,
                    &group.key,
                    known,
                    &group.arrivals,
                );
                let settled = settled.await;
                (group, settled)
            }
        });
        let work: Vec<_> = work.collect();
        let mut settled = stream::iter(work)
            .buffer_unordered(CONCURRENT)
            .ready_chunks(TOGETHER);
        while let Some(chunk) = settled.next().await {
            let mut outgoing = Vec::new();
            for (group, settled) in chunk {
                match settled {
                    Ok(Settled {
                        decision,
                        outgoing: messages,
                    }) => {
                        processed.books.decided(&decision, &group.arrivals);
                        outgoing.extend(messages);
                    }
                    Err(error) => processed.fail(&group, &error),
                }
            }
            let published = outbox::publish(&self.store, &self.publisher, outgoing).await;
            processed.books.unpublished += count(published.failed);
        }
    }

    /// Sweeps the outbox. There is a heartbeat only when nothing is left behind.
    async fn tick(&self, ticks: usize, books: &mut Books) {
        let swept = outbox::sweep(&self.store, &self.publisher, (self.clock)()).await;
        books.swept += count(swept.sent);
        books.unpublished += count(swept.failed);
        if swept.failed == 0 {
            books.heartbeats += count(ticks);
        }
    }
}

impl Processed {
    fn fail(&mut self, group: &Group, error: &SettleError) {
        let reason = chain(error).to_string();
        for place in &group.messages {
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
