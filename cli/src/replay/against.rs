//! Shows how two configurations differ.

use std::collections::BTreeSet;
use std::io::Write;

use replay::{Change, Comparison, Said, Totals, Way};
use serde::Serialize;

use super::clock::{Clock, span};
use crate::table;

#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    file: &'a str,
    #[serde(flatten)]
    change: &'a Change,
}

/// Writes the differences: a table, or JSON lines with the name of the file, if there is one.
pub(super) fn write(
    out: &mut impl Write,
    comparison: &Comparison,
    clock: &Clock<'_>,
    json: Option<&str>,
) -> anyhow::Result<()> {
    if let Some(file) = json {
        for change in &comparison.changes {
            serde_json::to_writer(&mut *out, &Line { file, change })?;
            writeln!(out)?;
        }
        return Ok(());
    }
    if comparison.is_equal() {
        return Ok(());
    }
    let head = [
        "time",
        "receiver",
        "channels",
        "incident",
        "difference",
        "a",
        "b",
    ];
    let rows: Vec<Vec<String>> = comparison
        .changes
        .iter()
        .map(|change| row(change, clock))
        .collect();
    table::write(out, &head, &rows)?;
    Ok(())
}

fn row(change: &Change, clock: &Clock<'_>) -> Vec<String> {
    let channels: Vec<&str> = change
        .channels
        .iter()
        .map(|channel| channel.as_str())
        .collect();
    let by = span(change.by_seconds.unwrap_or_default());
    let difference = match change.difference {
        Way::OnlyInA => "only in A".to_owned(),
        Way::OnlyInB => "only in B".to_owned(),
        Way::Earlier => format!("B earlier by {by}"),
        Way::Later => format!("B later by {by}"),
        Way::Changed => "changed".to_owned(),
    };
    let said = |said: &Option<Said>| said.as_ref().map_or_else(|| "-".to_owned(), say);
    vec![
        clock.show(change.at),
        change.receiver.to_string(),
        channels.join(" "),
        change.incident.to_string(),
        difference,
        said(&change.a),
        said(&change.b),
    ]
}

/// "P1 opened", "P2 escalated (step 1), 3 alerts".
fn say(said: &Said) -> String {
    let mut text = format!("{} {}", said.priority, said.event.as_str());
    if let Some(step) = said.step {
        text.push_str(&format!(" (step {step})"));
    }
    if said.alerts > 1 {
        text.push_str(&format!(", {} alerts", said.alerts));
    }
    text
}

/// "2 only in A, 1 only in B, 4 alike".
pub(super) fn summary(comparison: &Comparison) -> String {
    let parts = [
        (comparison.only_in_a, "only in A"),
        (comparison.only_in_b, "only in B"),
        (comparison.earlier, "earlier in B"),
        (comparison.later, "later in B"),
        (comparison.changed, "changed"),
        (comparison.same, "alike"),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if said.is_empty() {
        "nobody is told anything under either".to_owned()
    } else {
        said.join(", ")
    }
}

/// The totals of both, side by side; only what is not 0 in both.
pub(super) fn totals(out: &mut impl Write, a: &Totals, b: &Totals) -> std::io::Result<()> {
    let mut rows = Vec::new();
    let mut row = |name: String, a: u64, b: u64| {
        let more = i128::from(b) - i128::from(a);
        let more = if more == 0 {
            String::new()
        } else {
            format!("{more:+}")
        };
        rows.push(vec![name, a.to_string(), b.to_string(), more]);
    };
    row("incidents".to_owned(), a.incidents, b.incidents);
    row("messages".to_owned(), a.notifications, b.notifications);
    let night = format!("at night, {}", a.time_zone);
    row(night, a.at_night, b.at_night);
    let receivers: BTreeSet<&String> = a.by_receiver.keys().chain(b.by_receiver.keys()).collect();
    for name in receivers {
        let of = |totals: &Totals| totals.by_receiver.get(name).copied().unwrap_or_default();
        row(format!("to {name}"), of(a), of(b));
    }
    let channels: BTreeSet<_> = a.by_channel.keys().chain(b.by_channel.keys()).collect();
    for name in channels {
        let of = |totals: &Totals| totals.by_channel.get(name).copied().unwrap_or_default();
        row(format!("by {name}"), of(a), of(b));
    }
    let priorities: BTreeSet<_> = a.by_priority.keys().chain(b.by_priority.keys()).collect();
    for name in priorities {
        let of = |totals: &Totals| totals.by_priority.get(name).copied().unwrap_or_default();
        row(format!("about {name}"), of(a), of(b));
    }
    let reasons: BTreeSet<_> = a.suppressed.keys().chain(b.suppressed.keys()).collect();
    for name in reasons {
        let of = |totals: &Totals| totals.suppressed.get(name).copied().unwrap_or_default();
        row(format!("alerts held: {}", name.as_str()), of(a), of(b));
    }
    table::write(out, &["", "a", "b", "change"], &rows)
}
