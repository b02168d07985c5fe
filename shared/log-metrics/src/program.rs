//! The rules of a configuration, ready to run: which fields they ask for, and which rules a record can concern.

use std::collections::HashMap;

use compact_str::CompactString;
use jiff::tz::TimeZone;
use regex::Regex;
use settings::logs::{Extract, LogLimits, LogMetric, LogRule, Logs, MetricKind};
use settings::{InvalidSettings, Settings};

use crate::fields::{Fields, Slot};
use crate::record::Extractor;

/// Lambda's own lines, as rules like any others.
const LAMBDA: &str = include_str!("lambda.json");

/// A compiled configuration. It holds no state: one serves every delivery.
#[derive(Debug)]
pub struct Program {
    pub(crate) fields: Fields,
    pub(crate) rules: Vec<Compiled>,
    pub(crate) series: Vec<SeriesKind>,
    pub(crate) extract: Vec<(Extract, Extractor)>,
    pub(crate) namespace: CompactString,
    pub(crate) limits: LogLimits,
    pub(crate) zone: TimeZone,
}

/// A configuration that was not checked before it was used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidProgram {
    /// An expression of `logs.extract` is faulty.
    #[error("logs.extract: the expression of `{name}` is faulty")]
    Extract {
        /// The format's name.
        name: CompactString,
        /// What is wrong with it.
        source: regex::Error,
    },
    /// The time zone is not known.
    #[error("logs.time_zone is none")]
    TimeZone(#[from] calendar::UnknownTimeZone),
    /// The rules about Lambda's own lines are faulty.
    #[error("the rules about Lambda's lines are faulty")]
    Lambda(#[from] InvalidSettings),
}

/// A rule and what it needs.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) rule: LogRule,
    /// One of these texts in this field is needed for it to match: the others need not be asked.
    key: Option<(Slot, Vec<CompactString>)>,
    pub(crate) metrics: Vec<Measured>,
}

/// What a record adds to.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) of: Option<Slot>,
    pub(crate) value: Option<f64>,
    pub(crate) scale: f64,
    /// The series, by their place in [`Program::series`].
    pub(crate) series: Vec<usize>,
}

/// One metric by one set of dimensions.
#[derive(Clone, Debug)]
pub(crate) struct SeriesKind {
    pub(crate) metric: LogMetric,
    pub(crate) dimensions: Vec<(CompactString, Slot)>,
}

/// What is done with the records of one log group.
#[derive(Debug)]
pub(crate) struct Active {
    keyed: Vec<(Slot, HashMap<CompactString, Vec<usize>>)>,
    always: Vec<usize>,
    pub(crate) extractors: Vec<usize>,
}

impl Program {
    /// Compiles the rules of a configuration, and those about Lambda's own lines if it wants them.
    ///
    /// # Errors
    /// When an expression or the time zone is faulty, which checking the configuration has named before.
    pub fn new(logs: &Logs) -> Result<Self, InvalidProgram> {
        let zone = calendar::time_zone(&logs.time_zone)?;
        let mut program = Self {
            fields: Fields::new(),
            rules: Vec::new(),
            series: Vec::new(),
            extract: Vec::new(),
            namespace: logs.namespace.clone(),
            limits: logs.limits,
            zone,
        };
        for extract in &logs.extract {
            program.format(extract)?;
        }
        let mut known: HashMap<(CompactString, usize), usize> = HashMap::new();
        for rule in &logs.rules {
            program.rule(rule, &mut known);
        }
        if logs.lambda {
            for rule in &Settings::from_json(LAMBDA)?.logs.rules {
                program.rule(rule, &mut known);
            }
        }
        Ok(program)
    }

