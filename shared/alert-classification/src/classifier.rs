//! Decides how bad an alert is: the first service, then the first rule, that matches.

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::Arc;

use compact_str::CompactString;
use jiff::Timestamp;
use settings::{Lookup, Priority, Rule, Settings};

use crate::alert::{Alert, Classification, ClassifiedAlert, Status};
use crate::event::alarm::Rounded;
use crate::event::{self, aws};

/// The reason given when nothing in the rule book fits. Such an alert is P3: too important
/// to be lost, not important enough to wake somebody for a missing rule.
pub const NO_RULE: &str = "no rule matched";

const NO_RULE_PRIORITY: Priority = Priority::P3;
const NO_RULE_CATEGORY: CompactString = CompactString::const_new("unclassified");

/// Reads events and classifies them by a configuration.
#[derive(Clone, Debug)]
pub struct Classifier {
    settings: Arc<Settings>,
}

impl Classifier {
    /// A classifier that goes by `settings`.
    #[must_use]
    pub fn new(settings: impl Into<Arc<Settings>>) -> Self {
        Self {
            settings: settings.into(),
        }
    }

    /// Reads one message in any envelope and classifies what is in it: at least one alert.
    #[must_use]
    pub fn read(&self, body: &str, received_at: Timestamp) -> Vec<ClassifiedAlert> {
        event::read(body, received_at)
            .alerts
            .into_iter()
            .map(|alert| self.classify(alert))
            .collect()
    }

    /// Classifies an alert; sets its `service` label when the catalogue knows the service.
    #[must_use]
    pub fn classify(&self, mut alert: Alert) -> ClassifiedAlert {
        let subject = Subject::new(&self.settings, &alert);
        let service = self.service(&alert, &subject);
        let subject = subject.of_service(&service.name);
        let rule = self.rule(&subject);
        let stable_category = subject
            .at_its_threshold()
            .map_or(rule, |subject| self.rule(&subject))
            .map_or(NO_RULE_CATEGORY, |rule| rule.category.clone());
        let classification = match rule {
            Some(rule) => Classification {
                priority: rule.priority,
                category: rule.category.clone(),
                stable_category,
                response_minutes: rule.response_minutes,
                reason: reason(rule, &subject),
                rule: Some(rule.name.clone()),
                runbook: rule.runbook.clone().or(service.runbook),
                service: service.name,
            },
            None => Classification {
                priority: NO_RULE_PRIORITY,
                category: NO_RULE_CATEGORY,
                stable_category,
                response_minutes: self.settings.policy(NO_RULE_PRIORITY).response_minutes,
                reason: NO_RULE.to_owned(),
                rule: None,
                runbook: service.runbook,
                service: service.name,
            },
        };
        if service.known {
            alert
                .labels
                .set_default("service", classification.service.clone());
        }
        ClassifiedAlert {
            alert,
            classification,
        }
    }

    fn rule(&self, subject: &Subject<'_>) -> Option<&Rule> {
        let mut rules = self.settings.rules.iter();
        rules.find(|rule| rule.matchers.is_match(subject))
    }

    /// The service that an alert is about: what the alert says, else the catalogue's first
    /// match, else the name of the thing, else who spoke.
    fn service(&self, alert: &Alert, subject: &Subject<'_>) -> Found {
        let stated = alert.labels.get("service");
        let services = &self.settings.services;
        let named = services
            .iter()
            .find(|s| stated.is_some_and(|name| s.name == name));
        // A dimension `service` may be anybody's name for it: then the catalogue's matchers decide.
        let known = named.or_else(|| services.iter().find(|s| s.matchers.is_match(subject)));
        if let Some(service) = known {
            return Found {
                name: service.name.clone(),
                runbook: service.runbook.clone(),
                known: true,
            };
        }
        let guess = stated.or_else(|| {
            RESOURCE_LABELS
                .iter()
                .find_map(|name| alert.labels.get(name))
                .map(aws::name_of_arn)
        });
        let name = guess.unwrap_or(match alert.source.as_str() {
            "aws.cloudwatch" => match alert.labels.get("namespace") {
                Some(namespace) => namespace.strip_prefix("AWS/").unwrap_or(namespace),
                None => "aws.cloudwatch",
            },
            source => source,
        });
        Found {
            name: name.chars().take(64).collect(),
            runbook: None,
            known: false,
        }
    }
}

