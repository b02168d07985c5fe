//! Who was told: the bits of an alert's marks count by the places of a group's targets.

use compact_str::CompactString;
use jiff::Timestamp;
use settings::Channel;

use super::leaving::{Heir, Leaving};
use crate::group::{GroupAlert, GroupState, TargetLog};
use crate::policy::Policy;

/// An alert's marks are 64 bits.
pub(super) const MAX_TARGETS: usize = 64;

/// Which bit of one group's marks is which of another's.
pub(super) struct Marks(Vec<(u64, u64)>);

impl Marks {
    /// Finds the targets in the group that has the alert now, or adds them.
    pub(super) fn of(
        group: &mut GroupState,
        heir: &Heir<'_>,
        leaving: &Leaving,
        is_own: impl Fn(&CompactString) -> bool,
        now: Timestamp,
    ) -> Self {
        let mut marks = Vec::new();
        let knows = told(&leaving.alert) | leaving.alert.firing | leaving.alert.resolved;
        for (place, target) in leaving.targets.iter().enumerate().take(MAX_TARGETS) {
            let old = 1_u64 << place;
            if heir.targets & knows & old == 0 {
                continue;
            }
            let same = |known: &TargetLog| {
                known.receiver == target.receiver
                    && known.integration == target.integration
                    && known.channel == target.channel
            };
            let at = match group.targets.iter().position(same) {
                Some(at) => at,
                None if group.targets.len() < MAX_TARGETS => {
                    group.targets.push(TargetLog {
                        told_at: None,
                        ..target.clone()
                    });
                    group.targets.len() - 1
                }
                None => continue,
            };
            marks.push((old, 1_u64 << at));
            // Only the route's own receiver is reminded.
            if is_own(&target.receiver)
                && let Some(known) = group.targets.get_mut(at)
            {
                known.told_at = known.told_at.max(Some(target.told_at.unwrap_or(now)));
            }
        }
        Self(marks)
    }

    pub(super) fn of_bits(&self, bits: u64) -> u64 {
        let moved = self.0.iter().filter(|(old, _)| bits & old != 0);
        moved.fold(0, |bits, (_, new)| bits | new)
    }
}

/// The targets that know of an alert, or of an earlier episode of it.
pub(super) fn told(alert: &GroupAlert) -> u64 {
    let unclosed = alert.unclosed.iter().map(|unclosed| unclosed.told);
    unclosed.fold(alert.told, |told, other| told | other)
}

/// The targets that know what they are told by the name of the group.
pub(super) fn told_by_its_name(targets: &[TargetLog]) -> u64 {
    bits(targets, |target| target.channel == Channel::Pagerduty)
}

/// The targets whose receivers there are.
pub(super) fn reachable(targets: &[TargetLog], policy: &Policy) -> u64 {
    let receivers = &policy.routing().receivers;
    bits(targets, |target| {
        policy.has(target.channel) && receivers.iter().any(|known| known.name == target.receiver)
    })
}

/// Forgets all targets but those that are still to be told of an end: other groups tell the rest.
pub(super) fn forget_targets(group: &mut GroupState) {
    let kept = group
        .alerts
        .values()
        .fold(0, |kept, alert| kept | told(alert));
    let places: Vec<usize> = (0..group.targets.len().min(MAX_TARGETS))
        .filter(|place| kept & (1 << place) != 0)
        .collect();
    let renumbered = |bits: u64| {
        let places = places.iter().enumerate();
        places
            .filter(|(_, old)| bits & (1 << **old) != 0)
            .fold(0, |renumbered, (new, _)| renumbered | (1 << new))
    };
    for alert in group.alerts.values_mut() {
        alert.told = renumbered(alert.told);
        alert.firing = renumbered(alert.firing);
        alert.resolved = renumbered(alert.resolved);
        for unclosed in &mut alert.unclosed {
            unclosed.told = renumbered(unclosed.told);
        }
    }
    group.targets = places
        .iter()
        .filter_map(|place| group.targets.get(*place).cloned())
        .collect();
}

fn bits(targets: &[TargetLog], is: impl Fn(&TargetLog) -> bool) -> u64 {
    let targets = targets.iter().take(MAX_TARGETS).enumerate();
    targets
        .filter(|(_, target)| is(target))
        .fold(0, |bits, (place, _)| bits | (1 << place))
}
