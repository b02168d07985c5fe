//! Recorded events: who would have been told what, when, and totals.

use std::collections::HashMap;
use std::io::{BufWriter, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use incident::NotificationEvent;
use jiff::Timestamp;
use replay::{Comparison, Mention, Told, Totals};
use serde::Serialize;
use settings::Settings;

use super::clock::Clock;
use super::recording::{Recording, record};
use super::{Arguments, against};
use crate::{configuration, table};

/// The column of a table that says why somebody was told, in one word.
const EVENT: usize = 3;

/// A message as JSON.
#[derive(Serialize)]
struct Line<'a> {
    at: Timestamp,
    receiver: &'a str,
    channels: Vec<&'a str>,
    event: &'a str,
    priority: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u32>,
    reason: &'a str,
    group: &'a str,
    incidents: Vec<&'a str>,
    alerts: Vec<&'a incident::AlertSummary>,
    #[serde(skip_serializing_if = "is_zero")]
    alerts_omitted: u32,
}

#[derive(Serialize)]
struct LastLine<'a> {
    totals: &'a Totals,
}

#[derive(Serialize)]
struct LastLines<'a> {
    comparison: &'a Comparison,
    a: &'a Totals,
    b: &'a Totals,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let source = configuration::find(arguments.config.as_deref())?;
    let a = Arc::new(configuration::read(&source)?);
    let b = arguments.against.as_deref().map(super::read).transpose()?;
    let (recording, faults) = record(arguments)?;
    let different = match b {
        Some(b) => differ(arguments, &recording, a, b)?,
        None => {
            tell(arguments, &recording, a)?;
            false
        }
    };
    // What could not be read may be what would have made the difference.
    Ok(ExitCode::from(if faults { 2 } else { u8::from(different) }))
}

fn tell(
    arguments: &Arguments,
    recording: &Recording,
    settings: Arc<Settings>,
) -> anyhow::Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut sheet = Sheet::new(Clock::Zone(&recording.night));
    let mut failed = None;
    let totals = recording.run(settings, "", |told| {
        if arguments.totals || failed.is_some() {
        } else if arguments.json {
            failed = write_line(&mut out, told).err();
        } else {
            sheet.add(told);
        }
    });
    if let Some(error) = failed {
        return Err(error.into());
    }
    if arguments.json {
        serde_json::to_writer(&mut out, &LastLine { totals: &totals })?;
        writeln!(out)?;
    } else {
        if !sheet.rows.is_empty() {
            let head = [
                "time", "receiver", "channels", "event", "priority", "incident", "why", "title",
            ];
            table::write(&mut out, &head, &sheet.rows)?;
            writeln!(out)?;
        }
        write_totals(&mut out, &totals)?;
    }
    out.flush()?;
    Ok(())
}

/// Rows of messages; reminders that nothing else comes between are one row.
struct Sheet<'a> {
    clock: Clock<'a>,
    rows: Vec<Vec<String>>,
    /// For a group and a receiver: the row of the last message, if that was a reminder, and how many it has.
    reminders: HashMap<(String, String), (usize, u64)>,
}

impl<'a> Sheet<'a> {
    fn new(clock: Clock<'a>) -> Self {
        Self {
            clock,
            rows: Vec::new(),
            reminders: HashMap::new(),
        }
    }

    fn add(&mut self, told: &Told) {
        let notification = &told.notification;
        let stream = (
            notification.group_key.to_string(),
            notification.receiver.to_string(),
        );
        if notification.event != NotificationEvent::Reminder {
            self.reminders.remove(&stream);
        } else if let Some((place, count)) = self.reminders.get_mut(&stream) {
            *count += 1;
            if let Some(event) = self.rows.get_mut(*place).and_then(|row| row.get_mut(EVENT)) {
                *event = format!("reminder ×{count}, last {}", self.clock.show(told.at));
            }
            return;
        } else {
            self.reminders.insert(stream, (self.rows.len(), 1));
        }
        self.rows.push(self.row(told));
    }

