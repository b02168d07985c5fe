//! The decision: what arrived, held against what is known, gives what is known next and who is told.
//!
//! It is synchronous, deterministic and idempotent. It takes no time of its own
//! and calls nobody: the caller stores the state and carries out the effects.

mod announce;
mod episode;
mod fold;
mod infos;
mod lapse;
mod retention;
mod summary;
mod text;
mod wording;

use compact_str::CompactString;
use jiff::Timestamp;

use crate::arrival::{Arrival, Disposition, Outcome, SuppressionReason};
use crate::notification::Notification;
use crate::policy::NotifyPolicy;
use crate::state::IncidentState;
use announce::Announcer;

pub use retention::MAX_TRACKED;

/// What was decided about one incident key.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The state to be stored when `change` says so; its version is one more than before.
    pub state: IncidentState,
    /// What is to be done, in the same transaction as the state is stored.
    pub effects: Vec<Effect>,
    /// What became of each arrival, in the order of the input.
    pub dispositions: Vec<Disposition>,
    /// Whether anything must be stored.
    pub change: Change,
    /// What became of the episode.
    pub transition: Transition,
}

/// Something to be done because of a decision.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Somebody is to be told.
    Notify(Box<Notification>),
}

/// Whether a decision changed the state.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Change {
    /// Every arrival was known already: nothing needs to be written.
    Unchanged,
    /// The state has a new version.
    Changed,
}

/// What a decision did to the episode.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Transition {
    /// There was no open episode and there is none.
    StayedQuiet,
    /// A new episode began.
    Opened,
    /// The open episode stays open.
    StayedOpen,
    /// The open episode ended.
    Resolved,
    /// Nothing was heard of the open episode any more, so it ended, and a new one began.
    Replaced,
}

/// Decides about arrivals that all have the key of `state`.
///
/// The order of the input does not matter: the source's time of change orders
/// the events of one alert, and at equal times firing wins, because one page too
/// many is better than one too few. The whole input gives at most one
/// notification for the incident and one for what merely happened.
///
/// What fires and of which nothing was heard for as long as it counts is over before the input is
/// looked at; when nothing else fires the episode is resolved, and the input may open the next one.
/// That takes an input, which may be empty: deciding about keys of which nothing arrives any more
/// is left to whoever sweeps the open incidents.
#[must_use]
pub fn decide(
    mut state: IncidentState,
    input: &[Arrival],
    now: Timestamp,
    policy: &NotifyPolicy,
) -> Decision {
    let version = state.version.saturating_add(1);
    let lapsed = lapse::lapse(&mut state, now);
    let mut announcer = Announcer::new(&mut state, version, now, policy);
    let ended = announcer.lapsed(&lapsed);
    let (mut effects, _) = announcer.finish();
    let mut fold = fold::fold(&mut state, input, version, now);
    let infos = infos::fold(&mut state, input, now);
    let overflow = retention::make_room(&mut state, &mut fold.moves, now);
    let moved =
        !lapsed.is_empty() || fold.changed_alerts > overflow.len() || !infos.news.is_empty();

    let mut announcer = Announcer::new(&mut state, version, now, policy);
    announcer.suppress(fold.suppressed);
    announcer.suppress(infos.suppressed);
    let transition = ended.then(announcer.episode(&fold.moves, &overflow));
    announcer.asides(&fold.brief, &fold.unseen);
    announcer.infos(&infos.news);
    let (told, outcomes) = announcer.finish();
    effects.extend(told);

    let dispositions = dispositions(input, outcomes);
    // An alert that finds no room changes nothing, unless people are told of it.
    let change = if moved || !effects.is_empty() {
        Change::Changed
    } else {
        Change::Unchanged
    };
    match change {
        Change::Unchanged => {}
        Change::Changed => {
            state.version = version;
            for disposition in &dispositions {
                state.counters.count(&disposition.outcome);
            }
            retention::settle(&mut state, now);
        }
    }
    Decision {
        state,
        effects,
        dispositions,
        change,
        transition,
    }
}

impl Transition {
    /// What this and the next transition of the same decision come to.
    const fn then(self, next: Self) -> Self {
        match (self, next) {
            (Self::Resolved, Self::Opened) => Self::Replaced,
            (Self::Resolved, Self::StayedQuiet) => Self::Resolved,
            (
                Self::StayedQuiet
                | Self::Opened
                | Self::StayedOpen
                | Self::Resolved
                | Self::Replaced,
                next,
            ) => next,
        }
    }
}

/// Brings the outcomes into the order of the input.
fn dispositions(input: &[Arrival], mut outcomes: Vec<(usize, Outcome)>) -> Vec<Disposition> {
    outcomes.sort_by_key(|(place, _)| *place);
    debug_assert!(
        outcomes.iter().map(|(place, _)| *place).eq(0..input.len()),
        "each arrival has one outcome"
    );
    input
        .iter()
        .zip(outcomes)
        .map(|(arrival, (_, outcome))| Disposition {
            message: arrival.message.clone(),
            fingerprint: arrival.alert.alert.fingerprint,
            outcome,
        })
        .collect()
}

/// An arrival that nobody is told of, by its place in the input.
type Suppressed = (usize, SuppressionReason);

/// An arrival with its place in the input.
#[derive(Clone, Copy)]
struct Placed<'a> {
    place: usize,
    arrival: &'a Arrival,
}

impl Outcome {
    fn notified(notification: &CompactString) -> Self {
        Self::Notified {
            notification: notification.clone(),
        }
    }
}
