//! `tocsin classify`: what becomes of events, without AWS.

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use alert_classification::{ClassifiedAlert, Classifier, Fingerprint, Labels, read};
use jiff::Timestamp;
use serde::Serialize;

use crate::{ConfigurationArguments, configuration, table};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Files with one event each (JSON or text) or one JSON event a line; folders of such
    /// files; `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    /// JSON lines, even to a terminal
    #[arg(long)]
    json: bool,
}

/// What is printed of an alert.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    source: &'a str,
    kind: &'a str,
    status: &'a str,
    priority: &'a str,
    category: &'a str,
    response_minutes: u32,
    rule: Option<&'a str>,
    reason: &'a str,
    title: &'a str,
    service: &'a str,
    labels: &'a Labels,
    fingerprint: Fingerprint,
    #[serde(skip_serializing_if = "Option::is_none")]
    runbook: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// What is printed of a file that cannot be read at all.
#[derive(Serialize)]
struct ErrorLine<'a> {
    file: &'a str,
    error: &'a str,
}

struct Printer {
    json: bool,
    rows: Vec<Vec<String>>,
    faults: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let source = configuration::find(arguments.configuration.config.as_deref())?;
    let classifier = Classifier::new(configuration::read(&source)?);
    let mut printer = Printer {
        json: arguments.json || !std::io::stdout().is_terminal(),
        rows: Vec::new(),
        faults: Vec::new(),
    };
    for path in &arguments.paths {
        let files = files(path);
        if files.is_empty() {
            let name = path.display().to_string();
            printer.error(
                &name,
                "there is no event in this folder (.json, .jsonl, .ndjson, .txt)",
            )?;
        }
        for file in files {
            printer.file(&classifier, &file)?;
        }
    }
    printer.finish()
}

/// The file itself; for a folder, the files in it and below it, in order of their names.
pub(crate) fn files(path: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = match std::fs::read_dir(path) {
        Ok(entries) => entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let ending = path.extension().unwrap_or_default().to_string_lossy();
                let is_event = ["json", "jsonl", "ndjson", "txt"].contains(&&*ending);
                !name.starts_with('.') && (path.is_dir() || is_event)
            })
            .flat_map(|path| {
                if path.is_dir() {
                    files(&path)
                } else {
                    vec![path]
                }
            })
            .collect(),
        Err(_) => return vec![path.to_owned()],
    };
    found.sort();
    found
}

impl Printer {
    fn file(&mut self, classifier: &Classifier, path: &Path) -> anyhow::Result<()> {
        let name = path.display().to_string();
        let bytes = if name == "-" {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
        } else {
            std::fs::read(path)
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => return self.error(&name, &format!("cannot be read: {error}")),
        };
        let text = String::from_utf8_lossy(&bytes);
        if text.trim().is_empty() {
            return self.error(&name, "there is no event in it");
        }
        let not_text = matches!(text, std::borrow::Cow::Owned(_));
        for event in events(&text) {
            let reading = read(event, Timestamp::now());
            let fault = not_text.then(|| "the event is not UTF-8".to_owned());
            let fault = reading.fault.or(fault);
            for alert in reading.alerts {
                self.alert(&name, &classifier.classify(alert), fault.as_deref())?;
            }
            if let Some(fault) = fault {
                self.faults.push(format!("{name}: {fault}"));
            }
        }
        Ok(())
    }

    fn alert(
        &mut self,
        file: &str,
        classified: &ClassifiedAlert,
        error: Option<&str>,
    ) -> anyhow::Result<()> {
        let (alert, decided) = (&classified.alert, &classified.classification);
        if !self.json {
            self.rows.push(vec![
                decided.priority.to_string(),
                alert.status.as_str().to_owned(),
                decided.service.to_string(),
                decided.category.to_string(),
                decided.rule.as_deref().unwrap_or("-").to_owned(),
                alert.title.clone(),
            ]);
            return Ok(());
        }
        let line = Line {
            file,
            source: &alert.source,
            kind: &alert.kind,
            status: alert.status.as_str(),
            priority: decided.priority.as_str(),
            category: &decided.category,
            response_minutes: decided.response_minutes,
            rule: decided.rule.as_deref(),
            reason: &decided.reason,
            title: &alert.title,
            service: &decided.service,
            labels: &alert.labels,
            fingerprint: alert.fingerprint,
            runbook: decided.runbook.as_deref(),
            error,
        };
        self.line(&line)
    }

    fn error(&mut self, file: &str, error: &str) -> anyhow::Result<()> {
        self.faults.push(format!("{file}: {error}"));
        if self.json {
            self.line(&ErrorLine { file, error })?;
        }
        Ok(())
    }

    fn line(&self, line: &impl Serialize) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        serde_json::to_writer(&mut out, line)?;
        writeln!(out)?;
        Ok(())
    }

    fn finish(self) -> anyhow::Result<ExitCode> {
        if !self.json {
            let head = ["priority", "status", "service", "category", "rule", "title"];
            table::write(&mut std::io::stdout().lock(), &head, &self.rows)?;
            for fault in &self.faults {
                eprintln!("tocsin: {fault}");
            }
        }
        Ok(ExitCode::from(u8::from(!self.faults.is_empty())))
    }
}

/// The events of a text: one document, or one a line when every line is a document.
fn events(text: &str) -> Vec<&str> {
    let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let starts_json = |line: &&&str| line.trim_start().starts_with('{');
    // A broken line among JSON lines is one broken event, not a broken file.
    let looks_like_lines = lines.len() > 1
        && lines.iter().filter(starts_json).count() == lines.len()
        && lines.iter().any(|line| is_json(line));
    if looks_like_lines && !is_json(text) {
        lines
    } else {
        vec![text]
    }
}
