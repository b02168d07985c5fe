//! `tocsin health`: how everything is that is watched.

use ::health::{Check, Document, Grade, Overall};
use jiff::Timestamp;

use crate::client::{Call, Connection, Failure, View, age, one_line};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only what is not well
    #[arg(long)]
    troubled: bool,
    #[command(flatten)]
    view: View,
    #[command(flatten)]
    connection: Connection,
}

/// Shows it, and says how it is in all: what is not well is something faulty.
pub(super) fn run(arguments: &Arguments) -> Result<Overall, Failure> {
    let client = arguments.connection.client()?;
    let answer = client.send(&Call::get("/health/detailed", &[]))?;
    let document: Document = answer.read()?;
    if arguments.view.is_json() {
        arguments.view.document(&answer.body)?;
        return Ok(document.status);
    }
    for note in &document.notes {
        eprintln!("{}", one_line(note));
    }
    let checks = document.checks.values().flatten();
    let mut checks: Vec<(&Check, Grade)> = checks
        .filter_map(|check| Some((check, check.condition?)))
        .filter(|(check, _)| !arguments.troubled || check.status != Overall::Pass)
        .collect();
    checks.sort_by(|(a, _), (b, _)| (b.status, &a.component_id).cmp(&(a.status, &b.component_id)));
    let rows: Vec<Vec<String>> = checks
        .iter()
        .map(|(check, condition)| row(check, *condition, answer.now))
        .collect();
    let head = ["probe", "state", "for", "latency", "service", "why"];
    arguments.view.table(&head, &rows, "nothing of that kind")?;
    Ok(document.status)
}

fn row(check: &Check, condition: Grade, now: Timestamp) -> Vec<String> {
    let dash = || "-".to_owned();
    let latency = check.observed_value.map(|ms| format!("{ms:.0} ms"));
    let explained = check.explained_by.as_ref();
    let why = match (&check.output, explained) {
        (_, Some(by)) => format!("because of {}", one_line(by)),
        (Some(output), None) => one_line(output),
        (None, None) => dash(),
    };
    let flapping = if check.flapping {
        " (comes and goes)"
    } else {
        ""
    };
    vec![
        one_line(&check.component_id),
        format!("{}{flapping}", condition.as_str()),
        check.since.map_or_else(dash, |since| age(since, now)),
        latency.unwrap_or_else(dash),
        check.service.as_deref().map_or_else(dash, one_line),
        why,
    ]
}
