//! `tocsin show`: one incident, and what happened to it.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Deserialize;
use settings::Priority;

use super::arguments::About;
use crate::client::{Acknowledgement, Call, Failure, Incident, age, moment, one_line, path, until};
use crate::table;

#[derive(Deserialize)]
struct Document {
    incident: Incident,
    respond_by: Timestamp,
    #[serde(default)]
    acknowledgement: Option<Acknowledgement>,
    #[serde(default)]
    verdict: Option<Verdict>,
    #[serde(default)]
    alerts: Vec<Alert>,
    #[serde(default)]
    alerts_omitted: usize,
    #[serde(default)]
    timeline: Vec<Happening>,
    #[serde(default)]
    earlier: Vec<Earlier>,
    complete: bool,
}

#[derive(Deserialize)]
struct Verdict {
    kind: String,
    #[serde(default)]
    why: String,
}

#[derive(Deserialize)]
struct Alert {
    priority: Priority,
    status: String,
    starts_at: Timestamp,
    title: String,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
struct Happening {
    at: Timestamp,
    text: String,
}

#[derive(Deserialize)]
struct Earlier {
    id: String,
    priority: Priority,
    opened_at: Timestamp,
    title: String,
}

pub(super) fn run(arguments: &About) -> Result<(), Failure> {
    let About { which, common } = arguments;
    let client = common.connection.client()?;
    let id = which.id(&client)?;
    let answer = client.send(&Call::get(&path(&["v1", "incidents", &id]), &[]))?;
    if common.view.is_json() {
        return common.view.document(&answer.body);
    }
    let document: Document = answer.read()?;
    let mut text = head(&document, answer.now);
    if !document.alerts.is_empty() {
        text.push_str("\nAlerts\n");
        let head = ["pr", "status", "age", "title", "why that priority"];
        let rows = document.alerts.iter().map(|alert| {
            vec![
                alert.priority.to_string(),
                one_line(&alert.status),
                age(alert.starts_at, answer.now),
                one_line(&alert.title),
                one_line(&alert.reason),
            ]
        });
        block(&mut text, &head, &rows.collect::<Vec<_>>())?;
    }
    if document.alerts_omitted > 0 {
        let _infallible = writeln!(text, "  and {} more", document.alerts_omitted);
    }
    if !document.timeline.is_empty() {
        text.push_str("\nWhat happened\n");
        let rows = document
            .timeline
            .iter()
            .map(|entry| vec![moment(entry.at), one_line(&entry.text)]);
        block(&mut text, &["when", "what"], &rows.collect::<Vec<_>>())?;
    }
    if !document.earlier.is_empty() {
        text.push_str("\nEarlier\n");
        let rows = document.earlier.iter().map(|earlier| {
            vec![
                earlier.priority.to_string(),
                one_line(&earlier.id),
                age(earlier.opened_at, answer.now),
                one_line(&earlier.title),
            ]
        });
        block(
            &mut text,
            &["pr", "incident", "age", "title"],
            &rows.collect::<Vec<_>>(),
        )?;
    }
    if !document.complete {
        text.push_str("\nThe details are forgotten: another incident of the same key followed.\n");
    }
    common.view.text(&text)
}

fn head(document: &Document, now: Timestamp) -> String {
    let incident = &document.incident;
    let mut lines = vec![
        format!(
            "{} {} {}",
            incident.priority,
            incident.id,
            one_line(&incident.status)
        ),
        format!("  {}", one_line(&incident.title)),
        format!(
            "  service {}, {}, {} firing",
            one_line(&incident.service),
            one_line(&incident.category),
            incident.firing
        ),
        format!("  opened {}", until(incident.opened_at, now)),
    ];
    match (incident.resolved_at, &document.acknowledgement) {
        (Some(at), _) => lines.push(format!("  resolved {}", until(at, now))),
        (None, Some(taken)) => lines.push(format!("  {}", taken.words(now))),
        (None, None) => lines.push(format!(
            "  nobody has taken it on; somebody must by {}",
            until(document.respond_by, now)
        )),
    }
    if let Some(verdict) = &document.verdict {
        let kind = match verdict.kind.as_str() {
            "true_positive" => "real trouble",
            "false_positive" => "a false alarm",
            other => other,
        };
        let why = one_line(&verdict.why);
        let colon = if why.is_empty() { "" } else { ": " };
        lines.push(format!("  it was {}{colon}{why}", one_line(kind)));
    }
    if let Some(runbook) = &incident.runbook {
        lines.push(format!("  runbook {}", one_line(runbook)));
    }
    lines.join("\n") + "\n"
}

/// A table, two blanks to the right.
fn block(text: &mut String, head: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
    let mut table = Vec::new();
    table::write(&mut table, head, rows)?;
    for line in String::from_utf8_lossy(&table).lines() {
        let _infallible = writeln!(text, "  {line}");
    }
    Ok(())
}
