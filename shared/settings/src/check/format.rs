//! What a text must be, by the name of its format (`x-format` in the schema).

use crate::matcher::{InvalidMatcher, is_label_name};
use crate::{Duration, FailAfter, Matcher, StatusRange, routing};

/// Problem and remedy.
type Fault = (String, String);

pub(super) fn check(format: &str, text: &str) -> Result<(), Fault> {
    match format {
        "matcher" => Matcher::try_new(text).map_or_else(|e| Err(matcher(&e)), |_| Ok(())),
        "matchers" => Matcher::try_list(text).map_or_else(|e| Err(matcher(&e)), |_| Ok(())),
        "expression" => Matcher::expression("x", text)
            .checked()
            .map_or_else(|e| Err(matcher(&e)), |_| Ok(())),
        "minutes" => minutes(text),
        "duration" => duration(text).map(|_| ()),
        "interval" => interval(text),
        "start" => split(routing::start(text, "UTC")),
        "n_of_m" => split(text.parse::<FailAfter>().map_err(|error| error.to_string())),
        "status" => split(
            text.parse::<StatusRange>()
                .map_err(|error| error.to_string()),
        ),
        "instant" => split(routing::instant(text)),
        "time_zone" => calendar::check_time_zone(text)
            .map_err(|e| (format!("`{}` is no time zone", e.name), e.remedy)),
        "name" => name(text),
        "log_group" => crate::logs::group_problem(text).map_or(Ok(()), Err),
        "template" => split(crate::logs::Template::try_new(text).map_err(|e| e.to_string())),
        "extract" => extract(text),
        "metric" => metric(text),
        "namespace" => namespace(text),
        "receiver" => receiver(text),
        "label" => label(text),
        "url" => url(text),
        "runbook" => runbook(text),
        "text" if text.trim().is_empty() => Err((
            "this text is empty".to_owned(),
            "write something".to_owned(),
        )),
        _ => Ok(()),
    }
}

fn matcher(error: &InvalidMatcher) -> Fault {
    let text = error.to_string();
    match text.split_once(": ") {
        Some((problem, remedy)) if problem.starts_with('`') => {
            (problem.to_owned(), remedy.to_owned())
        }
        _ => (
            text,
            "see Alertmanager's matchers: name=\"value\", name=~\"expression\"".to_owned(),
        ),
    }
}

/// Problem and remedy of a text that has both.
pub(super) fn split<T>(outcome: Result<T, String>) -> Result<(), Fault> {
    outcome
        .map(|_| ())
        .map_err(|text| match text.split_once(": ") {
            Some((problem, remedy)) => (problem.to_owned(), remedy.to_owned()),
            None => (text, "write another value".to_owned()),
        })
}

fn duration(text: &str) -> Result<Duration, Fault> {
    Duration::try_new(text).map_err(|_| {
        (
            format!("`{text}` is no duration"),
            "write a number and a unit such as 30s, 5m, 1h30m or 24h".to_owned(),
        )
    })
}

fn interval(text: &str) -> Result<(), Fault> {
    if duration(text)?.is_zero() {
        return Err((
            format!("`{text}` is no time at all"),
            "write a number above zero and a unit, such as 5m or 4h".to_owned(),
        ));
    }
    Ok(())
}

fn minutes(text: &str) -> Result<(), Fault> {
    if duration(text)?.as_millis() < 60_000 {
        return Err((
            format!("a response within {text} cannot be promised"),
            "write at least 1m".to_owned(),
        ));
    }
    Ok(())
}

/// Alertmanager puts no limit on these names; what is left out cannot be read in a message.
fn receiver(text: &str) -> Result<(), Fault> {
    if text.trim().is_empty() || text.len() > 200 || text.chars().any(char::is_control) {
        return Err((
            format!("`{}` is no name", text.escape_debug()),
            "use at most 200 characters, and one that can be seen".to_owned(),
        ));
    }
    Ok(())
}

fn name(text: &str) -> Result<(), Fault> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if text.is_empty() || text.len() > 64 || !text.chars().all(fits) {
        return Err((
            format!("`{text}` is no name"),
            "use at most 64 letters, digits, `-`, `_` and `.`".to_owned(),
        ));
    }
    Ok(())
}

/// What makes fields of plain text has to name them.
fn extract(text: &str) -> Result<(), Fault> {
    let regex = regex::Regex::new(text).map_err(|error| {
        let problem = error.to_string();
        let last = problem.lines().last().unwrap_or_default();
        (
            format!(
                "this is no regular expression: {}",
                last.trim_start_matches("error: ")
            ),
            "see the syntax of Rust's crate regex, which is RE2's".to_owned(),
        )
    })?;
    if regex.capture_names().flatten().next().is_none() {
        return Err((
            "this expression names no field".to_owned(),
            r"add a named group, such as (?P<status>\d+)".to_owned(),
        ));
    }
    Ok(())
}

fn metric(text: &str) -> Result<(), Fault> {
    let fits = |c: char| c.is_ascii_graphic() || c == ' ';
    if text.is_empty()
        || text.len() > 255
        || text.starts_with([':', ' '])
        || !text.chars().all(fits)
    {
        return Err((
            format!("`{}` is no name of a metric", text.escape_debug()),
            "use at most 255 characters of ASCII, such as PaymentsSucceeded".to_owned(),
        ));
    }
    Ok(())
}

fn namespace(text: &str) -> Result<(), Fault> {
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_/#:".contains(c);
    if text.is_empty() || text.len() > 255 || text.starts_with("AWS/") || !text.chars().all(fits) {
        return Err((
            format!("`{}` is no namespace", text.escape_debug()),
            "use at most 255 letters, digits and `.-_/#:`, and do not begin with AWS/".to_owned(),
        ));
    }
    Ok(())
}

fn label(text: &str) -> Result<(), Fault> {
    if !is_label_name(text) {
        return Err((
            format!("`{text}` is no label name"),
            "write one without spaces, commas, quotes, braces or signs".to_owned(),
        ));
    }
    Ok(())
}

fn url(text: &str) -> Result<(), Fault> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let well_formed = rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && !text.contains(char::is_whitespace)
    });
    if well_formed {
        return Ok(());
    }
    Err((
        format!("`{text}` is no web address"),
        "begin it with https://".to_owned(),
    ))
}

fn runbook(text: &str) -> Result<(), Fault> {
    if text.contains("://") {
        return url(text);
    }
    if text.trim().is_empty() || text.contains(char::is_whitespace) {
        return Err((
            format!("`{text}` is no runbook"),
            "write a web address, or a name below runbook_base without spaces".to_owned(),
        ));
    }
    Ok(())
}