struct Found {
    name: CompactString,
    runbook: Option<String>,
    known: bool,
}

/// Labels that name the thing in trouble, the most telling first.
const RESOURCE_LABELS: &[&str] = &[
    "FunctionName",
    "ApiName",
    "ApiId",
    "QueueName",
    "TableName",
    "DBInstanceIdentifier",
    "DBClusterIdentifier",
    "CacheClusterId",
    "ServiceName",
    "StateMachineArn",
    "LoadBalancer",
    "TopicName",
    "project",
    "pipeline",
    "application",
    "state_machine",
    "database",
    "job",
    "crawler",
    "repository",
    "auto_scaling_group",
    "stack",
    "log_group",
    "bucket",
];

/// What expressions said, by their number.
type Notes = Rc<[Cell<Option<bool>>]>;

/// Labels that say where or what kind, not which thing.
const NAMES_NOTHING: &[&str] = &[
    "account",
    "region",
    "namespace",
    "metric",
    "event_source",
    "event_name",
    "event_type",
    "identity_type",
    "principal",
    "finding",
    "finding_type",
    "generator",
    "check",
    "document",
    "subject",
];

/// What matchers look at: labels first, then annotations, then the alert's own fields and
/// the derived measures.
struct Subject<'a> {
    settings: &'a Settings,
    alert: &'a Alert,
    /// The canonical name of the service; empty until it is found.
    service: &'a str,
    resource: OnceCell<String>,
    /// What the expressions that were asked for said: `None` until then.
    notes: Notes,
    /// Whether numbers are those of the threshold, not of what was measured.
    at_threshold: bool,
    /// Measures that were asked for: several rules compare the same one.
    measured: RefCell<Vec<(&'a str, Option<f64>)>>,
}

impl<'a> Subject<'a> {
    fn new(settings: &'a Settings, alert: &'a Alert) -> Self {
        let notes = usize::from(settings.expressions) + 1;
        Self {
            settings,
            alert,
            service: "",
            resource: OnceCell::new(),
            notes: vec![Cell::new(None); notes].into(),
            at_threshold: false,
            measured: RefCell::new(Vec::new()),
        }
    }

    /// The same alert when its service is known: what was noted until then may have gone by another.
    fn of_service(self, service: &'a str) -> Self {
        let resource = self.resource;
        Self {
            service,
            resource,
            ..Self::new(self.settings, self.alert)
        }
    }

    /// The same alert as if it had just crossed its threshold; `None` when that is no other.
    fn at_its_threshold(&self) -> Option<Self> {
        let measured = self.alert.measurement.as_ref()?;
        measured.threshold?;
        Some(Self {
            settings: self.settings,
            alert: self.alert,
            service: self.service,
            resource: self.resource.clone(),
            // Texts are the same at the threshold; only numbers are not.
            notes: Rc::clone(&self.notes),
            at_threshold: true,
            measured: RefCell::new(Vec::new()),
        })
    }

    /// All the names that the alert gives to things, for matching a service by any of them.
    fn resource(&self) -> &str {
        self.resource.get_or_init(|| {
            let mut names = String::with_capacity(128);
            for (name, value) in self.alert.labels.iter() {
                // An event's kind ("… Notification") names no thing of the platform's.
                let is_kind = name == "alertname" && value == self.alert.kind;
                if !is_kind && !NAMES_NOTHING.contains(&name) {
                    names.push_str(value);
                    names.push(' ');
                }
            }
            names.push_str(self.alert.annotations.get("resource").unwrap_or_default());
            names
        })
    }

