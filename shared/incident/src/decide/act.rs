//! What a person's act does to an incident.

use alert_classification::Fingerprint;
use jiff::Timestamp;

use super::{Change, Decision, News, Step, Transition};
use crate::act::{Acknowledgement, Act, ActError, Actor, Verdict};
use crate::id::IncidentId;
use crate::policy::Policy;
use crate::state::{AlertPhase, IncidentState, TrackedAlert};
use crate::timeline::{TimelineEntry, TimelineEvent};

/// The longest comment or reason.
pub const MAX_TEXT_CHARS: usize = 2_000;

/// Carries out an act on the open episode `id`. The same act again changes nothing.
///
/// `default_ack` is until when an acknowledgement counts that does not say so itself.
///
/// # Errors
/// When the episode is unknown or over, or a text or time is none. A comment may follow the end.
pub fn act(
    state: &mut IncidentState,
    id: &IncidentId,
    act: &Act,
    by: &Actor,
    now: Timestamp,
    policy: &Policy,
    default_ack: Option<Timestamp>,
) -> Result<Decision, ActError> {
    check(act, now)?;
    let version = state.version.saturating_add(1);
    let Some(episode) = state.episode.as_mut().filter(|episode| episode.id == *id) else {
        return match state.past.iter().find(|past| past.id == *id) {
            Some(past) => Err(ActError::Over(id.clone(), past.resolved_at)),
            None => Err(ActError::Unknown(id.clone())),
        };
    };
    let over = episode.resolved_at;
    let mut steps = Vec::new();
    let mut transition = if over.is_some() {
        Transition::StayedQuiet
    } else {
        Transition::StayedOpen
    };
    let changed = match (act, over) {
        (Act::Comment { .. }, _) => true,
        // Whoever wants it over gets what they wanted; a verdict may follow, the first one counts.
        (Act::Resolve { .. }, Some(_)) if episode.verdict.is_some() => false,
        (Act::Resolve { verdict, why }, Some(_)) => {
            episode.verdict = verdict.map(|kind| Verdict {
                kind,
                why: why.clone(),
                by: by.clone(),
            });
            verdict.is_some()
        }
        (_, Some(resolved_at)) => return Err(ActError::Over(id.clone(), resolved_at)),
        (Act::Acknowledge { until }, None) => {
            let until = until.or(default_ack);
            let held = episode.acknowledgement.as_ref();
            let held = held.filter(|held| held.holds(now));
            // The same person's second press must not shorten what was given.
            let end = |until: Option<Timestamp>| until.unwrap_or(Timestamp::MAX);
            let same =
                held.is_some_and(|held| held.by.who == by.who && end(held.until) >= end(until));
            if !same {
                episode.acknowledgement = Some(Acknowledgement {
                    by: by.clone(),
                    at: now,
                    until,
                });
                episode.first_acknowledged_at.get_or_insert(now);
            }
            !same
        }
        (Act::Unacknowledge, None) => episode.acknowledgement.take().is_some(),
        (Act::SetPriority { priority }, None) => {
            let before = episode.priority;
            // What fires may be less urgent than what fired.
            let told = |alert: &TrackedAlert| episode.set_priority.unwrap_or(alert.priority);
            let mut firing = state.alerts.values().filter(|alert| alert.is_firing());
            let another = before != *priority || firing.any(|alert| told(alert) != *priority);
            // Saying so of the priority that it has anyway keeps it from rising by more of the same.
            let said = episode.set_priority.replace(*priority) != Some(*priority);
            episode.priority = *priority;
            // Whoever has taken it on did not take on this, unless they say so themselves.
            let others = |ack: &Acknowledgement| ack.by.who != by.who;
            if *priority < before && episode.acknowledgement.as_ref().is_some_and(others) {
                episode.acknowledgement = None;
            }
            if another {
                episode.response_minutes = policy.response_minutes(*priority);
                steps.extend(state.firing().map(|(known, _)| told_again(known)));
            }
            another || said
        }
        (Act::Resolve { verdict, why }, None) => {
            // The others hear of it at once, so that it cannot go on as if nothing had been said.
            episode.settling_ms = 0;
            episode.close(now, now);
            episode.verdict = verdict.map(|kind| Verdict {
                kind,
                why: why.clone(),
                by: by.clone(),
            });
            let firing: Vec<Fingerprint> = state.firing().map(|(known, _)| known).collect();
            for fingerprint in firing {
                state.alerts.update(fingerprint, |alert| {
                    alert.phase = AlertPhase::Resolved;
                    // What its source says of this very firing is no news any more.
                    alert.lapsed = true;
                    alert.span.ends_at = Some(now);
                    alert.span.timeout = false;
                });
                steps.push(Step {
                    fingerprint,
                    place: None,
                    news: News::Ended,
                });
            }
            transition = Transition::Resolved;
            true
        }
    };
    if changed {
        state.version = version;
        if let Some(episode) = &mut state.episode {
            episode.updated_at = now;
        }
        state.timeline.push(TimelineEntry {
            at: now,
            version,
            event: TimelineEvent::Acted {
                by: by.clone(),
                act: act.clone(),
            },
        });
        if transition == Transition::Resolved {
            state.timeline.push(TimelineEntry {
                at: now,
                version,
                event: TimelineEvent::Resolved { id: id.clone() },
            });
        }
    }
    Ok(Decision {
        steps,
        dispositions: Vec::new(),
        change: if changed {
            Change::Changed
        } else {
            Change::Unchanged
        },
        transition,
        report: None,
    })
}

const fn told_again(fingerprint: Fingerprint) -> Step {
    Step {
        fingerprint,
        place: None,
        news: News::Rose,
    }
}

fn check(act: &Act, now: Timestamp) -> Result<(), ActError> {
    let (field, text, least) = match act {
        Act::Comment { text } => ("text", text.as_str(), 1),
        Act::Resolve { why, .. } => ("why", why.as_str(), 0),
        Act::Acknowledge { until: Some(at) } if *at <= now => {
            return Err(ActError::Past {
                field: "until",
                at: *at,
            });
        }
        Act::Acknowledge { .. } | Act::Unacknowledge | Act::SetPriority { .. } => return Ok(()),
    };
    let chars = text.chars().count();
    if chars < least || chars > MAX_TEXT_CHARS {
        return Err(ActError::Text {
            field,
            chars,
            limit: MAX_TEXT_CHARS,
        });
    }
    Ok(())
}
