//! What a text must be, by the name of its format (`x-format` in the schema).

use crate::{Duration, Matcher};

/// Problem and remedy.
type Fault = (String, String);

pub(super) fn check(format: &str, text: &str) -> Result<(), Fault> {
    match format {
        "matcher" => matcher(text),
        "minutes" => minutes(text),
        "name" => name(text),
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

fn matcher(text: &str) -> Result<(), Fault> {
    Matcher::try_new(text).map(|_| ()).map_err(|error| {
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
    })
}

fn minutes(text: &str) -> Result<(), Fault> {
    match Duration::try_new(text) {
        Err(_) => Err((
            format!("`{text}` is no duration"),
            "write a number and a unit such as 5m, 1h30m or 24h".to_owned(),
        )),
        Ok(time) if time.as_millis() < 60_000 => Err((
            format!("a response within {text} cannot be promised"),
            "write at least 1m".to_owned(),
        )),
        Ok(_) => Ok(()),
    }
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

fn label(text: &str) -> Result<(), Fault> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    if text.is_empty() || !text.chars().all(fits) {
        return Err((
            format!("`{text}` is no label name"),
            "use letters, digits, `_`, `-`, `.` and `:`".to_owned(),
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
