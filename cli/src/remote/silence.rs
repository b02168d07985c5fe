//! `tocsin silence`: what nobody wants to hear of for a while.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::arguments::{Common, Listing};
use super::recurring;
use crate::client::{self, Actor, Call, Connection, Failure, age, moment, one_line, path, time};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Hold back what matches
    Add(Add),
    /// List silences
    List(Listing),
    /// End a silence now
    End(End),
}

#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("length").required(true).args(["duration", "until"])))]
pub(crate) struct Add {
    /// All of these must hold: service="orders", severity=~"warn.*", region!="eu-west-1"
    #[arg(value_name = "MATCHER", required = true)]
    matchers: Vec<String>,
    /// For how long
    #[arg(long = "for", value_name = "DURATION", value_parser = client::length)]
    duration: Option<String>,
    /// Until when: 2026-07-31T22:00Z, or +2h
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// From when on: 2026-07-31T22:00Z, or +30m; default: now
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Within that, only at these times: `mon:fri 22:00-06:00 Europe/Berlin`; can be repeated
    #[arg(long, value_name = "TIMES")]
    recurring: Vec<String>,
    /// The service is worked on
    #[arg(long)]
    maintenance: bool,
    /// Why
    #[arg(long, value_name = "TEXT")]
    comment: String,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
pub(crate) struct End {
    /// The silence's id
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    connection: Connection,
}

/// A silence, as far as it is shown.
#[derive(Debug, Deserialize)]
struct Silence {
    id: String,
    matchers: Vec<String>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    #[serde(default)]
    times: Vec<Value>,
    created_by: Actor,
    #[serde(default)]
    comment: String,
}

#[derive(Debug, Deserialize)]
struct Silences {
    silences: Vec<Silence>,
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Add(arguments) => add(arguments),
        Command::List(arguments) => list(arguments),
        Command::End(arguments) => end(arguments),
    }
}

fn add(arguments: &Add) -> Result<(), Failure> {
    let now = Timestamp::now();
    let from = arguments.from.as_deref().map(|text| time(text, now));
    let from = from.transpose()?;
    let mut body = Map::new();
    body.insert("matchers".to_owned(), json!(arguments.matchers));
    if let Some(from) = from {
        body.insert("starts_at".to_owned(), from.to_string().into());
    }
    if let Some(until) = &arguments.until {
        let until = time(until, now)?;
        body.insert("ends_at".to_owned(), until.to_string().into());
    }
    if let Some(length) = &arguments.duration {
        body.insert("duration".to_owned(), length.as_str().into());
    }
    let mut times = Vec::new();
    for line in &arguments.recurring {
        times.extend(
            recurring::read(line).map_err(|why| Failure::Usage(format!("--recurring: {why}")))?,
        );
    }
    if !times.is_empty() {
        body.insert("times".to_owned(), json!(times));
    }
    if arguments.maintenance {
        body.insert("maintenance".to_owned(), true.into());
    }
    body.insert("comment".to_owned(), arguments.comment.as_str().into());
    let Common { view, connection } = &arguments.common;
    let client = connection.client()?;
    let call = Call::act(path(&["v1", "silences"]), Value::Object(body));
    let answer = client.send(&call)?;
    if view.is_json() {
        return view.document(&answer.body);
    }
    let silence: Silence = answer.read()?;
    view.text(&format!(
        "{} holds back {} until {}",
        silence.id,
        one_line(&silence.matchers.join(", ")),
        client::until(silence.ends_at, answer.now)
    ))
}

fn list(arguments: &Listing) -> Result<(), Failure> {
    let Common { view, connection } = &arguments.common;
    let client = connection.client()?;
    let state = if arguments.all { "all" } else { "current" };
    let answer = client.send(&Call::get("/v1/silences", &[("state", state)]))?;
    if view.is_json() {
        return view.document(&answer.body);
    }
    let mut list = answer.read::<Silences>()?.silences;
    list.sort_by(|a, b| (a.ends_at, &a.id).cmp(&(b.ends_at, &b.id)));
    let head = ["silence", "state", "ends", "by", "matchers", "comment"];
    let rows: Vec<Vec<String>> = list.iter().map(|one| row(one, answer.now)).collect();
    view.table(&head, &rows, "no silence")
}

fn row(one: &Silence, now: Timestamp) -> Vec<String> {
    let state = if one.ends_at <= now {
        "over".to_owned()
    } else if one.starts_at > now {
        format!("in {}", age(now, one.starts_at))
    } else if one.times.is_empty() {
        "active".to_owned()
    } else {
        "recurring".to_owned()
    };
    vec![
        one_line(&one.id),
        state,
        moment(one.ends_at),
        one_line(&one.created_by.who),
        one_line(&one.matchers.join(", ")),
        one_line(&one.comment),
    ]
}

fn end(arguments: &End) -> Result<(), Failure> {
    let client = arguments.connection.client()?;
    client.send(&Call::delete(path(&["v1", "silences", &arguments.id])))?;
    println!("{} is over", one_line(&arguments.id));
    Ok(())
}
