//! The decision about one incident key: what arrived, held against what is known, gives what is
//! known next and what the groups must hear of.
//!
//! It is synchronous, deterministic and idempotent. Who is told when is not its business: the groups
//! decide that (`crate::group`), and [`crate::World`] brings the two together.

mod act;
mod episode;
mod flap;
mod fold;
mod infos;
mod lapse;
mod retention;
mod summary;
pub(crate) mod text;

use std::cmp::Ordering;

use alert_classification::Fingerprint;
use jiff::Timestamp;

use crate::arrival::{Arrival, Disposition, Outcome, SuppressionReason};
use crate::id::IncidentId;
use crate::policy::Policy;
use crate::state::IncidentState;
use episode::Recorder;
use fold::MoveKind;

pub use act::{MAX_TEXT_CHARS, act};
pub use retention::MAX_TRACKED;
pub(crate) use summary::{TITLE_CHARS, name, summary, tracked};

/// What was decided about one incident key.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What the groups must hear of, in the order in which it is to be told.
    pub steps: Vec<Step>,
    /// What became of each arrival, in the order of the input.
    pub dispositions: Vec<Disposition>,
    /// Whether anything must be stored.
    pub change: Change,
    /// What became of the episode.
    pub transition: Transition,
    /// The last episode, when it has given way to a new one and its report is still to be written.
    pub report: Option<IncidentId>,
}

/// An alert about which there is something new.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Step {
    /// The alert.
    pub fingerprint: Fingerprint,
    /// The arrival that decided, by its place in the input; none when only time has passed.
    pub place: Option<usize>,
    /// What is new.
    pub news: News,
}

/// What is new about an alert.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum News {
    /// It began to fire.
    Began,
    /// It fires anew, though its recovery was never heard of: it is to be told again.
    BeganAgain,
    /// It is more urgent now: it is to be told again.
    Rose,
    /// It is over.
    Ended,
    /// Nobody heard of it for as long as it counts: it is over.
    Lapsed,
    /// What is known about it may be newer; that alone tells nobody.
    Refreshed,
    /// It changes so often that people are told just that.
    Flapping,
    /// Something happened that neither begins nor ends.
    Reported,
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
    /// A new episode began, or the last one goes on.
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
/// many is better than one too few.
///
/// What fires and is over by `now` ends before the input is looked at; when nothing else fires the
/// episode is resolved, and the input may open the next one. An episode that goes on again while it
/// settles (see [`crate::Episode::settling_ms`]) is the same one, unless somebody had acknowledged it.
///
/// The input may be empty: then only time has passed.
pub fn decide(
    state: &mut IncidentState,
    input: &[Arrival],
    now: Timestamp,
    policy: &Policy,
) -> Decision {
    let version = state.version.saturating_add(1);
    let lapsed = lapse::lapse(state, now);
    let mut recorder = Recorder::new(state, version, now, policy);
    let ended = recorder.lapsed(&lapsed);
    let mut fold = fold::fold(state, input, version, now);
    let infos = infos::fold(state, input, now);
    let flapping = flap::damp(state, &fold.moves, now, policy.flapping());
    let overflow = retention::make_room(state, &mut fold.moves, now);
    let moved =
        !lapsed.is_empty() || fold.changed_alerts > overflow.len() || !infos.news.is_empty();

    let mut recorder = Recorder::new(state, version, now, policy);
    recorder.suppress(fold.suppressed);
    recorder.suppress(infos.suppressed);
    let transition = ended.then(recorder.episode(&fold.moves, &overflow));
    recorder.asides(&fold.unseen, &infos.news, &flapping);
    let (outcomes, report) = recorder.finish();

    let mut steps: Vec<Step> = lapsed
        .iter()
        .map(|fingerprint| Step {
            fingerprint: *fingerprint,
            place: None,
            news: News::Lapsed,
        })
        .collect();
    steps.extend(fold.moves.iter().chain(&overflow).map(|step| Step {
        fingerprint: step.fingerprint,
        place: Some(step.deciding.place),
        news: if flapping.contains(&step.fingerprint) {
            News::Flapping
        } else {
            News::of(step.kind)
        },
    }));
    steps.extend(infos.news.iter().map(|placed| Step {
        fingerprint: placed.arrival.alert.alert.fingerprint,
        place: Some(placed.place),
        news: News::Reported,
    }));

    let dispositions = dispositions(input, outcomes);
    let change = if moved || !steps.is_empty() {
        Change::Changed
    } else {
        Change::Unchanged
    };
    match change {
        Change::Unchanged => {}
        Change::Changed => {
            state.version = version;
            for disposition in &dispositions {
                state.counters.count(disposition.outcome);
            }
            retention::settle(state, now);
        }
    }
    Decision {
        steps,
        dispositions,
        change,
        transition,
        report,
    }
}

impl News {
    const fn of(kind: MoveKind) -> Self {
        match kind {
            MoveKind::Began { .. } => Self::Began,
            MoveKind::BeganAgain => Self::BeganAgain,
            MoveKind::Rose => Self::Rose,
            MoveKind::Ended => Self::Ended,
            MoveKind::StillFires | MoveKind::StillOver => Self::Refreshed,
        }
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

/// Brings the outcomes into the order of the input: what is not suppressed goes to the groups.
fn dispositions(input: &[Arrival], suppressed: Vec<Suppressed>) -> Vec<Disposition> {
    let mut outcomes = vec![Outcome::Grouped; input.len()];
    for (place, reason) in suppressed {
        if let Some(outcome) = outcomes.get_mut(place) {
            *outcome = Outcome::Suppressed { reason };
        }
    }
    input
        .iter()
        .zip(outcomes)
        .map(|(arrival, outcome)| Disposition {
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

/// Orders events of one alert that say that they are of the same time: the most urgent counts, and
/// what they say decides between equals, so that the order in which they came does not.
fn same_time(a: &Placed<'_>, b: &Placed<'_>) -> Ordering {
    let urgency = |placed: &Placed<'_>| {
        let alert = &placed.arrival.alert;
        (
            alert.classification.priority,
            alert.alert.starts_at,
            alert.alert.ends_at,
        )
    };
    let said = |placed: &Placed<'_>| {
        let alert = &placed.arrival.alert.alert;
        (infos::said(alert), placed.place)
    };
    urgency(a)
        .cmp(&urgency(b))
        .then_with(|| a.arrival.message.cmp(&b.arrival.message))
        .then_with(|| said(a).cmp(&said(b)))
}
