//! How long everything took, and what was promised.

use incident::Episode;
use jiff::Timestamp;
use settings::Priority;

use super::document::{Figure, FigureName, Promise};
use crate::case::Case;
use crate::facts::response_seconds;

/// The mean time to recovery that is promised for P1, in seconds (requirements, KPI).
const RECOVERY_P1: i64 = 15 * 60;

pub(super) fn all(case: &Case<'_>, episode: &Episode) -> Vec<Figure> {
    let opened = episode.opened_at;
    let response = Some(response_seconds(case, episode));
    let recovery = match episode.priority {
        Priority::P1 => Some(RECOVERY_P1),
        Priority::P2 | Priority::P3 | Priority::P4 => None,
    };
    let resolved = episode.resolved_at;
    let detected = episode.started_at.min(opened);
    let figure = |name, done, promised| figure(case, episode, name, (opened, done), promised);
    vec![
        Figure {
            from: detected.into(),
            ..self::figure(
                case,
                episode,
                FigureName::Detect,
                (detected, Some(opened)),
                None,
            )
        },
        figure(FigureName::Notify, case.first_told_at(), response),
        figure(
            FigureName::Acknowledge,
            episode.first_acknowledged_at,
            response,
        ),
        figure(FigureName::Repair, repaired_at(case, episode), recovery),
        figure(FigureName::Resolve, resolved, recovery),
    ]
}

/// When its last alert ended.
fn repaired_at(case: &Case<'_>, episode: &Episode) -> Option<Timestamp> {
    let resolved = episode.resolved_at?;
    let ends = case
        .alerts()
        .into_iter()
        .filter_map(|known| known.alert.span.ends_at);
    // A source may be ahead of us, or its clock be wrong: it cannot have ended after we knew, nor
    // before it began.
    let last = ends.max().unwrap_or(resolved);
    Some(last.min(resolved).max(episode.opened_at))
}

fn figure(
    case: &Case<'_>,
    episode: &Episode,
    name: FigureName,
    (from, to): (Timestamp, Option<Timestamp>),
    promised: Option<i64>,
) -> Figure {
    let to = to.map(|to| to.max(from));
    let seconds = to.map(|to| to.duration_since(from).as_secs());
    let promise = match (promised, seconds) {
        (None, _) => Promise::None,
        (Some(promised), Some(seconds)) if seconds <= promised => Promise::Met,
        (Some(_), Some(_)) => Promise::Missed,
        (Some(promised), None) => {
            let end = episode.resolved_at.unwrap_or(case.now);
            let passed = end.duration_since(from).as_secs() > promised;
            match (passed, episode.resolved_at) {
                (true, _) => Promise::Missed,
                (false, Some(_)) => Promise::Needless,
                (false, None) => Promise::Pending,
            }
        }
    };
    Figure {
        name,
        from: from.into(),
        to: to.map(Into::into),
        seconds,
        promised_seconds: promised,
        promise,
    }
}

impl FigureName {
    /// The name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Detect => "Time to detect",
            Self::Notify => "Time to notify",
            Self::Acknowledge => "Time to acknowledge",
            Self::Repair => "Time to repair",
            Self::Resolve => "Time to resolve",
        }
    }

    /// From what to what it counts.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Detect => "from the source's start to the incident",
            Self::Notify => "from the incident to the first word to somebody",
            Self::Acknowledge => "from the incident to the first acknowledgement",
            Self::Repair => "from the incident to the end of its last alert",
            Self::Resolve => "from the incident to its end",
        }
    }
}

impl Promise {
    /// In words, for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Pending => "still in time",
            Self::Needless => "over before it was due",
            Self::None => "",
        }
    }
}
