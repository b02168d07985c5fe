//! What is forgotten, so that a state stays small enough for one table item.
//!
//! A DynamoDB item holds 400 KB. What decisions depend on is a few dozen bytes
//! an alert and is kept for [`MAX_TRACKED`] alerts; the texts about them share a
//! budget, and the least urgent lose theirs first.

use alert_classification::{Fingerprint, Labels};
use jiff::{SignedDuration, Timestamp};

use super::fold::{Move, MoveKind};
use crate::state::{AlertDetails, IncidentState, TrackedAlert};
use crate::tracked::Texts;

/// The most alerts, info alerts among them, that one state tracks.
pub const MAX_TRACKED: usize = 5_000;

/// How long what is over is remembered: as long as a queue keeps a message, so that whatever comes
/// back from a dead-letter queue is known for what it is.
const RESOLVED_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long what merely happened is remembered. There is much of it, and a repetition does little.
const INFORMED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// The bytes that the titles of all alerts may have together, and as many again their details…
const TEXT_BUDGET: usize = 64 * 1024;
/// …and to which they are brought when they have more, so that this is not done at every decision.
const TEXT_TARGET: usize = 48 * 1024;

/// Makes room when too many alerts are tracked: what is over goes first, oldest first. When all
/// fire, the least urgent new ones are taken out of `moves` and returned.
pub(super) fn make_room<'a>(
    state: &mut IncidentState,
    moves: &mut Vec<Move<'a>>,
    now: Timestamp,
) -> Vec<Move<'a>> {
    if tracked(state) <= MAX_TRACKED {
        return Vec::new();
    }
    forget_old(state, now);
    forget_infos(state);
    forget_resolved(state);
    let excess = tracked(state).saturating_sub(MAX_TRACKED);
    let (mut new, mut kept): (Vec<_>, Vec<_>) = moves
        .drain(..)
        .partition(|step| step.kind == MoveKind::Began { new: true });
    new.sort_by_key(|step| {
        let alert = &step.deciding.arrival.alert;
        (
            alert.classification.priority,
            alert.alert.starts_at,
            step.fingerprint,
        )
    });
    let overflow = new.split_off(new.len().saturating_sub(excess));
    for step in &overflow {
        state.alerts.remove(step.fingerprint);
    }
    kept.append(&mut new);
    *moves = kept;
    overflow
}

/// Forgets what is old, and cuts the texts to their budget.
pub(super) fn settle(state: &mut IncidentState, now: Timestamp) {
    forget_old(state, now);
    fit_texts(state);
}

fn tracked(state: &IncidentState) -> usize {
    state.alerts.len() + state.infos.len()
}

fn forget_old(state: &mut IncidentState, now: Timestamp) {
    let before = |age| now.checked_sub(age).unwrap_or(Timestamp::MIN);
    let horizon: Timestamp = before(RESOLVED_FOR);
    // Its report names what was over long before its end.
    let last = state.episode.as_ref();
    let episode = last.filter(|episode| episode.is_open() || episode.report_at.is_some());
    let old: Vec<Fingerprint> = state
        .alerts
        .over()
        .take_while(|(_, alert)| alert.seen_at < horizon)
        .filter(|(_, alert)| episode.is_none_or(|episode| !episode.has(alert)))
        .map(|(fingerprint, _)| fingerprint)
        .collect();
    for fingerprint in old {
        state.alerts.remove(fingerprint);
    }
    let horizon = before(INFORMED_FOR);
    if state.infos.values().any(|info| info.seen_at < horizon) {
        state.infos.retain(|_, info| info.seen_at >= horizon);
    }
}

fn forget_infos(state: &mut IncidentState) {
    let excess = tracked(state).saturating_sub(MAX_TRACKED);
    let mut oldest: Vec<(Timestamp, Fingerprint)> = state
        .infos
        .iter()
        .map(|(fingerprint, info)| (info.seen_at, *fingerprint))
        .collect();
    oldest.sort_unstable();
    for (_, fingerprint) in oldest.into_iter().take(excess) {
        state.infos.remove(&fingerprint);
    }
}

/// Forgets resolved alerts: those of no open episode first, then the oldest.
fn forget_resolved(state: &mut IncidentState) {
    let excess = tracked(state).saturating_sub(MAX_TRACKED);
    let episode = state.open_episode();
    let belongs = |alert: &TrackedAlert| episode.is_some_and(|episode| episode.has(alert));
    let others = state.alerts.over().filter(|(_, alert)| !belongs(alert));
    let own = state.alerts.over().filter(|(_, alert)| belongs(alert));
    let oldest: Vec<Fingerprint> = others
        .chain(own)
        .take(excess)
        .map(|(fingerprint, _)| fingerprint)
        .collect();
    for fingerprint in oldest {
        state.alerts.remove(fingerprint);
    }
}

/// Takes details and titles from what is least worth knowing.
fn fit_texts(state: &mut IncidentState) {
    let Texts { titles, details } = state.alerts.texts();
    if titles <= TEXT_BUDGET && details <= TEXT_BUDGET {
        return;
    }
    let alerts: Vec<Fingerprint> = state.alerts.with_texts().collect();
    for fingerprint in alerts {
        let Texts { titles, details } = state.alerts.texts();
        if titles <= TEXT_TARGET && details <= TEXT_TARGET {
            return;
        }
        state.alerts.update(fingerprint, |alert| {
            if details > TEXT_TARGET {
                alert.details = None;
            }
            if titles > TEXT_TARGET {
                alert.title = String::new();
            }
        });
    }
}

impl TrackedAlert {
    /// About how many bytes its details take in a table.
    pub(crate) fn details_bytes(&self) -> usize {
        self.details.as_deref().map_or(0, details_weight)
    }
}

fn details_weight(details: &AlertDetails) -> usize {
    // Braces, quotes and the names of the fields.
    const FRAME: usize = 250;
    let AlertDetails {
        source,
        kind,
        service,
        category,
        rule,
        reason,
        response_minutes: _,
        description,
        measurement: _,
        labels,
        annotations,
        console_url,
        runbook,
    } = details;
    let short = [source, kind, service, category]
        .into_iter()
        .chain(rule)
        .map(compact_str::CompactString::len)
        .sum::<usize>();
    let long = [reason, description]
        .into_iter()
        .chain(console_url)
        .chain(runbook)
        .map(String::len)
        .sum::<usize>();
    FRAME + short + long + labels_weight(labels) + labels_weight(annotations)
}

fn labels_weight(labels: &Labels) -> usize {
    labels
        .iter()
        .map(|(name, value)| name.len() + value.len() + 6)
        .sum()
}
