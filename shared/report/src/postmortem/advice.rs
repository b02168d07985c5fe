//! What is to be learnt. Each recommendation is derived from facts and names them.

mod alarm;
mod answer;

use incident::Episode;

use super::document::{Figure, FigureName, Recommendation, RecommendationKind as Kind, Similar};
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
    answer::notification(case, episode, figures, &mut advice);
    answer::acknowledgement(case, episode, figures, &mut advice);
    answer::ladders(case, episode, &mut advice);
    remediations(case, episode, &mut advice);
    detection(case, episode, &mut advice);
    history(episode, similar, &mut advice);
    alarm::missing(case, &mut advice);
    alarm::corrected(case, episode, &mut advice);
    alarm::flapping(case, episode, &mut advice);
    alarm::alerts(case, &mut advice);
    alarm::ended_silences(case, episode, &mut advice);
    alarm::overflow(case, episode, &mut advice);
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