    fn row(&self, told: &Told) -> Vec<String> {
        let notification = &told.notification;
        let mut event = notification.event.as_str().to_owned();
        if let Some(step) = &notification.step {
            event.push_str(&format!(" (step {})", step.step));
        }
        let mut incident = notification.incident.key.to_string();
        if !notification.incidents.is_empty() {
            incident.push_str(&format!(" +{}", notification.incidents.len()));
        }
        vec![
            self.clock.show(told.at),
            notification.receiver.to_string(),
            channels(told).join(" "),
            event,
            notification.incident.priority.to_string(),
            incident,
            notification.reason.clone(),
            notification.incident.title.clone(),
        ]
    }
}

fn channels(told: &Told) -> Vec<&'static str> {
    let deliveries = told.notification.deliveries.iter();
    deliveries
        .map(|delivery| delivery.channel.as_str())
        .collect()
}

fn write_line(out: &mut impl std::io::Write, told: &Told) -> std::io::Result<()> {
    let notification = &told.notification;
    let incidents = std::iter::once(&notification.incident).chain(&notification.incidents);
    let line = Line {
        at: told.at,
        receiver: &notification.receiver,
        channels: channels(told),
        event: notification.event.as_str(),
        priority: notification.incident.priority.as_str(),
        step: notification.step.as_ref().map(|step| step.step),
        reason: &notification.reason,
        group: &notification.group_key,
        incidents: incidents.map(|incident| incident.key.as_str()).collect(),
        alerts: notification.alerts.iter().collect(),
        alerts_omitted: notification.alerts_omitted,
    };
    serde_json::to_writer(&mut *out, &line)?;
    writeln!(out)
}

fn write_totals(out: &mut impl std::io::Write, totals: &Totals) -> std::io::Result<()> {
    let list = |counts: Vec<(String, u64)>| {
        let said: Vec<String> = counts
            .into_iter()
            .map(|(name, n)| format!("{name} {n}"))
            .collect();
        if said.is_empty() {
            "none".to_owned()
        } else {
            said.join(", ")
        }
    };
    let receivers = totals
        .by_receiver
        .iter()
        .map(|(name, n)| (name.clone(), *n));
    let channels = totals
        .by_channel
        .iter()
        .map(|(name, n)| (name.to_string(), *n));
    let priorities = totals
        .by_priority
        .iter()
        .map(|(name, n)| (name.to_string(), *n));
    let reasons = totals
        .suppressed
        .iter()
        .map(|(name, n)| (name.as_str().to_owned(), *n));
    let rows = [
        ("events", totals.events.to_string()),
        ("alerts", totals.alerts.to_string()),
        ("incidents", totals.incidents.to_string()),
        ("messages", totals.notifications.to_string()),
        ("  by receiver", list(receivers.collect())),
        ("  by channel", list(channels.collect())),
        ("  by priority", list(priorities.collect())),
        (
            "  at night",
            format!("{} (22:00 to 07:00, {})", totals.at_night, totals.time_zone),
        ),
        ("nobody was told", list(reasons.collect())),
        ("still waiting", totals.pending.to_string()),
    ];
    for (name, text) in rows {
        writeln!(out, "{name:<16}  {text}")?;
    }
    Ok(())
}

/// Whether the two configurations differ.
fn differ(
    arguments: &Arguments,
    recording: &Recording,
    a: Arc<Settings>,
    b: Arc<Settings>,
) -> anyhow::Result<bool> {
    let run = |settings, name| {
        let mut mentions = Vec::new();
        let totals = recording.run(settings, name, |told| mentions.extend(Mention::of(told)));
        (mentions, totals)
    };
    let ((told_a, a), (told_b, b)) = (run(a, "A, "), run(b, "B, "));
    let comparison = Comparison::of(&told_a, &told_b);
    let mut out = BufWriter::new(std::io::stdout().lock());
    if !arguments.totals {
        let json = arguments.json.then_some("");
        against::write(&mut out, &comparison, &Clock::Zone(&recording.night), json)?;
    }
    if arguments.json {
        let last = LastLines {
            comparison: &comparison,
            a: &a,
            b: &b,
        };
        serde_json::to_writer(&mut out, &last)?;
        writeln!(out)?;
    } else {
        if !comparison.is_equal() && !arguments.totals {
            writeln!(out)?;
        }
        writeln!(out, "{}\n", against::summary(&comparison))?;
        against::totals(&mut out, &a, &b)?;
    }
    out.flush()?;
    Ok(!comparison.is_equal())
}
