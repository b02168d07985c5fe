//! The configuration, checked and ready to use.

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::logs::{self, InvalidTemplate, Logs};
use crate::matcher::{InvalidMatcher, Matcher, Matchers};
use crate::probe::{self, InvalidProbe, Probe};
use crate::raw::{RawPriority, RawSettings};
use crate::routing::{self, InvalidRouting, Routing};
use crate::{Channel, Lookup, Priority, SecurityFault, SecurityPolicy};

/// A checked configuration.
#[derive(Debug)]
pub struct Settings {
    /// The name of the platform that is watched.
    pub project: CompactString,
    /// The labels whose values make one incident.
    pub incident_by: Vec<CompactString>,
    /// What each priority promises and whom it tells; has all four.
    pub priorities: BTreeMap<Priority, PriorityPolicy>,
    /// The catalogue of services, in order.
    pub services: Vec<Service>,
    /// Derived numbers, in order.
    pub measures: Vec<Measure>,
    /// The rules, in order.
    pub rules: Vec<Rule>,
    /// What is asked whether it is well, in order.
    pub probes: Vec<Probe>,
    /// Who is told of what, when, and how often.
    pub routing: Routing,
    /// From what number on something is an attack.
    pub security: SecurityPolicy,
    /// What is read out of logs.
    pub logs: Logs,
    /// How many numbered expressions the matchers have; those of the routing have no numbers.
    pub expressions: u16,
}

/// What a priority promises and whom it tells.
#[derive(Clone, Debug, PartialEq)]
pub struct PriorityPolicy {
    /// Minutes within which somebody must answer.
    pub response_minutes: u32,
    /// The channels that are told at once. Empty where `Settings::policy` asks the routing.
    pub notify: Vec<Channel>,
}

/// One service of the catalogue.
#[derive(Debug)]
pub struct Service {
    /// Its name.
    pub name: CompactString,
    /// What it is.
    pub about: String,
    /// Which alerts are about it.
    pub matchers: Matchers,
    /// What to do when it is in trouble: a URL.
    pub runbook: Option<String>,
}

/// A number derived from what an alarm measured: `value × scale + offset`.
#[derive(Debug)]
pub struct Measure {
    /// The name that rules compare.
    pub name: CompactString,
    /// Which alerts have it.
    pub matchers: Matchers,
    /// The factor.
    pub scale: f64,
    /// The summand.
    pub offset: f64,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name.
    pub name: CompactString,
    /// Why it is there.
    pub about: String,
    /// Which alerts it decides.
    pub matchers: Matchers,
    /// How urgent they are.
    pub priority: Priority,
    /// The kind of trouble.
    pub category: CompactString,
    /// Minutes within which somebody must answer.
    pub response_minutes: u32,
    /// What to do: a URL.
    pub runbook: Option<String>,
}

