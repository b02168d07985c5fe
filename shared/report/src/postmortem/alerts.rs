//! What each alert did, and when it was held back.

use incident::GroupEvent;

use super::document::{AlertStory, HoldPeriod};
use super::evidence::held_by;
use crate::case::Case;
use crate::facts::Known;

/// The most alerts that one document names.
const NAMED: usize = 100;

/// The stories of the alerts, and how many more there were.
pub(super) fn stories(case: &Case<'_>) -> (Vec<AlertStory>, u32) {
    let alerts = case.alerts();
    let omitted = u32::try_from(alerts.len().saturating_sub(NAMED)).unwrap_or(u32::MAX);
    let log = case.group_log();
    let stories = alerts.into_iter().take(NAMED);
    (stories.map(|known| story(known, &log)).collect(), omitted)
}

fn story(
    known: Known<'_>,
    log: &[(&incident::GroupState, &incident::GroupLogEntry)],
) -> AlertStory {
    let alert = known.alert;
    let mut held: Vec<HoldPeriod> = Vec::new();
    for (group, entry) in log {
        match &entry.event {
            GroupEvent::Held {
                fingerprint, muted, ..
            } if *fingerprint == known.fingerprint => held.push(HoldPeriod {
                from: entry.at.into(),
                until: None,
                by: held_by(muted),
                group: group.key.to_string(),
            }),
            GroupEvent::Released { fingerprint, .. } if *fingerprint == known.fingerprint => {
                let mut open = held.iter_mut().rev();
                let open = open.find(|period| period.group == group.key.as_str());
                if let Some(open) = open {
                    open.until.get_or_insert(entry.at.into());
                }
            }
            GroupEvent::Held { .. }
            | GroupEvent::Released { .. }
            | GroupEvent::Told { .. }
            | GroupEvent::Resumed { .. } => {}
        }
    }
    held.sort_by(|a, b| (a.from, &a.group).cmp(&(b.from, &b.group)));
    let details = alert.details.as_deref();
    AlertStory {
        fingerprint: known.fingerprint.to_string(),
        title: alert.title.clone(),
        priority: alert.priority,
        rule: details
            .and_then(|details| details.rule.as_ref())
            .map(ToString::to_string),
        reason: details
            .map(|details| details.reason.clone())
            .unwrap_or_default(),
        from: alert.span.starts_at.into(),
        until: if alert.is_firing() {
            None
        } else {
            Some(alert.span.ends_at.unwrap_or(alert.changed_at).into())
        },
        lapsed: alert.lapsed && alert.span.timeout,
        held,
    }
}
