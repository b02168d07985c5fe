//! `tocsin ack`, `unack`, `resolve`, `comment`, `priority`: what people do about an incident.

use serde_json::{Value, json};
use settings::Priority;

use super::arguments::{About, Common};
use crate::client::{self, Acted, Answer, Call, Client, Failure, Which, one_line};

#[derive(clap::Args)]
pub(crate) struct Ack {
    #[command(flatten)]
    which: Which,
    /// For how long; default: as long as the escalation policy lets an acknowledgement count
    #[arg(long = "for", value_name = "DURATION", value_parser = client::length)]
    length: Option<String>,
    /// A note for the others
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("verdict").required(true)))]
pub(crate) struct Resolve {
    #[command(flatten)]
    which: Which,
    /// There was trouble
    #[arg(long = "true", group = "verdict")]
    is_true: bool,
    /// There was none: the rule or its threshold wants looking at
    #[arg(long = "false", group = "verdict")]
    is_false: bool,
    /// What it was
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
#[command(override_usage = "tocsin comment [OPTIONS] <INC|--latest> <TEXT>")]
pub(crate) struct Comment {
    /// The incident, and the note in one pair of quotes
    #[arg(value_names = ["INC", "TEXT"], num_args = 1..=2, required = true)]
    words: Vec<String>,
    /// The open incident that opened last
    #[arg(long)]
    latest: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
#[command(override_usage = "tocsin priority [OPTIONS] <INC|--latest> <P1..P4>")]
pub(crate) struct SetPriority {
    /// The incident, and how urgent it is
    #[arg(value_names = ["INC", "PRIORITY"], num_args = 1..=2, required = true)]
    words: Vec<String>,
    /// The open incident that opened last
    #[arg(long)]
    latest: bool,
    #[command(flatten)]
    common: Common,
}

pub(super) fn ack(arguments: &Ack) -> Result<(), Failure> {
    let client = arguments.common.connection.client()?;
    let id = arguments.which.id(&client)?;
    let body = match &arguments.length {
        Some(length) => json!({"for": length}),
        None => json!({}),
    };
    let mut answer = act(&client, &id, "acknowledge", body)?;
    if let Some(note) = &arguments.note {
        // The incident is taken on, whatever becomes of the note.
        answer = act(&client, &id, "comment", json!({"text": note})).map_err(|failure| {
            let said = format!("{id} is acknowledged, but the note is not kept: {failure}");
            match failure {
                Failure::Refused(_) => Failure::Refused(said),
                Failure::Usage(_) | Failure::Server(_) | Failure::Output(_) => {
                    Failure::Server(said)
                }
            }
        })?;
    }
    say(&arguments.common, &id, "acknowledged", &answer)
}

pub(super) fn unack(arguments: &About) -> Result<(), Failure> {
    let client = arguments.common.connection.client()?;
    let id = arguments.which.id(&client)?;
    let answer = act(&client, &id, "unacknowledge", json!({}))?;
    say(&arguments.common, &id, "given back", &answer)
}

pub(super) fn resolve(arguments: &Resolve) -> Result<(), Failure> {
    let client = arguments.common.connection.client()?;
    let id = arguments.which.id(&client)?;
    let verdict = if arguments.is_false {
        "false_positive"
    } else {
        "true_positive"
    };
    let mut body = json!({"verdict": verdict});
    if let (Some(why), Some(body)) = (&arguments.why, body.as_object_mut()) {
        body.insert("why".to_owned(), why.as_str().into());
    }
    let answer = act(&client, &id, "resolve", body)?;
    let done = if arguments.is_false {
        "resolved as a false positive"
    } else {
        "resolved as a true positive"
    };
    say(&arguments.common, &id, done, &answer)
}

pub(super) fn comment(arguments: &Comment) -> Result<(), Failure> {
    let (which, text) = two(&arguments.words, arguments.latest, "TEXT")?;
    let client = arguments.common.connection.client()?;
    let id = which.id(&client)?;
    let answer = act(&client, &id, "comment", json!({"text": text}))?;
    say(&arguments.common, &id, "noted", &answer)
}

pub(super) fn set_priority(arguments: &SetPriority) -> Result<(), Failure> {
    let (which, priority) = two(&arguments.words, arguments.latest, "P1..P4")?;
    let priority: Priority = priority
        .to_ascii_uppercase()
        .parse()
        .map_err(|_unknown| Failure::Usage("a priority is P1, P2, P3 or P4".to_owned()))?;
    let client = arguments.common.connection.client()?;
    let id = which.id(&client)?;
    let body = json!({"priority": priority.as_str()});
    let answer = act(&client, &id, "priority", body)?;
    say(&arguments.common, &id, &format!("{priority} now"), &answer)
}

/// The incident and the word behind it; with `--latest` there is only the word.
fn two<'a>(words: &'a [String], latest: bool, word: &str) -> Result<(Which, &'a str), Failure> {
    match (words, latest) {
        ([only], true) => Ok((Which::of(None), only)),
        ([incident, word], false) => Ok((Which::of(Some(incident)), word)),
        (_, true) => Err(Failure::Usage(format!("with --latest, give {word} only"))),
        (_, false) => Err(Failure::Usage(format!(
            "give an incident (or --latest) and {word}, the latter in quotes if it has blanks"
        ))),
    }
}

fn act(client: &Client, id: &str, act: &str, body: Value) -> Result<Answer, Failure> {
    let path = client::path(&["v1", "incidents", id, act]);
    client.send(&Call::act(path, body))
}

/// Says what was done, and how the incident stands after it as far as the server says.
fn say(common: &Common, id: &str, done: &str, answer: &Answer) -> Result<(), Failure> {
    if common.view.is_json() {
        return common.view.document(&answer.body);
    }
    let Acted { incident, changed } = answer.read()?;
    let already = if changed { "" } else { " (as it was already)" };
    common.view.text(&format!(
        "{} {id} {done}{already}: {}",
        incident.priority,
        one_line(&incident.title)
    ))
}
