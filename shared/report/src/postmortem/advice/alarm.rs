//! Whether what reports trouble, and what holds its reports back, is set up well.

use incident::{Act, Episode, SuppressionReason, TimelineEvent};
use settings::Priority;

use super::Advice;
use crate::case::Case;
use crate::postmortem::document::RecommendationKind as Kind;
use crate::postmortem::evidence::silences;
use crate::postmortem::timeline::of_episode;
use crate::words;

/// Services of AWS that tell of trouble which an alarm or a probe of the team's own could have noticed.
/// What the others tell (findings about security, budgets, deployments) has no metric to watch.
const OPERATIONAL: [&str; 9] = [
    "aws.autoscaling",
    "aws.docdb",
    "aws.ec2",
    "aws.ecs",
    "aws.elasticache",
    "aws.health",
    "aws.lambda",
    "aws.rds",
    "aws.states",
];

/// Whether AWS's own events were all that told of it.
pub(super) fn missing(case: &Case<'_>, advice: &mut Advice) {
    let mut evidence = Vec::new();
    for known in case.alerts() {
        let Some(details) = known.alert.details.as_deref() else {
            continue;
        };
        if !OPERATIONAL.contains(&details.source.as_str()) {
            return;
        }
        evidence.push(format!(
            "{} came from {} ({}); no alarm or probe of service {} fired",
            known.alert.title, details.source, details.kind, details.service
        ));
    }
    advice.add(
        Kind::MissingAlarm,
        "Add an alarm or a probe that notices it: only AWS told of it",
        evidence,
    );
}

pub(super) fn corrected(case: &Case<'_>, episode: &Episode, advice: &mut Advice) {
    let highest: Option<Priority> = case.alerts().iter().map(|known| known.alert.priority).min();
    let acts = of_episode(case, episode).filter_map(|entry| {
        let TimelineEvent::Acted {
            by,
            act: Act::SetPriority { priority },
        } = &entry.event
        else {
            return None;
        };
        let ruled = highest.filter(|highest| highest != priority)?;
        let at = words::full(entry.at);
        Some(format!(
            "{} made it {priority} at {at}; its rules say {ruled}",
            by.who
        ))
    });
    advice.add(
        Kind::Priority,
        "Give the rule the priority that people gave the incident",
        acts.collect(),
    );
}

pub(super) fn flapping(case: &Case<'_>, episode: &Episode, advice: &mut Advice) {
    let flaps = of_episode(case, episode).filter_map(|entry| {
        let TimelineEvent::Flapping { title, .. } = &entry.event else {
            return None;
        };
        let rule = case.alerts().into_iter().find_map(|known| {
            let details = known.alert.details.as_deref()?;
            (known.alert.title == *title)
                .then(|| details.rule.clone())
                .flatten()
        });
        let rule = rule
            .map(|rule| format!(" (rule {rule})"))
            .unwrap_or_default();
        let often = case.policy.flapping().map_or_else(
            || "too often".to_owned(),
            |damping| {
                let window = words::span(damping.window);
                format!("{} times within {window}", damping.changes)
            },
        );
        Some(format!(
            "{title}{rule} changed {often} by {}",
            words::full(entry.at)
        ))
    });
    advice.add(
        Kind::Flapping,
        "Calm the alarm: give it different thresholds for beginning and ending, or a longer period",
        flaps.collect(),
    );
}

/// What is to be said of single alerts.
pub(super) fn alerts(case: &Case<'_>, advice: &mut Advice) {
    let (mut ruleless, mut runbookless, mut lapsed) = (Vec::new(), Vec::new(), Vec::new());
    for known in case.alerts() {
        let alert = known.alert;
        if alert.lapsed && alert.span.timeout {
            let last = words::full(alert.seen_at);
            lapsed.push(format!("{} was last heard of at {last}", alert.title));
        }
        let Some(details) = alert.details.as_deref() else {
            continue;
        };
        if details.rule.is_none() {
            ruleless.push(format!(
                "{} ({} {}) is matched by no rule and was taken for {}",
                alert.title, details.source, details.kind, alert.priority
            ));
        }
        if details.runbook.is_none() {
            let of = details.rule.as_ref().map_or_else(
                || format!("service {}", details.service),
                |rule| format!("rule {rule} of service {}", details.service),
            );
            let fact = format!("{} has none ({of})", alert.title);
            runbookless.push(fact);
        }
    }
    advice.add(
        Kind::Classification,
        "Write a rule, so that its priority is a decision",
        ruleless,
    );
    advice.add(
        Kind::Runbook,
        "Write down what to do, and name it as the runbook of the rule or the service",
        runbookless,
    );
    advice.add(
        Kind::Lapse,
        "Let the source say when it is over, or set resolve_timeout to what fits it",
        lapsed,
    );
}

pub(super) fn ended_silences(case: &Case<'_>, episode: &Episode, advice: &mut Advice) {
    let end = episode.resolved_at.unwrap_or(case.now);
    let ended = silences(case)
        .into_iter()
        .filter(|silence| silence.ends_at > episode.opened_at && silence.ends_at < end)
        .map(|silence| {
            format!(
                "silence {} of {} ended at {} while it was going on",
                silence.id,
                silence.created_by.who,
                words::full(silence.ends_at)
            )
        });
    advice.add(
        Kind::Silence,
        "Look whether the silence was too short, or hid what should have been told sooner",
        ended.collect(),
    );
}

pub(super) fn overflow(case: &Case<'_>, episode: &Episode, advice: &mut Advice) {
    let mut evidence = Vec::new();
    if let Some(at) = episode.overflowed_at {
        evidence.push(format!(
            "at {} the incident had more alerts than are kept ({})",
            words::full(at),
            incident::MAX_TRACKED
        ));
    }
    for group in case.concerned() {
        let lost = group
            .counters
            .suppressed
            .get(&SuppressionReason::GroupFull)
            .copied();
        let lost = lost.unwrap_or_default().max(u64::from(group.overflow));
        if lost > 0 {
            evidence.push(format!(
                "the group {} had no room for {lost} alerts",
                group.key
            ));
        }
    }
    advice.add(
        Kind::Overflow,
        "Let one alert stand for many: inhibit them by what causes them, or group them otherwise at the source",
        evidence,
    );
}
