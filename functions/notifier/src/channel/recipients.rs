//! Telling people one by one: who cannot be told keeps nobody else from it, and who was told is not
//! told again because of another.

use incident::{IncidentId, IncidentSummary};
use jiff::SignedDuration;
use lambda_support::error::chain;
use notification::outcome::{Cause, Failure, Outcome, judge_aws};
use settings::Channel;
use store::{Claim, DeliveryLog};

use crate::delivery::LEASE;
use crate::ports::{Ambient, Fault, Grant};

/// Nobody new is told after so long. Who is left comes first next time, and who was told is
/// remembered, so the function need not live long enough for fifty.
const BUDGET: SignedDuration = SignedDuration::from_secs(6);

/// What is told, and by whom.
pub(super) struct Round<'a, L> {
    pub(super) channel: Channel,
    pub(super) recipients: &'a [String],
    pub(super) log: &'a L,
    pub(super) ambient: &'a Ambient,
    pub(super) incident: &'a IncidentSummary,
    pub(super) grant: Grant<'a>,
    pub(super) attempt: u32,
}

/// One of the list.
#[derive(Clone, Copy)]
struct Recipient<'a> {
    place: usize,
    recipient: &'a str,
}

/// A message that only lacks its recipient.
pub(super) trait Telling: Sync {
    /// Sends it to one.
    fn tell(&self, recipient: &str) -> impl Future<Output = Result<(), Fault>> + Send;
}

impl<L: DeliveryLog> Round<'_, L> {
    /// Tells everybody who does not know yet.
    pub(super) async fn tell(&self, telling: &impl Telling) -> Outcome {
        let count = self.recipients.len();
        // The claim of the whole is enough for one. A table that did not grant that one is not asked
        // fifty times more.
        let mut log = (self.grant.claimed && count > 1).then_some(self.log);
        let begun = (self.ambient.now)();
        let mut failed: Vec<(usize, Outcome)> = Vec::new();
        // Each attempt begins with somebody else, so that one who takes all the time, or whom the
        // service throttles, does not stand before the others for ever.
        let turn = usize::try_from(self.attempt.saturating_sub(1)).unwrap_or_default();
        let first = turn.checked_rem(count).unwrap_or_default();
        let everybody = self.recipients.iter().enumerate();
        for (place, recipient) in everybody.cycle().skip(first).take(count) {
            let paused = failed.iter().find(|(_, outcome)| asks_for_a_pause(outcome));
            let late = (self.ambient.now)().duration_since(begun) >= BUDGET;
            let hindrance = paused.map(|(_, outcome)| outcome.clone()).or_else(|| {
                let why = "there was no time left for everybody";
                late.then(|| self.again(self.ambient.delay(1), why))
            });
            let who = Recipient { place, recipient };
            let outcome = self.tell_one(&mut log, who, hindrance, telling).await;
            match outcome {
                Outcome::Delivered { .. } => {}
                Outcome::Retry { .. } | Outcome::Permanent(_) => failed.push((place, outcome)),
            }
        }
        worst(failed, count)
    }

    async fn tell_one(
        &self,
        log: &mut Option<&L>,
        who: Recipient<'_>,
        hindrance: Option<Outcome>,
        telling: &impl Telling,
    ) -> Outcome {
        let told = Outcome::Delivered { reference: None };
        let id = self.id_for(who);
        let version = self.incident.version;
        let now = (self.ambient.now)();
        if let Some(asked) = log {
            match asked.claim(&id, self.channel, version, now, LEASE).await {
                Ok(Claim::Granted { .. }) => {}
                Ok(Claim::AlreadyDelivered | Claim::Superseded { .. }) => return told,
                Ok(Claim::InProgress { until }) => {
                    let why = "an earlier attempt broke off here and may still be under way";
                    return self.again(until.duration_since(now), why);
                }
                // Told twice is better than not told.
                Err(error) => {
                    self.warn("the recipient could not be claimed", &error);
                    *log = None;
                }
            }
        }
        // Asked only now: who was told already needs neither time nor the service.
        let outcome = match hindrance {
            Some(hindrance) => hindrance,
            None => match telling.tell(who.recipient).await {
                Ok(()) => told,
                Err(fault) => judge_aws(fault.as_aws(), &self.ambient.situation(self.attempt)),
            },
        };
        if let Some(asked) = log {
            let noted = match &outcome {
                Outcome::Delivered { .. } => {
                    let now = (self.ambient.now)();
                    asked.complete(&id, self.channel, version, None, now).await
                }
                Outcome::Retry { .. } | Outcome::Permanent(_) => {
                    asked.release(&id, self.channel, version).await
                }
            };
            if let Err(error) = noted {
                self.warn("what became of the recipient was not noted", &error);
            }
        }
        outcome
    }

    /// Where the table remembers one recipient: beside the incident itself, under a name of the same
    /// form. The milliseconds keep recipients apart from each other and from the incident, and the
    /// hash keeps them apart from other incidents; no address is in it.
    fn id_for(&self, who: Recipient<'_>) -> IncidentId {
        let recipient = who.recipient;
        let opened_at = self.incident.opened_at;
        let place = i64::try_from(who.place).unwrap_or_default();
        let apart = SignedDuration::from_millis(place.saturating_add(1));
        let at = opened_at.checked_add(apart).unwrap_or(opened_at);
        IncidentId::of(&format!("{} {recipient}", self.incident.id), at, 0)
    }

    fn again(&self, after: SignedDuration, why: &str) -> Outcome {
        Outcome::Retry {
            after,
            failure: Failure::new(Cause::TimedOut, None, why),
        }
    }

    fn warn(&self, what: &'static str, error: &store::StoreError) {
        tracing::warn!(stage = "recipient", incident_id = %self.incident.id, error = %chain(error), what);
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
