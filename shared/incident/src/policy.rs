//! Who is told about what: the part of the configuration that `decide` needs.

use std::collections::BTreeSet;

use settings::{Channel, Priority};

/// What the configuration says about one priority.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PriorityPolicy {
    /// The channels that are told; when there is none, nobody is told and the books say so.
    pub channels: Vec<Channel>,
    /// Minutes within which somebody must answer, for alerts whose rule does not say.
    pub response_minutes: u32,
}

/// What the configuration says about each priority.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NotifyPolicy {
    /// Critical.
    pub p1: PriorityPolicy,
    /// High.
    pub p2: PriorityPolicy,
    /// Medium.
    pub p3: PriorityPolicy,
    /// Low.
    pub p4: PriorityPolicy,
}

impl NotifyPolicy {
    /// Asks `policy` about each priority.
    #[must_use]
    pub fn from_fn(mut policy: impl FnMut(Priority) -> PriorityPolicy) -> Self {
        Self {
            p1: policy(Priority::P1),
            p2: policy(Priority::P2),
            p3: policy(Priority::P3),
            p4: policy(Priority::P4),
        }
    }

    /// Keeps only the channels that are deployed, and gives those that were named besides. A
    /// priority that has none left tells nobody, and the books say so.
    pub fn restrict(&mut self, deployed: &[Channel]) -> BTreeSet<Channel> {
        let mut named_in_vain = BTreeSet::new();
        for policy in [&mut self.p1, &mut self.p2, &mut self.p3, &mut self.p4] {
            let (kept, lost) = std::mem::take(&mut policy.channels)
                .into_iter()
                .partition(|channel| deployed.contains(channel));
            policy.channels = kept;
            named_in_vain.extend::<Vec<Channel>>(lost);
        }
        named_in_vain
    }

    /// What holds for one priority.
    #[must_use]
    pub const fn of(&self, priority: Priority) -> &PriorityPolicy {
        match priority {
            Priority::P1 => &self.p1,
            Priority::P2 => &self.p2,
            Priority::P3 => &self.p3,
            Priority::P4 => &self.p4,
        }
    }
}
