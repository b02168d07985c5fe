//! Notices alerts that change too often.
//!
//! An alert that begins and ends again and again tells people nothing new each time. When it has
//! changed `changes` times within `window`, people are told that it flaps, and no more about it until
//! it has been calm for `quiet`, or at least not as restless.

use std::collections::BTreeSet;

use alert_classification::Fingerprint;
use jiff::{SignedDuration, Timestamp};

use super::fold::{Move, MoveKind};
use crate::policy::Damping;
use crate::state::IncidentState;

/// Counts the changes, and gives the alerts that begin to flap.
pub(super) fn damp(
    state: &mut IncidentState,
    moves: &[Move<'_>],
    now: Timestamp,
    damping: Option<Damping>,
) -> BTreeSet<Fingerprint> {
    let mut flapping = BTreeSet::new();
    let Some(damping) = damping else {
        return flapping;
    };
    let ago = |span: SignedDuration| now.checked_sub(span).unwrap_or(Timestamp::MIN);
    let (window, quiet) = (ago(damping.window), now.checked_add(damping.quiet));
    for step in moves {
        let turned = match step.kind {
            MoveKind::Began { .. } | MoveKind::BeganAgain | MoveKind::Ended => true,
            MoveKind::Rose | MoveKind::StillFires | MoveKind::StillOver => false,
        };
        if !turned {
            continue;
        }
        let Some(turns) = state.alerts.turns_mut(step.fingerprint) else {
            continue;
        };
        turns.at.retain(|at| *at > window);
        turns.at.push(now);
        if turns.at.len() < damping.changes {
            continue;
        }
        let anew = !turns.is_flapping(now);
        // As long as it goes on, the quiet time begins again.
        turns.flapping_until = quiet.clone().ok();
        let excess = turns.at.len() - damping.changes;
        turns.at.drain(..excess);
        if anew {
            flapping.insert(step.fingerprint);
        }
    }
    flapping
}
