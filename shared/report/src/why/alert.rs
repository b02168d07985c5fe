//! Explains one alert.

use incident::{Act, TimelineEvent};

use super::document::{Classification, Coming, ComingKind, SetBy, WhyAlert};
use super::{next, passed, place};
use crate::case::Case;
use crate::facts::Known;
use crate::moment::Moment;
use crate::words;

pub(super) fn explain(case: &Case<'_>, known: Known<'_>) -> WhyAlert {
    let alert = known.alert;
    let placings = case.placings(known);
    let places: Vec<_> = placings
        .iter()
        .map(|placing| place::explain(case, known, placing))
        .collect();
    let mut coming = Vec::new();
    if let Some(lapse) = lapse(case, known) {
        coming.push(lapse);
    }
    next::sort(&mut coming);
    WhyAlert {
        fingerprint: known.fingerprint.to_string(),
        title: alert.title.clone(),
        firing: alert.is_firing(),
        since: alert.span.starts_at.into(),
        until: alert.span.ends_at.map(Moment::from),
        classification: classification(case, known),
        places,
        passed_over: passed::over(case, known),
        because: because(case, known),
        next: coming,
    }
}

fn classification(case: &Case<'_>, known: Known<'_>) -> Option<Classification> {
    let (summary, service) = case.summary(known)?;
    let own = known.alert.priority;
    let set_by = (summary.priority != own).then(|| {
        let mut acts = case.state.timeline.iter().rev();
        let found = acts.find_map(|entry| {
            let TimelineEvent::Acted {
                by,
                act: Act::SetPriority { .. },
            } = &entry.event
            else {
                return None;
            };
            Some((by.who.to_string(), Moment::from(entry.at)))
        });
        let (who, at) = found.map_or((String::new(), None), |(who, at)| (who, Some(at)));
        SetBy {
            who,
            at,
            instead_of: own,
        }
    });
    let minutes = known
        .alert
        .details
        .as_deref()
        .map_or(0, |details| details.response_minutes);
    Some(Classification {
        priority: summary.priority,
        rule: summary.rule.as_ref().map(ToString::to_string),
        reason: summary.reason.clone(),
        category: summary.category.to_string(),
        service: service.to_string(),
        response_minutes: match minutes {
            0 => case.policy.response_minutes(summary.priority),
            minutes => minutes,
        },
        set_by,
    })
}

fn because(case: &Case<'_>, known: Known<'_>) -> Vec<String> {
    let at = |time| words::time(time, case.now);
    let alert = known.alert;
    let mut because = Vec::new();
    match classification(case, known) {
        None => because.push(
            "its details were given up for want of room, so its routes are not worked out anew"
                .to_owned(),
        ),
        Some(class) => {
            let rule = class.rule.as_ref().map_or_else(
                || "no rule matches it".to_owned(),
                |rule| format!("rule {rule} decided"),
            );
            let reason = if class.reason.is_empty() {
                String::new()
            } else {
                format!(": {}", class.reason)
            };
            because.push(format!("it is {}, {rule}{reason}", class.priority));
            if let Some(set) = &class.set_by {
                let who = if set.who.is_empty() {
                    "somebody"
                } else {
                    &set.who
                };
                because.push(format!(
                    "{who} made it {} instead of {}",
                    class.priority, set.instead_of
                ));
            }
        }
    }
    if alert.is_firing() {
        because.push(format!("it fires since {}", at(alert.span.starts_at)));
    } else {
        let end = alert.span.ends_at.unwrap_or(alert.changed_at);
        because.push(if alert.lapsed && alert.span.timeout {
            format!(
                "it counts as over since {}: nothing more was heard of it",
                at(end)
            )
        } else {
            format!("it is over since {}", at(end))
        });
    }
    let turns = &alert.turns;
    if let Some(until) = turns.flapping_until.filter(|until| case.now < *until) {
        because.push(format!(
            "it changed {} lately and counts as flapping until {}, if it is calm until then",
            words::count(turns.at.len(), "time"),
            at(until)
        ));
    }
    because
}

fn lapse(case: &Case<'_>, known: Known<'_>) -> Option<Coming> {
    let alert = known.alert;
    let end = alert.span.ends_at.filter(|_| alert.is_firing())?;
    let sentence = if alert.span.timeout {
        format!(
            "the alert {} counts as over at {} unless its source says again that it fires",
            words::line(&alert.title),
            words::time(end, case.now)
        )
    } else {
        format!(
            "the alert {} ends at {}, as its source said",
            words::line(&alert.title),
            words::time(end, case.now)
        )
    };
    Some(Coming {
        at: Some(end.into()),
        what: ComingKind::Lapse,
        to: Vec::new(),
        sentence,
    })
}
