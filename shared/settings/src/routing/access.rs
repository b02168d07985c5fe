//! Questions that a routing answers.

use super::{
    Escalation, GroupBy, Integration, NamedRotation, NamedTimeInterval, Receiver, Route, Routing,
};
use crate::{Channel, Lookup};

impl Routing {
    /// The routes that have an alert, as Alertmanager's tree walk finds them: from each node it goes down to
    /// the first child that matches, and to later ones as long as those that matched say `continue`; a node
    /// without such a child has it itself. There is always at least one.
    #[must_use]
    pub fn matching(&self, subject: &impl Lookup) -> Vec<usize> {
        let mut found = Vec::with_capacity(1);
        self.walk(0, subject, &mut found);
        found
    }

    /// The depth is bounded: a check refuses trees that are deeper than anybody needs.
    fn walk(&self, node: usize, subject: &impl Lookup, found: &mut Vec<usize>) {
        let before = found.len();
        if let Some(index) = self.index.get(node) {
            for child in index.candidates(subject) {
                let Some(route) = self.routes.get(child) else {
                    continue;
                };
                if route.is_match(subject) {
                    self.walk(child, subject, found);
                    if !route.continues {
                        break;
                    }
                }
            }
        }
        if found.len() == before {
            found.push(node);
        }
    }

    /// A route by its position.
    #[must_use]
    pub fn route(&self, index: usize) -> Option<&Route> {
        self.routes.get(index)
    }

    /// The position of the route of this id.
    #[must_use]
    pub fn route_of_id(&self, id: &str) -> Option<usize> {
        self.routes.iter().position(|route| route.id == id)
    }

    /// A receiver by its position.
    #[must_use]
    pub fn receiver(&self, index: usize) -> Option<&Receiver> {
        self.receivers.get(index)
    }

    /// The position of the receiver of this name.
    #[must_use]
    pub fn receiver_of_name(&self, name: &str) -> Option<usize> {
        self.receivers
            .iter()
            .position(|receiver| receiver.name == name)
    }

    /// An escalation by its position.
    #[must_use]
    pub fn escalation(&self, index: usize) -> Option<&Escalation> {
        self.escalations.get(index)
    }

    /// A rotation by its position.
    #[must_use]
    pub fn rotation(&self, index: usize) -> Option<&NamedRotation> {
        self.rotations.get(index)
    }

    /// A time interval by its position.
    #[must_use]
    pub fn time_interval(&self, index: usize) -> Option<&NamedTimeInterval> {
        self.time_intervals.get(index)
    }

    /// The channels of the receivers of some routes, each once.
    #[must_use]
    pub fn channels(&self, routes: &[usize]) -> Vec<Channel> {
        let receivers = routes
            .iter()
            .filter_map(|route| self.receiver(self.route(*route)?.receiver));
        let mut channels: Vec<Channel> = receivers.flat_map(Receiver::channels).collect();
        channels.sort_unstable();
        channels.dedup();
        channels
    }
}

impl Route {
    /// Whether an alert that reaches the parent is for this route.
    #[must_use]
    pub fn is_match(&self, subject: &impl Lookup) -> bool {
        self.matchers
            .iter()
            .all(|matcher| matcher.is_match(subject))
    }
}

impl Receiver {
    /// Its channels, in the order of its integrations; one may come several times.
    pub fn channels(&self) -> impl Iterator<Item = Channel> + '_ {
        self.integrations
            .iter()
            .map(|Integration { channel, .. }| *channel)
    }
}

impl NamedTimeInterval {
    /// Whether it is that time.
    #[must_use]
    pub fn contains(&self, at: jiff::Timestamp) -> bool {
        self.intervals.iter().any(|interval| interval.contains(at))
    }
}

impl NamedRotation {
    /// The receiver whose turn it is.
    #[must_use]
    pub fn on_call(&self, at: jiff::Timestamp) -> Option<usize> {
        self.members.get(self.rotation.on_call(at)).copied()
    }
}

impl GroupBy {
    /// Whether each alert is a group of its own.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }
}
