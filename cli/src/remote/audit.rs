//! `tocsin audit`: who did what about an incident or about silences, by what way and from where.

use incident::Act;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::arguments::Common;
use crate::client::{self, Failure, Which, ago, moment, one_line, path};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The incident: its id, or the beginning or the end of an open one's
    #[arg(value_name = "INC", required_unless_present_any = ["latest", "silences"])]
    incident: Option<String>,
    /// The open incident that opened last
    #[arg(long, conflicts_with = "incident")]
    latest: bool,
    /// Who made and ended silences
    #[arg(long, conflicts_with_all = ["incident", "latest"])]
    silences: bool,
    #[command(flatten)]
    common: Common,
    /// Only what was done since: 2026-07-31T22:00Z, or 2h for the last two hours
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
}

/// A line of the trail.
#[derive(Deserialize)]
struct Entry {
    at: Timestamp,
    by: By,
    #[serde(flatten)]
    what: What,
}

/// What was done.
#[derive(Deserialize)]
#[serde(untagged)]
enum What {
    Act { act: Value },
    Silence { ended: bool, silence: Silence },
}

/// A silence, as far as it is shown.
#[derive(Deserialize)]
struct Silence {
    id: String,
    matchers: Vec<String>,
    ends_at: Timestamp,
    #[serde(default)]
    comment: String,
}

#[derive(Deserialize)]
struct By {
    who: String,
    via: String,
    #[serde(default)]
    from: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments {
        incident, common, ..
    } = arguments;
    let client = common.connection.client()?;
    let since = arguments.since.as_deref();
    let since = since.map(|text| ago(text, Timestamp::now())).transpose()?;
    let (place, nothing) = if arguments.silences {
        let place = path(&["v1", "silences", "audit"]);
        (place, "nobody has made or ended a silence")
    } else {
        let id = Which::of(incident.as_deref()).id(&client)?;
        let place = path(&["v1", "incidents", &id, "audit"]);
        (place, "nobody has done anything about it")
    };
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
        match &entry.what {
            What::Act { act } => words(act),
            What::Silence { ended, silence } => one_line(&silence.words(*ended)),
        },
    ]
}

impl Silence {
    fn words(&self, ended: bool) -> String {
        let Self { id, comment, .. } = self;
        let matchers = self.matchers.join(", ");
        if ended {
            return format!("ended {id}: {matchers}");
        }
        let colon = if comment.is_empty() { "" } else { ": " };
        format!(
            "made {id}: {matchers} until {}{colon}{comment}",
            moment(self.ends_at)
        )
    }
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
