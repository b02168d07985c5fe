//! An incident as the API and the page show it.

use alert_classification::{Labels, Measurement};
use engine::IncidentView;
use incident::{
    Acknowledgement, Act, AlertPhase, IncidentSummary, PastEpisode, TimelineEntry, TimelineEvent,
    TrackedAlert, Verdict,
};
use jiff::{SignedDuration, Timestamp};
use report::{Case, Why};
use serde::Serialize;
use settings::Priority;

use incident::{Policy, Silence};

/// The most alerts that a document names.
const ALERTS: usize = 50;

/// An incident as the API and the page show it.
#[derive(Clone, Debug, Serialize)]
pub struct IncidentDocument {
    /// The incident.
    pub incident: IncidentSummary,
    /// Until when somebody was to answer.
    pub respond_by: Timestamp,
    /// Who has taken it on, and until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<Acknowledgement>,
    /// Whether that still counts.
    pub acknowledged: bool,
    /// When somebody first did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_acknowledged_at: Option<Timestamp>,
    /// What it turned out to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Its alerts: those that fire first, the most urgent first.
    pub alerts: Vec<AlertDocument>,
    /// How many more there are.
    pub alerts_omitted: usize,
    /// What happened, oldest first.
    pub timeline: Vec<Happening>,
    /// Earlier incidents of the same key, newest first.
    pub earlier: Vec<PastEpisode>,
    /// Whether the details are still there; of an incident that another one of its key followed, only
    /// the summary is.
    pub complete: bool,
}

/// An alert of an incident.
#[derive(Clone, Debug, Serialize)]
pub struct AlertDocument {
    /// Pairs a firing with its resolve.
    pub fingerprint: String,
    /// `firing` or `resolved`.
    pub status: AlertPhase,
    /// One line for people.
    pub title: String,
    /// What the source said.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// P1 to P4.
    pub priority: Priority,
    /// Why it has that.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The service that has the trouble.
    pub service: String,
    /// The kind of trouble.
    pub category: String,
    /// Whether a rule has classified it: then its word on service and category counts in matchers.
    #[serde(skip)]
    pub ruled: bool,
    /// What was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measurement: Option<Measurement>,
    /// What identifies it.
    pub labels: Labels,
    /// What informs about it.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub annotations: Labels,
    /// When it began.
    pub starts_at: Timestamp,
    /// When it ended, or will when nothing more is heard of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// Where to look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub console_url: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// In words.
    pub text: String,
    /// For machines.
    pub event: TimelineEvent,
}

impl IncidentDocument {
    /// The document of what is known.
    #[must_use]
    pub fn of(view: IncidentView, now: Timestamp) -> Self {
        let IncidentView {
            key: _,
            summary,
            acknowledgement,
            state,
            current,
            groups: _,
            past,
        } = view;
        let state = state.filter(|_| current);
        let episode = state.as_ref().and_then(|state| state.episode.as_ref());
        let remembered = past.iter().find(|past| past.id == summary.id);
        let verdict = episode.map_or_else(
            || remembered.and_then(|past| past.verdict.clone()),
            |e| e.verdict.clone(),
        );
        let first = episode.and_then(|episode| episode.first_acknowledged_at);
        let mut alerts: Vec<AlertDocument> = state
            .iter()
            .flat_map(|state| &state.alerts)
            .filter(|(_, alert)| {
                alert.is_firing() || episode.is_some_and(|episode| episode.has(alert))
            })
            .map(|(fingerprint, alert)| AlertDocument::of(fingerprint.to_string(), alert))
            .collect();
        alerts.sort_by_key(|alert| {
            (
                alert.status != AlertPhase::Firing,
                alert.priority,
                alert.starts_at,
            )
        });
        let alerts_omitted = alerts.len().saturating_sub(ALERTS);
        alerts.truncate(ALERTS);
        let timeline = state.iter().flat_map(|state| state.timeline.iter());
        let timeline = timeline.filter(|entry| entry.at >= summary.opened_at);
        let minutes = SignedDuration::from_mins(i64::from(summary.response_minutes));
        let mut earlier: Vec<PastEpisode> = past
            .iter()
            .filter(|past| past.opened_at < summary.opened_at)
            .cloned()
            .collect();
        earlier.reverse();
        Self {
            respond_by: summary
                .opened_at
                .checked_add(minutes)
                .unwrap_or(Timestamp::MAX),
            acknowledged: acknowledgement.as_ref().is_some_and(|ack| ack.holds(now)),
            acknowledgement,
            first_acknowledged_at: first,
            verdict,
            alerts,
            alerts_omitted,
            timeline: timeline.map(Happening::of).collect(),
            earlier,
            complete: state.is_some(),
            incident: summary,
        }
    }

    /// Whether something may still be done about it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.incident.status, incident::IncidentStatus::Open)
    }
}

