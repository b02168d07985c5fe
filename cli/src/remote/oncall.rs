//! `tocsin oncall`: who is on call.

use jiff::Timestamp;
use serde::Deserialize;

use crate::client::{Call, Connection, Failure, View, one_line, time, until};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// At what time: 2026-07-31T22:00Z, or +12h; default: now
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    #[command(flatten)]
    view: View,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Deserialize)]
struct OnCall {
    at: Timestamp,
    rotations: Vec<Rotation>,
}

/// A rotation: whose turn it is, and who follows.
#[derive(Deserialize)]
struct Rotation {
    name: String,
    now: Turn,
    #[serde(default)]
    next: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    receiver: String,
    until: Timestamp,
    /// Somebody stands in.
    #[serde(default)]
    overridden: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let at = arguments.at.as_deref();
    let at = at.map(|text| time(text, Timestamp::now())).transpose()?;
    let client = arguments.connection.client()?;
    let at = at.map(|at| at.to_string());
    let query: Vec<(&str, &str)> = at.iter().map(|at| ("at", at.as_str())).collect();
    let answer = client.send(&Call::get("/v1/oncall", &query))?;
    if arguments.view.is_json() {
        return arguments.view.document(&answer.body);
    }
    let OnCall { at, rotations } = answer.read()?;
    let rows: Vec<Vec<String>> = rotations.iter().map(|rotation| row(rotation, at)).collect();
    let head = ["rotation", "on call", "until", "then"];
    arguments.view.table(&head, &rows, "no rotation")
}

fn row(rotation: &Rotation, at: Timestamp) -> Vec<String> {
    let now = &rotation.now;
    let stands_in = if now.overridden { " (stands in)" } else { "" };
    let next: Vec<String> = rotation
        .next
        .iter()
        .map(|turn| one_line(&turn.receiver))
        .collect();
    vec![
        one_line(&rotation.name),
        format!("{}{stands_in}", one_line(&now.receiver)),
        until(now.until, at),
        if next.is_empty() {
            "-".to_owned()
        } else {
            next.join(", ")
        },
    ]
}
