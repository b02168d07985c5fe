//! Makes the routing of a configuration that was checked; what is faulty all the same is an error, never a guess.

use calendar::TimeInterval;
use compact_str::CompactString;

use super::index::Index;
use super::key::{Names, braces};
use super::people::{self, position};
use super::{Flapping, GroupBy, InhibitRule, NamedTimeInterval, Route, Routing};
use crate::matcher::InvalidMatcher;
use crate::raw::{RawFlapping, RawInhibitRule, RawNamedTimeInterval, RawRoute, RawSettings};
use crate::{Duration, Matcher, Priority, PriorityPolicy};

/// The word in `escalation` that ends the inheritance.
pub(crate) const NO_ESCALATION: &str = "none";

/// The word in `group_by` for all labels.
pub(crate) const ALL_LABELS: &str = "...";

/// A routing that was not checked before it was used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidRouting {
    /// A matcher is faulty.
    #[error("{path}: a matcher is faulty")]
    Matcher {
        /// Where it stands.
        path: String,
        /// What is wrong with it.
        source: InvalidMatcher,
    },
    /// A name that nothing has.
    #[error("{path}: nothing is named `{name}`")]
    Unknown {
        /// Where it stands.
        path: String,
        /// The name.
        name: String,
    },
    /// The root names no receiver.
    #[error("route.receiver: the root needs a receiver")]
    NoReceiver,
    /// A time interval is faulty.
    #[error("{path}: a time interval is faulty")]
    TimeInterval {
        /// Where it stands.
        path: String,
        /// What is wrong with it.
        source: calendar::InvalidTimeInterval,
    },
    /// A rotation is faulty.
    #[error("{path}: {problem}")]
    Rotation {
        /// Where it stands.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// The routing of a configuration; without `route` it is made from the priorities.
pub(crate) fn build(
    raw: &RawSettings,
    policy: impl Fn(Priority) -> PriorityPolicy,
) -> Result<Routing, InvalidRouting> {
    let default;
    let (root, receivers, escalations) = match &raw.route {
        Some(route) => (route, &raw.receivers, &raw.escalation),
        None => {
            default = super::default_tree(policy);
            (&default.route, &default.receivers, &default.escalation)
        }
    };
    let receivers: Vec<_> = receivers.iter().map(people::receiver).collect();
    let mut rotations = Vec::with_capacity(raw.rotations.len());
    for (at, rotation) in raw.rotations.iter().enumerate() {
        rotations.push(people::rotation(
            rotation,
            &receivers,
            &format!("rotations[{at}]"),
        )?);
    }
    let escalations = escalations.iter().enumerate().map(|(at, escalation)| {
        people::escalation(
            escalation,
            &receivers,
            &rotations,
            &format!("escalation[{at}]"),
        )
    });
    let mut routing = Routing {
        resolve_timeout: raw
            .resolve_timeout
            .unwrap_or_else(|| Duration::from_minutes(5)),
        routes: Vec::new(),
        inhibit_rules: inhibit_rules(&raw.inhibit_rules)?,
        time_intervals: time_intervals(raw)?,
        escalations: escalations.collect::<Result<_, _>>()?,
        receivers,
        rotations,
        flapping: raw.flapping.as_ref().map(flapping),
        max_silence: raw
            .max_silence
            .unwrap_or_else(|| Duration::from_minutes(30 * 24 * 60)),
        index: Vec::new(),
    };
    let defaults = Route {
        id: CompactString::const_new("{}"),
        parent: None,
        receiver: usize::MAX,
        matchers: Vec::new(),
        continues: false,
        group_by: GroupBy::Labels(Vec::new()),
        group_wait: Duration::from_secs(30),
        group_interval: Duration::from_minutes(5),
        repeat_interval: Duration::from_minutes(4 * 60),
        mute_time_intervals: Vec::new(),
        active_time_intervals: Vec::new(),
        escalation: None,
        children: Vec::new(),
    };
    if root.receiver.is_none() {
        return Err(InvalidRouting::NoReceiver);
    }
    add(&mut routing, root, defaults, "route")?;
    routing.index = routing
        .routes
        .iter()
        .map(|route| {
            let children = route.children.iter();
            Index::new(
                children.filter_map(|at| Some((*at, routing.routes.get(*at)?.matchers.as_slice()))),
            )
        })
        .collect();
    Ok(routing)
}

/// Adds a node, which so far is what it inherits, and its children.
fn add(
    routing: &mut Routing,
    raw: &RawRoute,
    mut route: Route,
    path: &str,
) -> Result<usize, InvalidRouting> {
    if let Some(name) = &raw.receiver {
        let path = || format!("{path}.receiver");
        route.receiver = position(&routing.receivers, |r| &r.name, name, path)?;
    }
    match raw.group_by.as_deref() {
        // As with Alertmanager, an empty list is none.
        None | Some([]) => {}
        Some(labels) if labels.iter().any(|label| label == ALL_LABELS) => {
            route.group_by = GroupBy::All;
        }
        Some(labels) => route.group_by = GroupBy::Labels(sorted(labels)),
    }
    route.group_wait = raw.group_wait.unwrap_or(route.group_wait);
    route.group_interval = raw.group_interval.unwrap_or(route.group_interval);
    route.repeat_interval = raw.repeat_interval.unwrap_or(route.repeat_interval);
    match raw.escalation.as_deref() {
        None => {}
        Some(NO_ESCALATION) => route.escalation = None,
        Some(name) => {
            let path = || format!("{path}.escalation");
            route.escalation = Some(position(&routing.escalations, |e| &e.name, name, path)?);
        }
    }
    let intervals = |field: &str, names: &[String]| -> Result<Vec<usize>, InvalidRouting> {
        let names = names.iter().enumerate().map(|(at, name)| {
            let path = || format!("{path}.{field}[{at}]");
            position(&routing.time_intervals, |i| &i.name, name, path)
        });
        names.collect()
    };
    route.mute_time_intervals = intervals("mute_time_intervals", &raw.mute_time_intervals)?;
    route.active_time_intervals = intervals("active_time_intervals", &raw.active_time_intervals)?;
    route.continues = raw.continues;
    let template = route.clone();
    let node = routing.routes.len();
    routing.routes.push(route);
    let mut names = Names::default();
    let mut children = Vec::with_capacity(raw.routes.len());
    for (at, child) in raw.routes.iter().enumerate() {
        let path = format!("{path}.routes[{at}]");
        let mut inherited = template.clone();
        inherited.matchers = route_matchers(child, &path)?;
        let own = names.tell_apart(braces(&inherited.matchers));
        inherited.id = compact_str::format_compact!("{}/{own}", template.id);
        inherited.parent = Some(node);
        children.push(add(routing, child, inherited, &path)?);
    }
    if let Some(route) = routing.routes.get_mut(node) {
        route.children = children;
    }
    Ok(node)
}

fn sorted(labels: &[String]) -> Vec<CompactString> {
    let mut labels: Vec<CompactString> = labels.iter().map(Into::into).collect();
    labels.sort_unstable();
    labels.dedup();
    labels
}

fn route_matchers(raw: &RawRoute, path: &str) -> Result<Vec<Matcher>, InvalidRouting> {
    matchers(
        path,
        &raw.matchers,
        "matchers",
        &raw.equal,
        &raw.expressions,
    )
}

type Texts = std::collections::BTreeMap<String, String>;

/// The matchers of the newer and of both older forms, in Alertmanager's order: by name, value and operator.
fn matchers(
    path: &str,
    list: &[String],
    field: &str,
    equal: &Texts,
    expressions: &Texts,
) -> Result<Vec<Matcher>, InvalidRouting> {
    let mut found = Vec::with_capacity(list.len() + equal.len() + expressions.len());
    for (at, text) in list.iter().enumerate() {
        let read = Matcher::read_list(text).map_err(|source| InvalidRouting::Matcher {
            path: format!("{path}.{field}[{at}]"),
            source,
        })?;
        found.extend(read);
    }
    found.extend(equal.iter().map(|(name, text)| Matcher::equal(name, text)));
    let expressions = expressions.iter();
    found.extend(expressions.map(|(name, source)| Matcher::expression(name, source)));
    found.sort_by_cached_key(|matcher| {
        (
            CompactString::from(matcher.name()),
            matcher.value(),
            matcher.operator().rank(),
        )
    });
    Ok(found)
}

fn inhibit_rules(raw: &[RawInhibitRule]) -> Result<Vec<InhibitRule>, InvalidRouting> {
    let mut names = Names::default();
    let mut rules = Vec::with_capacity(raw.len());
    for (at, rule) in raw.iter().enumerate() {
        let path = format!("inhibit_rules[{at}]");
        let source = matchers(
            &path,
            &rule.source_matchers,
            "source_matchers",
            &rule.source_match,
            &rule.source_match_re,
        )?;
        let target = matchers(
            &path,
            &rule.target_matchers,
            "target_matchers",
            &rule.target_match,
            &rule.target_match_re,
        )?;
        let id = rule.name.as_ref().map_or_else(
            || compact_str::format_compact!("{} → {}", braces(&source), braces(&target)),
            CompactString::from,
        );
        rules.push(InhibitRule {
            id: names.tell_apart(id),
            source,
            target,
            equal: sorted(&rule.equal),
        });
    }
    Ok(rules)
}

fn time_intervals(raw: &RawSettings) -> Result<Vec<NamedTimeInterval>, InvalidRouting> {
    let read = |field: &str, at: usize, named: &RawNamedTimeInterval| {
        let intervals = named.time_intervals.iter().enumerate().map(|(nth, raw)| {
            TimeInterval::try_from(raw.clone()).map_err(|source| InvalidRouting::TimeInterval {
                path: format!("{field}[{at}].time_intervals[{nth}]"),
                source,
            })
        });
        Ok(NamedTimeInterval {
            name: named.name.as_str().into(),
            intervals: intervals.collect::<Result<_, _>>()?,
        })
    };
    let newer = raw.time_intervals.iter().enumerate();
    let older = raw.mute_time_intervals.iter().enumerate();
    newer
        .map(|(at, named)| read("time_intervals", at, named))
        .chain(older.map(|(at, named)| read("mute_time_intervals", at, named)))
        .collect()
}

fn flapping(raw: &RawFlapping) -> Flapping {
    Flapping {
        changes: raw.changes.unwrap_or(6),
        window: raw.window.unwrap_or_else(|| Duration::from_minutes(30)),
        quiet: raw.quiet.unwrap_or_else(|| Duration::from_minutes(15)),
    }
}
