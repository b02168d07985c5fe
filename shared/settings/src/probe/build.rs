//! Makes the probes of a configuration that was checked; what is faulty all the same is an error, never a guess.

use super::{
    Expectation, FailAfter, InvalidFailAfter, InvalidStatus, InvalidTarget, Probe, ProbeTarget,
    Severity, StatusRange,
};
use crate::matcher::InvalidMatcher;
use crate::raw::{RawExpectation, RawProbe};
use crate::{Duration, Matcher};

/// A probe that was not checked before it was used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidProbe {
    /// A matcher or an expression is faulty.
    #[error("a matcher is faulty")]
    Matcher(#[from] InvalidMatcher),
    /// `fail_after` is faulty.
    #[error("`fail_after` is faulty")]
    FailAfter(#[from] InvalidFailAfter),
    /// A status is faulty.
    #[error("a status is faulty")]
    Status(#[from] InvalidStatus),
    /// `target` or `credentials` is faulty.
    #[error("a name in it is faulty")]
    ProbeTarget(#[from] InvalidTarget),
}

pub(crate) fn build(raw: RawProbe) -> Result<Probe, InvalidProbe> {
    let severity = raw.severity.unwrap_or_default();
    let every = raw.every.unwrap_or_else(|| {
        Duration::from_minutes(match severity {
            Severity::Critical => 1,
            Severity::High | Severity::Medium | Severity::Low => 5,
        })
    });
    let fail_after = raw.fail_after.as_deref().map(str::parse::<FailAfter>);
    let credentials = raw.credentials.as_deref().map(ProbeTarget::try_new);
    Ok(Probe {
        target: ProbeTarget::try_new(&raw.target)?,
        credentials: credentials.transpose()?,
        fail_after: fail_after.transpose()?.unwrap_or_default(),
        expect: expectation(raw.expect.unwrap_or_default())?,
        degraded_when: matchers(&raw.degraded_when)?,
        down_when: matchers(&raw.down_when)?,
        timeout: raw.timeout.unwrap_or_else(|| Duration::from_secs(5)),
        unknown_after: raw.unknown_after.unwrap_or_else(|| {
            let thrice = Duration::from_millis(every.as_millis().saturating_mul(3));
            thrice.max(Duration::from_minutes(10))
        }),
        recover_after: raw
            .recover_after
            .map_or(2, |n| u8::try_from(n).unwrap_or(u8::MAX).max(1)),
        depends_on: raw.depends_on.into_iter().map(Into::into).collect(),
        certificate_days: raw.certificate_days.unwrap_or(14),
        redirects: raw.redirects.unwrap_or(3),
        name: raw.name.into(),
        about: raw.about,
        service: raw.service.into(),
        kind: raw.kind,
        every,
        severity,
        echo: raw.echo,
        allow_link_local: raw.allow_link_local,
    })
}

fn expectation(raw: RawExpectation) -> Result<Expectation, InvalidProbe> {
    let mut status = Vec::with_capacity(raw.status.len().max(1));
    for text in &raw.status {
        status.push(text.parse()?);
    }
    if status.is_empty() {
        status.push(StatusRange::SUCCESS);
    }
    let headers = raw.headers.iter();
    let headers =
        headers.map(|(name, value)| Matcher::expression(&name.to_ascii_lowercase(), value));
    let body_matches = raw.body_matches.iter();
    Ok(Expectation {
        status,
        headers: headers.collect(),
        body: raw.body,
        body_matches: body_matches
            .map(|text| Matcher::expression("body", text))
            .collect(),
        json: matchers(&raw.json)?,
    })
}

fn matchers(texts: &[String]) -> Result<Vec<Matcher>, InvalidProbe> {
    let read = texts.iter().map(|text| Matcher::read(text));
    Ok(read.collect::<Result<_, _>>()?)
}
