//! Telling people one by one: who cannot be told keeps nobody else from it, and who was told is not
//! told again because of another.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use lambda_support::error::chain;
use notification::outcome::{Cause, Failure, Outcome, judge_aws};
use settings::Channel;
use store::StreamLog;

use crate::ledger::{Held, Ledger, Permission};
use crate::ports::{Ambient, Fault, Order};

/// Nobody new is told after so long. Who is left comes first next time, and who was told is
/// remembered, so the function need not live long enough for fifty.
const BUDGET: SignedDuration = SignedDuration::from_secs(6);

/// What is told, and by whom.
pub(super) struct Round<'a, L> {
    pub(super) channel: Channel,
    pub(super) recipients: &'a [String],
    pub(super) log: &'a L,
    pub(super) ambient: &'a Ambient,
    pub(super) order: Order<'a>,
}

/// A message that only lacks its recipient.
pub(super) trait Telling: Sync {
    /// Sends it to one.
    fn tell(&self, recipient: &str) -> impl Future<Output = Result<(), Fault>> + Send;
}

impl<L: StreamLog> Round<'_, L> {
    /// Tells everybody who does not know yet.
    pub(super) async fn tell(&self, telling: &impl Telling) -> Outcome {
        let order = &self.order;
        // Who is named twice is told once.
        let mut seen = BTreeSet::new();
        let everybody = self.recipients.iter().enumerate();
        let everybody: Vec<(usize, &String)> = everybody
            .filter(|(_, recipient)| seen.insert(recipient.as_str()))
            .collect();
        let count = everybody.len();
        // The claim of the whole is enough for one. A table that did not grant that one is not asked
        // fifty times more.
        let mut ledger = (order.claimed && count > 1).then_some(Ledger {
            log: self.log,
            channel: self.channel,
            now: self.ambient.now,
            deadline: order.deadline,
        });
        let begun = (self.ambient.now)();
        let mut failed: Vec<(usize, Outcome)> = Vec::new();
        // Each attempt begins with somebody else, so that one who takes all the time, or whom the
        // service throttles, does not stand before the others for ever.
        let turn = usize::try_from(order.attempt.saturating_sub(1)).unwrap_or_default();
        let first = turn.checked_rem(count).unwrap_or_default();
        for (place, recipient) in everybody.into_iter().cycle().skip(first).take(count) {
            let paused = failed.iter().find(|(_, outcome)| asks_for_a_pause(outcome));
            let late = (self.ambient.now)().duration_since(begun) >= BUDGET;
            let hindrance = paused.map(|(_, outcome)| outcome.clone()).or_else(|| {
                let why = "there was no time left for everybody";
                late.then(|| self.again(self.ambient.delay(1), why))
            });
            let outcome = self
                .tell_one(&mut ledger, recipient, hindrance, telling)
                .await;
            match outcome {
                Outcome::Delivered { .. } => {}
                Outcome::Retry { .. } | Outcome::Permanent(_) => failed.push((place, outcome)),
            }
        }
        worst(failed, self.recipients.len())
    }

    async fn tell_one(
        &self,
        ledger: &mut Option<Ledger<'_, L>>,
        recipient: &str,
        hindrance: Option<Outcome>,
        telling: &impl Telling,
    ) -> Outcome {
        let told = Outcome::Delivered { reference: None };
        let mut held: Option<Held> = None;
        if let Some(asked) = ledger {
            match asked
                .claim(&self.order.ticket.for_recipient(recipient))
                .await
            {
                Permission::Granted(granted) => held = Some(granted),
                Permission::Needless(_) => return told,
                Permission::Busy(until) => {
                    let why = "an earlier attempt broke off here and may still be under way";
                    return self.again(self.ambient.patience(until, self.order.attempt), why);
                }
                // Told twice is better than not told.
                Permission::Unknown(error) => {
                    let error = chain(&error);
                    tracing::warn!(stage = "recipient", %error, "the recipient could not be claimed");
                    *ledger = None;
                }
            }
        }
        // Asked only now: who was told already needs neither time nor the service.
        let outcome = match hindrance {
            Some(hindrance) => hindrance,
            None => match self.send(telling, recipient).await {
                Ok(()) => told,
                Err(fault) => {
                    judge_aws(fault.as_aws(), &self.ambient.situation(self.order.attempt))
                }
            },
        };
        if let (Some(asked), Some(held)) = (ledger, held) {
            match &outcome {
                Outcome::Delivered { .. } => asked.complete(&held, None).await,
                Outcome::Retry { .. } | Outcome::Permanent(_) => asked.release(&held).await,
            }
        }
        outcome
    }

    async fn send(&self, telling: &impl Telling, recipient: &str) -> Result<(), Fault> {
        self.order.deadline.work(telling.tell(recipient)).await?
    }

    fn again(&self, after: SignedDuration, why: &str) -> Outcome {
        Outcome::Retry {
            after,
            failure: Failure::new(Cause::TimedOut, None, why),
        }
    }
}

fn asks_for_a_pause(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Retry { failure, .. } => failure.cause == Cause::RateLimited,
        Outcome::Permanent(_) | Outcome::Delivered { .. } => false,
    }
}

/// What can still work is tried again first, after the pause that was asked for; only then what
/// cannot is given up. Recipients are named by their place in the list: no address is in a log.
fn worst(failed: Vec<(usize, Outcome)>, recipients: usize) -> Outcome {
    let mut places: Vec<usize> = failed.iter().map(|(place, _)| place + 1).collect();
    places.sort_unstable();
    let count = places.len();
    let places: Vec<String> = places.iter().map(usize::to_string).collect();
    let places = places.join(", ");
    let of_all = |failure: Failure| Failure {
        detail: format!(
            "{count} of {recipients} recipients (place {places}): {}",
            failure.detail
        ),
        ..failure
    };
    let rank = |(_, outcome): &(usize, Outcome)| match outcome {
        Outcome::Retry { .. } if asks_for_a_pause(outcome) => 0,
        Outcome::Retry { .. } => 1,
        Outcome::Permanent(_) => 2,
        Outcome::Delivered { .. } => 3,
    };
    match failed.into_iter().min_by_key(rank) {
        Some((_, Outcome::Retry { after, failure })) => Outcome::Retry {
            after,
            failure: of_all(failure),
        },
        Some((_, Outcome::Permanent(failure))) => Outcome::Permanent(of_all(failure)),
        Some((_, Outcome::Delivered { .. })) | None => Outcome::Delivered { reference: None },
    }
}