impl AlertDocument {
    fn of(fingerprint: String, alert: &TrackedAlert) -> Self {
        let details = alert.details.as_deref().cloned().unwrap_or_default();
        Self {
            fingerprint,
            status: alert.phase,
            title: alert.title.clone(),
            description: details.description,
            priority: alert.priority,
            reason: details.reason,
            service: details.service.to_string(),
            category: details.category.to_string(),
            ruled: details.rule.is_some(),
            measurement: details.measurement,
            labels: details.labels,
            annotations: details.annotations,
            starts_at: alert.span.starts_at,
            ends_at: alert.span.ends_at,
            console_url: details.console_url,
            runbook: details.runbook,
        }
    }
}

impl Happening {
    fn of(entry: &TimelineEntry) -> Self {
        Self {
            at: entry.at,
            text: words(&entry.event),
            event: entry.event.clone(),
        }
    }
}

/// What happened, in words.
fn words(event: &TimelineEvent) -> String {
    let some = |alerts: &incident::Alerts, what: &str| {
        let more = alerts.count.saturating_sub(1);
        if more == 0 {
            format!("{what}: {}", alerts.title)
        } else {
            format!("{what}: {} and {more} more", alerts.title)
        }
    };
    match event {
        TimelineEvent::Opened { priority, .. } => format!("Opened as {priority}"),
        TimelineEvent::Fired(alerts) => some(alerts, "Began to fire"),
        TimelineEvent::Ended(alerts) => some(alerts, "Is over"),
        TimelineEvent::Lapsed(alerts) => some(alerts, "Nothing more was heard of it"),
        TimelineEvent::PriorityRose { from, to } => format!("Priority rose from {from} to {to}"),
        TimelineEvent::Resolved { .. } => "Resolved".to_owned(),
        TimelineEvent::Reopened { .. } => "Goes on".to_owned(),
        TimelineEvent::ResolveWithoutFiring(alerts) => {
            some(alerts, "Is over, and was never heard of")
        }
        TimelineEvent::Informed(alerts) => some(alerts, "Happened"),
        TimelineEvent::Full(alerts) => some(alerts, "More alerts than are kept"),
        TimelineEvent::Flapping { title, until } => {
            format!(
                "Comes and goes, nobody is told until {}: {title}",
                clock(*until)
            )
        }
        TimelineEvent::Acted { by, act } => format!("{}: {}", by.who, deed(act)),
    }
}

/// What somebody did, in words.
#[must_use]
pub fn deed(act: &Act) -> String {
    match act {
        Act::Acknowledge { until: None } => "acknowledged".to_owned(),
        Act::Acknowledge { until: Some(until) } => format!("acknowledged until {}", clock(*until)),
        Act::Unacknowledge => "gave it back".to_owned(),
        Act::Resolve { verdict, why } => {
            let verdict = verdict.map_or("", |verdict| match verdict {
                incident::VerdictKind::TruePositive => " as real trouble",
                incident::VerdictKind::FalsePositive => " as a false alarm",
            });
            let colon = if why.is_empty() { "" } else { ": " };
            format!("resolved{verdict}{colon}{why}")
        }
        Act::Comment { text } => format!("“{text}”"),
        Act::SetPriority { priority } => format!("made it {priority}"),
    }
}

/// `14:05 UTC`.
#[must_use]
pub fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M UTC").to_string()
}

/// How long it is from one time to another: `40 s`, `6 min`, `2 h 5 min`, `3 d 4 h`.
#[must_use]
pub fn span(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.duration_since(from).as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => two(hours, "h", minutes % 60, "min"),
        (days, hours, _) => two(days, "d", hours % 24, "h"),
    }
}

fn two(large: i64, unit: &str, small: i64, smaller: &str) -> String {
    if small == 0 {
        format!("{large} {unit}")
    } else {
        format!("{large} {unit} {small} {smaller}")
    }
}

/// Why somebody was told of an incident or nobody; none when its details are forgotten.
#[must_use]
pub fn why(
    view: &IncidentView,
    silences: &[Silence],
    policy: &Policy,
    now: Timestamp,
) -> Option<Why> {
    let state = view.state.as_deref().filter(|_| view.current)?;
    let mut case = Case::new(state, policy, now);
    case.groups = view.groups.iter().collect();
    case.silences = silences.iter().collect();
    Some(report::why(&case, None))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(0, "0 s")]
    #[test_case(59, "59 s")]
    #[test_case(400, "6 min")]
    #[test_case(7_500, "2 h 5 min")]
    #[test_case(7_200, "2 h")]
    #[test_case(273_600, "3 d 4 h")]
    #[test_case(-5, "0 s"; "the wrong way round")]
    fn spans_are_short(seconds: i64, text: &str) {
        let from = Timestamp::UNIX_EPOCH;
        assert_eq!(span(from, from + SignedDuration::from_secs(seconds)), text);
    }
}
