//! Questions that both documents ask of a case.

use alert_classification::{Fingerprint, Labels, Status};
use calendar::TimeInterval;
use compact_str::CompactString;
use incident::{
    AlertSummary, Episode, GroupEvent, GroupKey, GroupLogEntry, GroupState, IncidentId, Silence,
    Subject, TrackedAlert,
};
use jiff::Timestamp;
use settings::{GroupBy, Matcher, Route};

use crate::case::Case;

/// An alert of the incident.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) alert: &'a TrackedAlert,
}

/// Where an alert goes.
#[derive(Clone, Debug)]
pub(crate) struct Placing<'a> {
    pub(crate) route: &'a Route,
    pub(crate) key: GroupKey,
    pub(crate) labels: Labels,
    /// The routes bring it elsewhere now.
    pub(crate) left: bool,
}

impl<'a> Case<'a> {
    /// The alerts of the episode, the most urgent first; without an episode all that fired lately.
    pub(crate) fn alerts(&self) -> Vec<Known<'a>> {
        let belongs = |alert: &TrackedAlert| {
            self.episode()
                .is_none_or(|episode| episode.has(alert) || alert.is_firing())
        };
        let mut alerts: Vec<Known<'a>> = self
            .state
            .alerts
            .iter()
            .filter(|(_, alert)| belongs(alert))
            .map(|(fingerprint, alert)| Known {
                fingerprint: *fingerprint,
                alert,
            })
            .collect();
        alerts.sort_by_key(|known| {
            let alert = known.alert;
            (alert.priority, alert.span.starts_at, known.fingerprint)
        });
        alerts
    }

    /// The groups that have to do with the episode, by key.
    pub(crate) fn concerned(&self) -> Vec<&'a GroupState> {
        let id = self.episode().map(|episode| &episode.id);
        let alerts = self.alerts();
        let mut groups: Vec<&'a GroupState> = self
            .groups
            .iter()
            .copied()
            .filter(|group| {
                id.is_some_and(|id| group.incidents.contains_key(id))
                    || alerts
                        .iter()
                        .any(|known| known.alert.groups.contains(&group.key))
            })
            .collect();
        groups.sort_by(|a, b| a.key.cmp(&b.key));
        groups.dedup_by(|a, b| a.key == b.key);
        groups
    }

    /// A group by its key.
    pub(crate) fn group(&self, key: &GroupKey) -> Option<&'a GroupState> {
        self.groups.iter().copied().find(|group| group.key == *key)
    }

    /// An alert as it is remembered, with the priority that counts.
    pub(crate) fn summary(&self, known: Known<'a>) -> Option<(AlertSummary, CompactString)> {
        let Known { fingerprint, alert } = known;
        let Some(details) = alert.details.as_deref() else {
            // Its texts were given up for want of room; a group may have them still.
            let mut groups = self.groups.iter();
            return groups.find_map(|group| {
                let kept = group.alerts.get(&fingerprint)?;
                Some((kept.summary.clone(), kept.service.clone()))
            });
        };
        let set = self.episode().and_then(|episode| episode.set_priority);
        let summary = AlertSummary {
            fingerprint,
            status: Status::from(alert.phase),
            title: alert.title.clone(),
            description: details.description.clone(),
            source: details.source.clone(),
            kind: details.kind.clone(),
            priority: set.unwrap_or(alert.priority),
            category: details.category.clone(),
            rule: details.rule.clone(),
            reason: details.reason.clone(),
            measurement: details.measurement.clone(),
            labels: details.labels.clone(),
            annotations: details.annotations.clone(),
            starts_at: alert.span.starts_at,
            ends_at: alert.span.ends_at,
            console_url: details.console_url.clone(),
            runbook: details.runbook.clone(),
        };
        Some((summary, details.service.clone()))
    }

    /// Where an alert goes by the routes of now, and then where else it went before.
    pub(crate) fn placings(&self, known: Known<'a>) -> Vec<Placing<'a>> {
        let routing = self.policy.routing();
        let mut placings: Vec<Placing<'a>> = Vec::new();
        if let Some((summary, service)) = self.summary(known) {
            let subject = Subject::remembered(&summary, &service);
            for route in routing.matching(&subject) {
                let Some(route) = routing.routes.get(route) else {
                    continue;
                };
                let labels = match &route.group_by {
                    GroupBy::All => subject.labels().clone(),
                    GroupBy::Labels(names) => {
                        subject.values(names.iter().map(CompactString::as_str))
                    }
                };
                placings.push(Placing {
                    route,
                    key: GroupKey::of(&route.id, &labels),
                    labels,
                    left: false,
                });
            }
        }
        for key in &known.alert.groups {
            if placings.iter().any(|placing| placing.key == *key) {
                continue;
            }
            let group = self.group(key);
            let route = group.map_or_else(
                || self.route_of_key(key),
                |group| self.policy.route(&group.route),
            );
            if let Some(route) = route {
                placings.push(Placing {
                    route,
                    key: key.clone(),
                    labels: group.map(|group| group.labels.clone()).unwrap_or_default(),
                    left: true,
                });
            }
        }
        placings
    }

    /// The route in the name of a group that is not at hand.
    fn route_of_key(&self, key: &GroupKey) -> Option<&'a Route> {
        let routes = self.policy.routing().routes.iter();
        routes
            .filter(|route| {
                let rest = key.as_str().strip_prefix(route.id.as_str());
                rest.is_some_and(|rest| rest.starts_with(":{"))
            })
            .max_by_key(|route| route.id.len())
    }

    /// The matchers on the way from the root to a route.
    pub(crate) fn path(&self, route: &Route) -> Vec<String> {
        let mut steps = Vec::new();
        let mut at = Some(route);
        // The tree is bounded; so is this, whatever a parent says.
        for _ in 0..64 {
            let Some(route) = at else { break };
            let matchers = route
                .matchers
                .iter()
                .map(|matcher| matcher.key().to_string());
            steps.push(matchers.collect::<Vec<_>>());
            at = route
                .parent
                .and_then(|parent| self.policy.routing().routes.get(parent));
        }
        steps.into_iter().rev().flatten().collect()
    }

    /// The silences that match an alert, in the order of their ends.
    pub(crate) fn silences_of(&self, known: Known<'a>) -> Vec<&'a Silence> {
        let Some((summary, service)) = self.summary(known) else {
            return Vec::new();
        };
        let subject = Subject::remembered(&summary, &service);
        let mut found: Vec<&'a Silence> = self
            .silences
            .iter()
            .copied()
            .filter(|silence| {
                // One that cannot be read holds back nothing.
                let matches = |text: &CompactString| {
                    Matcher::try_new(text).is_ok_and(|matcher| matcher.is_match(&subject))
                };
                !silence.matchers.is_empty() && silence.matchers.iter().all(matches)
            })
            .collect();
        found.sort_by(|a, b| (a.ends_at, &a.id).cmp(&(b.ends_at, &b.id)));
        found
    }

    /// What groups did about the episode, by group and in order.
    pub(crate) fn group_log(&self) -> Vec<(&'a GroupState, &'a GroupLogEntry)> {
        let Some(episode) = self.episode() else {
            return Vec::new();
        };
        let alerts = self.alerts();
        let ours = |fingerprint: &Fingerprint, entry: &GroupLogEntry| {
            entry.at >= episode.opened_at
                && alerts.iter().any(|known| known.fingerprint == *fingerprint)
        };
        let mut found = Vec::new();
        for group in self.concerned() {
            for entry in &group.log {
                let concerned = match &entry.event {
                    GroupEvent::Told { incidents, .. } => incidents.contains(&episode.id),
                    GroupEvent::Held { fingerprint, .. }
                    | GroupEvent::Released { fingerprint, .. } => ours(fingerprint, entry),
                    GroupEvent::Resumed { incident } => *incident == episode.id,
                };
                if concerned {
                    found.push((group, entry));
                }
            }
        }
        found
    }

    /// When somebody was first told of the episode.
    pub(crate) fn first_told_at(&self) -> Option<Timestamp> {
        let id = &self.episode()?.id;
        let kept = self
            .groups
            .iter()
            .filter_map(|group| group.incidents.get(id)?.first_told_at);
        let logged = self
            .group_log()
            .into_iter()
            .filter(|(_, entry)| matches!(entry.event, GroupEvent::Told { .. }))
            .map(|(_, entry)| entry.at);
        kept.chain(logged).min()
    }
}

/// Until when intervals hold that hold now.
pub(crate) fn window_ends(times: &[TimeInterval], now: Timestamp) -> Option<Timestamp> {
    times
        .iter()
        .filter(|times| times.contains(now))
        .filter_map(|times| times.next_change(now))
        .max()
}

/// When a silence that holds now no longer does.
pub(crate) fn silence_ends(silence: &Silence, now: Timestamp) -> Timestamp {
    window_ends(&silence.times, now).map_or(silence.ends_at, |end| end.min(silence.ends_at))
}

/// Whether an alert takes part in the ladder of an incident in a group.
pub(crate) fn climbs(group: &GroupState, id: &IncidentId, now: Timestamp) -> bool {
    group.alerts.values().any(|alert| {
        alert.incident.as_ref() == Some(id) && alert.climbs() && !alert.span.is_over(now)
    })
}

/// The minutes within which somebody had to answer, as seconds.
pub(crate) fn response_seconds(case: &Case<'_>, episode: &Episode) -> i64 {
    let minutes = match episode.response_minutes {
        0 | u32::MAX => case.policy.response_minutes(episode.priority),
        minutes => minutes,
    };
    i64::from(minutes) * 60
}