    /// Where its days begin.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The namespace of its metrics.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    fn format(&mut self, extract: &Extract) -> Result<(), InvalidProgram> {
        let regex = Regex::new(&extract.pattern).map_err(|source| InvalidProgram::Extract {
            name: extract.name.clone(),
            source,
        })?;
        let names = regex.capture_names().enumerate();
        let slots = names
            .filter_map(|(at, name)| Some((at, self.fields.want(name?))))
            .collect();
        let extractor = Extractor {
            name: extract.name.to_string(),
            regex,
            slots,
        };
        self.extract.push((extract.clone(), extractor));
        Ok(())
    }

    fn rule(&mut self, rule: &LogRule, known: &mut HashMap<(CompactString, usize), usize>) {
        let matchers = rule.matchers.all().iter().chain(rule.matchers.any());
        for matcher in matchers {
            self.fields.want(matcher.name());
        }
        let templates = rule.finding.iter().flat_map(|finding| {
            let labels = finding.labels.iter().map(|(_, value)| value);
            labels.chain([&finding.title, &finding.description])
        });
        for template in templates {
            for field in template.fields() {
                self.fields.want(field);
            }
        }
        for (_, field) in rule.security.iter().flat_map(|security| &security.fields) {
            self.fields.want(field);
        }
        let key = rule.matchers.all().iter().find_map(|matcher| {
            let texts = matcher.texts()?;
            // The empty text is a field that is missing, which no record has.
            let texts: Vec<CompactString> = texts.into_iter().map(Into::into).collect();
            let slot = self.fields.slot(matcher.name())?;
            (!texts.iter().any(CompactString::is_empty)).then_some((slot, texts))
        });
        let mut metrics = Vec::with_capacity(rule.metrics.len());
        for metric in &rule.metrics {
            let mut series = Vec::with_capacity(metric.by.len());
            for (at, set) in metric.by.iter().enumerate() {
                let place = *known.entry((metric.name.clone(), at)).or_insert_with(|| {
                    let dimensions = set.iter();
                    let dimensions = dimensions
                        .map(|one| (one.name.clone(), self.fields.want(&one.field)))
                        .collect();
                    self.series.push(SeriesKind {
                        metric: metric.clone(),
                        dimensions,
                    });
                    self.series.len() - 1
                });
                series.push(place);
            }
            metrics.push(Measured {
                of: metric.of.as_deref().map(|field| self.fields.want(field)),
                value: metric
                    .value
                    .or((metric.kind == MetricKind::Count).then_some(1.0)),
                scale: metric.scale,
                series,
            });
        }
        self.rules.push(Compiled {
            rule: rule.clone(),
            key,
            metrics,
        });
    }

    /// What concerns a log group.
    pub(crate) fn activate(&self, group: &str) -> Active {
        let sees = |groups: &[settings::logs::GroupPattern]| {
            groups.is_empty() || groups.iter().any(|pattern| pattern.is_match(group))
        };
        let mut active = Active {
            keyed: Vec::new(),
            always: Vec::new(),
            extractors: Vec::new(),
        };
        for (at, compiled) in self.rules.iter().enumerate() {
            if !sees(&compiled.rule.groups) {
                continue;
            }
            let Some((slot, texts)) = &compiled.key else {
                active.always.push(at);
                continue;
            };
            let place = active.keyed.iter().position(|(known, _)| known == slot);
            let place = place.unwrap_or_else(|| {
                active.keyed.push((*slot, HashMap::new()));
                active.keyed.len() - 1
            });
            for text in texts {
                if let Some((_, rules)) = active.keyed.get_mut(place) {
                    rules.entry(text.clone()).or_default().push(at);
                }
            }
        }
        let extract = self.extract.iter().enumerate();
        active.extractors = extract
            .filter(|(_, (extract, _))| sees(&extract.groups))
            .map(|(at, _)| at)
            .collect();
        active
    }
}

impl Active {
    /// The rules that may match a record of which `text` gives the fields.
    pub(crate) fn candidates<'a>(
        &'a self,
        text: impl Fn(Slot) -> Option<&'a str>,
    ) -> impl Iterator<Item = usize> {
        let keyed = self.keyed.iter().filter_map(move |(slot, rules)| {
            let text = text(*slot)?;
            rules.get(text)
        });
        let always = self.always.iter();
        keyed.flatten().chain(always).copied()
    }
}
