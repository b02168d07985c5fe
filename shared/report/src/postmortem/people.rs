//! Who was told, and who did what.

use incident::{Act, Actor, Episode, GroupEvent, TimelineEvent};
use jiff::Timestamp;

use super::document::{Deed, ToldRow};
use super::timeline::{act_text, of_episode};
use crate::case::Case;

/// Who was told of the incident, in order.
pub(super) fn told(case: &Case<'_>) -> Vec<ToldRow> {
    let mut rows: Vec<ToldRow> = case
        .group_log()
        .into_iter()
        .filter_map(|(group, entry)| match &entry.event {
            GroupEvent::Told {
                notification: _,
                receiver,
                channels,
                event,
                reason,
                step,
                incidents: _,
            } => Some(ToldRow {
                at: entry.at.into(),
                receiver: receiver.to_string(),
                channels: channels.iter().map(ToString::to_string).collect(),
                event: event.as_str().to_owned(),
                reason: reason.clone(),
                step: *step,
                group: group.key.to_string(),
            }),
            GroupEvent::Held { .. } | GroupEvent::Released { .. } | GroupEvent::Resumed { .. } => {
                None
            }
        })
        .collect();
    // Those of one group at one time stay in the order in which they were told.
    rows.sort_by(|a, b| (a.at, &a.group).cmp(&(b.at, &b.group)));
    rows
}

/// What people did, from the timeline and the audit trail, each once, in order.
pub(super) fn deeds(case: &Case<'_>, episode: &Episode) -> Vec<Deed> {
    let mut acts: Vec<(Timestamp, &Actor, &Act)> = of_episode(case, episode)
        .filter_map(|entry| {
            let TimelineEvent::Acted { by, act } = &entry.event else {
                return None;
            };
            Some((entry.at, by, act))
        })
        .collect();
    for entry in &case.audit {
        let known = acts
            .iter()
            .any(|(at, by, act)| *at == entry.at && by.who == entry.by.who && **act == entry.act);
        if entry.at >= episode.opened_at && !known {
            acts.push((entry.at, &entry.by, &entry.act));
        }
    }
    acts.sort_by_key(|(at, ..)| *at);
    acts.into_iter()
        .map(|(at, by, act)| Deed {
            at: at.into(),
            who: by.who.to_string(),
            via: by.via.as_str().to_owned(),
            what: act_text(act),
        })
        .collect()
}
