//! What each kind of event means, as data: its title, what identifies it, when it fires
//! and when it is over, and what a person needs to know.
//!
//! A path is looked up in the event's detail: parts are separated by `.`, a number is a place
//! in a list, a leading `/` starts at the event itself, and `|` separates alternatives of which
//! the first that is there counts. In a template, `{path}` stands for the text at the path.

mod compute;
mod data;
mod delivery;
mod message;
mod operations;
mod security;

pub(crate) use message::MESSAGES;

use crate::alert::Status;

/// How the status of an event is found; the first test that says something decides.
pub(crate) enum Test {
    /// One of these words (upper or lower case) stands at the path.
    Is(&'static str, &'static [&'static str], Status),
    /// The word at the path is one that everybody uses for good or bad news.
    Words(&'static str),
    /// The text at the path ends in one of these.
    Ends(&'static str, &'static [&'static str], Status),
    /// The number at the path is at least this.
    AtLeast(&'static str, f64, Status),
}

/// What a kind of event means.
pub(crate) struct Kind {
    /// EventBridge's detail type, or our name for a message that has none.
    pub(crate) name: &'static str,
    /// The label `alertname`, when it is not the name: kinds that begin and end the same trouble
    /// have the same.
    pub(crate) alertname: &'static str,
    /// The title's template.
    pub(crate) title: &'static str,
    /// Labels that identify what the event is about: name and path.
    pub(crate) labels: &'static [(&'static str, &'static str)],
    /// How the status is found.
    pub(crate) tests: &'static [Test],
    /// The status when no test says anything.
    pub(crate) otherwise: Status,
    /// Where the source's own words stand.
    pub(crate) description: &'static str,
    /// What else a person needs: name and path.
    pub(crate) annotations: &'static [(&'static str, &'static str)],
    /// Where the time of the change stands, when the event's own time is not it.
    pub(crate) changed_at: &'static str,
    /// The template of a link to look further.
    pub(crate) link: &'static str,
}

impl Kind {
    /// A kind with nothing said but its name: everything else is guessed.
    const fn named(name: &'static str) -> Self {
        Self {
            name,
            alertname: "",
            title: "",
            labels: &[],
            tests: &[Test::Words(STATE)],
            otherwise: Status::Info,
            description: TEXT,
            annotations: &[],
            changed_at: "",
            link: "",
        }
    }
}

/// Where events of all kinds keep their state.
pub(crate) const STATE: &str = "state|status|State|Status|newState|new-state|build-status|scan-status|action-status|compliance-status|result|outcome|severity|level|eventType|StatusCode";

/// Where they keep their words.
pub(crate) const TEXT: &str = "description|Description|message|Message|reason|Reason|statusReason|StatusMessage|cause|Cause|detail|text|summary|notificationBody|error|errorMessage";

/// What is known about an EventBridge detail type.
pub(crate) fn of_detail_type(name: &str) -> Option<&'static Kind> {
    [
        compute::KINDS,
        data::KINDS,
        delivery::KINDS,
        operations::KINDS,
        security::KINDS,
    ]
    .into_iter()
    .flatten()
    .find(|kind| kind.name == name)
}

/// The status that a word stands for, if it is good or bad news in anybody's language.
pub(crate) fn status_of_word(word: &str) -> Option<Status> {
    const BAD: &[&str] = &[
        "FAILED",
        "FAILURE",
        "FAIL",
        "ERROR",
        "ERRORED",
        "FAULT",
        "TIMED_OUT",
        "TIMEDOUT",
        "TIMEOUT",
        "ABORTED",
        "CRITICAL",
        "NON_COMPLIANT",
        "NONCOMPLIANT",
        "UNHEALTHY",
        "IMPAIRED",
        "DEGRADED",
        "ALARM",
        "EXPIRED",
        "WARN",
        "WARNING",
        "DOWN",
        "UNSUCCESSFUL",
        "TERMINATED_WITH_ERRORS",
        "CLIENT_ERROR",
        "STOPPED_WITH_ERRORS",
        "FIRING",
        "PARTIAL",
        "LOST",
        "CRASHED",
        "OUTAGE",
        "REJECTED",
        "BLOCKED",
        "UNAVAILABLE",
        "OFFLINE",
        "DISCONNECTED",
    ];
    const GOOD: &[&str] = &[
        "SUCCEEDED",
        "SUCCESS",
        "SUCCESSFUL",
        "SUCCEED",
        "COMPLETED",
        "COMPLETE",
        "OK",
        "COMPLIANT",
        "HEALTHY",
        "RESOLVED",
        "PASSED",
        "PASS",
        "RECOVERED",
        "UP",
        "CLOSED",
        "FIXED",
    ];
    if word.is_empty() || word.len() > 64 {
        return None;
    }
    let word: String = word
        .trim()
        .chars()
        .map(|c| {
            if c == ' ' || c == '-' {
                '_'
            } else {
                c.to_ascii_uppercase()
            }
        })
        .collect();
    if BAD.contains(&word.as_str())
        || word.ends_with("_FAILED")
        || word.ends_with("_FAILURE")
        || word.ends_with("_ERROR")
    {
        Some(Status::Firing)
    } else if GOOD.contains(&word.as_str()) || word.ends_with("_SUCCEEDED") {
        Some(Status::Resolved)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{compute, data, delivery, operations, security};

    #[test]
    fn every_kind_is_described_once() {
        let tables = [
            compute::KINDS,
            data::KINDS,
            delivery::KINDS,
            operations::KINDS,
            security::KINDS,
        ];
        let mut names: Vec<_> = tables.into_iter().flatten().map(|kind| kind.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
