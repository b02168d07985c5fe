//! What the configuration says, as decisions need it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use compact_str::CompactString;
use jiff::SignedDuration;
use settings::{Channel, Duration, Priority, Route, Routing, Settings};

use crate::notification::ALERTS_IN_A_NOTIFICATION;

/// What decisions go by.
#[derive(Clone, Debug)]
pub struct Policy {
    settings: Arc<Settings>,
    /// The channels that are deployed; all of them when `None`.
    deployed: Option<BTreeSet<Channel>>,
    alerts_in_a_notification: usize,
    /// The routes by their ids.
    routes: HashMap<CompactString, usize>,
}

/// How flapping is damped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Damping {
    /// So many changes…
    pub changes: usize,
    /// …within this time are flapping…
    pub window: SignedDuration,
    /// …and nothing more is told until it has been calm for this long.
    pub quiet: SignedDuration,
}

impl Policy {
    /// The policy of a configuration.
    #[must_use]
    pub fn new(settings: impl Into<Arc<Settings>>) -> Self {
        let settings = settings.into();
        let routes = settings.routing.routes.iter().enumerate();
        Self {
            routes: routes.map(|(at, route)| (route.id.clone(), at)).collect(),
            settings,
            deployed: None,
            alerts_in_a_notification: ALERTS_IN_A_NOTIFICATION,
        }
    }

    /// Keeps to the channels that are deployed, and gives those that the receivers name besides.
    pub fn restrict(&mut self, deployed: &[Channel]) -> BTreeSet<Channel> {
        let deployed: BTreeSet<Channel> = deployed.iter().copied().collect();
        let receivers = self.routing().receivers.iter();
        let named = receivers.flat_map(|receiver| &receiver.integrations);
        let in_vain = named
            .map(|integration| integration.channel)
            .filter(|channel| !deployed.contains(channel))
            .collect();
        self.deployed = Some(deployed);
        in_vain
    }

    /// Whether a channel is there.
    #[must_use]
    pub fn has(&self, channel: Channel) -> bool {
        self.deployed
            .as_ref()
            .is_none_or(|deployed| deployed.contains(&channel))
    }

    /// Names all alerts in each notification, for comparing whole messages.
    #[must_use]
    pub fn naming_all_alerts(mut self) -> Self {
        self.alerts_in_a_notification = usize::MAX;
        self
    }

    /// The most alerts that a notification names.
    #[must_use]
    pub const fn alerts_in_a_notification(&self) -> usize {
        self.alerts_in_a_notification
    }

    /// The routes and what belongs to them.
    #[must_use]
    pub fn routing(&self) -> &Routing {
        &self.settings.routing
    }

    /// A route by its id.
    #[must_use]
    pub fn route(&self, id: &str) -> Option<&Route> {
        self.routing().routes.get(*self.routes.get(id)?)
    }

    /// The whole configuration.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Minutes within which somebody must answer.
    #[must_use]
    pub fn response_minutes(&self, priority: Priority) -> u32 {
        self.settings.priorities.get(&priority).map_or_else(
            || priority.default_response_minutes(),
            |p| p.response_minutes,
        )
    }

    /// How flapping is damped, if it is.
    #[must_use]
    pub fn flapping(&self) -> Option<Damping> {
        let flapping = self.routing().flapping.as_ref()?;
        Some(Damping {
            changes: usize::try_from(flapping.changes)
                .unwrap_or(usize::MAX)
                .max(2),
            window: signed(flapping.window),
            quiet: signed(flapping.quiet),
        })
    }
}

/// A configured duration for calculating with times.
#[must_use]
pub(crate) fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::from_millis(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}
