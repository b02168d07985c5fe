//! What is to be learnt. Each recommendation is derived from facts and names them.

use incident::{Act, Episode, GroupEvent, SuppressionReason, TimelineEvent};
use settings::Priority;

use super::document::{
    Figure, FigureName, Promise, Recommendation, RecommendationKind as Kind, Similar,
};
use super::evidence::{held_by, silences, steps};
use super::timeline::of_episode;
use super::verdict_name;
use crate::case::Case;
use crate::facts::response_seconds;
use crate::words;

/// The most facts that one recommendation names.
const FACTS: usize = 5;
/// Trouble that was there for so many seconds before it was noticed was noticed late, whatever its
/// priority.
const SLOW: i64 = 15 * 60;

pub(super) fn derive(
    case: &Case<'_>,
    episode: &Episode,
    figures: &[Figure],
    similar: &Similar,
) -> Vec<Recommendation> {
    let mut advice = Advice(Vec::new());
    notification(case, episode, figures, &mut advice);
    acknowledgement(case, episode, figures, &mut advice);
    ladders(case, episode, &mut advice);
    remediations(case, episode, &mut advice);
    detection(case, episode, &mut advice);
    history(episode, similar, &mut advice);
    corrected(case, episode, &mut advice);
    flapping(case, episode, &mut advice);
    alerts(case, &mut advice);
    ended_silences(case, episode, &mut advice);
    overflow(case, episode, &mut advice);
    let mut advice = advice.0;
    advice.sort_by_key(|recommendation| recommendation.kind);
    advice
}

struct Advice(Vec<Recommendation>);

impl Advice {
    /// Adds a recommendation, unless there is no fact that it follows from.
    fn add(&mut self, kind: Kind, what: impl Into<String>, mut evidence: Vec<String>) {
        if evidence.is_empty() {
            return;
        }
        let more = evidence.len().saturating_sub(FACTS);
        evidence.truncate(FACTS);
        if more > 0 {
            evidence.push(format!("and {more} more"));
        }
        let evidence = evidence.iter().map(|fact| words::line(fact)).collect();
        self.0.push(Recommendation {
            kind,
            what: words::line(&what.into()),
            evidence,
        });
    }
}

fn of(figures: &[Figure], name: FigureName) -> Option<&Figure> {
    figures.iter().find(|figure| figure.name == name)
}

fn minutes(seconds: i64) -> String {
    words::span(jiff::SignedDuration::from_secs(seconds))
}

fn notification(case: &Case<'_>, episode: &Episode, figures: &[Figure], advice: &mut Advice) {
    let Some(figure) = of(figures, FigureName::Notify) else {
        return;
    };
    let promised = figure.promised_seconds.unwrap_or_default();
    let mut evidence = Vec::new();
    match (figure.seconds, figure.promise) {
        (Some(took), Promise::Missed) => evidence.push(format!(
            "the first word came {} after the incident was opened; an answer was promised within {}",
            minutes(took),
            minutes(promised)
        )),
        (None, Promise::Missed) => evidence.push(format!(
            "nobody was told, though an answer was promised within {}",
            minutes(promised)
        )),
        (_, Promise::Met | Promise::Pending | Promise::Needless | Promise::None) => return,
    }
    for (group, entry) in case.group_log() {
        if let GroupEvent::Held { title, muted, .. } = &entry.event {
            evidence.push(format!(
                "from {} {title} was held back {} in route {}",
                words::full(entry.at),
                held_by(muted),
                group.route
            ));
        }
    }
    for group in case.concerned() {
        let lost = group.counters.suppressed.get(&SuppressionReason::NoChannel);
        if let Some(lost) = lost.filter(|lost| **lost > 0) {
            evidence.push(format!(
                "route {} has no channel that is deployed: {lost} of its alerts reached nobody",
                group.route
            ));
        }
    }
    let what = format!(
        "Let {} alerts reach somebody in time: look at what held them back",
        episode.priority
    );
    advice.add(Kind::Notification, what, evidence);
}

fn acknowledgement(case: &Case<'_>, episode: &Episode, figures: &[Figure], advice: &mut Advice) {
    let Some(figure) = of(figures, FigureName::Acknowledge) else {
        return;
    };
    let promised = minutes(figure.promised_seconds.unwrap_or_default());
    let told = case.first_told_at();
    let heard = told.map(|told| format!("the first word was sent at {}", words::full(told)));
    match (figure.seconds, figure.promise, episode.resolved_at) {
        (Some(took), Promise::Missed, _) => {
            let late = format!(
                "it was acknowledged after {}; {promised} were promised for {}",
                minutes(took),
                episode.priority
            );
            let evidence = std::iter::once(late).chain(heard).collect();
            advice.add(
                Kind::Acknowledgement,
                "Make sure that whoever is on call hears the first word and can answer it at once",
                evidence,
            );
        }
        (None, Promise::Missed, resolved) => {
            let end = resolved.map_or("is still open", |_| "was resolved");
            let nobody = format!(
                "nobody acknowledged within the {promised} that were promised for {}; the incident {end}",
                episode.priority
            );
            let evidence = std::iter::once(nobody).chain(heard).collect();
            advice.add(
                Kind::Acknowledgement,
                "Find out why nobody acknowledged: is the right person on call, and does the message reach them?",
                evidence,
            );
        }
        (None, Promise::Needless, Some(resolved)) if told.is_some() => advice.add(
            Kind::Unattended,
            "It ended before anybody had to answer: consider a longer evaluation period of its alarm, or a longer group_wait, so that nobody is called for what passes by itself",
            vec![format!(
                "it was resolved after {} without anybody acknowledging",
                words::between(episode.opened_at, resolved)
            )],
        ),
        _other => {}
    }
}

