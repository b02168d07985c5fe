//! Why somebody is told, in words.

use jiff::SignedDuration;

use crate::notification::NotificationEvent;

/// What a message is about.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Counts {
    pub(super) firing: u32,
    pub(super) resolved: u32,
    /// Of those that fire, what the target did not know.
    pub(super) began: u32,
    pub(super) flapping: u32,
    pub(super) overflow: u32,
}

/// "2 more alerts began to fire; 1 alert is resolved".
pub(super) fn news(event: NotificationEvent, counts: Counts, known: bool) -> String {
    let mut parts = Vec::new();
    match event {
        NotificationEvent::Resolved => return resolved(counts.resolved),
        NotificationEvent::Reminder => parts.push(format!(
            "{} still {}",
            alerts(counts.firing, ""),
            if counts.firing == 1 { "fires" } else { "fire" }
        )),
        NotificationEvent::Flapping => parts.push(format!(
            "{} {} again and again; nothing more is told until it has been calm",
            alerts(counts.flapping, ""),
            if counts.flapping == 1 {
                "fires and ends"
            } else {
                "fire and end"
            }
        )),
        NotificationEvent::Opened
        | NotificationEvent::Updated
        | NotificationEvent::Escalated
        | NotificationEvent::Acknowledged
        | NotificationEvent::Unacknowledged
        | NotificationEvent::Info => {
            if counts.began > 0 {
                let more = if known { "more " } else { "" };
                parts.push(format!("{} began to fire", alerts(counts.began, more)));
            }
            if counts.resolved > 0 {
                let is = if counts.resolved == 1 { "is" } else { "are" };
                parts.push(format!("{} {is} resolved", alerts(counts.resolved, "")));
            }
        }
    }
    if counts.overflow > 0 {
        parts.push(format!(
            "the group is full: {} of it not kept",
            match counts.overflow {
                1 => "1 more alert is".to_owned(),
                many => format!("{many} more alerts are"),
            }
        ));
    }
    parts.join("; ")
}

fn resolved(count: u32) -> String {
    match count {
        0 | 1 => "the alert is resolved".to_owned(),
        many => format!("all {many} alerts are resolved"),
    }
}

/// "nobody has acknowledged for 5 minutes: step 1 of the escalation".
pub(super) fn escalated(step: u32, waited: SignedDuration, incidents: usize) -> String {
    if step == 0 {
        return match incidents {
            1 => "an incident begins its escalation".to_owned(),
            many => format!("{many} incidents begin their escalation"),
        };
    }
    format!("nobody has acknowledged for {}", time(waited))
}

/// "the acknowledgement has run out: is somebody still on it?".
pub(super) fn resumed(incidents: usize) -> String {
    match incidents {
        1 => "the acknowledgement has run out: is somebody still on it?".to_owned(),
        many => format!("{many} acknowledgements have run out: is somebody still on it?"),
    }
}

/// "anna has acknowledged".
pub(super) fn acknowledged(who: &str) -> String {
    format!("{who} has acknowledged")
}

/// "anna is no longer on it".
pub(super) fn unacknowledged(who: &str) -> String {
    format!("{who} is no longer on it")
}

/// "the alert ended and fires anew: that is another incident".
pub(super) fn followed() -> String {
    "the alert ended and fires anew, which is another incident".to_owned()
}

/// "2 events were reported that open no incident".
pub(super) fn informed(events: usize) -> String {
    match events {
        1 => "1 event was reported that opens no incident".to_owned(),
        many => format!("{many} events were reported that open no incident"),
    }
}

fn alerts(count: u32, more: &str) -> String {
    match count {
        1 => format!("1 {more}alert"),
        many => format!("{many} {more}alerts"),
    }
}

fn time(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    let (number, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..7_200 => (seconds / 60, "minute"),
        _ => (seconds / 3_600, "hour"),
    };
    if number == 1 {
        format!("1 {unit}")
    } else {
        format!("{number} {unit}s")
    }
}
