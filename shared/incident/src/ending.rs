//! The notice that a silence ends soon.

use alert_classification::Fingerprint;
use compact_str::{CompactString, format_compact};
use jiff::{SignedDuration, Timestamp};
use settings::{Channel, Priority};

use crate::id::IncidentId;
use crate::notification::{
    Delivery, IncidentStatus, IncidentSummary, NOTIFICATION_SCHEMA, Notification, NotificationEvent,
};
use crate::policy::Policy;
use crate::silence::Silence;

/// So much of a silence's matchers and comment is quoted.
const QUOTED: usize = 200;

/// What the root route's receiver is told of a silence that ends; none if it is told nothing.
///
/// It belongs to no group: it is in the outbox of the silences.
pub(crate) fn notice(
    silence: &Silence,
    version: u64,
    policy: &Policy,
    now: Timestamp,
) -> Option<Notification> {
    let routing = policy.routing();
    let receiver = routing.receivers.get(routing.routes.first()?.receiver)?;
    let deliveries: Vec<Delivery> = receiver
        .integrations
        .iter()
        .enumerate()
        .filter(|(_, integration)| policy.has(integration.channel))
        .map(|(place, integration)| Delivery {
            channel: integration.channel,
            integration: u32::try_from(place).unwrap_or(u32::MAX),
            to: integration.to.clone(),
        })
        .collect();
    let mut channels: Vec<Channel> = deliveries.iter().map(|d| d.channel).collect();
    channels.sort_unstable();
    channels.dedup();
    if channels.is_empty() {
        return None;
    }
    let name = Fingerprint::of([("silence", silence.id.as_str())]);
    let id = format_compact!("silence-{name}.{version}");
    Some(Notification {
        schema: CompactString::const_new(NOTIFICATION_SCHEMA),
        id: id.clone(),
        event: NotificationEvent::Info,
        at: now,
        channels,
        reason: reason(silence, now),
        incident: summary(silence, version, policy, now),
        incidents: Vec::new(),
        receiver: receiver.name.clone(),
        deliveries,
        group_key: CompactString::default(),
        group_labels: alert_classification::Labels::default(),
        step: None,
        stream: id,
        sequence: version,
        alerts: Vec::new(),
        alerts_omitted: 0,
    })
}

fn reason(silence: &Silence, now: Timestamp) -> String {
    let left = silence.ends_at.duration_since(now);
    let minutes = (left + SignedDuration::from_secs(59)).as_mins().max(1);
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    let who = &silence.created_by.who;
    format!("a silence of {who} ends in {minutes} {unit}")
}

fn summary(silence: &Silence, version: u64, policy: &Policy, now: Timestamp) -> IncidentSummary {
    let matchers = silence.matchers.join(", ");
    let text = if silence.comment.is_empty() {
        format!("Silence ends: {matchers}")
    } else {
        format!("Silence ends: {matchers} ({})", silence.comment)
    };
    let key = format_compact!("silence/{}", silence.id);
    IncidentSummary {
        id: IncidentId::of(&key, now, version),
        key,
        title: text.chars().take(QUOTED).collect(),
        service: CompactString::const_new("tocsin"),
        category: CompactString::const_new("silence"),
        priority: Priority::P4,
        status: IncidentStatus::Info,
        version,
        opened_at: now,
        updated_at: now,
        resolved_at: None,
        response_minutes: policy.response_minutes(Priority::P4),
        firing: 0,
        resolved: 0,
        runbook: None,
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::act::{Actor, Via};

    #[test_case(1, "1 minute"; "less than a minute is one")]
    #[test_case(60, "1 minute"; "a minute")]
    #[test_case(61, "2 minutes"; "what has begun counts")]
    #[test_case(840, "14 minutes"; "full minutes")]
    fn what_is_left_is_told_in_minutes(seconds: i64, left: &str) {
        let now = Timestamp::UNIX_EPOCH;
        let silence = Silence {
            id: "s".into(),
            matchers: Vec::new(),
            starts_at: now,
            ends_at: now + SignedDuration::from_secs(seconds),
            times: Vec::new(),
            maintenance: false,
            created_by: Actor {
                who: "anna".into(),
                via: Via::Replay,
                from: None,
            },
            created_at: now,
            comment: String::new(),
            warned: false,
        };
        assert_eq!(
            reason(&silence, now),
            format!("a silence of anna ends in {left}")
        );
    }
}