fn ladders(case: &Case<'_>, episode: &Episode, advice: &mut Advice) {
    let steps = steps(case, episode);
    let mut climbed = Vec::new();
    let mut exhausted = Vec::new();
    for (group, step) in steps {
        let number = u64::from(step.step) + 1;
        let round = u64::from(step.round) + 1;
        let at = words::full(step.at);
        if step.step > 0 || step.round > 0 {
            let to = if step.to.is_empty() {
                "nobody".to_owned()
            } else {
                words::list(&step.to)
            };
            climbed.push(format!(
                "step {number} of {} (round {round}) was taken at {at} and reached {to}",
                step.escalation
            ));
        }
        let escalations = &case.policy.routing().escalations;
        let policy = escalations
            .iter()
            .find(|policy| policy.name == step.escalation);
        let last = policy.is_some_and(|policy| {
            step.round >= policy.repeat
                && usize::try_from(step.step)
                    .is_ok_and(|at| at.saturating_add(1) >= policy.steps.len())
        });
        let unanswered = episode
            .first_acknowledged_at
            .is_none_or(|ack| ack > step.at);
        if last && unanswered {
            exhausted.push(format!(
                "its last step was taken at {at} in route {}, and nobody had acknowledged by then",
                group.route
            ));
        }
    }
    advice.add(
        Kind::Escalation,
        "Ask why those who were told first did not answer",
        climbed,
    );
    advice.add(
        Kind::LadderExhausted,
        "Add a further step or more rounds to the escalation: after its last step nobody more would have been told",
        exhausted,
    );
}

fn remediations(case: &Case<'_>, episode: &Episode, advice: &mut Advice) {
    let failed = case
        .remediations
        .iter()
        .filter(|it| it.succeeded == Some(false) && it.at >= episode.opened_at)
        .map(|it| {
            format!(
                "{} failed at {}: {}",
                it.what,
                words::full(it.at),
                it.detail
            )
        })
        .collect();
    advice.add(
        Kind::Remediation,
        "Mend the automatic repair, or take it out",
        failed,
    );
}

fn detection(case: &Case<'_>, episode: &Episode, advice: &mut Advice) {
    let took = episode
        .opened_at
        .duration_since(episode.started_at)
        .as_secs();
    if took > response_seconds(case, episode).min(SLOW) {
        advice.add(
            Kind::Detection,
            "Notice it sooner: a shorter period or fewer evaluation periods of its alarm, or a probe",
            vec![format!(
                "by its source the trouble began at {}, {} before the incident was opened",
                words::full(episode.started_at),
                minutes(took)
            )],
        );
    }
}

fn history(episode: &Episode, similar: &Similar, advice: &mut Advice) {
    if similar.same > 0 {
        let mut evidence = vec![format!(
            "it was there {} in the 30 days before",
            words::count(usize::try_from(similar.same).unwrap_or(usize::MAX), "time")
        )];
        let same = similar.incidents.iter().filter(|earlier| earlier.same);
        evidence.extend(same.take(FACTS - 1).map(|earlier| {
            format!(
                "{} at {}: {}",
                earlier.id,
                words::full(earlier.opened_at.get()),
                earlier.title
            )
        }));
        advice.add(
            Kind::Repetition,
            "Mend the cause: the time between failures is to be over 30 days",
            evidence,
        );
    }
    let false_positive = verdict_name(incident::VerdictKind::FalsePositive);
    let own = episode.verdict.as_ref();
    let own = own.filter(|verdict| verdict.kind == incident::VerdictKind::FalsePositive);
    let mut evidence: Vec<String> = own
        .map(|verdict| format!("{} called this one a {false_positive}", verdict.by.who))
        .into_iter()
        .collect();
    let before = similar
        .incidents
        .iter()
        .filter(|earlier| earlier.same && earlier.verdict.as_deref() == Some(false_positive));
    evidence.extend(before.map(|earlier| {
        format!(
            "{} at {} was one, too",
            earlier.id,
            words::full(earlier.opened_at.get())
        )
    }));
    if evidence.len() > 1 {
        advice.add(
            Kind::FalsePositive,
            "Change the rule or the threshold: what it reports is judged to be no trouble again and again",
            evidence,
        );
    }
}

fn corrected(case: &Case<'_>, episode: &Episode, advice: &mut Advice) {
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

fn flapping(case: &Case<'_>, episode: &Episode, advice: &mut Advice) {
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
fn alerts(case: &Case<'_>, advice: &mut Advice) {
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

fn ended_silences(case: &Case<'_>, episode: &Episode, advice: &mut Advice) {
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

fn overflow(case: &Case<'_>, episode: &Episode, advice: &mut Advice) {
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
