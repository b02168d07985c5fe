//! Why somebody is told, in words.

use jiff::SignedDuration;
use settings::Priority;

use super::retention::MAX_TRACKED;

/// How an open episode grew.
pub(super) struct Growth {
    pub(super) opened: bool,
    pub(super) began: usize,
    pub(super) again: usize,
    pub(super) rose: usize,
    pub(super) priority: Option<(Priority, Priority)>,
    pub(super) overflow: usize,
}

/// "the priority rose from P3 to P1; 2 more alerts began to fire".
pub(super) fn growth(growth: &Growth) -> String {
    let mut parts = Vec::new();
    if let Some((from, to)) = growth.priority {
        parts.push(format!("the priority rose from {from} to {to}"));
    } else if growth.rose > 0 {
        parts.push(format!("{} became more urgent", alerts(growth.rose, "")));
    }
    if growth.began > 0 {
        let more = if growth.opened { "" } else { "more " };
        parts.push(format!("{} began to fire", alerts(growth.began, more)));
    }
    match growth.again {
        0 => {}
        1 => parts.push("1 alert fired again, its recovery was never heard of".to_owned()),
        many => parts.push(format!(
            "{many} alerts fired again, their recoveries were never heard of"
        )),
    }
    if growth.overflow > 0 {
        parts.push(format!(
            "the incident is full: it tracks {MAX_TRACKED} alerts, and {} not tracked",
            match growth.overflow {
                1 => "1 that fires is".to_owned(),
                many => format!("{many} that fire are"),
            }
        ));
    }
    parts.join("; ")
}

/// "all 3 alerts are resolved".
pub(super) fn resolved(alerts: u32) -> String {
    match alerts {
        0 | 1 => "the alert is resolved".to_owned(),
        many => format!("all {many} alerts are resolved"),
    }
}

/// "nothing was heard of the alert for 24 hours: it counts as over".
pub(super) fn lapsed(alerts: usize, silence: SignedDuration) -> String {
    let time = match (silence.as_hours(), silence.as_mins()) {
        (0, 1) => "1 minute".to_owned(),
        (0, minutes) => format!("{minutes} minutes"),
        (1, _) => "1 hour".to_owned(),
        (hours, _) => format!("{hours} hours"),
    };
    match alerts {
        0 | 1 => format!("nothing was heard of the alert for {time}: it counts as over"),
        many => format!("nothing was heard of {many} alerts for {time}: they count as over"),
    }
}

/// "2 events were reported that open no incident".
pub(super) fn informed(events: usize) -> String {
    match events {
        1 => "1 event was reported that opens no incident".to_owned(),
        many => format!("{many} events were reported that open no incident"),
    }
}

fn alerts(count: usize, more: &str) -> String {
    match count {
        1 => format!("1 {more}alert"),
        many => format!("{many} {more}alerts"),
    }
}
