//! Recorded events: reading them, and running them under a configuration.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use replay::{Event, Feed, Night, Told, Totals};
use settings::Settings;

use super::Arguments;
use super::clock::{instant, night};
use crate::classify::files;

/// How long after the last event what it has set going is followed.
const AFTERWARDS: SignedDuration = SignedDuration::from_hours(24);

/// Events and the time that is looked at.
pub(super) struct Recording {
    events: Vec<Event>,
    from: Timestamp,
    until: Timestamp,
    pub(super) night: Night,
}

/// Reads all events; whether some could not be read.
pub(super) fn record(arguments: &Arguments) -> anyhow::Result<(Recording, bool)> {
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
            eprintln!(
                "tocsin: {}: there is no event in this folder (.json, .jsonl, .ndjson, .txt)",
                path.display()
            );
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
    pub(super) fn run(
        &self,
        settings: Arc<Settings>,
        name: &str,
        mut told: impl FnMut(&Told),
    ) -> Totals {
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
            let end = if std::io::stderr().is_terminal() {
                "\r"
            } else {
                "\n"
            };
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
