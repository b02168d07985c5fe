//! Whether people heard of it, and answered.

use incident::{Episode, GroupEvent, SuppressionReason};

use super::{Advice, minutes, of};
use crate::case::Case;
use crate::postmortem::document::{Figure, FigureName, Promise, RecommendationKind as Kind};
use crate::postmortem::evidence::{held_by, steps};
use crate::words;

pub(super) fn notification(
    case: &Case<'_>,
    episode: &Episode,
    figures: &[Figure],
    advice: &mut Advice,
) {
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

pub(super) fn acknowledgement(
    case: &Case<'_>,
    episode: &Episode,
    figures: &[Figure],
    advice: &mut Advice,
) {
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

pub(super) fn ladders(case: &Case<'_>, episode: &Episode, advice: &mut Advice) {
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
