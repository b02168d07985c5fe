//! What a person did, for the channels that show it.

use std::collections::BTreeMap;

use alert_classification::Fingerprint;
use compact_str::CompactString;
use jiff::Timestamp;
use settings::Channel;

use super::{Draft, Teller};
use crate::act::{Act, Actor, Via};
use crate::group::flush::Standing;
use crate::group::state::GroupState;
use crate::group::wording;
use crate::id::IncidentId;
use crate::notification::{Notification, NotificationEvent};
use crate::policy::Policy;

/// Lets those channels know that show who has taken an incident on: Slack's thread and PagerDuty.
/// Where the act came from PagerDuty it is not told back.
pub(crate) fn tell_act(
    group: &mut GroupState,
    id: &IncidentId,
    act: &Act,
    by: &Actor,
    policy: &Policy,
    now: Timestamp,
) -> Vec<Notification> {
    let version = group.version;
    let (event, reason) = match act {
        Act::Acknowledge { .. } => {
            let reason = wording::acknowledged(&by.who);
            (NotificationEvent::Acknowledged, reason)
        }
        Act::Unacknowledge => {
            let reason = wording::unacknowledged(&by.who);
            (NotificationEvent::Unacknowledged, reason)
        }
        Act::Resolve { .. } | Act::Comment { .. } | Act::SetPriority { .. } => return Vec::new(),
    };
    let standings: BTreeMap<Fingerprint, Standing> = group
        .alerts
        .iter()
        .map(|(fingerprint, alert)| {
            let over = alert.span.is_over(now);
            (*fingerprint, Standing { over, shown: true })
        })
        .collect();
    let told: u64 = group
        .alerts
        .values()
        .filter(|alert| alert.incident.as_ref() == Some(id))
        .fold(0, |told, alert| told | alert.told);
    let mut by_receiver: BTreeMap<CompactString, (Vec<usize>, u64)> = BTreeMap::new();
    for (place, target) in group.targets.iter().enumerate() {
        let shows = match target.channel {
            Channel::Slack => true,
            Channel::Pagerduty => by.via != Via::Pagerduty,
            Channel::Email | Channel::Sms | Channel::Webhook => false,
        };
        if shows && told & (1 << place) != 0 {
            let integration = usize::try_from(target.integration).unwrap_or(usize::MAX);
            let (integrations, bits) = by_receiver.entry(target.receiver.clone()).or_default();
            integrations.push(integration);
            *bits |= 1 << place;
        }
    }
    // Of what is held back nobody hears by an acknowledgement either.
    let fires: Vec<(u64, Fingerprint)> = group
        .alerts
        .iter()
        .filter(|(fingerprint, alert)| {
            alert.incident.as_ref() == Some(id)
                && standings
                    .get(fingerprint)
                    .is_some_and(|standing| !standing.over)
        })
        .map(|(fingerprint, alert)| (alert.told, *fingerprint))
        .collect();
    let mut teller = Teller::new(group, version, policy, now, &standings);
    // A flush of the same decision counts from 0.
    teller.first = 500;
    for (name, (integrations, bits)) in by_receiver {
        let receivers = &policy.routing().receivers;
        let Some(receiver) = receivers.iter().find(|receiver| receiver.name == name) else {
            continue;
        };
        let Some(summary) = teller.summary_of(id) else {
            continue;
        };
        let known = fires.iter().filter(|(told, _)| told & bits != 0);
        let known = known.map(|(_, fingerprint)| (true, *fingerprint)).collect();
        let draft = Draft {
            receiver,
            integrations,
            event,
            reason: reason.clone(),
            alerts: teller.told_alerts(known),
            step: None,
        };
        teller.send_about(&draft, &[summary]);
    }
    teller.finish().notifications
}
