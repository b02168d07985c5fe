//! The routing of a configuration that names none: one branch for each priority.

use crate::raw::{RawEscalation, RawIntegration, RawReceiver, RawRoute, RawStep};
use crate::{Channel, Duration, Priority, PriorityPolicy};

/// The receiver of what nobody has acknowledged.
const PAGERDUTY: &str = "pagerduty";

/// What a configuration without `route` is given in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct DefaultTree {
    /// The tree: a child for each priority.
    pub route: RawRoute,
    /// `p1` to `p4` with their priority's channels, and `pagerduty`.
    pub receivers: Vec<RawReceiver>,
    /// `p1` to `p4`.
    pub escalation: Vec<RawEscalation>,
}

/// The routing of a configuration without `route`, made from its priorities.
///
/// The root has one child for each priority, and each groups by service and category:
///
/// | | `group_wait` | `group_interval` | `repeat_interval` |
/// |---|---|---|---|
/// | P1 | 0s | 0s: each change at once | 1h |
/// | P2 | 30s | 1m | 2h |
/// | P3 | 1m | 5m | 12h |
/// | P4 | 5m | 30m | 24h |
///
/// It tells the receiver of the priority's name (`p1` …), which has the priority's channels. When nobody has
/// acknowledged after the priority's response time, the receiver `pagerduty` is told; after twice that, `pagerduty`
/// again and everybody whom a P1 would reach (`p1`).
#[must_use]
pub fn default_tree(policy: impl Fn(Priority) -> PriorityPolicy) -> DefaultTree {
    let mut tree = DefaultTree {
        route: RawRoute {
            // No alert ends here: each has a priority. One without would be as those that no rule matches, P3.
            receiver: Some(name(Priority::P3)),
            group_by: Some(vec!["service".to_owned(), "category".to_owned()]),
            ..RawRoute::default()
        },
        receivers: Vec::new(),
        escalation: Vec::new(),
    };
    for priority in Priority::ALL {
        let PriorityPolicy {
            response_minutes,
            notify,
        } = policy(priority);
        let (wait, interval, repeat) = times(priority);
        tree.route.routes.push(RawRoute {
            receiver: Some(name(priority)),
            matchers: vec![format!("priority=\"{priority}\"")],
            group_wait: Some(wait),
            group_interval: Some(interval),
            repeat_interval: Some(repeat),
            escalation: Some(name(priority)),
            ..RawRoute::default()
        });
        tree.receivers.push(receiver(name(priority), &notify));
        let response = Duration::from_minutes(response_minutes);
        tree.escalation.push(RawEscalation {
            name: name(priority),
            steps: vec![
                RawStep {
                    after: response,
                    to: vec![PAGERDUTY.to_owned()],
                },
                RawStep {
                    after: Duration::from_millis(response.as_millis().saturating_mul(2)),
                    to: vec![PAGERDUTY.to_owned(), name(Priority::P1)],
                },
            ],
            repeat: 0,
            repeat_after: None,
            ack_timeout: None,
        });
    }
    tree.receivers
        .push(receiver(PAGERDUTY.to_owned(), &[Channel::Pagerduty]));
    tree
}

/// `p1` to `p4`.
fn name(priority: Priority) -> String {
    priority.as_str().to_lowercase()
}

/// `group_wait`, `group_interval`, `repeat_interval`.
const fn times(priority: Priority) -> (Duration, Duration, Duration) {
    let (wait, interval, repeat_hours) = match priority {
        Priority::P1 => (0, 0, 1),
        Priority::P2 => (30, 60, 2),
        Priority::P3 => (60, 5 * 60, 12),
        Priority::P4 => (5 * 60, 30 * 60, 24),
    };
    (
        Duration::from_secs(wait),
        Duration::from_secs(interval),
        Duration::from_secs(repeat_hours * 3600),
    )
}

fn receiver(name: String, channels: &[Channel]) -> RawReceiver {
    let mut receiver = RawReceiver {
        name,
        ..RawReceiver::default()
    };
    for channel in channels {
        receiver
            .integrations_mut(*channel)
            .push(RawIntegration::default());
    }
    receiver
}