    /// The number that was compared with the threshold. For a resolve, and where no data point
    /// is known, the threshold itself, or the next number beyond it: "greater than 5" fired
    /// because something was over 5.
    fn compared(&self) -> Option<f64> {
        let measured = self.alert.measurement.as_ref()?;
        match (self.alert.status, measured.value) {
            (Status::Firing | Status::Info, Some(value)) if !self.at_threshold => Some(value),
            (Status::Firing | Status::Resolved | Status::Info, value) => {
                let threshold = measured.threshold;
                match measured.comparison.as_str() {
                    ">" => threshold.map(f64::next_up),
                    "<" => threshold.map(f64::next_down),
                    _ => threshold.or(value),
                }
            }
        }
    }

    fn measure(&self, name: &str) -> Option<f64> {
        let compared = self.compared()?;
        let known = |(asked, _): &&(&str, Option<f64>)| *asked == name;
        if let Some((_, number)) = self.measured.borrow().iter().find(known) {
            return *number;
        }
        let mut named = self.settings.measures.iter().filter(|m| m.name == name);
        let name = named.clone().next()?.name.as_str();
        let number = named
            .find(|measure| measure.matchers.is_match(self))
            .map(|measure| compared * measure.scale + measure.offset);
        self.measured.borrow_mut().push((name, number));
        number
    }
}

impl Lookup for Subject<'_> {
    fn remembered(&self, pattern: u16) -> Option<bool> {
        self.notes.get(usize::from(pattern))?.get()
    }

    fn remember(&self, pattern: u16, matched: bool) {
        // 0 stands for every expression that has no number of its own.
        if let Some(note) = self.notes.get(usize::from(pattern)).filter(|_| pattern > 0) {
            note.set(Some(matched));
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        // The service that the catalogue found outranks a label: it is the canonical name.
        match name {
            "service" if !self.service.is_empty() => return Some(self.service),
            "resource" => return Some(self.resource()),
            "source" => return Some(&self.alert.source),
            "kind" => return Some(&self.alert.kind),
            "status" => return Some(self.alert.status.as_str()),
            "title" => return Some(&self.alert.title),
            "description" => return Some(&self.alert.description),
            _ => {}
        }
        self.alert
            .labels
            .get(name)
            .or_else(|| self.alert.annotations.get(name))
            .or_else(|| {
                let measured = self.alert.measurement.as_ref()?;
                match name {
                    "unit" => Some(measured.unit.as_str()),
                    "comparison" => Some(measured.comparison.as_str()),
                    _ => None,
                }
            })
    }

    fn number(&self, name: &str) -> Option<f64> {
        let measured = self.alert.measurement.as_ref();
        match name {
            "value" => self.compared(),
            "threshold" => measured?.threshold,
            "window_seconds" => measured?.window_seconds.map(f64::from),
            "period_seconds" => measured?.period_seconds.map(f64::from),
            _ => self.measure(name).or_else(|| {
                let text = self.alert.labels.get(name);
                let text = text.or_else(|| self.alert.annotations.get(name))?;
                text.trim().parse().ok().filter(|n: &f64| n.is_finite())
            }),
        }
    }
}

/// Why a rule decided, in words: what it is for, and the numbers that made the difference.
fn reason(rule: &Rule, subject: &Subject<'_>) -> String {
    let mut reason = String::with_capacity(96);
    if rule.about.is_empty() {
        let _ = write!(reason, "rule {}", rule.name);
    } else {
        reason.push_str(&rule.about);
    }
    let mut separator = ": ";
    for matcher in rule.matchers.deciding(subject) {
        if let Some(number) = subject.number(matcher.name()) {
            let _ = write!(reason, "{separator}{matcher} ({})", Rounded(number));
            separator = ", ";
        }
    }
    reason
}
