//! `tocsin audit`: who did what about an incident, by what way and from where.

use incident::Act;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::arguments::About;
use crate::client::{self, Failure, ago, moment, one_line, path};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    about: About,
    /// Only what was done since: 2026-07-31T22:00Z, or 2h for the last two hours
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
}

/// A line of the trail.
#[derive(Deserialize)]
struct Entry {
    at: Timestamp,
    by: By,
    act: Value,
}

#[derive(Deserialize)]
struct By {
    who: String,
    via: String,
    #[serde(default)]
    from: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let About { which, common } = &arguments.about;
    let client = common.connection.client()?;
    let since = arguments.since.as_deref();
    let since = since.map(|text| ago(text, Timestamp::now())).transpose()?;
    let id = which.id(&client)?;
    let place = path(&["v1", "incidents", &id, "audit"]);
    let mut answer = client::all(&client, &place, &[], "entries", usize::MAX)?;
    if let (Some(since), Some(Value::Array(entries))) = (since, answer.body.get_mut("entries")) {
        entries.retain(|entry| {
            let at = entry.get("at").and_then(Value::as_str);
            // What has no time is not held back: it may be what somebody looks for.
            at.and_then(|at| at.parse::<Timestamp>().ok())
                .is_none_or(|at| at >= since)
        });
    }
    if common.view.is_json() {
        return common.view.document(&answer.body);
    }
    let entries = answer.body.get("entries").cloned().unwrap_or(json!([]));
    let entries: Vec<Entry> = serde_json::from_value(entries).map_err(|error| {
        Failure::Server(format!("the server's answer is not understood: {error}"))
    })?;
    let rows: Vec<Vec<String>> = entries.iter().map(row).collect();
    let head = ["when", "who", "by", "from", "what"];
    let nothing = "nobody has done anything about it";
    common.view.table(&head, &rows, nothing)?;
    match answer.body.get("unreadable").and_then(Value::as_u64) {
        None | Some(0) => {}
        Some(count) => eprintln!("{count} lines of the trail cannot be read"),
    }
    Ok(())
}

fn row(entry: &Entry) -> Vec<String> {
    let from = entry.by.from.as_deref();
    vec![
        moment(entry.at),
        one_line(&entry.by.who),
        one_line(&entry.by.via),
        from.map_or_else(|| "-".to_owned(), one_line),
        words(&entry.act),
    ]
}

/// An act in words; one of a newer server as it names it.
fn words(act: &Value) -> String {
    let text = match Act::deserialize(act) {
        Ok(Act::Acknowledge { until: None }) => "acknowledged".to_owned(),
        Ok(Act::Acknowledge { until: Some(until) }) => {
            format!("acknowledged until {}", moment(until))
        }
        Ok(Act::Unacknowledge) => "gave it back".to_owned(),
        Ok(Act::Resolve { verdict, why }) => {
            let verdict = verdict.map_or("", |verdict| match verdict {
                incident::VerdictKind::TruePositive => " as a true positive",
                incident::VerdictKind::FalsePositive => " as a false positive",
            });
            let colon = if why.is_empty() { "" } else { ": " };
            format!("resolved{verdict}{colon}{why}")
        }
        Ok(Act::Comment { text }) => format!("noted: {text}"),
        Ok(Act::SetPriority { priority }) => format!("made it {priority}"),
        Err(_newer) => act
            .get("act")
            .and_then(Value::as_str)
            .unwrap_or("did something")
            .to_owned(),
    };
    one_line(&text)
}
