//! What was before: the same incident key, and the same kind of trouble of the same service.

use std::collections::BTreeMap;

use incident::Episode;
use jiff::{SignedDuration, Timestamp};

use super::document::{EarlierIncident, Similar};
use super::verdict_name;
use crate::case::Case;

/// How far back counts.
const DAYS_30: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The most that are named.
const NAMED: usize = 20;

pub(super) fn find(case: &Case<'_>, episode: &Episode) -> Similar {
    let mut found: BTreeMap<String, EarlierIncident> = BTreeMap::new();
    for past in &case.state.past {
        let verdict = past.verdict.as_ref();
        found.insert(
            past.id.to_string(),
            EarlierIncident {
                id: past.id.to_string(),
                title: past.title.clone(),
                priority: past.priority,
                same: true,
                opened_at: past.opened_at.into(),
                resolved_at: Some(past.resolved_at.into()),
                verdict: verdict.map(|verdict| verdict_name(verdict.kind).to_owned()),
            },
        );
    }
    for earlier in &case.earlier {
        let same = earlier.key == case.state.key;
        let alike = earlier.service == episode.service && earlier.category == episode.category;
        let before = earlier.opened_at <= episode.opened_at && earlier.id != episode.id;
        if before && (same || alike) {
            let known = found.entry(earlier.id.to_string());
            known.or_insert_with(|| EarlierIncident {
                id: earlier.id.to_string(),
                title: earlier.title.clone(),
                priority: earlier.priority,
                same,
                opened_at: earlier.opened_at.into(),
                resolved_at: earlier.resolved_at.map(Into::into),
                verdict: earlier.verdict.map(|kind| verdict_name(kind).to_owned()),
            });
        }
    }
    let horizon = episode
        .opened_at
        .checked_sub(DAYS_30)
        .unwrap_or(Timestamp::MIN);
    let count = |of: &dyn Fn(&EarlierIncident) -> bool| {
        let late = found
            .values()
            .filter(|earlier| earlier.opened_at.get() >= horizon);
        u32::try_from(late.filter(|earlier| of(earlier)).count()).unwrap_or(u32::MAX)
    };
    let (same, alike) = (count(&|earlier| earlier.same), count(&|_| true));
    let mut incidents: Vec<EarlierIncident> = found.into_values().collect();
    incidents.sort_by(|a, b| (b.opened_at, &b.id).cmp(&(a.opened_at, &a.id)));
    incidents.truncate(NAMED);
    Similar {
        same,
        alike,
        incidents,
    }
}
