//! The words that all channels share: what happened, how urgent it is, what was measured against
//! what. Nothing here is escaped; each channel does that its own way.

use alert_classification::Labels;
use incident::{IncidentStatus, IncidentSummary, Notification, NotificationEvent};
use jiff::{SignedDuration, Timestamp};
use settings::Priority;

use crate::text;

/// How long a title may be where it stands in a line with other things.
const TITLE: usize = 200;

/// What happened, in capitals: `OPENED`, `STILL FIRING`, `ESCALATED`.
#[must_use]
pub const fn event_word(notification: &Notification) -> &'static str {
    match notification.event {
        NotificationEvent::Opened => "OPENED",
        NotificationEvent::Updated => "UPDATED",
        NotificationEvent::Resolved => "RESOLVED",
        NotificationEvent::Info => "INFO",
        NotificationEvent::Escalated => "ESCALATED",
        NotificationEvent::Reminder if is_open(&notification.incident) => "STILL FIRING",
        NotificationEvent::Reminder => "REMINDER",
        NotificationEvent::Flapping => "FLAPPING",
        NotificationEvent::Acknowledged => "ACKNOWLEDGED",
        NotificationEvent::Unacknowledged => "UNACKNOWLEDGED",
    }
}

/// Whether the incident still needs somebody.
#[must_use]
pub const fn is_open(incident: &IncidentSummary) -> bool {
    matches!(incident.status, IncidentStatus::Open)
}

/// Whether the message says that all it tells of is over, whatever its event is called.
#[must_use]
pub const fn is_over(notification: &Notification) -> bool {
    match notification.event {
        NotificationEvent::Resolved => true,
        // What comes and goes may be gone when it is told.
        NotificationEvent::Flapping => {
            matches!(notification.incident.status, IncidentStatus::Resolved)
        }
        NotificationEvent::Opened
        | NotificationEvent::Updated
        | NotificationEvent::Info
        | NotificationEvent::Escalated
        | NotificationEvent::Reminder
        | NotificationEvent::Acknowledged
        | NotificationEvent::Unacknowledged => false,
    }
}

/// `[P1] OPENED payments: title`, on one line of at most `most` characters; with `(+2 incidents)` behind
/// it when it is about several, however long the title is.
#[must_use]
pub fn headline(notification: &Notification, most: usize) -> String {
    let incident = &notification.incident;
    let word = event_word(notification);
    let line = format!(
        "[{}] {word} {}: {}",
        incident.priority,
        incident.service,
        title(notification)
    );
    let others = match others(notification) {
        0 => String::new(),
        some => format!(" (+{})", counted(some, "incident")),
    };
    let room = most.saturating_sub(others.len());
    text::clipped_line(&line, room) + &others
}

/// How many incidents it is about besides the most urgent one.
#[must_use]
pub fn others(notification: &Notification) -> u64 {
    u64::try_from(notification.incidents.len()).unwrap_or_default()
}

/// `open`, `resolved` or `report`.
#[must_use]
pub const fn status_word(status: IncidentStatus) -> &'static str {
    match status {
        IncidentStatus::Open => "open",
        IncidentStatus::Resolved => "resolved",
        IncidentStatus::Info => "report",
    }
}

/// Which step of which ladder tells it: `step 2 of platform, on call by rotation primary`.
#[must_use]
pub fn escalation(notification: &Notification) -> Option<String> {
    let step = notification.step.as_ref()?;
    let number = u64::from(step.step) + 1;
    let mut words = format!("step {number} of {}", step.escalation);
    if let Some(rotation) = &step.rotation {
        words.push_str(", on call by rotation ");
        words.push_str(rotation);
    }
    Some(words)
}

/// What the alerts of the group share: `service=payments, region=ap-south-1`.
#[must_use]
pub fn group(notification: &Notification) -> Option<String> {
    const SHOWN: usize = 8;
    let labels: &Labels = &notification.group_labels;
    let pair = |(name, value): (&str, &str)| format!("{name}={value}");
    let mut pairs: Vec<String> = labels.iter().take(SHOWN).map(pair).collect();
    if let Some(more @ 1..) = labels.len().checked_sub(SHOWN) {
        pairs.push(format!("{more} more"));
    }
    (!pairs.is_empty()).then(|| pairs.join(", "))
}

