//! From what may be written to what is used.

use compact_str::CompactString;

use super::{
    Dimension, Extract, GroupPattern, InvalidTemplate, LogFinding, LogLimits, LogMetric, LogRule,
    Logs, MetricKind, MetricUnit, Period, SecurityRule, Template,
};
use crate::raw::{RawLogFinding, RawLogLimits, RawLogMetric, RawLogs, RawSecurityEvent};
use crate::settings::{InvalidSettings, matchers};
use crate::{SecurityField, settings};

/// What a configuration without `logs` has: nothing is read but Lambda's own lines, should any come.
pub(crate) fn build(raw: Option<RawLogs>, project: &str) -> Result<Logs, InvalidSettings> {
    let raw = raw.unwrap_or_default();
    let mut rules = Vec::with_capacity(raw.rules.len());
    for (at, rule) in raw.rules.into_iter().enumerate() {
        let path = format!("logs.rules[{at}]");
        rules.push(LogRule {
            matchers: matchers(&path, &rule.all, &rule.any)?,
            finding: rule.finding.map(|raw| finding(raw, &path)).transpose()?,
            metrics: rule.metrics.into_iter().map(metric).collect(),
            security: rule.security.map(security),
            groups: patterns(&rule.groups),
            name: rule.name.into(),
            about: rule.about,
        });
    }
    let extract = raw.extract.into_iter().map(|extract| Extract {
        name: extract.name.into(),
        groups: patterns(&extract.groups),
        pattern: extract.pattern,
    });
    Ok(Logs {
        namespace: raw.namespace.as_deref().unwrap_or(project).into(),
        time_zone: raw.time_zone.as_deref().unwrap_or("UTC").into(),
        groups: patterns(&raw.groups),
        exclude: patterns(&raw.exclude),
        lambda: raw.lambda.unwrap_or(true),
        limits: limits(&raw.limits),
        extract: extract.collect(),
        rules,
    })
}

fn patterns(list: &[String]) -> Vec<GroupPattern> {
    list.iter().map(|text| GroupPattern::new(text)).collect()
}

fn limits(raw: &RawLogLimits) -> LogLimits {
    let default = LogLimits::default();
    let size = |value: Option<u32>, unit: usize, default: usize| {
        value.map_or(default, |value| {
            usize::try_from(value).map_or(default, |value| value.saturating_mul(unit))
        })
    };
    LogLimits {
        dimension_values: size(raw.dimension_values, 1, default.dimension_values),
        payload_bytes: size(raw.payload_megabytes, 1 << 20, default.payload_bytes),
        line_bytes: size(raw.line_kilobytes, 1 << 10, default.line_bytes),
        findings: size(raw.findings, 1, default.findings),
    }
}

fn metric(raw: RawLogMetric) -> LogMetric {
    let unit = match raw.kind {
        MetricKind::Count | MetricKind::Distinct => MetricUnit::Count,
        MetricKind::Sum | MetricKind::Distribution => MetricUnit::None,
    };
    let sets = raw.by.iter().map(|set| {
        let dimensions = set.iter().map(|text| Dimension::new(text));
        dimensions.collect()
    });
    let mut by: Vec<Vec<Dimension>> = sets.collect();
    if by.is_empty() {
        by.push(Vec::new());
    }
    LogMetric {
        name: raw.name.into(),
        kind: raw.kind,
        of: raw.of.map(Into::into),
        value: raw.value,
        scale: raw.scale,
        unit: raw.unit.unwrap_or(unit),
        by,
        per: raw.per.unwrap_or(Period::Day),
    }
}

fn finding(raw: RawLogFinding, path: &str) -> Result<LogFinding, settings::InvalidSettings> {
    let template = |field: &str, text: &str| {
        Template::try_new(text).map_err(|source: InvalidTemplate| InvalidSettings::Template {
            path: format!("{path}.finding.{field}"),
            source,
        })
    };
    let mut labels: Vec<(CompactString, Template)> = Vec::with_capacity(raw.labels.len());
    for (name, text) in raw.labels {
        let value = template(&format!("labels.{name}"), &text)?;
        labels.push((name.into(), value));
    }
    Ok(LogFinding {
        title: template("title", &raw.title)?,
        description: template(
            "description",
            raw.description.as_deref().unwrap_or_default(),
        )?,
        labels,
        at_least: raw.at_least.map_or(1, |count| u64::from(count.max(1))),
    })
}

fn security(raw: RawSecurityEvent) -> SecurityRule {
    let reference = raw.reference.unwrap_or_else(|| "@requestId".to_owned());
    let fields = [
        (SecurityField::Account, raw.account),
        (SecurityField::Address, raw.address),
        (SecurityField::Device, raw.device),
        (SecurityField::Card, raw.card),
        (SecurityField::Amount, raw.amount),
        (SecurityField::Currency, raw.currency),
        (SecurityField::Endpoint, raw.endpoint),
        (SecurityField::Latitude, raw.latitude),
        (SecurityField::Longitude, raw.longitude),
        (SecurityField::Detail, raw.detail),
        (SecurityField::Reference, Some(reference)),
    ];
    SecurityRule {
        event: raw.event,
        fields: fields
            .into_iter()
            .filter_map(|(field, name)| Some((field, name?.into())))
            .collect(),
    }
}
