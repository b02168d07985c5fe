//! What happened, from all that is remembered, in order.

use incident::{
    Act, Alerts, Episode, GroupEvent, GroupState, Timeline, TimelineEntry, TimelineEvent,
};
use jiff::Timestamp;

use super::document::{Event, EventSource};
use super::evidence::{held_by, steps};
use super::people;
use crate::case::Case;
use crate::words;

/// How many entries a group's log keeps.
const LOG: usize = 100;

/// The events in order, and whether all are there.
pub(super) fn merge(case: &Case<'_>, episode: &Episode) -> (Vec<Event>, bool) {
    let mut events = Vec::new();
    let mut push = |at: Timestamp, source, text: String| {
        events.push(Event {
            at: at.into(),
            source,
            text: words::line(&text),
        });
    };
    if episode.started_at < episode.opened_at {
        push(
            episode.started_at,
            EventSource::Source,
            "the trouble began, as its source says".into(),
        );
    }
    let mut has_opening = false;
    for entry in of_episode(case, episode) {
        has_opening |= matches!(&entry.event, TimelineEvent::Opened { .. });
        if let Some(text) = incident_text(&entry.event) {
            push(entry.at, EventSource::Incident, text);
        }
    }
    if !has_opening {
        push(
            episode.opened_at,
            EventSource::Incident,
            "the incident was opened".into(),
        );
    }
    for deed in people::deeds(case, episode) {
        push(
            deed.at.get(),
            EventSource::Person,
            format!("{} {}", deed.who, deed.what),
        );
    }
    for remediation in &case.remediations {
        if remediation.at >= episode.opened_at {
            let outcome = match remediation.succeeded {
                Some(true) => "it succeeded",
                Some(false) => "it failed",
                None => "its outcome is not known",
            };
            let text = format!("{}: {outcome} {}", remediation.what, remediation.detail);
            push(
                remediation.at,
                EventSource::Remediation,
                text.trim_end().to_owned(),
            );
        }
    }
    for (at, text) in silences(case, episode) {
        push(at, EventSource::Silence, text);
    }
    let log = case.group_log();
    for (group, entry) in &log {
        if let Some((source, text)) = group_text(group, &entry.event) {
            push(entry.at, source, text);
        }
    }
    for (group, step) in steps(case, episode) {
        let told = log.iter().any(|(of, entry)| {
            of.key == group.key
                && entry.at == step.at
                && matches!(&entry.event, GroupEvent::Told { step: Some(at), .. } if *at == step.step)
        });
        if !told {
            let to = if step.to.is_empty() {
                "nobody".to_owned()
            } else {
                words::list(&step.to)
            };
            let number = u64::from(step.step) + 1;
            push(
                step.at,
                EventSource::Ladder,
                format!("step {number} of {} reached {to}", step.escalation),
            );
        }
    }
    // Of one instant and source they stay in the order in which they were decided.
    events.sort_by_key(|event| (event.at, event.source));
    events.dedup();
    let cut = case.concerned().iter().any(|group| is_cut(group, episode));
    (events, has_opening && !cut)
}

fn is_cut(group: &GroupState, episode: &Episode) -> bool {
    let first = group.log.first();
    group.log.len() >= LOG && first.is_some_and(|first| first.at > episode.opened_at)
}

/// The entries of the episode: those since the version that opened it.
pub(super) fn of_episode<'a>(
    case: &Case<'a>,
    episode: &Episode,
) -> impl Iterator<Item = &'a TimelineEntry> {
    let opened = episode.opened_version;
    let timeline: &'a Timeline = &case.state.timeline;
    let mut began = false;
    let id = episode.id.clone();
    timeline.iter().filter(move |entry| {
        // One decision may end the episode before and open this one.
        let other = matches!(&entry.event, TimelineEvent::Resolved { id: other } if *other != id);
        began |= matches!(&entry.event, TimelineEvent::Opened { .. }) && entry.version == opened;
        entry.version >= opened && !other && (began || entry.version > opened)
    })
}