/// A configuration that was not checked before it was used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSettings {
    /// A matcher is faulty.
    #[error("{path}: a matcher is faulty")]
    Matcher {
        /// Where it stands.
        path: String,
        /// What is wrong with it.
        source: InvalidMatcher,
    },
    /// A text with fields in it is faulty.
    #[error("{path}: a text is faulty")]
    Template {
        /// Where it stands.
        path: String,
        /// What is wrong with it.
        source: InvalidTemplate,
    },
    /// The routing is faulty.
    #[error("the routing is faulty")]
    Routing(#[from] InvalidRouting),
    /// The policy about attacks is faulty.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Security(Vec<SecurityFault>),
    /// A probe is faulty.
    #[error("probes[{at}]: the probe is faulty")]
    Probe {
        /// Its place.
        at: usize,
        /// What is wrong with it.
        source: InvalidProbe,
    },
    /// The JSON is faulty.
    #[error("the configuration is not the JSON that the build wrote")]
    Json(#[from] serde_json::Error),
}

impl Settings {
    /// Reads what a build script wrote after checking the YAML.
    ///
    /// # Errors
    /// When the text is not such a configuration.
    pub fn from_json(text: &str) -> Result<Self, InvalidSettings> {
        serde_json::from_str::<RawSettings>(text)?.try_into()
    }

    /// Reads `monitoring.yaml`.
    ///
    /// # Errors
    /// Every fault that it has, in the order of the file.
    #[cfg(feature = "yaml")]
    pub fn from_yaml(text: &str) -> Result<Self, Vec<crate::check::Fault>> {
        crate::check::read_yaml(text).and_then(|raw| {
            Self::try_from(raw)
                .map_err(|error| vec![crate::check::Fault::at_start(error.to_string())])
        })
    }

    /// What a priority promises and whom it tells. With a `route`, those are the channels of the receivers of an
    /// alert that is known by its priority only.
    #[must_use]
    pub fn policy(&self, priority: Priority) -> PriorityPolicy {
        let mut policy = self
            .priorities
            .get(&priority)
            .cloned()
            .unwrap_or_else(|| PriorityPolicy::of(priority, None));
        if policy.notify.is_empty() {
            let routes = self.routing.matching(&OnlyPriority(priority));
            policy.notify = self.routing.channels(&routes);
        }
        policy
    }
}

/// An alert of which nothing but the priority is known.
struct OnlyPriority(Priority);

impl Lookup for OnlyPriority {
    fn text(&self, name: &str) -> Option<&str> {
        (name == "priority").then_some(self.0.as_str())
    }

    fn number(&self, _name: &str) -> Option<f64> {
        None
    }
}

impl PriorityPolicy {
    fn of(priority: Priority, raw: Option<&RawPriority>) -> Self {
        let response = raw.and_then(|raw| raw.response);
        let notify = raw.and_then(|raw| raw.notify.clone());
        Self {
            response_minutes: response.map_or(
                priority.default_response_minutes(),
                crate::Duration::as_minutes,
            ),
            notify: notify.unwrap_or_else(|| default_channels(priority)),
        }
    }
}

/// "Multi-Channel Alert Routing" of the strategy's section 3; PagerDuty is for what
/// nobody has acknowledged, so no priority tells it at once.
fn default_channels(priority: Priority) -> Vec<Channel> {
    match priority {
        Priority::P1 => vec![
            Channel::Email,
            Channel::Slack,
            Channel::Sms,
            Channel::Webhook,
        ],
        Priority::P2 | Priority::P3 => vec![Channel::Email, Channel::Slack, Channel::Webhook],
        Priority::P4 => vec![Channel::Email],
    }
}

impl TryFrom<RawSettings> for Settings {
    type Error = InvalidSettings;

    fn try_from(raw: RawSettings) -> Result<Self, Self::Error> {
        let mut priorities: BTreeMap<_, _> = [
            (Priority::P1, &raw.priorities.p1),
            (Priority::P2, &raw.priorities.p2),
            (Priority::P3, &raw.priorities.p3),
            (Priority::P4, &raw.priorities.p4),
        ]
        .into_iter()
        .map(|(priority, policy)| (priority, PriorityPolicy::of(priority, Some(policy))))
        .collect();
        let routing = routing::build(&raw, |priority| {
            let policy = priorities.get(&priority).cloned();
            policy.unwrap_or_else(|| PriorityPolicy::of(priority, None))
        })?;
        if raw.route.is_some() {
            // `policy` asks the tree; doing so here would compile expressions at each cold start.
            for policy in priorities.values_mut() {
                policy.notify.clear();
            }
        }
        let base = raw
            .runbook_base
            .as_deref()
            .map(|base| base.trim_end_matches('/'));
        let runbook = |name: Option<String>| match (name, base) {
            (Some(name), Some(base)) if !name.contains("://") => {
                Some(format!("{base}/{}", name.trim_start_matches('/')))
            }
            (name, _) => name,
        };
        let mut services = Vec::with_capacity(raw.services.len());
        for (at, service) in raw.services.into_iter().enumerate() {
            services.push(Service {
                matchers: matchers(&format!("services[{at}]"), &service.all, &service.any)?,
                name: service.name.into(),
                about: service.about,
                runbook: runbook(service.runbook),
            });
        }
        let mut measures = Vec::with_capacity(raw.measures.len());
        for (at, measure) in raw.measures.into_iter().enumerate() {
            measures.push(Measure {
                matchers: matchers(&format!("measures[{at}]"), &measure.all, &measure.any)?,
                name: measure.name.into(),
                scale: measure.scale,
                offset: measure.offset,
            });
        }
        let mut rules = Vec::with_capacity(raw.rules.len());
        for (at, rule) in raw.rules.into_iter().enumerate() {
            let response = rule.response.map(crate::Duration::as_minutes);
            let promised = priorities.get(&rule.priority).map(|p| p.response_minutes);
            rules.push(Rule {
                matchers: matchers(&format!("rules[{at}]"), &rule.all, &rule.any)?,
                response_minutes: response
                    .or(promised)
                    .unwrap_or_else(|| rule.priority.default_response_minutes()),
                name: rule.name.into(),
                about: rule.about,
                priority: rule.priority,
                category: rule.category.into(),
                runbook: runbook(rule.runbook),
            });
        }
        let probes = raw.probes.into_iter().enumerate().map(|(at, raw)| {
            probe::build(raw).map_err(|source| InvalidSettings::Probe { at, source })
        });
        let probes = probes.collect::<Result<_, _>>()?;
        let mut expressions = 0;
        let lists = services.iter_mut().map(|service| &mut service.matchers);
        let lists = lists.chain(measures.iter_mut().map(|measure| &mut measure.matchers));
        for matchers in lists.chain(rules.iter_mut().map(|rule| &mut rule.matchers)) {
            matchers.count(&mut expressions);
        }
        let security = SecurityPolicy::try_from(raw.security.unwrap_or_default());
        let security = security.map_err(InvalidSettings::Security)?;
        Ok(Self {
            expressions,
            probes,
            logs: logs::build(raw.logs, &raw.project)?,
            routing,
            security,
            project: raw.project.into(),
            incident_by: raw.incident_by.into_iter().map(Into::into).collect(),
            priorities,
            services,
            measures,
            rules,
        })
    }
}

/// The expressions were compiled when the configuration was checked, and are again when they are needed.
pub(crate) fn matchers(
    path: &str,
    all: &[String],
    any: &[String],
) -> Result<Matchers, InvalidSettings> {
    let read = |field: &str, list: &[String]| -> Result<Vec<Matcher>, InvalidSettings> {
        list.iter()
            .enumerate()
            .map(|(at, text)| {
                Matcher::read(text).map_err(|source| InvalidSettings::Matcher {
                    path: format!("{path}.{field}[{at}]"),
                    source,
                })
            })
            .collect()
    };
    Ok(Matchers::new(read("match", all)?, read("match_any", any)?))
}