/// The incident's title on one line, or words in its place.
#[must_use]
pub fn title(notification: &Notification) -> String {
    let title = text::clipped_line(&notification.incident.title, TITLE);
    if title.is_empty() {
        "no title".to_owned()
    } else {
        title
    }
}

/// `P1 critical`.
#[must_use]
pub fn priority(priority: Priority) -> String {
    format!("{priority} {}", priority.word())
}

/// What the priority asks of people: "answer within 5 minutes", as long as the incident is open.
#[must_use]
pub fn expectation(notification: &Notification) -> Option<String> {
    respond_by(notification)?;
    let within = minutes(notification.incident.response_minutes);
    Some(format!("answer within {within}"))
}

/// When somebody must have answered, counted from when people were told.
#[must_use]
pub fn respond_by(notification: &Notification) -> Option<Timestamp> {
    let asks = match notification.event {
        // Whom a step tells is asked anew; a flapping alert may be told for the first time.
        NotificationEvent::Opened
        | NotificationEvent::Updated
        | NotificationEvent::Escalated
        | NotificationEvent::Flapping => is_open(&notification.incident),
        // Somebody may be on it already.
        NotificationEvent::Reminder
        | NotificationEvent::Acknowledged
        | NotificationEvent::Unacknowledged
        | NotificationEvent::Resolved
        | NotificationEvent::Info => false,
    };
    let within = SignedDuration::from_mins(i64::from(notification.incident.response_minutes));
    asks.then(|| notification.at.checked_add(within).ok())
        .flatten()
}

/// `5 minutes`, `1 hour`, `24 hours`, `90 minutes`.
#[must_use]
pub fn minutes(minutes: u32) -> String {
    if minutes >= 60 && minutes.is_multiple_of(60) {
        counted(u64::from(minutes / 60), "hour")
    } else {
        counted(u64::from(minutes), "minute")
    }
}

/// How long something took, in its two largest parts: `45 seconds`, `12 minutes`, `1 hour 5 minutes`.
#[must_use]
pub fn span(from: Timestamp, to: Timestamp) -> String {
    let seconds = u64::try_from(to.duration_since(from).as_secs()).unwrap_or_default();
    let parts = [
        (seconds / 86_400, "day"),
        (seconds % 86_400 / 3600, "hour"),
        (seconds % 3600 / 60, "minute"),
        (seconds % 60, "second"),
    ];
    let words: Vec<String> = parts
        .into_iter()
        .skip_while(|(n, _)| *n == 0)
        .take(2)
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| counted(n, word))
        .collect();
    if words.is_empty() {
        "0 seconds".to_owned()
    } else {
        words.join(" ")
    }
}

/// `1 alert`, `2 alerts`.
#[must_use]
pub fn counted(count: u64, word: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}

/// `2026-05-04 09:02:11 UTC`.
#[must_use]
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `09:02 UTC`.
#[must_use]
pub fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M UTC").to_string()
}

/// How many alerts fire and how many are over: `2 firing, 1 resolved`.
#[must_use]
pub fn counts(notification: &Notification) -> Option<String> {
    let incident = &notification.incident;
    let words: Vec<String> = [(incident.firing, "firing"), (incident.resolved, "resolved")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(5, "5 minutes")]
    #[test_case(1, "1 minute")]
    #[test_case(60, "1 hour")]
    #[test_case(90, "90 minutes")]
    #[test_case(1440, "24 hours")]
    fn response_times_are_written_for_people(count: u32, expected: &str) {
        assert_eq!(minutes(count), expected);
    }

    #[test_case(0, "0 seconds")]
    #[test_case(45, "45 seconds")]
    #[test_case(720, "12 minutes")]
    #[test_case(3605, "1 hour")]
    #[test_case(3900, "1 hour 5 minutes")]
    #[test_case(90_000, "1 day 1 hour")]
    #[test_case(-5, "0 seconds"; "clocks that disagree")]
    fn spans_are_written_for_people(seconds: i64, expected: &str) {
        let end = Timestamp::from_second(seconds).unwrap();
        assert_eq!(span(Timestamp::UNIX_EPOCH, end), expected);
    }
}
