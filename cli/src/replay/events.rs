//! Recorded events: who would have been told what, when, and totals.

use std::io::{BufWriter, IsTerminal as _, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use replay::{Comparison, Event, Feed, Mention, Night, Told, Totals};
use serde::Serialize;
use settings::Settings;

use super::clock::{Clock, instant, night};
use super::{Arguments, against};
use crate::classify::files;
use crate::{configuration, table};

/// How long after the last event what it has set going is followed.
const AFTERWARDS: SignedDuration = SignedDuration::from_hours(24);

/// Events and the time that is looked at.
struct Recording {
    events: Vec<Event>,
    from: Timestamp,
    until: Timestamp,
    night: Night,
}

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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
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

/// Reads all events; whether some could not be read.
fn record(arguments: &Arguments) -> anyhow::Result<(Recording, bool)> {
    let night = night(&arguments.time_zone)?;
    let time = |text: &Option<String>| {
        let text = text.as_deref();
        text.map(|text| instant(text, &night)).transpose()
    };
    let (from, until) = (time(&arguments.from)?, time(&arguments.until)?);
    let (mut events, mut faults) = (Vec::new(), false);
    for path in &arguments.events {
        let found = files(path);
        if found.is_empty() {
            faults = true;
            eprintln!("tocsin: {}: there is no event in this folder (.json, .jsonl, .ndjson, .txt)", path.display());
        }
        for path in found {
            let name = path.display().to_string();
            let text = match text(&path) {
                Ok(text) => text,
                Err(error) => {
                    faults = true;
                    eprintln!("tocsin: {name}: cannot be read: {error}");
                    continue;
                }
            };
            for event in Event::of_file(&name, &text) {
                match event {
                    Ok(event) => events.push(event),
                    Err(error) => {
                        faults = true;
                        eprintln!("tocsin: {error}");
                    }
                }
            }
        }
    }
    events.sort_by_key(|event| event.at);
    events.retain(|event| until.is_none_or(|until| event.at <= until));
    let first = events.first().context("there is no event to replay")?.at;
    let last = events.last().map_or(first, |event| event.at);
    let from = from.unwrap_or(first);
    let until = until.unwrap_or_else(|| last.checked_add(AFTERWARDS).unwrap_or(last));
    anyhow::ensure!(from <= until, "--from is later than the end, {until}");
    let recording = Recording {
        events,
        from,
        until,
        night,
    };
    Ok((recording, faults))
}

fn text(path: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_end(&mut bytes)?;
    } else {
        bytes = std::fs::read(path)?;
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

impl Recording {
    /// Runs it under a configuration.
    fn run(&self, settings: Arc<Settings>, name: &str, mut told: impl FnMut(&Told)) -> Totals {
        let first = self.events.first().map_or(self.from, |event| event.at);
        let start = first.min(self.from);
        let mut feed = Feed::new(settings, start, self.from, self.night.clone());
        let mut progress = Progress::new(name, self.events.len());
        for (place, event) in self.events.iter().enumerate() {
            feed.event(event, &mut told);
            progress.at(place, event.at);
        }
        let totals = feed.finish(self.until, &mut told);
        progress.end();
        totals
    }
}

fn tell(
    arguments: &Arguments,
    recording: &Recording,
    settings: Arc<Settings>,
) -> anyhow::Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut rows = Vec::new();
    let mut failed = None;
    let clock = Clock::Zone(&recording.night);
    let totals = recording.run(settings, "", |told| {
        if arguments.totals || failed.is_some() {
        } else if arguments.json {
            failed = write_line(&mut out, told).err();
        } else {
            rows.push(row(told, &clock));
        }
    });
    if let Some(error) = failed {
        return Err(error.into());
    }
    if arguments.json {
        serde_json::to_writer(&mut out, &LastLine { totals: &totals })?;
        writeln!(out)?;
    } else {
        if !rows.is_empty() {
            let head = ["time", "receiver", "channels", "event", "priority", "incident", "why", "title"];
            table::write(&mut out, &head, &rows)?;
            writeln!(out)?;
        }
        write_totals(&mut out, &totals)?;
    }
    out.flush()?;
    Ok(())
}

fn row(told: &Told, clock: &Clock<'_>) -> Vec<String> {
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
        clock.show(told.at),
        notification.receiver.to_string(),
        channels(told).join(" "),
        event,
        notification.incident.priority.to_string(),
        incident,
        notification.reason.clone(),
        notification.incident.title.clone(),
    ]
}

fn channels(told: &Told) -> Vec<&'static str> {
    let deliveries = told.notification.deliveries.iter();
    deliveries.map(|delivery| delivery.channel.as_str()).collect()
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
        let said: Vec<String> = counts.into_iter().map(|(name, n)| format!("{name} {n}")).collect();
        if said.is_empty() { "none".to_owned() } else { said.join(", ") }
    };
    let receivers = totals.by_receiver.iter().map(|(name, n)| (name.clone(), *n));
    let channels = totals.by_channel.iter().map(|(name, n)| (name.to_string(), *n));
    let priorities = totals.by_priority.iter().map(|(name, n)| (name.to_string(), *n));
    let reasons = totals.suppressed.iter().map(|(name, n)| (name.as_str().to_owned(), *n));
    let rows = [
        ("events", totals.events.to_string()),
        ("alerts", totals.alerts.to_string()),
        ("incidents", totals.incidents.to_string()),
        ("messages", totals.notifications.to_string()),
        ("  by receiver", list(receivers.collect())),
        ("  by channel", list(channels.collect())),
        ("  by priority", list(priorities.collect())),
        ("  at night", format!("{} (22:00 to 07:00, {})", totals.at_night, totals.time_zone)),
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

/// Says on standard error how far a long run has come.
struct Progress<'a> {
    name: &'a str,
    all: usize,
    said: Instant,
    pause: Duration,
    began: bool,
}

impl<'a> Progress<'a> {
    fn new(name: &'a str, all: usize) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self {
            name,
            all,
            said: Instant::now(),
            pause: Duration::from_secs(if terminal { 1 } else { 10 }),
            began: false,
        }
    }

    fn at(&mut self, place: usize, at: Timestamp) {
        if place.is_multiple_of(1_024) && self.said.elapsed() >= self.pause {
            let end = if std::io::stderr().is_terminal() { "\r" } else { "\n" };
            eprint!("{}{place} of {} events, {at:.0}{end}", self.name, self.all);
            self.said = Instant::now();
            self.began = true;
        }
    }

    fn end(&self) {
        if self.began && std::io::stderr().is_terminal() {
            eprintln!();
        }
    }
}