fn incident_text(event: &TimelineEvent) -> Option<String> {
    let some = |alerts: &Alerts| match alerts.count {
        0 | 1 => alerts.title.clone(),
        2 => format!("{} and 1 more", alerts.title),
        count => format!("{} and {} more", alerts.title, count.saturating_sub(1)),
    };
    Some(match event {
        TimelineEvent::Opened { priority, .. } => format!("the incident was opened as {priority}"),
        TimelineEvent::Fired(alerts) => format!("began to fire: {}", some(alerts)),
        TimelineEvent::Ended(alerts) => format!("ended: {}", some(alerts)),
        TimelineEvent::Lapsed(alerts) => {
            format!(
                "counts as over, since nothing more was heard of it: {}",
                some(alerts)
            )
        }
        TimelineEvent::PriorityRose { from, to } => {
            format!("the priority rose from {from} to {to}")
        }
        TimelineEvent::Resolved { .. } => "the incident was resolved".to_owned(),
        TimelineEvent::Reopened { .. } => "the incident went on before its end was told".to_owned(),
        TimelineEvent::ResolveWithoutFiring(alerts) => {
            format!("ended without having fired here: {}", some(alerts))
        }
        TimelineEvent::Informed(alerts) => format!("was reported: {}", some(alerts)),
        TimelineEvent::Full(alerts) => {
            format!(
                "more alerts fire than are kept, so these are only counted: {}",
                some(alerts)
            )
        }
        TimelineEvent::Flapping { title, until } => format!(
            "flaps, so that no more is told of it until {}, if it is calm: {title}",
            words::clock(*until)
        ),
        // Together with the audit trail.
        TimelineEvent::Acted { .. } => return None,
    })
}

fn group_text(group: &GroupState, event: &GroupEvent) -> Option<(EventSource, String)> {
    Some(match event {
        GroupEvent::Told {
            notification: _,
            receiver,
            channels,
            event,
            reason,
            step,
            incidents: _,
        } => {
            let channels: Vec<&str> = channels.iter().map(|channel| channel.as_str()).collect();
            let step = step.map(|step| format!(", step {} of the ladder", u64::from(step) + 1));
            let text = format!(
                "told {receiver} by {} ({}{}): {reason}",
                words::list(&channels),
                event.as_str(),
                step.unwrap_or_default()
            );
            (EventSource::Notification, text)
        }
        GroupEvent::Held { title, muted, .. } => (
            EventSource::Group,
            format!(
                "held back: {title}, {} (route {})",
                held_by(muted),
                group.route
            ),
        ),
        GroupEvent::Released { title, .. } => (
            EventSource::Group,
            format!("no longer held back: {title} (route {})", group.route),
        ),
        GroupEvent::Resumed { .. } => (
            EventSource::Ladder,
            "the acknowledgement ran out, and the ladder went on".to_owned(),
        ),
    })
}

/// The silences that match an alert of the episode and began or ended in it.
fn silences(case: &Case<'_>, episode: &Episode) -> Vec<(Timestamp, String)> {
    let end = episode.resolved_at.unwrap_or(case.now);
    let during = |at: Timestamp| at >= episode.opened_at && at <= end;
    let mut found = Vec::new();
    for silence in super::evidence::silences(case) {
        let who = &silence.created_by.who;
        let id = &silence.id;
        if during(silence.starts_at) {
            let kind = if silence.maintenance {
                "maintenance"
            } else {
                "silence"
            };
            let until = words::full(silence.ends_at);
            found.push((
                silence.starts_at,
                format!("{kind} {id} of {who} began, until {until}"),
            ));
        }
        if during(silence.ends_at) {
            found.push((silence.ends_at, format!("silence {id} of {who} ended")));
        }
    }
    found
}

/// An act in words: "acknowledged until 14:05:30".
pub(super) fn act_text(act: &Act) -> String {
    match act {
        Act::Acknowledge { until: None } => "acknowledged".to_owned(),
        Act::Acknowledge { until: Some(until) } => {
            format!("acknowledged until {}", words::full(*until))
        }
        Act::Unacknowledge => "gave it back".to_owned(),
        Act::Resolve { verdict, why } => {
            let verdict = verdict.map(|kind| format!(" as a {}", super::verdict_name(kind)));
            let why = if why.is_empty() {
                String::new()
            } else {
                format!(": {why}")
            };
            format!("resolved it{}{why}", verdict.unwrap_or_default())
        }
        Act::Comment { text } => format!("wrote: {text}"),
        Act::SetPriority { priority } => format!("made it {priority}"),
    }
}
