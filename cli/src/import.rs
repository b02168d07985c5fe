//! `tocsin import`: this configuration from Alertmanager's, and what of it has no counterpart.

mod expression;
mod inhibition;
mod intervals;
mod matchers;
mod notes;
mod receivers;
mod route;
mod yaml;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::Value;
use settings::Settings;

use notes::Notes;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Alertmanager's configuration
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the configuration is written; default: standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The name of the platform that is watched; it stands in every message
    #[arg(long, default_value = "imported", value_name = "NAME")]
    project: String,
    /// What has no counterpart as JSON, one line each, on standard output
    #[arg(long, requires = "output")]
    json: bool,
}

/// What stands above the rules that every import has.
const RULES: &str = r#"
# Alertmanager knows no priorities. These go by the label that most rules of Prometheus have; change them.
rules:
  - { name: severity-critical, match: ['severity=~"(?i)critical|page|emergency|disaster"'], priority: P1, category: alert }
  - { name: severity-high, match: ['severity=~"(?i)error|high|major"'], priority: P2, category: alert }
  - { name: severity-low, match: ['severity=~"(?i)info|informational|none|low|minor"'], priority: P4, category: alert }
  - { name: severity-other, about: 'A warning, or no severity', priority: P3, category: alert }
"#;

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let name = arguments.file.display().to_string();
    let text =
        std::fs::read_to_string(&arguments.file).with_context(|| format!("cannot read {name}"))?;
    let (output, notes) = import(&text, &arguments.project, &arguments.file)
        .map_err(|problems| anyhow::anyhow!("{}", lines(&name, &problems)))?;
    match &arguments.output {
        Some(path) => std::fs::write(path, &output)
            .with_context(|| format!("cannot write {}", path.display()))?,
        None => std::io::stdout().write_all(output.as_bytes())?,
    }
    for note in &notes {
        if arguments.json {
            writeln!(std::io::stdout(), "{}", serde_json::to_string(note)?)?;
        } else {
            eprintln!("{name}: {note}");
        }
    }
    Ok(ExitCode::from(u8::from(!notes.is_empty())))
}

fn lines(name: &str, problems: &[String]) -> String {
    let mut text = format!("{name} is no configuration that Alertmanager would take:");
    for problem in problems {
        text.push('\n');
        text.push_str(problem);
    }
    text
}

/// The configuration and what has no counterpart; or what is wrong with the file.
fn import(
    text: &str,
    project: &str,
    file: &Path,
) -> Result<(String, Vec<notes::Note>), Vec<String>> {
    let root = settings::check::read_texts(text).map_err(|fault| vec![fault.to_string()])?;
    let mut notes = Notes::default();
    let document = notes.map(&root, "").clone();
    if document.get("route").is_none_or(Value::is_null) {
        notes.fault("", "there is no `route`");
    }
    let mut output = head(project, file);
    global(&document, &mut notes, &mut output);
    let intervals = intervals::read(&document, &mut notes);
    let receivers = receivers::read(&document, &mut notes);
    let route = route::read(&document, &receivers, &intervals, &mut notes);
    let inhibition = inhibition::read(&document, &mut notes);
    unknown(&document, &mut notes);
    let notes = notes.done()?;
    for (field, value) in [
        ("route", route),
        ("receivers", receivers),
        ("inhibit_rules", inhibition),
        ("time_intervals", intervals),
    ] {
        if value.as_array().is_none_or(|list| !list.is_empty()) {
            output.push('\n');
            yaml::write(&mut output, field, &value);
        }
    }
    output.push_str(RULES);
    // Whatever was not foreseen is better said here than by the build.
    match Settings::from_yaml(&output) {
        Ok(_) => Ok((output, notes)),
        Err(faults) => Err(faults
            .iter()
            .map(|fault| format!("in what was made of it: {fault}"))
            .collect()),
    }
}

fn head(project: &str, file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    format!(
        "# Made from {name} by `tocsin import`. Secrets, servers and texts are not part of this file: see docs/channels.md.\n\nproject: {}\n",
        yaml::scalar(project)
    )
}

fn global(document: &serde_json::Map<String, Value>, notes: &mut Notes, output: &mut String) {
    let Some(global) = document.get("global").filter(|global| !global.is_null()) else {
        return;
    };
    let map = notes.map(global, "global").clone();
    for (key, value) in &map {
        let path = format!("global.{key}");
        if key == "resolve_timeout" {
            if let Some(time) = notes.duration(value, &path) {
                output.push_str("resolve_timeout: ");
                output.push_str(&yaml::scalar(&time.to_string()));
                output.push('\n');
            }
        } else if !value.is_null() {
            notes.setting(&path, key);
        }
    }
}

/// The other keys of the document.
fn unknown(document: &serde_json::Map<String, Value>, notes: &mut Notes) {
    const READ: [&str; 6] = [
        "global",
        "route",
        "receivers",
        "inhibit_rules",
        "time_intervals",
        "mute_time_intervals",
    ];
    for (key, value) in document {
        match key.as_str() {
            key if READ.contains(&key) => {}
            _ if value.as_array().is_some_and(Vec::is_empty) || value.is_null() => {}
            "templates" => notes.note(
                "templates",
                "templates of messages",
                "left out: Tocsin writes its own texts for each channel",
            ),
            "tracing" => notes.note(
                "tracing",
                "where traces are sent",
                "left out: the functions write logs and metrics",
            ),
            other => notes.note(other, "a field that is not known", "left out"),
        }
    }
}

#[cfg(test)]
mod tests;
